"""Opening by hand, asked for by whoever has no business to."""

import base64
import hashlib
import json
import os
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import cbor2
import pytest

from ostiary.gate.openings import HandOpenings
from ostiary.journal import OpeningReason, OpeningRules, UserCheck, dump_entry
from ostiary.storage.authenticators import AuthenticatorsFile
from ostiary.storage.files import create_atomically
from ostiary.storage.journal import Journal
from ostiary.web.peer_files import Peer, dump_peer
from tests.authenticator import drawn_key
from tests.conftest import NOW
from tests.web.attended import KIM, PASSWORD, AttendedGate, attended_gate

pytestmark = pytest.mark.enable_socket

ACTS = ("wish", "sign", "second", "drop", "challenge", "register")
PATIENCE_SECONDS = 30.0


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AttendedGate]:
    folder = tmp_path_factory.mktemp("hand")
    path: Path = folder / "journal"
    openings = HandOpenings(
        Journal.begin(path, "home", os.urandom), "north", os.urandom
    )
    with attended_gate(folder, KIM, openings=openings, journal=path) as served:
        yield served


def post(
    gate: AttendedGate, path: str, cookie: str = "", origin: str = "", **form: str
) -> tuple[int, str, str]:
    """Status, body and cookie."""
    line = HTTPConnection(urlsplit(gate.address).netloc, timeout=20)
    headers = {"Origin": origin or gate.address, "Cookie": cookie}
    try:
        line.request("POST", path, urlencode(form), headers)
        answer = line.getresponse()
        body = answer.read().decode()
        return answer.status, body, (answer.headers["set-cookie"] or "").split(";")[0]
    finally:
        line.close()


def get(gate: AttendedGate, path: str, cookie: str) -> tuple[int, str]:
    line = HTTPConnection(urlsplit(gate.address).netloc, timeout=20)
    try:
        line.request("GET", path, headers={"Cookie": cookie})
        answer = line.getresponse()
        return answer.status, answer.read().decode()
    finally:
        line.close()


@pytest.fixture(scope="module")
def kim(gate: AttendedGate) -> tuple[str, str]:
    """Cookie and token of somebody who is signed in."""
    _, _, cookie = post(gate, "/attend/sign-in", name="kim", password=PASSWORD)
    _, page = get(gate, "/attend/hand", cookie)
    return cookie, page.partition('data-csrf="')[2].partition('"')[0]


def test_the_page_offers_the_reasons_that_the_owner_offers(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal.begin(path, "home", os.urandom)
    origin, reasons = "http://localhost:8470", (OpeningReason.EMERGENCY,)
    rules = OpeningRules(
        NOW, "localhost", (origin,), UserCheck.PRESENT, 3, 10, reasons=reasons
    )
    journal.append(dump_entry(rules))
    AuthenticatorsFile(tmp_path / "authenticators.json").put("kim", bytes(32))
    openings = HandOpenings(journal, "north", os.urandom)
    with attended_gate(tmp_path, KIM, openings=openings, journal=path) as gate:
        _, _, cookie = post(gate, "/attend/sign-in", name="kim", password=PASSWORD)
        deadline = time.monotonic() + PATIENCE_SECONDS
        page = get(gate, "/attend/hand", cookie)[1]
        while 'value="other"' in page and time.monotonic() < deadline:
            time.sleep(0.05)
            page = get(gate, "/attend/hand", cookie)[1]
    assert 'value="emergency"' in page
    assert 'value="other"' not in page


@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_done_without_session_token_and_origin(
    gate: AttendedGate, kim: tuple[str, str], act: str
) -> None:
    cookie, csrf = kim
    path = f"/attend/hand/{act}"
    assert post(gate, path, csrf=csrf)[0] == 401
    assert post(gate, path, cookie)[0] == 401
    assert post(gate, path, cookie, csrf="another")[0] == 401
    elsewhere = "https://elsewhere.example"
    assert post(gate, path, cookie, elsewhere, csrf=csrf)[0] == 403
    assert gate.opened == []


@pytest.mark.parametrize(
    ("act", "form", "name"),
    [
        ("wish", {}, "authenticator-unknown"),
        ("wish", {"reason": "emergency"}, "authenticator-unknown"),
        ("wish", {"reason": "\u202eycnegreme"}, "authenticator-unknown"),
        ("sign", {}, "assertion-malformed"),
        ("sign", {"data": "!", "client": "\xff", "signature": "="}, "malformed"),
        ("sign", {"data": "A" * 4_000}, "assertion-malformed"),
        ("second", {}, "authenticator-unknown"),
        ("second", {"data": "!"}, "authenticator-unknown"),
        ("register", {}, "registration-refused"),
        ("register", {"answer": "[" * 4_000}, "registration-refused"),
    ],
)
def test_rubbish_is_refused_by_name(
    gate: AttendedGate, kim: tuple[str, str], act: str, form: dict[str, str], name: str
) -> None:
    cookie, csrf = kim
    status, body, _ = post(gate, f"/attend/hand/{act}", cookie, csrf=csrf, **form)
    assert status == 200
    assert name in body
    assert '"opened":false' in body
    assert gate.opened == []


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("identifier", "further", "kept"),
    [(20, 0, True), (5, 0, False), (20, 2_100, False)],
)
def test_what_no_owner_could_enter_is_not_registered(
    gate: AttendedGate,
    kim: tuple[str, str],
    identifier: int,
    further: int,
    kept: bool,  # noqa: FBT001 - of the table
) -> None:
    cookie, csrf = kim
    _, body, _ = post(gate, "/attend/hand/challenge", cookie, csrf=csrf)
    client = {"type": "webauthn.create", "origin": gate.address, **json.loads(body)}
    point = drawn_key(b"kim")
    key = {1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:], -70: bytes(further)}
    party = hashlib.sha256((urlsplit(gate.address).hostname or "").encode()).digest()
    data = party + b"\x45" + bytes(20) + identifier.to_bytes(2) + bytes(identifier)
    data += bytes(cbor2.dumps(key))
    attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
    named = base64url(bytes(identifier))
    response = {
        "clientDataJSON": base64url(json.dumps(client).encode()),
        "attestationObject": base64url(attested),
    }
    credential = {"id": named, "rawId": named, "type": "public-key"}
    answer = json.dumps({**credential, "response": response})
    path = "/attend/hand/register"
    status, body, _ = post(gate, path, cookie, csrf=csrf, answer=answer)
    assert status == 200
    assert ("compared" in body) is kept
    assert ("registration-refused" in body) is not kept


def test_a_signature_for_no_wish_is_late(
    gate: AttendedGate, kim: tuple[str, str]
) -> None:
    cookie, csrf = kim
    form = {"wish": "7" * 32, "data": "A" * 64, "client": "AAAA", "signature": "A" * 16}
    status, body, _ = post(gate, "/attend/hand/sign", cookie, csrf=csrf, **form)
    assert status == 200
    assert "answer-late" in body


@pytest.mark.parametrize("wish", ["", "7" * 9_000, "\ud800", "\u0667" * 32, "7" * 33])
def test_a_wish_that_the_gate_never_named_is_late_at_once(
    gate: AttendedGate, kim: tuple[str, str], wish: str
) -> None:
    cookie, csrf = kim
    form = {"data": "A" * 64, "client": "AAAA", "signature": "A" * 16}
    form["wish"] = wish.encode(errors="surrogatepass").decode(errors="replace")
    status, body, _ = post(gate, "/attend/hand/sign", cookie, csrf=csrf, **form)
    assert (status, "answer-late" in body) == (200, True)
    assert post(gate, "/attend/hand/drop", cookie, csrf=csrf, **form)[0] == 204


def test_rubbish_from_a_second_attendant_is_refused_by_name(
    gate: AttendedGate, kim: tuple[str, str]
) -> None:
    cookie, csrf = kim
    AuthenticatorsFile.beside(gate.staff.path).put("kim", bytes(32))
    form = {"data": "A" * 64, "client": "AAAA", "signature": "A" * 16}
    for text in ("", "!", "7" * 43, "7" * 9_000, "\u0667" * 32):
        status, body, _ = post(
            gate, "/attend/hand/second", cookie, csrf=csrf, challenge=text, **form
        )
        assert (status, "answer-late" in body) == (200, True)
    _, body, _ = post(gate, "/attend/hand/second", cookie, csrf=csrf, data="!")
    assert "assertion-malformed" in body
    assert gate.opened == []


def test_nobody_else_hears_what_waits(gate: AttendedGate) -> None:
    assert get(gate, "/attend/hand/waiting", "")[0] == 401
    assert get(gate, "/attend/hand/waiting", "attendant=another")[0] == 401


def test_without_a_journal_there_is_no_such_page(tmp_path: Path) -> None:
    with attended_gate(tmp_path, KIM) as plain:
        _, _, cookie = post(plain, "/attend/sign-in", name="kim", password=PASSWORD)
        status, _ = get(plain, "/attend/hand", cookie)
        assert status == 303
        _, page = get(plain, "/attend", cookie)
        csrf = page.partition('data-csrf="')[2].partition('"')[0]
        assert get(plain, "/attend/hand/waiting", cookie)[0] == 401
        for act in ACTS:
            assert post(plain, f"/attend/hand/{act}", cookie, csrf=csrf)[0] == 401
        assert "/attend/hand" not in page


def test_the_page_says_where_other_gates_are_opened(tmp_path: Path) -> None:
    peer = Peer("South", "http://127.0.0.1:1", "A" * 43, "")
    there = tmp_path / "south.gate.json"
    create_atomically(there, dump_peer(peer), private=True)
    journal = Journal.begin(tmp_path / "journal", "home", os.urandom)
    openings = HandOpenings(journal, "north", os.urandom)
    with attended_gate(
        tmp_path, KIM, openings=openings, journal=journal.path, gates=(there,)
    ) as gate:
        _, _, cookie = post(gate, "/attend/sign-in", name="kim", password=PASSWORD)
        _, page = get(gate, "/attend/hand", cookie)
    assert "This page opens its own gate alone" in page
    assert '<a href="http://127.0.0.1:1/attend/hand"><bdi>South</bdi></a>' in page
