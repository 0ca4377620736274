"""Who may use the desk's interface, and what it makes of rubbish."""

import json
import os
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ostiary.cli.clock import now
from ostiary.demo.desk_home import make_desk
from ostiary.desk.service import Desk
from ostiary.errors import ConfigurationError, OstiaryError, StorageError
from ostiary.staff.access import Scope
from ostiary.staff.throttle import FREE
from ostiary.storage.home import Home
from ostiary.storage.registry.records import KEY_BYTES, Place
from ostiary.storage.registry.registry import Registry
from ostiary.web.desk.api.app import description, make_app
from ostiary.web.desk.api.entry import BURST
from ostiary.web.desk.api.guard import MOST_JSON_BYTES, MOST_PICTURE_BYTES
from tests.desk.staged_enrolment import PERSON, picture
from tests.web.programs import (
    PREFIX,
    ApiStand,
    Program,
    Reply,
    api_stand,
    ask,
    stand_over,
)

pytestmark = pytest.mark.enable_socket

NOBODY = "00" * 16
SENT = "quoted-nowhere"
OPERATIONS = [
    (method.upper(), path.format(identifier=NOBODY))
    for path, methods in json.loads(description())["paths"].items()
    for method in methods
]
SCOPES = {
    ("GET", "/consent"): Scope.ISSUE,
    ("POST", "/enrolments"): Scope.ISSUE,
    ("POST", f"/enrolments/{NOBODY}/photographs"): Scope.ISSUE,
    ("DELETE", f"/enrolments/{NOBODY}"): Scope.ISSUE,
    ("POST", "/passes"): Scope.ISSUE,
    ("PUT", f"/passes/{NOBODY}/confirmation"): Scope.ISSUE,
    ("GET", f"/passes/{NOBODY}"): Scope.READ,
    ("POST", "/passes/find"): Scope.READ,
    ("PUT", f"/passes/{NOBODY}/revocation"): Scope.REVOKE,
    ("DELETE", f"/passes/{NOBODY}"): Scope.ERASE,
    ("GET", "/status"): Scope.READ,
}


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiStand]:
    """One for all: no test leaves anything but tokens."""
    with api_stand(tmp_path_factory.mktemp("api") / "home") as made:
        yield made


@pytest.fixture
def program(stand: ApiStand) -> Program:
    return stand.program()


def kind_of(reply: Reply) -> str:
    """What a problem is called."""
    assert reply.headers["content-type"] == "application/problem+json", reply.body
    said = reply.json()
    assert said["status"] == reply.status
    kind: str = said["type"]
    return kind.removeprefix("urn:ostiary:problem:")


def test_every_address_takes_its_scope_and_no_other(stand: ApiStand) -> None:
    assert sorted(OPERATIONS) == sorted(SCOPES)
    for scope in Scope:
        others = [each for each in Scope if each is not scope]
        stranger, mine = stand.program(*others), stand.program(scope)
        for (method, path), needed in SCOPES.items():
            if needed is not scope:
                continue
            assert kind_of(stranger.ask(method, path)) == "not-allowed", path
            assert mine.ask(method, path).status not in {401, 403}, path


def test_tokens_that_do_not_count(tmp_path: Path) -> None:
    with api_stand(tmp_path / "home") as stand:
        good = stand.program(name="good")
        assert good.secret is not None
        for shown in ("", "Bearer", "Bearer x", f"Basic {good.secret}", good.secret):
            headers = {"Authorization": shown} if shown else {}
            refused = ask(stand.origin, "GET", f"{PREFIX}/status", None, headers)
            assert refused.status in {401, 429}
            assert SENT not in refused.text
        stand.clock.at += timedelta(days=1)
        assert good.ask("GET", "/status").status in {401, 429}
        stand.clock.at -= timedelta(seconds=1)
        assert good.ask("GET", "/status").status == 200
        stand.home.access.change(lambda tokens: tokens.without("good"))
        assert good.ask("GET", "/status").status in {401, 429}


def test_a_first_refusal_says_what_to_send(tmp_path: Path) -> None:
    with api_stand(tmp_path / "home") as stand:
        refused = Program(stand.origin, None).ask("GET", "/status")
        assert kind_of(refused) == "no-token"
        assert refused.headers["www-authenticate"] == "Bearer"


def test_who_guesses_has_to_wait_and_keeps_nobody_out(tmp_path: Path) -> None:
    with api_stand(tmp_path / "home") as stand:
        good, bad = stand.program(), Program(stand.origin, "ostiary_guess")
        kinds = [kind_of(bad.ask("GET", "/status")) for _ in range(FREE + 1)]
        assert kinds == ["no-token"] * FREE + ["too-many-requests"]
        assert int(bad.ask("GET", "/status").headers["retry-after"]) > 0
        assert good.ask("GET", "/status").status == 200


def test_a_program_that_asks_too_often_has_to_wait(stand: ApiStand) -> None:
    hasty, calm = stand.program(), stand.program()
    replies = (hasty.ask("GET", f"/passes/{NOBODY}") for _ in range(int(BURST) * 50))
    slowed = next(each for each in replies if each.status != 404)
    assert kind_of(slowed) == "too-many-requests"
    assert int(slowed.headers["retry-after"]) > 0
    assert calm.ask("GET", "/status").status == 200


def test_a_file_of_tokens_that_cannot_be_read_lets_nobody_in(tmp_path: Path) -> None:
    with api_stand(tmp_path / "home") as stand:
        good = stand.program()
        stand.home.access.path.chmod(0o644)
        refused = good.ask("GET", "/status")
        assert kind_of(refused) == "unavailable"
        assert str(tmp_path) not in refused.text


def test_another_tenants_token_is_none(tmp_path: Path) -> None:
    with api_stand(tmp_path / "a") as first, api_stand(tmp_path / "b") as second:
        token = first.program()
        made = token.issue()
        there = Program(second.origin, token.secret)
        assert kind_of(there.ask("GET", f"/passes/{made}")) == "no-token"
        own = second.program()
        assert kind_of(own.ask("GET", f"/passes/{made}")) == "not-found"


ENDS = b"2099-01-01T00:00:00Z"
ORDER = b'{"enrolment": null, "zones": ["north"], "expires_at": "%s"}' % ENDS
HOURS = b'"weekdays": ["mon"], "start": "08:00", "end": "09:00"}]}'


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/passes", {SENT: 1}),
        ("POST", "/passes", {"zones": [SENT.upper()]}),
        ("POST", "/passes", {"zones": ["../../etc"]}),
        ("POST", "/passes", {"zones": [], "enrolment": SENT}),
        ("POST", "/passes", {"expires_at": SENT}),
        ("POST", "/passes", {"expires_at": 4_000_000_000}),
        ("POST", "/passes", {"expires_at": "2099-01-01T00:00:00"}),
        ("POST", "/passes", {"hours": [{SENT: []}]}),
        ("POST", "/passes", {"own": SENT * 9}),
        ("POST", "/passes", [SENT]),
        ("POST", "/passes", SENT),
        ("POST", "/passes", None),
        ("POST", "/passes/find", {"own": "\ud800"}),
        ("POST", "/passes/find", {"own": 7}),
        ("POST", "/enrolments", {"consent": {"version": SENT, "means": SENT}}),
        ("POST", "/enrolments", {"consent": {"version": "x\n", "means": "page"}}),
        ("POST", "/passes", b'{"zones": NaN, "expires_at": Infinity}'),
        ("POST", "/passes", b'{"zones": 1' + b"0" * 9000 + b"}"),
        ("POST", "/passes", b"[" * 16_000),
        ("POST", "/passes", b'{"a":' * 3_000),
        ("POST", "/passes", b"\xff\xfe" + SENT.encode("utf-16")),
        ("POST", "/passes", b'\x00"' + SENT.encode()),
        ("POST", "/passes", ORDER[:-1] + b', "zones": ["south"]}'),
        (
            "POST",
            "/passes",
            ORDER[:-1] + b', "hours": [{' + b'"zone": "north", ' * 2 + HOURS,
        ),
        ("POST", "/passes", b"\xef\xbb\xbf" + ORDER),
        ("POST", "/passes", ORDER.decode().encode("utf-16")),
        ("POST", "/passes", ORDER.replace(ENDS, b"4000000000")),
        ("POST", "/passes", ORDER.replace(ENDS, b"2099-01-01 00:00Z")),
    ],
)
def test_rubbish_is_refused_by_its_place_and_never_quoted(
    program: Program, method: str, path: str, body: object
) -> None:
    headers = {"Idempotency-Key": "k" * 16}
    if isinstance(body, bytes):
        headers["Content-Type"] = "application/json"
    refused = program.ask(method, path, body, headers)
    assert kind_of(refused) == "invalid"
    assert SENT not in refused.text.lower()


@pytest.mark.parametrize(
    "identifier",
    [
        "..%2f..%2fregistry.key",
        "%00",
        "0" * 31,
        "0" * 33,
        "G" * 32,
        "A" * 32,
        "%f0%9f%98%80",
        "0" * 31 + "%0a",
        "0" * 16 + "/" + "0" * 15,
    ],
)
def test_what_is_no_identifier_finds_nothing(program: Program, identifier: str) -> None:
    for method, path in (("GET", ""), ("DELETE", ""), ("PUT", "/confirmation")):
        refused = program.ask(method, f"/passes/{identifier}{path}")
        assert refused.status in {404, 422}


@pytest.mark.parametrize(
    ("path", "kind", "expected"),
    [
        ("/passes", "text/plain", "wrong-type"),
        ("/passes", "application/x-www-form-urlencoded", "wrong-type"),
        ("/passes", "multipart/form-data; boundary=x", "wrong-type"),
        ("/passes", "", "wrong-type"),
        (f"/enrolments/{NOBODY}/photographs", "application/json", "wrong-type"),
        (f"/enrolments/{NOBODY}/photographs", "multipart/form-data", "wrong-type"),
        (f"/enrolments/{NOBODY}/photographs", "image/gif", "wrong-type"),
        (f"/enrolments/{NOBODY}/photographs", "IMAGE/PNG; x=y", "not-found"),
    ],
)
def test_a_body_of_another_type_is_not_read(
    program: Program, path: str, kind: str, expected: str
) -> None:
    refused = program.ask("POST", path, picture(PERSON), {"Content-Type": kind})
    assert kind_of(refused) == expected


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/passes", MOST_JSON_BYTES),
        (f"/enrolments/{NOBODY}/photographs", MOST_PICTURE_BYTES),
    ],
)
def test_a_body_that_says_it_is_too_long_is_not_read(
    program: Program, path: str, most: int
) -> None:
    headers = {"Content-Type": "image/png", "Content-Length": str(most + 1)}
    assert kind_of(program.ask("POST", path, b"x", headers)) == "too-large"


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"issuer": 1}', b"\xff"])
def test_of_whom_has_no_token_no_body_is_read(stand: ApiStand, body: bytes) -> None:
    nobody = Program(stand.origin, None)
    for path in ("/passes", "/enrolments", "/passes/find"):
        refused = nobody.ask("POST", path, body, {"Content-Type": "application/json"})
        assert refused.status in {401, 429}, path


@pytest.fixture
def raw(stand: ApiStand) -> Callable[[bytes], bytes]:
    """What the server says to bytes, until it closes."""
    host, _, port = stand.origin.partition("//")[2].rpartition(":")

    def say(request: bytes) -> bytes:
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            said = b""
            while piece := connection.recv(65_536):
                said += piece
        return said

    return say


LINE = b"POST /api/v1/passes HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    ("request_", "statuses"),
    [
        (LINE + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", {411}),
        (LINE + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", {400}),
        (
            LINE + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            {400, 411},
        ),
        (LINE + b"Idempotency-Key: a\r\n" * 2 + b"\r\n", {422}),
        (LINE + b"Authorization: Bearer a\r\nAuthorization: b\r\n\r\n", {422}),
        (LINE + b"Content-Length: -1\r\n\r\n", {400}),
        (LINE + b"Content-Length: +5\r\n\r\nhello", {400}),
        (LINE + b"Content-Length: 0x5\r\n\r\nhello", {400}),
        (LINE + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n", {400, 401, 429}),
        (LINE.replace(b"localhost", b"evil.example") + b"\r\n", {403}),
        (LINE.replace(b"Host: localhost\r\n", b"") + b"\r\n", {400}),
        (LINE + b"Host: evil.example\r\n\r\n", {400}),
        (b"GET /api/v1/status HTTP/1.0\r\n\r\n", {403}),
        (LINE.replace(b"/api", b"/API") + b"Content-Length: 0\r\n\r\n", {403, 404}),
        (LINE.replace(b"/api/", b"//api/") + b"Content-Length: 0\r\n\r\n", {403, 404}),
        (LINE.replace(b"/api/v1", b"/api/v1/../v1"), {400, 403, 404, 405}),
        (LINE.replace(b"POST", b"P\x00ST") + b"\r\n", {400}),
        (LINE.replace(b"POST", b"BREW") + b"\r\n", {405}),
        (LINE + b"X: \x00\r\n\r\n", {400}),
        (LINE + b"X: " + b"y" * 9_000 + b"\r\n\r\n", {400, 431}),
        (LINE + b"X: " + b"y" * 100_000 + b"\r\n\r\n", {400, 431}),
        (LINE.replace(b"passes", b"passes?" + b"y" * 9_000) + b"\r\n", {400, 431}),
        (
            LINE.replace(b"/api", b"http://evil.example/api") + b"\r\n",
            {400, 401, 403, 404, 405, 411, 429},
        ),
    ],
)
def test_what_http_lets_through_is_refused_and_the_desk_goes_on(
    raw: Callable[[bytes], bytes],
    program: Program,
    request_: bytes,
    statuses: set[int],
) -> None:
    said = raw(request_)
    if said:
        assert int(said.split()[1]) in statuses, said
    assert program.ask("GET", "/status").status == 200


def test_an_upload_that_is_cut_off_leaves_the_desk_at_work(
    raw: Callable[[bytes], bytes], program: Program
) -> None:
    enrolment = program.begin().json()["enrolment"]
    head = (
        f"POST {PREFIX}/enrolments/{enrolment}/photographs HTTP/1.1\r\n"
        f"Host: localhost\r\nAuthorization: Bearer {program.secret}\r\n"
        "Content-Type: image/png\r\nContent-Length: 100000\r\n\r\n"
    )
    raw(head.encode() + picture(PERSON)[:50])
    assert program.ask("DELETE", f"/enrolments/{enrolment}").status == 204


def test_a_fault_of_ours_says_nothing_of_itself(
    stand: ApiStand, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(SENT)

    monkeypatch.setattr(Registry, "record", fail)
    refused = program.ask("GET", f"/passes/{NOBODY}")
    assert kind_of(refused) == "fault"
    assert SENT not in refused.text
    assert stand.site is not None


@pytest.mark.parametrize("kind", [StorageError, ConfigurationError])
def test_where_the_desks_files_are_is_not_told(
    stand: ApiStand,
    program: Program,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[OstiaryError],
) -> None:
    def fail(*_: object) -> None:
        raise kind(f"{stand.home.path}/registry.toml: no")

    monkeypatch.setattr(Registry, "find", fail)
    refused = program.ask("POST", "/passes/find", {"own": "x"})
    assert refused.status in {409, 503}
    assert str(stand.home.path) not in refused.text


def test_the_description_is_open_and_has_no_page_from_elsewhere(
    stand: ApiStand,
) -> None:
    nobody = Program(stand.origin, None)
    assert nobody.ask("GET", "/openapi.json").json() == make_app().openapi()
    for path in ("/docs", "/redoc"):
        assert kind_of(nobody.ask("GET", path)) == "not-found"


def test_a_home_is_not_let_at_another_homes_records(tmp_path: Path) -> None:
    """Two owners who name the same database and the same tenant in it."""
    first = make_desk(tmp_path / "a", now(), os.urandom)
    place = Place.of(first.home)
    assert place is not None
    other = Home(tmp_path / "b")
    other.path.mkdir(0o700)
    taken = Place.make(other, place.url, place.tenant, os.urandom(KEY_BYTES))
    with pytest.raises((ConfigurationError, StorageError), match="key"):
        Registry.create(taken)


def test_two_desks_of_one_home_share_what_was_begun(tmp_path: Path) -> None:
    home = make_desk(tmp_path / "home", now(), os.urandom).home
    first, second = Desk.open(home, os.urandom), Desk.open(home, os.urandom)
    with stand_over(first) as one, stand_over(second) as two:
        program = one.program()
        ends = (now() + timedelta(days=3)).isoformat()
        made = program.order("k" * 16, expires_at=ends).json()["record"]["identifier"]
        assert program.confirm(made).status == 200
        there = Program(two.origin, program.secret)
        again = there.order("k" * 16, expires_at=ends)
        assert again.json()["identifier"] == made
