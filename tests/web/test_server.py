"""What the served pages let in, and what every answer carries."""

import json
import socket
import ssl
import struct
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from ostiary.config import Pages
from ostiary.gate.displays import Stage
from ostiary.reasons import Reason
from ostiary.web.careful import HEADERS
from ostiary.web.gate.link import Kind
from pages.staged import SCENES, Stand, stand

pytestmark = pytest.mark.enable_socket

Client = Any
"""The fixture's type; test modules import nothing from one another."""

DAY = timedelta(days=1)
KIOSK_PATHS = ("/", "/kiosk", "/kiosk/events", "/kiosk/mirror/x", "/kiosk/enter/x")


def until(true: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def view(client: Client) -> dict[str, Any]:
    """What the kiosk is told first."""
    answer = client.open("GET", "/kiosk/events")
    assert answer.status == 200
    line = answer.readline().removeprefix(b"data: ")
    answer.close()
    told: dict[str, Any] = json.loads(line)
    return told


def test_every_answer_carries_the_headers(kiosk: Client) -> None:
    for path in (*KIOSK_PATHS, "/static/kiosk.js", "/nothing"):
        answer = kiosk.open("GET", path)
        carried = {name: answer.getheader(name) for name in HEADERS}
        assert carried == dict(HEADERS), path
        assert answer.getheader("Server") is None
        answer.close()


@pytest.mark.parametrize("path", KIOSK_PATHS)
def test_nobody_but_the_kiosk_is_shown_anything(client: Client, path: str) -> None:
    status, body = client.get(path)
    assert status == 403
    assert b"Show your pass" not in body
    assert client.post("/kiosk/help") == 403


def test_a_way_in_serves_once(standing: Stand, client: Client) -> None:
    invitation = standing.pages.invite()
    assert client.enter(invitation) == 303
    assert client.get("/kiosk")[0] == 200
    assert client.enter(invitation) == 403


def test_a_later_invitation_voids_the_earlier_one(
    standing: Stand, client: Client
) -> None:
    first, second = standing.pages.invite(), standing.pages.invite()
    assert client.enter(first) == 403
    assert client.enter(second) == 303


@pytest.mark.parametrize("host", ["evil.example", "", "127.0.0.1.evil.example:80"])
def test_another_name_is_refused(kiosk: Client, host: str) -> None:
    assert kiosk.get("/kiosk", Host=host)[0] == 403


def test_a_name_is_one_in_small_and_large_letters(
    in_thread: None, clients: Callable[[Stand], Client]
) -> None:
    with stand(Pages(port=0, hosts=("Gate.Example",))) as there:
        client = clients(there)
        client.address = client.address.replace("Gate.Example", "127.0.0.1")
        for host in ("gate.example", "GATE.example:8470"):
            assert b"Not for this screen" in client.get("/kiosk", Host=host)[1]


def test_what_changes_something_comes_from_here_alone(own_kiosk: Client) -> None:
    assert own_kiosk.post("/kiosk/help", Origin="http://evil.example") == 403
    assert own_kiosk.post("/kiosk/help", Origin="null") == 403
    assert own_kiosk.open("POST", "/kiosk/help").status == 403
    assert own_kiosk.post("/kiosk/help") == 204


def test_a_call_reaches_the_gate_once(own_stand: Stand, own_kiosk: Client) -> None:
    for _ in range(5):
        assert own_kiosk.post("/kiosk/help") == 204
    own_stand.pass_time()
    assert own_stand.calls == 1
    assert view(own_kiosk)["help"] == "called"


@pytest.mark.parametrize("name", SCENES)
def test_the_kiosk_is_told_each_scene(
    standing: Stand, kiosk: Client, name: str
) -> None:
    SCENES[name](standing)
    wanted = {"guidance": Kind.LOOK}.get(name) or Kind(name)
    until(lambda: view(kiosk)["kind"] == wanted)


def test_the_mirror_opens_once_and_ends_with_the_face(
    standing: Stand, kiosk: Client
) -> None:
    assert view(kiosk)["mirror"] is None
    standing.pages.enter(Stage.FACE)
    until(lambda: view(kiosk)["mirror"] is not None)
    token = view(kiosk)["mirror"]
    answer = kiosk.open("GET", f"/kiosk/mirror/{token}")
    assert answer.status == 200
    assert kiosk.get(f"/kiosk/mirror/{token}")[0] == 403
    standing.reflect()
    (length,) = struct.unpack(">I", answer.read(4))
    assert answer.read(length).startswith(b"\xff\xd8\xff")
    standing.pages.enter(Stage.DOOR)
    assert answer.read() == b""


def test_no_picture_is_shown_before_a_face_is_awaited(
    standing: Stand, kiosk: Client
) -> None:
    standing.reflect()
    standing.pages.enter(Stage.FACE)
    until(lambda: view(kiosk)["mirror"] is not None)
    answer = kiosk.open("GET", f"/kiosk/mirror/{view(kiosk)['mirror']}")
    standing.pages.enter(Stage.DOOR)
    assert answer.read() == b""


def test_the_mirror_is_for_the_kiosk_alone(standing: Stand, kiosk: Client) -> None:
    standing.pages.enter(Stage.FACE)
    until(lambda: view(kiosk)["mirror"] is not None)
    token, session = view(kiosk)["mirror"], kiosk.cookie
    kiosk.cookie = "kiosk=other"
    assert kiosk.get(f"/kiosk/mirror/{token}")[0] == 403
    kiosk.cookie = session
    assert kiosk.open("GET", f"/kiosk/mirror/{token}").status == 200


def test_pages_that_died_come_back_and_know_the_kiosk(
    own_stand: Stand, own_kiosk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ostiary.web.gate.process.RESTART_SECONDS", 0.0)
    SCENES["refused"](own_stand)
    before = own_stand.pages.process_id
    own_stand.kill_pages()

    def back() -> bool:
        own_stand.pass_time()
        return own_stand.pages.process_id != before

    until(back)
    assert view(own_kiosk)["title"] == "The door stays closed"


def test_nothing_is_served_when_the_gate_has_ended(
    own_stand: Stand, own_kiosk: Client
) -> None:
    there = urlsplit(own_kiosk.address)
    own_stand.pages.close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((there.hostname or "", there.port or 0), 2)


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 20_000,
        b"POST /kiosk/help HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Length: 99999999999999999999\r\n\r\n",
        b"POST /kiosk/help HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n",
        b"GET /static/../server.py HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /static/%2e%2e/server.py HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /kiosk/enter/%ff%00 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Cookie: kiosk=\xff\xfe\r\n\r\n",
    ],
)
def test_rubbish_gets_no_answer_worth_having(
    standing: Stand, kiosk: Client, request_: bytes
) -> None:
    standing.pass_time()
    there, calls = urlsplit(kiosk.address), standing.calls
    with socket.create_connection((there.hostname or "", there.port or 0), 20) as line:
        line.sendall(request_)
        line.shutdown(socket.SHUT_WR)
        answer = line.recv(64)
    assert answer[:12] not in {b"HTTP/1.1 200", b"HTTP/1.1 204", b"HTTP/1.1 500"}
    standing.pass_time()
    assert standing.calls == calls
    assert kiosk.get("/kiosk")[0] == 200


def test_an_outage_is_shown_until_it_is_over(
    own_stand: Stand, own_kiosk: Client
) -> None:
    own_stand.fault = Reason.TRUST_EXPIRED
    own_stand.pass_time()
    until(lambda: view(own_kiosk)["kind"] == Kind.CLOSED)
    assert "cannot check passes" in view(own_kiosk)["text"]


def test_an_unsafe_setting_is_named_in_words(kiosk: Client, own_kiosk: Client) -> None:
    page = kiosk.get("/kiosk")[1].decode()
    assert "Unsafe settings are on: <bdi>unsafe_accept_unsealed</bdi>" in page
    assert "nsafe" not in own_kiosk.get("/kiosk")[1].decode()


def test_a_request_in_a_language_is_answered_in_it(kiosk: Client) -> None:
    _, body = kiosk.get("/kiosk?language=ko")
    assert '<html lang="ko" dir="ltr">' in body.decode()
    assert "출입증을 보여 주세요" in body.decode()
    assert b'lang="en"' in kiosk.get("/kiosk?language=../../etc")[1][:60]


def test_with_a_certificate_nothing_is_said_in_the_clear(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gate.example")])
    at = datetime.now(UTC)  # noqa: TID251 - the TLS library asks no other clock
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, at, at + DAY)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    paths = [tmp_path / "certificate.pem", tmp_path / "key.pem"]
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    settings = Pages(port=0, certificate=paths[0], key=paths[1], hosts=("localhost",))
    with stand(settings) as there:
        invitation = urlsplit(there.pages.invite())
        assert (invitation.scheme, invitation.hostname) == ("https", "localhost")
        trusted = ssl.create_default_context(cafile=paths[0])
        line = HTTPSConnection(
            "localhost", invitation.port, timeout=20, context=trusted
        )
        line.request("GET", invitation.path)
        cookie = line.getresponse().getheader("Set-Cookie") or ""
        line.close()
        assert "Secure" in cookie
        plain = HTTPConnection("localhost", invitation.port, timeout=20)
        plain.request("GET", "/kiosk")
        with pytest.raises((OSError, HTTPException)):
            plain.getresponse()
        plain.close()
