"""A journal on the disk: grown, read meanwhile, tampered with, refused a full disk."""

import errno
import os
import shutil
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ostiary.credential import dump_key, new_root_key
from ostiary.errors import (
    JournalError,
    StorageError,
    TamperedError,
    TrustListError,
    WriteFailedError,
)
from ostiary.journal import (
    EMPTY_ROOT,
    JOURNAL_LIMITS,
    Checkpoint,
    NoteKey,
    check_growth,
    check_proof,
    note_key,
    open_checkpoint,
    sign_checkpoint,
)
from ostiary.storage.journal import Journal, JournalReader, Mended
from tests.conftest import drawn


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here cuts the power off; `test_journal_crashes.py` does."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.begin(tmp_path / "journal", "home", drawn(b"journal"))


def fill(journal: Journal, count: int) -> None:
    size = journal.reader.checkpoint().size
    for number in range(size, size + count):
        assert journal.append(b"entry %d" % number).index == number


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of 260 entries; tests take copies of it."""
    path = tmp_path_factory.mktemp("filled") / "journal"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        fill(Journal.begin(path, "home", drawn(b"journal")), 260)
    return path


@pytest.fixture
def copied(filled: Path, tmp_path: Path) -> Journal:
    return Journal.open(shutil.copytree(filled, tmp_path / "copy"))


def test_a_new_journal_is_empty_and_signed(journal: Journal) -> None:
    reader = journal.reader
    assert reader.verify().size == 0
    assert list(reader.entries()) == []
    assert journal.key.identifier.hex() in reader.checkpoint().origin
    mode = stat.S_IMODE((journal.path / "private.json").stat().st_mode)
    assert mode == 0o600


def test_beginning_again_finds_the_same(journal: Journal) -> None:
    fill(journal, 1)
    again = Journal.begin(journal.path, "home", drawn(b"another"))
    assert again.key.public == journal.key.public
    assert again.reader.verify().size == 1


def test_entries_come_back_over_the_end_of_a_bundle(copied: Journal) -> None:
    fill(copied, 3)
    assert list(copied.reader.entries()) == [b"entry %d" % n for n in range(263)]
    assert copied.reader.verify().size == 263
    names = sorted(path.name for path in (copied.path / "log/tile/entries").iterdir())
    # The parts of a whole bundle are gone.
    assert names == ["000", "001.p"]


def test_an_append_gives_the_checkpoint_that_holds_it(journal: Journal) -> None:
    done = journal.append(b"something")
    assert done.mended is Mended.NOTHING
    assert open_checkpoint(done.note, journal.reader.key).size == 1
    assert journal.reader.note() == done.note


def test_writers_take_turns(journal: Journal) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: journal.append(b"%d" % n).index, range(24)))
    assert sorted(found) == list(range(24))
    assert {int(each) for each in journal.reader.entries()} == set(range(24))
    assert journal.reader.verify().size == 24


def test_readers_need_no_lock_while_it_grows(copied: Journal) -> None:
    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(fill, copied, 270)
        seen = 0
        while not writing.done():
            size = copied.reader.verify().size
            assert size >= seen
            seen = size
        writing.result()
    assert copied.reader.verify().size == 530


def test_proofs_hold_for_whoever_has_the_key_alone(copied: Journal) -> None:
    reader = copied.reader
    for index in (0, 255, 256, 259):
        proof, checkpoint = check_proof(reader.proof(index), reader.key)
        assert proof.entry == b"entry %d" % index
        assert checkpoint.size == 260
    with pytest.raises(ValueError, match="no leaf 260"):
        reader.proof(260)
    spoilt = reader.proof(7).replace(b"index 7", b"index 8")
    with pytest.raises(TamperedError, match="entry 8 does not stand"):
        check_proof(spoilt, reader.key)


def test_growth_since_a_kept_checkpoint_is_shown(copied: Journal) -> None:
    kept = copied.reader.note()
    fill(copied, 2)
    body = copied.reader.growth(kept)
    known = open_checkpoint(kept, copied.reader.key)
    assert check_growth(body, copied.reader.key, known).size == 262


def test_entries_taken_out_are_found_by_a_kept_checkpoint(
    copied: Journal, filled: Path
) -> None:
    fill(copied, 2)
    kept = copied.reader.note()
    # All of it is put back as it was: a whole tree, and well signed.
    shutil.rmtree(copied.path)
    shutil.copytree(filled, copied.path)
    assert copied.reader.verify().size == 260
    with pytest.raises(TamperedError, match="had 262 entries and has 260"):
        copied.reader.growth(kept)


def test_a_history_rewritten_with_the_key_is_found_by_a_kept_checkpoint(
    copied: Journal, tmp_path: Path
) -> None:
    kept = copied.reader.note()
    other = tmp_path / "other"
    shutil.copytree(copied.path, other)
    shutil.rmtree(other / "log/tile")
    empty = Checkpoint(copied.reader.key.name, 0, EMPTY_ROOT)
    (other / "log/checkpoint").write_bytes(sign_checkpoint(empty, copied.key.key))
    rewritten = Journal.open(other)
    for number in range(261):
        rewritten.append(b"entry %d" % number if number != 100 else b"nothing")
    assert rewritten.reader.verify().size == 261
    with pytest.raises(TamperedError, match="first 260 entries are not those"):
        rewritten.reader.growth(kept)


def test_an_older_checkpoint_put_back_is_found_by_what_lies_past_it(
    copied: Journal,
) -> None:
    kept = copied.reader.note()
    fill(copied, 2)
    (copied.path / "log/checkpoint").write_bytes(kept)
    with pytest.raises(TamperedError, match=r"001\.p/6 lies past the 260 entries"):
        copied.reader.verify()
    with pytest.raises(TamperedError, match="older checkpoint was put back"):
        copied.append(b"more")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("spoil", [flip, Path.unlink, lambda path: path.write_text("")])
@pytest.mark.parametrize(
    "name", ["tile/entries/000", "tile/0/000", "tile/1/000.p/1", "tile/entries/001.p/4"]
)
def test_each_spoilt_file_is_found_and_named(
    copied: Journal, spoil: Callable[[Path], object], name: str
) -> None:
    spoil(copied.path / "log" / name)
    number = "entry 1|entry 25" if "1.p" not in name else "entry"
    with pytest.raises(TamperedError, match=f"{name}|{number}|tile/1"):
        copied.reader.verify()


@pytest.mark.parametrize("name", ["tile/0/001.p/4", "tile/1/000.p/1", "checkpoint"])
def test_nothing_is_appended_to_a_spoilt_edge(copied: Journal, name: str) -> None:
    flip(copied.path / "log" / name)
    with pytest.raises(JournalError):
        copied.append(b"more")
    assert not (copied.path / "log/tile/0/001.p/5").exists()


def test_nothing_hides_behind_the_end_of_a_whole_bundle(copied: Journal) -> None:
    path = copied.path / "log/tile/entries/000"
    path.write_bytes(path.read_bytes() + b"a name")
    with pytest.raises(TamperedError, match="entries/000: 6 bytes follow its end"):
        copied.reader.verify()


def test_entries_are_shown_as_they_were_hashed(copied: Journal) -> None:
    seen: list[bytes] = []
    copied.reader.verify(seen.append)
    assert seen == [b"entry %d" % n for n in range(260)]


@pytest.mark.parametrize("most", [0, 1, 3, 4, 5, 200, 260, 1_000])
def test_the_newest_entries_are_those_that_are_signed(
    copied: Journal, most: int
) -> None:
    count = min(most, 260)
    assert copied.reader.newest(most) == [
        (n, b"entry %d" % n) for n in range(260 - count, 260)
    ]


def test_a_spoilt_newest_entry_is_found(copied: Journal) -> None:
    path = copied.path / "log/tile/entries/001.p/4"
    path.write_bytes(path.read_bytes().replace(b"entry 259", b"entry 260"))
    with pytest.raises(TamperedError, match="not what the checkpoint signs"):
        copied.reader.newest(2)


def test_a_missing_checkpoint_is_tampering(copied: Journal) -> None:
    (copied.path / "log/checkpoint").unlink()
    with pytest.raises(TamperedError, match="checkpoint is missing"):
        copied.append(b"more")


def test_a_journal_whose_key_is_gone_is_not_begun_anew(copied: Journal) -> None:
    (copied.path / "private.json").unlink()
    with pytest.raises(TamperedError, match="its key is gone"):
        Journal.begin(copied.path, "home", drawn(b"another"))


def test_an_interrupted_beginning_is_begun_again(journal: Journal) -> None:
    (journal.path / "private.json").unlink()
    again = Journal.begin(journal.path, "home", drawn(b"another"))
    assert again.reader.verify().size == 0


def test_another_kind_of_key_signs_no_journal(journal: Journal) -> None:
    private = journal.path / "private.json"
    private.write_bytes(dump_key(new_root_key("home", drawn(b"root"))))
    with pytest.raises(TrustListError, match="not the private key of a journal"):
        Journal.open(journal.path)


def test_a_reader_with_another_key_is_told(copied: Journal) -> None:
    stranger = new_root_key("home", drawn(b"stranger")).key.public_key()
    same_name = NoteKey(copied.reader.key.name, stranger)
    with pytest.raises(JournalError, match="no signature"):
        JournalReader(copied.path / "log", same_name).verify()


def refuse(error: int) -> Callable[..., None]:
    def refused(*_: object, **__: object) -> None:
        raise OSError(error, os.strerror(error))

    return refused


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("call", ["fsync", "replace", "open"])
def test_a_disk_that_refuses_refuses_the_act(
    copied: Journal, call: str, error: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse(error))
        with pytest.raises(WriteFailedError, match="must not be done"):
            copied.append(b"not entered")
    assert copied.reader.verify().size == 260
    done = copied.append(b"entered")
    assert list(copied.reader.entries())[260:] in (
        [b"entered"],
        # What was signed before it was refused stands there all the same.
        [b"not entered", b"entered"],
    )
    assert done.index == copied.reader.checkpoint().size - 1


@pytest.mark.parametrize("name", ["001.p/5", "002", "002.p/1"])
def test_a_place_that_cannot_be_looked_into_refuses_the_act(
    copied: Journal, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shut = copied.path / "log/tile/entries" / name

    def unless_shut(call: Callable[..., object]) -> Callable[..., object]:
        def looked(path: object, *rest: object, **named: object) -> object:
            if path == shut:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            return call(path, *rest, **named)

        return looked

    for each in ("stat", "open"):
        monkeypatch.setattr(os, each, unless_shut(getattr(os, each)))
    with pytest.raises(WriteFailedError, match="must not be done"):
        copied.append(b"not entered")


def test_an_entry_too_long_is_refused_before_anything_is_written(
    journal: Journal,
) -> None:
    with pytest.raises(JournalError, match="at most"):
        journal.append(bytes(JOURNAL_LIMITS.entry_bytes + 1))
    assert not (journal.path / "log/tile").exists()


def test_a_checkpoint_that_waits_and_does_not_follow_is_tampering(
    copied: Journal,
) -> None:
    for size in (261, 270):
        forged = Checkpoint(copied.reader.key.name, size, bytes(32))
        waiting = copied.path / "log/checkpoint.next"
        waiting.write_bytes(sign_checkpoint(forged, copied.key.key))
        with pytest.raises(TamperedError):
            copied.append(b"more")


def test_a_pipe_in_the_place_of_a_file_does_not_hold_readers_up(
    copied: Journal,
) -> None:
    path = copied.path / "log/tile/0/000"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(StorageError, match="no regular file"):
        copied.reader.verify()


def test_the_public_key_is_told_as_verifiers_take_it(journal: Journal) -> None:
    assert NoteKey.read(journal.reader.key.text) == note_key(journal.key.public)
