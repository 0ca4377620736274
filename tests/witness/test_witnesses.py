"""Witnesses: what they sign, what they refuse, and journals that lie to them."""

import errno
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from typing_extensions import override

from ostiary.audit import Evidence, FindingKind, audit_logs
from ostiary.errors import FetchError, JournalError, StorageError, TamperedError
from ostiary.journal import (
    EMPTY_ROOT,
    Checkpoint,
    NoteSignature,
    SignatureType,
    cosigned_at,
    dump_growth,
    read_note,
    sign_checkpoint,
)
from ostiary.journal.policy import Witness, read_policy
from ostiary.journal.witnessing import Refusal, merge_signatures, only_of
from ostiary.storage.journal import Journal
from ostiary.storage.witness import Refused, WitnessState
from ostiary.witness import ask_witness, make_app
from ostiary.witness.server import BODY_BYTES, MOST_A_MINUTE
from tests.conftest import NOW, drawn
from tests.loops import run


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    made = Journal.begin(tmp_path / "journal", "home", drawn(b"journal"))
    for number in range(5):
        made.append(b"entry %d" % number)
    return made


def make_witness(path: Path, journal: Journal) -> WitnessState:
    state = WitnessState.begin(path, f"{path.name}.example", drawn(path.name.encode()))
    state.follow(journal.reader.key)
    return state


@pytest.fixture
def state(tmp_path: Path, journal: Journal) -> WitnessState:
    return make_witness(tmp_path / "witness", journal)


def body(journal: Journal, old: int) -> bytes:
    return dump_growth(journal.reader.growth_since(old))


def refusal(answer: NoteSignature | Refused) -> tuple[Refusal, int]:
    assert isinstance(answer, Refused)
    return answer.refusal, answer.size


def signed(state: WitnessState, journal: Journal, old: int) -> bytes:
    answer = state.add_checkpoint(body(journal, old), NOW)
    assert isinstance(answer, NoteSignature)
    return journal.reader.note() + answer.line.encode()


def rewritten(journal: Journal, path: Path, size: int) -> Journal:
    """Another history under the same key."""
    shutil.copytree(journal.path, path)
    shutil.rmtree(path / "log/tile")
    empty = Checkpoint(journal.reader.key.name, 0, EMPTY_ROOT)
    (path / "log/checkpoint").write_bytes(sign_checkpoint(empty, journal.key.key))
    other = Journal.open(path)
    for number in range(size):
        other.append(b"another %d" % number)
    return other


def test_a_journal_that_grew_is_signed(state: WitnessState, journal: Journal) -> None:
    note = read_note(signed(state, journal, 0))
    assert cosigned_at(note, state.note_key) == NOW
    journal.append(b"more")
    signed(state, journal, 5)
    # The same once more is no conflict.
    signed(state, journal, 6)


def test_what_a_journal_is_not_signed_for_has_its_number(
    state: WitnessState, journal: Journal, tmp_path: Path
) -> None:
    def asked(data: bytes) -> tuple[Refusal, int]:
        return refusal(state.add_checkpoint(data, NOW))

    assert asked(b"rubbish") == (Refusal.MALFORMED, 0)
    stranger = Journal.begin(tmp_path / "stranger", "home", drawn(b"stranger"))
    assert asked(body(stranger, 0)) == (Refusal.UNKNOWN, 0)
    unsigned = body(journal, 0).replace(b"\n5\n", b"\n6\n")
    assert asked(unsigned) == (Refusal.NOT_SIGNED, 0)
    assert asked(body(journal, 3)) == (Refusal.CONFLICT, 0)
    signed(state, journal, 0)
    assert asked(body(journal, 0)) == (Refusal.CONFLICT, 5)
    later = body(journal, 5).replace(b"old 5", b"old 9")
    assert asked(later) == (Refusal.MALFORMED, 5)


def test_a_rewritten_history_is_never_signed(
    state: WitnessState, journal: Journal, tmp_path: Path
) -> None:
    signed(state, journal, 0)
    for size, expected in (
        (4, Refusal.CONFLICT),
        (5, Refusal.CONFLICT),
        (7, Refusal.REWRITTEN),
    ):
        other = rewritten(journal, tmp_path / f"other{size}", size)
        data = body(other, min(size, 5))
        assert refusal(state.add_checkpoint(data, NOW)) == (expected, 5)


def test_never_two_trees_of_one_size_whoever_asks_at_once(
    state: WitnessState, journal: Journal, tmp_path: Path
) -> None:
    others = [rewritten(journal, tmp_path / f"{n}", 3 + n % 3) for n in range(6)]
    bodies = [body(each, 0) for each in (journal, *others)]
    with ThreadPoolExecutor(7) as pool:
        answers = list(pool.map(lambda data: state.add_checkpoint(data, NOW), bodies))
    assert sum(isinstance(each, NoteSignature) for each in answers) == 1


def test_nothing_is_signed_that_cannot_be_kept(
    state: WitnessState, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(StorageError):
            state.add_checkpoint(body(journal, 0), NOW)
    (seen,) = (state.path / "seen").glob("*.lock")
    seen.with_suffix("").write_bytes(b"rubbish")
    with pytest.raises(JournalError):
        state.add_checkpoint(body(journal, 0), NOW)


def test_a_witness_is_begun_once_and_follows_each_journal_once(
    state: WitnessState, journal: Journal
) -> None:
    with pytest.raises(StorageError, match="already"):
        WitnessState.begin(state.path, "again", drawn(b"again"))
    with pytest.raises(JournalError, match="is followed already"):
        state.follow(journal.reader.key)
    with pytest.raises(JournalError, match="the key of a witness"):
        state.follow(state.note_key)
    again = WitnessState.open(state.path)
    assert again.note_key == state.note_key
    assert again.note_key.kind is SignatureType.COSIGNATURE


# Over a network.


@pytest.fixture
def app(state: WitnessState) -> Starlette:
    return make_app(state, lambda: NOW)


def sent(
    app: Starlette, *contents: bytes, method: str = "POST"
) -> list[httpx.Response]:
    """What the application answers, one after the other."""

    async def send() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://witness"
        ) as client:
            return [
                await client.request(method, "/add-checkpoint", content=each)
                for each in contents
            ]

    return run(send())


def test_the_server_answers_as_the_specification_says(
    app: Starlette, journal: Journal, state: WitnessState
) -> None:
    bodies = (body(journal, 2), body(journal, 0), b"\xff")
    conflict, answer, rubbish = sent(app, *bodies)
    assert (conflict.status_code, conflict.text) == (409, "0\n")
    assert conflict.headers["content-type"] == "text/x.tlog.size"
    assert answer.status_code == 200
    note = read_note(journal.reader.note() + answer.content)
    assert cosigned_at(note, state.note_key) == NOW
    assert rubbish.status_code == 400
    (other,) = sent(app, b"", method="GET")
    assert other.status_code == 405


def test_floods_are_turned_away(app: Starlette, state: WitnessState) -> None:
    (long,) = sent(app, bytes(BODY_BYTES + 1))
    assert long.status_code == 413
    codes = {each.status_code for each in sent(app, *[b""] * MOST_A_MINUTE)}
    assert codes == {400, 429}
    assert not list((state.path / "seen").iterdir())


def test_a_witness_that_cannot_keep_says_no_more_than_that(
    app: Starlette, journal: Journal, state: WitnessState
) -> None:
    (state.path / "follows").unlink()
    (answer,) = sent(app, body(journal, 0))
    assert (answer.status_code, answer.text) == (500, "")


Answer = tuple[int, bytes]


@contextmanager
def serving(answer: Callable[[bytes], Answer]) -> Iterator[str]:
    """A witness that answers as it is told, on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            status, content = answer(self.rfile.read(length))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            self.wfile.write(content)

        @override
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def honest(state: WitnessState) -> Callable[[bytes], Answer]:
    def answer(data: bytes) -> Answer:
        found = state.add_checkpoint(data, NOW)
        if isinstance(found, Refused):
            return found.refusal, b"%d\n" % found.size
        return 200, found.line.encode()

    return answer


@pytest.mark.enable_socket
def test_asking_finds_out_what_the_witness_knows(
    state: WitnessState, journal: Journal
) -> None:
    with serving(honest(state)) as url:
        witness = Witness("w", state.note_key, url)
        for known in (0, 3, 5):
            note = ask_witness(witness, journal.reader, known)
            assert cosigned_at(read_note(note), state.note_key) == NOW
        journal.append(b"more")
        kept = journal.reader.keep_cosigned(ask_witness(witness, journal.reader, 0))
    assert kept.size == 6


@pytest.mark.enable_socket
def test_a_witness_finds_the_journal_rewritten_or_cut(
    state: WitnessState, journal: Journal, tmp_path: Path
) -> None:
    signed(state, journal, 0)
    with serving(honest(state)) as url:
        witness = Witness("w", state.note_key, url)
        for size, message in ((3, "taken out"), (5, "another tree"), (8, "rewritten")):
            other = rewritten(journal, tmp_path / f"{size}", size)
            with pytest.raises(TamperedError, match=message):
                ask_witness(witness, other.reader, min(size, 5))


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        ((200, b""), JournalError, "without a signature"),
        ((200, b"rubbish"), FetchError, "no signature"),
        ((200, b"x" * 200_000), FetchError, "too much"),
        ((302, b""), JournalError, "answers 302"),
        ((403, b""), JournalError, "does not take"),
        ((404, b""), JournalError, "does not follow"),
        ((409, b"rubbish"), FetchError, "size that is none"),
        ((409, b"2\n"), JournalError, "another size each time"),
        ((409, b"99\n"), TamperedError, "or whoever says so lies"),
        ((422, b""), TamperedError, "rewritten"),
        ((500, b""), JournalError, "answers 500"),
    ],
)
def test_whatever_a_witness_answers_is_an_error_with_its_name(
    state: WitnessState,
    journal: Journal,
    answer: Answer,
    error: type[Exception],
    message: str,
) -> None:
    with serving(lambda _: answer) as url:
        witness = Witness("w", state.note_key, url)
        with pytest.raises(error, match=message):
            ask_witness(witness, journal.reader, 0)


@pytest.mark.enable_socket
def test_a_liar_adds_no_signature_of_others(
    state: WitnessState, journal: Journal, tmp_path: Path
) -> None:
    other = make_witness(tmp_path / "other", journal)
    line = NoteSignature(other.note_key.name, other.note_key.identifier, bytes(72)).line
    truth = honest(state)

    def lying(data: bytes) -> Answer:
        status, content = truth(data)
        return status, content + line.encode()

    with serving(lying) as url:
        note = ask_witness(Witness("w", state.note_key, url), journal.reader, 0)
    assert read_note(note).of(other.note_key) == ()


@pytest.mark.enable_socket
def test_a_dead_witness_is_told(state: WitnessState, journal: Journal) -> None:
    for url in ("http://127.0.0.1:9", "http://[", "https://127.0.0.1:9"):
        with pytest.raises(FetchError, match="cannot be asked"):
            ask_witness(Witness("w", state.note_key, url), journal.reader, 0)


# What an auditor makes of it.


def test_signatures_are_gathered_and_older_ones_go_when_they_are_met(
    journal: Journal, tmp_path: Path
) -> None:
    one, two = (make_witness(tmp_path / name, journal) for name in ("one", "two"))
    reader = journal.reader
    reader.keep_cosigned(signed(one, journal, 0))
    reader.keep_cosigned(signed(two, journal, 0))
    (both,) = reader.cosigned()
    assert all(cosigned_at(read_note(both), each.note_key) for each in (one, two))
    journal.append(b"more")
    reader.keep_cosigned(signed(one, journal, 5))
    assert len(reader.cosigned()) == 2
    reader.keep_cosigned(signed(two, journal, 5))
    assert len(reader.cosigned()) == 1
    with pytest.raises(JournalError, match="another text"):
        merge_signatures(both, reader.note())
    with pytest.raises(JournalError, match="no signature"):
        only_of(both, [])


def test_an_auditor_asks_for_witnesses_and_catches_a_rewritten_log(
    journal: Journal, tmp_path: Path
) -> None:
    one, two = (make_witness(tmp_path / name, journal) for name in ("one", "two"))
    reader = journal.reader
    policy = read_policy(
        f"witness one {one.note_key.text}\nwitness two {two.note_key.text}\n"
        "group both all one two\nquorum both\n".encode()
    )
    evidence = Evidence({reader.key.name: reader.key}, (), policy)

    def kinds(log: Path) -> set[FindingKind]:
        found = {each.kind for each in audit_logs([log], evidence).findings}
        return found - {FindingKind.UNREADABLE}

    assert kinds(reader.path) == {FindingKind.NOT_WITNESSED}
    reader.keep_cosigned(signed(one, journal, 0))
    assert kinds(reader.path) == {FindingKind.NOT_WITNESSED}
    reader.keep_cosigned(signed(two, journal, 0))
    assert kinds(reader.path) == set()
    journal.append(b"more")
    assert kinds(reader.path) == {FindingKind.UNSEEN}
    other = rewritten(journal, tmp_path / "rewritten", 9)
    assert kinds(other.reader.path) == {FindingKind.NOT_VERIFIED}
    with pytest.raises(TamperedError, match="rewritten"):
        other.reader.keep_cosigned(reader.cosigned()[0])
    # Without what they signed, it lacks their signatures.
    shutil.rmtree(other.path / "log/cosigned")
    assert kinds(other.reader.path) == {FindingKind.NOT_WITNESSED}


@given(st.binary(max_size=300))
def test_any_body_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "witness"
    state = WitnessState.begin(path, "w.example", drawn(b"any"))
    found = state.add_checkpoint(data, NOW)
    assert isinstance(found, Refused)
    assert replace(found, size=0).refusal in set(Refusal)
