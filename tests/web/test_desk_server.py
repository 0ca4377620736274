"""Where a desk is served, over TLS or not, and what its process sees to."""

import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPSConnection
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode

import pytest
import uvicorn

from ostiary.errors import ConfigurationError, JournalError
from ostiary.journal import DeskHour, load_entry
from ostiary.web.desk import server
from ostiary.web.desk.app import make_desk_app
from ostiary.web.desk.server import Place
from ostiary.web.serving import settings_of
from tests.web.certificates import write_certificate
from tests.web.desk_stand import (
    PASSWORD,
    Issuing,
    desk_stand,
    make_home,
    no_models,
    served,
)

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")
pytestmark = pytest.mark.enable_socket


def test_without_tls_it_is_for_this_machine_alone() -> None:
    for address in ("0.0.0.0", "::", "192.0.2.1"):  # noqa: S104 - refused
        with pytest.raises(ConfigurationError, match="this machine alone"):
            Place(address=address).tls()
    assert Place(address="127.0.0.2").tls() is None


@pytest.mark.parametrize("address", ["localhost", "", "999.1.1.1", "fe80::1%eth0x"])
def test_an_address_that_is_none_is_named(address: str) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be served|not an IP"):
        Place(address=address).listener()


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"port {port} cannot be served"):
            Place(port=port).listener()


def test_certificate_and_key_go_together(tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path)
    assert Place(certificate=certificate, key=key).tls() is not None
    with pytest.raises(ConfigurationError, match="without a certificate"):
        Place(key=key).tls()
    with pytest.raises(ConfigurationError, match="cannot be used together"):
        Place(certificate=key, key=certificate).tls()
    with pytest.raises(ConfigurationError, match="No such file"):
        Place(certificate=tmp_path / "none.pem").tls()


def test_it_is_called_by_its_name() -> None:
    assert Place().origin(8480) == "http://127.0.0.1:8480"
    named = Place(address="::1", certificate=Path("c"))
    assert named.origin(1) == "https://[::1]:1"
    assert replace(named, hosts=("desk.example",)).origin(1) == "https://desk.example:1"


def test_over_tls_the_session_is_of_this_host_and_secure(tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path)
    place = Place(certificate=certificate, key=key)
    site = make_home(tmp_path / "home", no_models)
    with place.listener() as listener:
        made = uvicorn.Server(
            settings_of(make_desk_app(site, place.names), place.tls())
        )
        thread = Thread(target=made.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            trusting = ssl.create_default_context(cafile=str(certificate))
            port = listener.getsockname()[1]
            there = HTTPSConnection("127.0.0.1", port, timeout=60, context=trusting)
            body = urlencode({"name": "isa", "password": PASSWORD})
            headers = {"Origin": f"https://127.0.0.1:{port}"}
            there.request("POST", "/sign-in", body, headers)
            cookie = there.getresponse().getheader("Set-Cookie", "").lower()
            there.close()
        finally:
            made.should_exit = True
            thread.join()
    assert cookie.startswith("__host-desk=")
    assert {"secure", "httponly", "samesite=strict", "path=/"} <= set(
        cookie.split("; ")
    )


def test_hours_that_are_over_are_entered_while_it_is_served(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[[Callable[[], bool]], None],
) -> None:
    monkeypatch.setattr(server, "SETTLING_SECONDS", 0.1)
    with desk_stand(tmp_path / "home") as stand:
        issuing = Issuing(stand.visitor("isa"))
        issuing.wish(lane="faceless")
        issuing.visitor.post("/new/issue")
        issuing.visitor.post("/new/handed-over")
        account = stand.home.staff.read().existing("isa").digest
        entries = stand.site.desk.journal.reader

        def is_entered() -> bool:
            hours = [load_entry(each) for each in entries.entries()]
            return any(
                isinstance(hour, DeskHour) and hour.account == account for hour in hours
            )

        assert not is_entered()
        now = stand.site.now
        later = replace(stand.site, now=lambda: now() + timedelta(hours=3))
        with served(later):
            eventually(is_entered)


def test_a_journal_that_cannot_be_written_stops_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise JournalError("the journal cannot be written")

    monkeypatch.setattr(server, "SETTLING_SECONDS", 0.01)
    with desk_stand(tmp_path / "home") as stand:
        monkeypatch.setattr(type(stand.site.desk), "settle", full)
        visitor = stand.visitor("isa")
        issuing = Issuing(visitor)
        issuing.wish(lane="faceless")
        answer = visitor.post("/new/issue")
        assert (answer.status, "journal cannot" in answer.text) == (409, True)
        monkeypatch.undo()
        assert visitor.post("/new/issue").headers["location"] == "/new/pass"


def test_what_is_switched_off_stands_on_every_page(tmp_path: Path) -> None:
    site = make_home(tmp_path / "home", no_models)
    unsafe = replace(site, unsafe=("attack detection is off",))
    with served(unsafe) as there:
        assert "attack detection is off" in there.visitor().get("/sign-in").text
        visitor = there.visitor("isa")
        assert "attack detection is off" in visitor.get("/new").text


def test_models_that_do_not_load_are_said(tmp_path: Path) -> None:
    with desk_stand(tmp_path / "home") as stand:
        issuing = Issuing(stand.visitor("isa"))
        issuing.wish()
        issuing.consent()
        answer = issuing.visitor.post("/new/begin")
        assert (answer.status, "no models" in answer.text) == (409, True)
