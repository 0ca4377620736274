"""Sync against a real server on loopback, and from a folder: good lists only."""

import errno
import hashlib
import os
import re
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from urllib.error import URLError
from urllib.request import HTTPHandler, OpenerDirector

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostiary import download
from ostiary.credential import (
    LIMITS,
    HighWater,
    RootDocument,
    StatusList,
    TrustList,
    new_issuer_key,
    new_root_key,
    read_trust,
    sign_status_list,
)
from ostiary.download import https_opener
from ostiary.errors import FetchError, OstiaryError, StorageError, TrustListError
from ostiary.storage.sync import (
    Folder,
    Source,
    Web,
    sync_root,
    sync_status_list,
    sync_trust,
)
from tests.owner import (
    OWNER,
    ROOT,
    in_force,
    root_document,
    signed_root,
    signed_trust,
    trust_list,
    trusted,
)

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
KEYS = {
    name: new_issuer_key(name, lambda size: bytes([len(name)]) * size)  # noqa: B023
    for name in ("acme", "other", "stranger")
}
TRUST = in_force(
    *(
        trusted(KEYS[name].public, AT - 2 * DAY, AT + DAY, ())
        for name in ("acme", "other")
    )
)


def token(hours: float, issuer: str = "acme", *, uri: str = "urn:acme") -> bytes:
    """A list issued that many hours ago, which does not compress."""
    issued = AT - timedelta(hours=hours)
    bits = hashlib.shake_256(str(hours).encode()).digest(5000)
    status = StatusList(issuer, uri, issued, issued + DAY, HOUR, bits)
    return sign_status_list(status, KEYS[issuer])


OLD, NEW, NEWEST = token(3), token(2), token(1)


class Server(ThreadingHTTPServer):
    """Serves one status list, as badly as it is told to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = NEW
        self.stops_after: int | None = None
        self.tag: Callable[[bytes], str | None] = strong
        self.says_length = True
        self.shifts_ranges_by = 0
        self.redirects_to: str | None = None
        self.answers: list[int] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


def strong(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:16]}"'


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        content = self.server.content
        tag = self.server.tag(content)
        if self.server.redirects_to is not None:
            self.answer(302, {"Location": self.server.redirects_to})
        elif self.path != "/acme.cwt":
            self.answer(404, {})
        elif tag is not None and self.headers["If-None-Match"] == tag:
            self.answer(304, {"ETag": tag})
        else:
            self.send(content, tag)

    def send(self, content: bytes, tag: str | None) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = tag is not None and self.headers["If-Range"] == tag
        start = int(asked[1]) if asked and same else 0
        if start and start >= len(content):
            self.answer(416, {})
            return
        headers = {} if tag is None else {"ETag": tag}
        if self.server.says_length:
            headers["Content-Length"] = str(len(content) - start)
        if start:
            first, last = start + self.server.shifts_ranges_by, len(content) - 1
            headers["Content-Range"] = f"bytes {first}-{last}/{last + 1}"
        self.answer(206 if start else 200, headers)
        with suppress(ConnectionError):
            self.wfile.write(content[start:][: self.server.stops_after])

    def answer(self, status: int, headers: dict[str, str]) -> None:
        self.server.answers.append(status)
        # Unlike `send_response`, this prints nothing.
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def loopback_opener() -> OpenerDirector:
    opener = https_opener()
    opener.add_handler(HTTPHandler())
    return opener


@dataclass
class Gate:
    """A gate's folder with one status list, and the source that it syncs from."""

    path: Path
    source: Source

    def sync(self) -> StatusList | None:
        return sync_status_list(self.path, self.source, TRUST, AT)

    @property
    def content(self) -> bytes:
        return self.path.read_bytes()

    @property
    def names(self) -> set[str]:
        there = {path.name for path in self.path.parent.iterdir()}
        return there - {"acme.cwt.lock"}


@pytest.fixture
def gate(server: Server, tmp_path: Path) -> Gate:
    return Gate(tmp_path / "acme.cwt", Web(server.address, loopback_opener))


@pytest.fixture
def stick(tmp_path: Path) -> Gate:
    """A gate that syncs from a folder, in which a new list lies."""
    for name in ("gate", "stick"):
        (tmp_path / name).mkdir()
    (tmp_path / "stick" / "acme.cwt").write_bytes(NEW)
    return Gate(tmp_path / "gate" / "acme.cwt", Folder(tmp_path / "stick"))


network = pytest.mark.enable_socket


@network
def test_a_whole_list_is_put_in_place(server: Server, gate: Gate) -> None:
    gate.path.write_bytes(OLD)
    status = gate.sync()
    assert status is not None
    assert status.issued_at == AT - 2 * HOUR
    assert gate.content == NEW
    assert gate.names == {"acme.cwt", "acme.cwt.etag"}


def written(path: Path) -> tuple[int, int]:
    """Which file it is and when it was written; readers change its other times."""
    there = path.stat()
    return there.st_ino, there.st_mtime_ns


@network
def test_what_did_not_change_is_not_fetched_again(server: Server, gate: Gate) -> None:
    assert gate.sync() is not None
    before = written(gate.path)
    assert gate.sync() is None
    assert server.answers == [200, 304]
    assert written(gate.path) == before


@network
@pytest.mark.parametrize("tag", [lambda _: None, lambda _: 'W/"1"', lambda _: "x"])
def test_without_a_strong_tag_the_same_bytes_change_nothing(
    server: Server, gate: Gate, tag: Callable[[bytes], str | None]
) -> None:
    server.tag = tag
    assert gate.sync() is not None
    before = written(gate.path)
    assert gate.sync() is None
    assert server.answers == [200, 200]
    assert written(gate.path) == before
    assert gate.names == {"acme.cwt"}


@network
def test_a_file_replaced_by_hand_is_not_taken_for_what_was_fetched(
    server: Server, gate: Gate
) -> None:
    gate.sync()
    gate.path.write_bytes(OLD)
    assert gate.sync() is not None
    assert server.answers == [200, 200]
    assert gate.content == NEW


@network
def test_a_cut_connection_keeps_the_old_list_and_is_gone_on_with(
    server: Server, gate: Gate
) -> None:
    gate.path.write_bytes(OLD)
    server.stops_after = 1000
    with pytest.raises(FetchError, match=f"cut off after 1000 of {len(NEW)} bytes"):
        gate.sync()
    assert gate.content == OLD
    server.stops_after = None
    assert gate.sync() is not None
    assert server.answers == [200, 206]
    assert gate.content == NEW
    assert gate.names == {"acme.cwt", "acme.cwt.etag"}


def test_a_server_that_is_not_there_is_said_in_the_systems_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise URLError(ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"))

    opener = https_opener()
    monkeypatch.setattr(opener, "open", refuse)
    with pytest.raises(FetchError, match=r"acme\.cwt: Connection refused$"):
        download.download_changed(
            "https://lists.example/acme.cwt", tmp_path / "part", 1000, opener, None
        )


@network
def test_half_of_one_list_is_never_gone_on_with_by_half_of_another(
    server: Server, gate: Gate
) -> None:
    server.stops_after = 1000
    with pytest.raises(FetchError):
        gate.sync()
    server.stops_after, server.content = None, NEWEST
    assert gate.sync() is not None
    assert server.answers == [200, 200]
    assert gate.content == NEWEST


@network
def test_half_a_list_without_its_length_is_refused_by_its_signature(
    server: Server, gate: Gate
) -> None:
    gate.path.write_bytes(OLD)
    server.says_length, server.stops_after = False, 1000
    with pytest.raises(TrustListError):
        gate.sync()
    assert gate.content == OLD
    assert gate.names == {"acme.cwt"}


@network
def test_a_server_that_sends_another_range_is_asked_anew(
    server: Server, gate: Gate
) -> None:
    server.stops_after = 1000
    with pytest.raises(FetchError):
        gate.sync()
    server.stops_after, server.shifts_ranges_by = None, 5
    with pytest.raises(FetchError, match="another part"):
        gate.sync()
    assert gate.sync() is not None
    assert server.answers == [200, 206, 200]


@network
def test_a_part_longer_than_the_list_is_dropped(server: Server, gate: Gate) -> None:
    server.stops_after = 1000
    with pytest.raises(FetchError):
        gate.sync()
    (part,) = gate.path.parent.glob("*.part")
    part.write_bytes(bytes(2 * len(NEW)))
    server.stops_after = None
    with pytest.raises(FetchError, match="416"):
        gate.sync()
    assert gate.sync() is not None


@network
@pytest.mark.parametrize("place", [0, 1, 30, 200, len(NEW) - 1])
def test_an_altered_list_is_refused_and_nothing_of_it_kept(
    server: Server, gate: Gate, place: int
) -> None:
    gate.path.write_bytes(OLD)
    altered = bytearray(NEW)
    altered[place] ^= 1
    server.content = bytes(altered)
    with pytest.raises(TrustListError):
        gate.sync()
    assert gate.content == OLD
    assert gate.names == {"acme.cwt"}


REFUSED = {
    "older": (OLD, "older than the list"),
    "of the future": (token(-1), "future"),
    "ended": (token(25), "ended"),
    "of a stranger": (token(1, "stranger"), "no issuer"),
    "of another issuer": (token(1, "other"), "not the list"),
    "of another address": (token(1, uri="urn:other"), "not the list"),
    "empty": (b"", "not a usable"),
    "half": (NEWEST[:3000], "not a usable"),
}


@network
@pytest.mark.parametrize("kind", REFUSED)
def test_a_list_that_may_not_come_next_is_refused(
    server: Server, gate: Gate, kind: str
) -> None:
    gate.path.write_bytes(NEW)
    server.content, message = REFUSED[kind]
    with pytest.raises(TrustListError, match=message):
        gate.sync()
    assert gate.content == NEW


@pytest.mark.parametrize("kind", REFUSED)
def test_nor_does_a_stick_bring_one(stick: Gate, tmp_path: Path, kind: str) -> None:
    stick.path.write_bytes(NEW)
    content, message = REFUSED[kind]
    (tmp_path / "stick" / "acme.cwt").write_bytes(content)
    with pytest.raises(TrustListError, match=message):
        stick.sync()
    assert stick.content == NEW
    assert stick.names == {"acme.cwt"}


@pytest.mark.parametrize(
    "there", [b"", b"half a file", token(-1), token(1, "stranger")]
)
def test_what_no_gate_could_use_is_replaced(stick: Gate, there: bytes) -> None:
    stick.path.write_bytes(there)
    assert stick.sync() is not None
    assert stick.content == NEW


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(order=st.lists(st.sampled_from([0, 1, 2, 3]), max_size=6), data=st.data())
def test_whatever_comes_the_list_in_place_is_whole_and_never_older(
    stick: Gate, tmp_path: Path, order: list[int], data: st.DataObject
) -> None:
    stick.path.unlink(missing_ok=True)
    lists = [OLD, NEW, NEWEST, token(1, "other")]
    newest = None
    for number in order:
        length = data.draw(st.sampled_from([0, 1, 2000, 10**6]))
        (tmp_path / "stick" / "acme.cwt").write_bytes(lists[number][:length])
        with suppress(TrustListError):
            stick.sync()
        if length == 10**6 and (
            newest is None
            or (number < 3 and newest < 3 and number >= newest)
            or (number == newest)
        ):
            newest = number
        if newest is not None:
            assert stick.content == lists[newest]
        else:
            assert not stick.path.exists()


@network
def test_an_answer_that_is_too_long_is_thrown_away(server: Server, gate: Gate) -> None:
    gate.path.write_bytes(OLD)
    server.content = bytes(LIMITS.status_token_bytes + 1)
    server.says_length = False
    with pytest.raises(FetchError, match="more than the"):
        gate.sync()
    assert gate.content == OLD
    assert gate.names == {"acme.cwt"}


@network
def test_a_server_that_takes_too_long_in_all_is_given_up(
    server: Server, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "PATIENCE_SECONDS", -1.0)
    with pytest.raises(FetchError, match="not done after"):
        gate.sync()
    assert not gate.path.exists()


@network
def test_plain_http_is_not_spoken_unless_a_test_says_so(
    server: Server, gate: Gate
) -> None:
    gate.source = Web(server.address)
    with pytest.raises(FetchError, match="unknown url type"):
        gate.sync()
    assert server.answers == []


@pytest.fixture
def certificate(server: Server, tmp_path: Path) -> Path:
    """Makes the server speak https, with a certificate that nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)  # noqa: TID251 - TLS asks the machine's clock
    made = (
        x509.CertificateBuilder(name, name, key.public_key())
        .serial_number(1)
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    public, both = tmp_path / "public.pem", tmp_path / "both.pem"
    public.write_bytes(made.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    both.write_bytes(private + public.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return public


@network
def test_https_needs_a_certificate_that_the_machine_trusts(
    server: Server,
    gate: Gate,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate.source = Web(f"https://127.0.0.1:{server.server_port}/")
    with pytest.raises(FetchError, match="CERTIFICATE_VERIFY_FAILED"):
        gate.sync()
    assert server.answers == []
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert gate.sync() is not None
    assert gate.content == NEW


@network
@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/x"])
def test_a_redirect_leads_to_no_other_protocol(
    server: Server, gate: Gate, target: str
) -> None:
    server.redirects_to = target
    with pytest.raises(FetchError):
        gate.sync()
    assert not gate.path.exists()


@network
def test_a_list_that_is_not_on_the_server_is_named(gate: Gate, server: Server) -> None:
    gate.path = gate.path.with_name("other.cwt")
    with pytest.raises(FetchError, match=r"other\.cwt.*404"):
        gate.sync()


@network
def test_a_server_that_is_not_there_is_named(server: Server, gate: Gate) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(FetchError, match="refused"):
        gate.sync()


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


OPEN = Path.open


def open_on_full_disk(
    path: Path, mode: str = "r", buffering: int = -1, **text: str | None
) -> object:
    where = Path("/dev/full") if mode == "ab" else path
    return OPEN(where, mode, buffering, **text)


@network
@pytest.mark.parametrize(
    ("call", "fails"),
    [
        ("os.replace", full),
        ("os.fsync", full),
        ("pathlib.Path.open", open_on_full_disk),
    ],
)
def test_a_full_disk_leaves_the_old_list(
    gate: Gate,
    call: str,
    fails: Callable[..., object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate.path.write_bytes(OLD)
    with monkeypatch.context() as patched:
        patched.setattr(call, fails)
        with pytest.raises(StorageError, match="No space left"):
            gate.sync()
    assert gate.content == OLD
    assert gate.sync() is not None
    assert gate.content == NEW


@network
def test_syncs_at_the_same_time_leave_one_whole_list(
    server: Server, gate: Gate
) -> None:
    gate.path.write_bytes(OLD)
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda _: gate.sync(), range(6)))
    assert sum(result is not None for result in results) == 1
    assert gate.content == NEW
    assert sorted(server.answers) == [200, 304, 304, 304, 304, 304]


@pytest.mark.parametrize("noise", [b"", b"x", b"\xff" * 40, b"0 " * 200])
@network
def test_a_damaged_note_of_the_version_costs_one_fetch_and_nothing_else(
    server: Server, gate: Gate, noise: bytes
) -> None:
    gate.sync()
    gate.path.with_name("acme.cwt.etag").write_bytes(noise)
    assert gate.sync() is None
    assert server.answers == [200, 200]


def test_a_stick_without_the_list_is_named(stick: Gate, tmp_path: Path) -> None:
    (tmp_path / "stick" / "acme.cwt").unlink()
    with pytest.raises(StorageError, match=r"stick/acme\.cwt"):
        stick.sync()


def test_the_same_stick_twice_changes_nothing(stick: Gate) -> None:
    assert stick.sync() is not None
    assert stick.sync() is None


LISTS = {
    version: signed_trust(trust_list(version=version, expires_at=AT + DAY))
    for version in (1, 2, 3)
}
"""Trust lists, of few bytes."""


@dataclass
class Trusting:
    """A gate's folder and a stick, for root documents and trust lists."""

    gate: Path
    stick: Path
    used: HighWater = field(default_factory=HighWater)

    def take(self, data: bytes) -> TrustList | None:
        (self.stick / "trust.cose").write_bytes(data)
        path = self.gate / "trust.cose"
        return sync_trust(path, Folder(self.stick), ROOT, self.used, AT)

    def lies_there(self, version: int) -> bool:
        return (self.gate / "trust.cose").read_bytes() == LISTS[version]

    def bring_roots(self, *versions: int) -> None:
        for version in versions:
            data = ROOTS[version]
            (self.stick / f"root.{version}.cose").write_bytes(data)
            (self.stick / "root.cose").write_bytes(data)

    def take_root(self) -> RootDocument | None:
        return sync_root(self.gate / "root.cose", Folder(self.stick))


OTHER = new_root_key("other", lambda size: b"\x33" * size)
ROOTS = {
    1: signed_root(),
    2: signed_root(root_document(OTHER, version=2), [OWNER, OTHER]),
    3: signed_root(root_document(OTHER, version=3), [OTHER]),
    4: signed_root(root_document(OTHER, version=4), [OTHER]),
}


@pytest.fixture
def trusting(tmp_path: Path) -> Trusting:
    made = Trusting(tmp_path / "gate", tmp_path / "stick")
    made.gate.mkdir()
    made.stick.mkdir()
    (made.gate / "root.cose").write_bytes(ROOTS[1])
    return made


def test_a_trust_list_comes_whole_or_not_at_all(trusting: Trusting) -> None:
    assert trusting.take(LISTS[1])
    for length in range(0, len(LISTS[2]) - 1, 7):
        with pytest.raises(OstiaryError):
            trusting.take(LISTS[2][:length])
    assert trusting.lies_there(1)
    taken = trusting.take(LISTS[2])
    assert taken is not None
    assert taken.version == 2
    assert trusting.take(LISTS[2]) is None
    assert trusting.lies_there(2)


def test_no_older_trust_list_takes_a_newer_ones_place(trusting: Trusting) -> None:
    trusting.take(LISTS[2])
    with pytest.raises(TrustListError, match="older than"):
        trusting.take(LISTS[1])
    other = signed_trust(trust_list(version=2, expires_at=AT + 2 * DAY))
    with pytest.raises(TrustListError, match="another than"):
        trusting.take(other)
    assert trusting.lies_there(2)


def test_nor_does_one_older_than_the_record_says(trusting: Trusting) -> None:
    newest = read_trust(LISTS[3], ROOT)
    trusting.used = HighWater().raised_by_trust(newest, AT)
    with pytest.raises(TrustListError, match="the newest list used here"):
        trusting.take(LISTS[2])
    assert trusting.take(LISTS[3])


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (signed_trust(trust_list(issued_at=AT + HOUR)), "future"),
        (signed_trust(trust_list(expires_at=AT)), "expired on"),
        (signed_trust(trust_list(), [OTHER]), "signed by 0 of the 1"),
        (signed_trust(trust_list(root_version=2)), "root document 2"),
        (signed_root(), "cose-malformed"),
    ],
)
def test_a_trust_list_that_no_gate_could_use_is_not_taken(
    trusting: Trusting, file: bytes, message: str
) -> None:
    trusting.take(LISTS[1])
    with pytest.raises(TrustListError, match=message):
        trusting.take(file)
    assert trusting.lies_there(1)


def test_what_no_gate_could_use_gives_way_to_a_trust_list(trusting: Trusting) -> None:
    (trusting.gate / "trust.cose").write_bytes(b"junk")
    assert trusting.take(LISTS[1])


def test_the_next_root_document_is_taken(trusting: Trusting) -> None:
    trusting.bring_roots(1)
    assert trusting.take_root() is None
    trusting.bring_roots(2)
    taken = trusting.take_root()
    assert taken is not None
    assert taken.version == 2
    assert (trusting.gate / "root.cose").read_bytes() == ROOTS[2]
    assert trusting.take_root() is None


def test_several_root_documents_come_in_one_go(trusting: Trusting) -> None:
    trusting.bring_roots(2, 3, 4)
    taken = trusting.take_root()
    assert taken is not None
    assert taken.version == 4
    assert sorted(path.name for path in trusting.gate.glob("*.cose")) == ["root.cose"]


def test_no_root_document_is_left_out(trusting: Trusting) -> None:
    trusting.bring_roots(2, 3, 4)
    (trusting.stick / "root.3.cose").unlink()
    with pytest.raises(StorageError, match=r"root\.3\.cose"):
        trusting.take_root()
    (trusting.stick / "root.3.cose").write_bytes(ROOTS[2])
    with pytest.raises(TrustListError, match="does not follow"):
        trusting.take_root()
    assert (trusting.gate / "root.cose").read_bytes() == ROOTS[1]


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (signed_root(root_document(OTHER, version=2), [OTHER]), "signed by 0 of the 1"),
        (signed_root(root_document(OTHER, version=2), [OWNER]), "signed by 0 of the 1"),
        (signed_root(root_document(OWNER, OTHER)), "follows none"),
        (signed_root(root_document(OWNER, version=200)), "more than 100"),
        (b"", "not a usable root document"),
        (LISTS[1], "not a usable root document"),
    ],
)
def test_a_root_document_that_may_not_come_next_is_refused(
    trusting: Trusting, file: bytes, message: str
) -> None:
    (trusting.stick / "root.cose").write_bytes(file)
    with pytest.raises(TrustListError, match=message):
        trusting.take_root()
    assert (trusting.gate / "root.cose").read_bytes() == ROOTS[1]


def test_an_older_root_document_changes_nothing(trusting: Trusting) -> None:
    trusting.bring_roots(2)
    trusting.take_root()
    trusting.bring_roots(1)
    with pytest.raises(TrustListError, match="follows none"):
        trusting.take_root()
    assert (trusting.gate / "root.cose").read_bytes() == ROOTS[2]
