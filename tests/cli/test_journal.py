"""`ostiary journal`, what owners' commands enter first, and the verifier beside it."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ostiary.cli.application import EXIT_CODES, app
from ostiary.errors import JournalError, TamperedError, WriteFailedError
from ostiary.journal import (
    Assertion,
    DeskHour,
    ManualOpening,
    Opening,
    OpeningReason,
    OwnerAct,
    OwnerActKind,
    check_proof,
    dump_entry,
    dump_note,
    load_entry,
    open_checkpoint,
)
from ostiary.journal.note import Note, NoteKey, read_note
from ostiary.storage.home import Home
from ostiary.storage.journal import Journal
from tests.conftest import NOW

VERIFIER = Path(__file__).parents[2] / "docs/spec/verify_journal.py"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Of an owner who has signed a trust list."""
    path = tmp_path / "home"
    run(path, "keys", "new", "root", "ada")
    run(path, "keys", "new", "issuer", "acme")
    run(path, "keys", "new", "zone", "north")
    run(path, "trust", "add", "acme", "--zone", "north")
    run(path, "trust", "sign")
    return path


def invoke(home: Path, *words: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, words), "--home", str(home)])


def run(home: Path, *words: str | Path) -> str:
    result = invoke(home, *words)
    assert result.exit_code == 0, (words, result.output, result.exception)
    return result.output


def acts(home: Path) -> list[OwnerAct]:
    reader = Journal.open(home / "journal").reader
    found = [load_entry(data) for data in reader.entries()]
    return [entry for entry in found if isinstance(entry, OwnerAct)]


def key_of(home: Path) -> NoteKey:
    return Journal.open(home / "journal").reader.key


def test_what_an_owner_signs_and_rotates_is_entered(home: Path) -> None:
    run(home, "keys", "rotate", "issuer", "acme")
    run(home, "keys", "rotate", "zone", "north")
    run(home, "trust", "sign")
    entered = acts(home)
    assert [act.act for act in entered] == [
        OwnerActKind.ROOT_SIGNED,
        OwnerActKind.TRUST_SIGNED,
        OwnerActKind.KEY_ROTATED,
        OwnerActKind.KEY_ROTATED,
        OwnerActKind.TRUST_SIGNED,
    ]
    owned = Home.at(home)
    assert entered[0].what == owned.root().digest
    assert entered[4].what == owned.trust().digest
    ada = next(iter(owned.root_keys())).public.identifier
    assert [act.by for act in entered] == [(ada,), (ada,), (), (), (ada,)]


def test_the_first_act_tells_the_key_to_be_kept(tmp_path: Path) -> None:
    run(tmp_path, "keys", "new", "root", "ada")
    said = run(tmp_path, "trust", "sign")
    assert key_of(tmp_path).text in said
    assert "Began the journal" not in run(tmp_path, "trust", "sign")


@pytest.mark.parametrize(
    "words",
    [
        ("trust", "sign"),
        ("trust", "root", "change", "--threshold", "1"),
        ("keys", "rotate", "issuer", "acme"),
        ("keys", "rotate", "zone", "north"),
    ],
)
def test_what_cannot_be_entered_is_not_done(
    home: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(home)
    real = os.open

    def full(path: str | os.PathLike[str], flags: int, *more: int) -> int:
        if "tile" in str(path) and flags & os.O_CREAT:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(path, flags, *more)

    monkeypatch.setattr(os, "open", full)
    result = invoke(home, *words)
    assert isinstance(result.exception, WriteFailedError)
    assert "must not be done" in str(result.exception)
    assert contents(home) == before


def test_nothing_is_done_beside_a_journal_that_was_tampered_with(home: Path) -> None:
    (home / "journal/log/checkpoint").unlink()
    before = contents(home)
    assert isinstance(invoke(home, "trust", "sign").exception, TamperedError)
    assert contents(home) == before


def contents(home: Path) -> dict[str, bytes]:
    files = (path for path in home.rglob("*") if path.is_file())
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for path in files
        if path.suffix != ".lock"
    }


def test_show_says_what_was_done(home: Path) -> None:
    said = run(home, "journal", "show")
    assert "0  " in said
    assert "root-signed, by " in said
    assert "2 entries. Public key: ostiary/home/" in said


def test_verify_finds_that_entries_were_taken_out(home: Path, tmp_path: Path) -> None:
    before = tmp_path / "before"
    shutil.copytree(home / "journal", before)
    run(home, "trust", "sign")
    kept = tmp_path / "kept"
    run(home, "journal", "checkpoint", "--out", kept)
    assert "its 3 entries are the first" in run(
        home, "journal", "verify", "--against", kept
    )
    shutil.rmtree(home / "journal")
    shutil.copytree(before, home / "journal")
    assert "Not checked: whether entries were taken" in run(home, "journal", "verify")
    result = invoke(home, "journal", "verify", "--against", str(kept))
    assert isinstance(result.exception, TamperedError)
    assert "the newest were taken out" in str(result.exception)


def test_a_copy_is_verified_with_the_key_alone(home: Path, tmp_path: Path) -> None:
    copy, key = tmp_path / "copy", key_of(home).text
    shutil.copytree(home / "journal/log", copy)
    nobody = tmp_path / "nobody"
    words = ("journal", "verify", "--log", str(copy), "--key", key)
    assert "2 entries" in run(nobody, *words)
    assert "takes --key" in str(invoke(nobody, *words[:-2]).exception)
    assert "nothing was entered" in str(invoke(nobody, "journal", "show").exception)
    other = Journal.begin(tmp_path / "other", "home", os.urandom).reader.key.text
    result = invoke(nobody, *words[:-1], other)
    assert isinstance(result.exception, JournalError)
    asked = invoke(home, "journal", "verify", "--key", other)
    assert "of another key" in str(asked.exception)


def test_a_proof_and_a_growth_are_written(home: Path, tmp_path: Path) -> None:
    old, out = tmp_path / "old", tmp_path / "proof"
    run(home, "journal", "checkpoint", "--out", old)
    run(home, "trust", "sign")
    run(home, "journal", "proof", "2", "--out", out)
    proof, checkpoint = check_proof(out.read_bytes(), key_of(home))
    assert load_entry(proof.entry) == acts(home)[2]
    assert checkpoint.size == 3
    assert run(home, "journal", "checkpoint", "--since", old).startswith("old 2\n")
    assert "no leaf 3" in str(invoke(home, "journal", "proof", "3").exception)


def test_both_kinds_of_failure_have_an_exit_code() -> None:
    for kind in (TamperedError, WriteFailedError):
        codes = [code for each, code in EXIT_CODES.items() if issubclass(kind, each)]
        assert codes == [12]


def verifier(*words: str | Path) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-I", str(VERIFIER), *map(str, words)]
    return subprocess.run(  # noqa: S603 - this very interpreter
        arguments, capture_output=True, text=True, check=False
    )


def test_the_verifier_shares_no_code_and_comes_to_the_same(
    home: Path, tmp_path: Path
) -> None:
    assert "ostiary." not in VERIFIER.read_text(encoding="utf-8").lower()
    journal = Journal.open(home / "journal")
    log, key, old = journal.path / "log", journal.reader.key.text, tmp_path / "old"
    old.write_bytes(journal.reader.note())
    for number in range(300):
        journal.append(b"entry %d" % number)
    note = read_note(journal.reader.note())
    extra = tmp_path / "extra"
    foreign = read_note(Journal.begin(tmp_path / "b", "b", os.urandom).reader.note())
    extra.write_bytes(dump_note(Note(note.text, note.signatures + foreign.signatures)))
    done = verifier(log, key, old, extra)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("verified") == 3
    assert "302 entries" in done.stdout
    (log / "checkpoint").write_bytes(old.read_bytes())
    cut = verifier(log, key, extra)
    assert "its 302 entries are not the first" in cut.stderr
    assert cut.returncode == 1
    path = log / "tile/entries/000"
    path.write_bytes(path.read_bytes().replace(b"trust-signed", b"trust-signet"))
    assert verifier(log, key).returncode == 1


def test_the_verifier_takes_no_other_form_of_a_checkpoint(
    home: Path, tmp_path: Path
) -> None:
    journal = Journal.open(home / "journal")
    log, key, note = (
        journal.path / "log",
        journal.reader.key.text,
        journal.reader.note(),
    )
    old = tmp_path / "old"
    middle = note.rindex(b" ") + 20
    others = {
        "torn": note[:-1],
        "blank in base 64": note[:middle] + b"\t" + note[middle:],
        "padded": note[:-1] + b"=\n",
        "empty": b"",
        "one of which does not hold": note + note.splitlines()[-1][:-4] + b"AAA=\n",
    }
    for name, other in others.items():
        old.write_bytes(other)
        with pytest.raises(JournalError):
            open_checkpoint(other, journal.reader.key)
        done = verifier(log, key, old)
        assert done.returncode == 1, name
        assert "Traceback" not in done.stderr, name
    for words in ((log,), (log, "rubbish"), (tmp_path, key)):
        assert "Traceback" not in verifier(*words).stderr


def test_the_verifier_finds_what_hides_behind_a_whole_bundle(
    tmp_path: Path,
) -> None:
    journal = Journal.begin(tmp_path / "journal", "home", os.urandom)
    for number in range(257):
        journal.append(b"entry %d" % number)
    log, key = journal.path / "log", journal.reader.key.text
    assert verifier(log, key).returncode == 0
    path = log / "tile/entries/000"
    path.write_bytes(path.read_bytes() + b"a name")
    done = verifier(log, key)
    assert done.returncode == 1
    assert "which nothing signs" in done.stderr


def test_show_tells_openings_and_desks_apart(home: Path) -> None:
    journal = Journal.open(home / "journal")
    opening = Opening(NOW, "north", OpeningReason.EMERGENCY, bytes(32), bytes(32))
    assertion = Assertion(bytes(37), b"{}", bytes(70))
    journal.append(dump_entry(ManualOpening(opening, assertion)))
    journal.append(dump_entry(DeskHour(NOW, bytes(32), 12, 1)))
    said = run(home, "journal", "show")
    assert "gate north opened by hand, emergency, attendant 00000000" in said
    assert "in the hour: 12 issued, 1 revoked" in said
    journal.append(b"no entry")
    result = invoke(home, "journal", "verify")
    assert isinstance(result.exception, JournalError)
