"""What the attendants' addresses refuse, whatever a client sends."""

import http.client
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostiary.reasons import Reason
from ostiary.staff import StaffRole
from tests.web.attended import KIM, LEE, PASSWORD, AttendedGate, attended_gate
from tests.web.certificates import write_certificate

pytestmark = pytest.mark.enable_socket

UNVERIFIED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
UNVERIFIED.check_hostname = False
UNVERIFIED.verify_mode = ssl.CERT_NONE

TLS = """
[pages]
port = 0
certificate = "certificate.pem"
key = "key.pem"
"""

GOOD = urlencode({"name": "kim", "password": PASSWORD})


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AttendedGate]:
    folder: Path = tmp_path_factory.mktemp("gate")
    with attended_gate(folder, KIM) as gate:
        yield gate


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.text = response.read(100_000).decode(errors="replace")

    @property
    def cookie(self) -> str:
        return self.headers.get("set-cookie", "").partition(";")[0]


def send(
    gate: AttendedGate,
    method: str,
    path: str,
    body: str | bytes = "",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    there = urlsplit(gate.address)
    line = (
        http.client.HTTPSConnection(there.netloc, timeout=20, context=UNVERIFIED)
        if there.scheme == "https"
        else http.client.HTTPConnection(there.netloc, timeout=20)
    )
    usual = {"Origin": gate.address} if method == "POST" else {}
    try:
        line.request(method, path, body, {**usual, **(headers or {})})
        return Answer(line.getresponse())
    finally:
        line.close()


@pytest.fixture(scope="module")
def signed_in(gate: AttendedGate) -> dict[str, str]:
    answer = send(gate, "POST", "/attend/sign-in", GOOD)
    assert answer.status == 303
    return {"Cookie": answer.cookie}


def csrf_of(gate: AttendedGate, signed_in: dict[str, str]) -> str:
    page = send(gate, "GET", "/attend", headers=signed_in).text
    return page.partition('data-csrf="')[2].partition('"')[0]


def test_the_session_is_for_the_browser_and_this_site_alone(
    gate: AttendedGate,
) -> None:
    said = send(gate, "POST", "/attend/sign-in", GOOD).headers["set-cookie"]
    assert "HttpOnly" in said
    assert "SameSite=strict" in said
    assert "Domain" not in said
    assert len(said.partition("=")[2].partition(";")[0]) == 43


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_no_other_site_can_act(
    gate: AttendedGate, signed_in: dict[str, str], headers: dict[str, str]
) -> None:
    gate.call(Reason.DOOR_FAULT)
    body = urlencode(
        {
            "csrf": csrf_of(gate, signed_in),
            "gate": "north",
            "deed": "done",
            "number": "1",
        }
    )
    answer = send(gate, "POST", "/attend/act", body, {**signed_in, **headers})
    assert answer.status in {303, 403}
    assert "said" not in answer.headers.get("location", "")
    assert send(gate, "POST", "/attend/sign-in", GOOD, headers).cookie == ""


@pytest.mark.parametrize("csrf", ["", "A" * 43, "\ud83d", "é"])
def test_a_form_without_the_sessions_token_does_nothing(
    gate: AttendedGate, signed_in: dict[str, str], csrf: str
) -> None:
    body = urlencode(
        {"csrf": csrf, "gate": "north", "deed": "confirm", "number": "1"},
        errors="surrogatepass",
    )
    answer = send(gate, "POST", "/attend/act", body, signed_in)
    assert answer.headers["location"] == "/attend"
    assert send(gate, "POST", "/attend/sign-out", body, signed_in).status == 303
    assert csrf_of(gate, signed_in)


def test_nobody_can_put_it_in_a_frame_or_keep_it(gate: AttendedGate) -> None:
    headers = send(gate, "GET", "/attend").headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "script-src 'self'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_nothing_is_told_to_whoever_is_not_signed_in(gate: AttendedGate) -> None:
    assert send(gate, "GET", "/attend/events").status == 401
    assert send(gate, "POST", "/attend/here", "csrf=").status == 401
    assert send(gate, "GET", "/peer/events").status == 403
    assert send(gate, "POST", "/peer/act", "{}").status == 403
    assert "North" not in send(gate, "GET", "/attend").text


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    path=st.sampled_from(["/attend/act", "/attend/sign-out", "/attend/here"]),
    body=st.binary(max_size=300) | st.text(max_size=100).map(str.encode),
)
def test_rubbish_breaks_nothing(
    gate: AttendedGate, signed_in: dict[str, str], path: str, body: bytes
) -> None:
    assert send(gate, "POST", path, body, signed_in).status in {303, 401}


@pytest.mark.parametrize(
    "form",
    [
        {"deed": "open", "number": "1"},
        {"deed": "confirm", "number": "-1"},
        {"deed": "confirm", "number": "9" * 400},
        {"deed": "confirm", "number": "٣"},
        {"deed": "confirm"},
        {"deed": "done", "number": "77"},
        {"deed": "confirm", "number": "1", "gate": "../x"},
    ],
    ids=str,
)
def test_no_act_that_is_not_offered(
    gate: AttendedGate, signed_in: dict[str, str], form: dict[str, str]
) -> None:
    csrf = csrf_of(gate, signed_in)
    body = urlencode({"csrf": csrf, "gate": "north", **form})
    answer = send(gate, "POST", "/attend/act", body, signed_in)
    assert answer.status == 303
    assert "taken" not in answer.headers["location"]
    assert gate.decisions == []


def test_a_flood_of_guesses_is_cut_short(tmp_path: Path) -> None:
    with attended_gate(tmp_path / "gate", KIM) as gate:
        body = urlencode({"name": "kim", "password": "not the right words"})
        found = [send(gate, "POST", "/attend/sign-in", body).status for _ in range(7)]
        assert found == [401] * 4 + [429] * 3
        last = send(gate, "POST", "/attend/sign-in", GOOD)
        assert (last.status, last.cookie) == (429, "")
        assert int(last.headers["retry-after"]) >= 1


def test_an_issuer_does_not_come_in(tmp_path: Path) -> None:
    issuer = replace(KIM, role=StaffRole.ISSUER)
    with attended_gate(tmp_path / "gate", issuer, LEE) as gate:
        answer = send(gate, "POST", "/attend/sign-in", GOOD)
        assert (answer.status, answer.cookie) == (403, "")
    with attended_gate(tmp_path / "other", issuer) as gate:
        assert send(gate, "POST", "/attend/sign-in", GOOD).status == 503


def test_over_tls_the_session_is_of_this_host_and_secure(tmp_path: Path) -> None:
    write_certificate(tmp_path)
    with attended_gate(tmp_path, KIM, more=TLS) as gate:
        answer = send(gate, "POST", "/attend/sign-in", GOOD)
        said = answer.headers["set-cookie"]
        assert said.startswith("__Host-attendant=")
        assert "Secure" in said
        assert "Path=/" in said
        held = {"Cookie": answer.cookie}
        assert csrf_of(gate, held)
        # As it is called without TLS, which anybody in between could have laid down.
        plain = {"Cookie": answer.cookie.removeprefix("__Host-")}
        assert csrf_of(gate, plain) == ""
