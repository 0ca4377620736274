"""`ostiary journal`: read it, verify it, keep its checkpoints elsewhere."""

from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from ostiary.audit.trail import in_words
from ostiary.cli.options import HomeOption
from ostiary.errors import ConfigurationError
from ostiary.journal import (
    JOURNAL_LIMITS,
    DeskHour,
    GateHour,
    JournalEntry,
    ManualOpening,
    NoteKey,
    load_entry,
    open_checkpoint,
)
from ostiary.journal.entry import FEWEST_COUNTED
from ostiary.storage.files import read_limited, write_atomically
from ostiary.storage.home import Home
from ostiary.storage.journal import Journal, JournalReader

app = typer.Typer(
    help="Read and verify what owners, desks and attendants did.",
    no_args_is_help=True,
)

LogOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--log",
        file_okay=False,
        help="A journal's log, or a copy of one.",
        show_default="that of the home",
    ),
]
KeyOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--key",
        help="The journal's public key, as it was told when it began.",
        show_default="that of the home",
    ),
]
OutOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(help="File to write.", dir_okay=False, show_default="printed"),
]

_SHORT: Final = 8


@app.command("show")
def show(log: LogOption = None, key: KeyOption = None, home: HomeOption = None) -> None:
    """Show every entry, after verifying all of it."""
    reader = _reader(log, key, home)
    lines: list[str] = []
    checkpoint = reader.verify(lambda data: lines.append(_line(load_entry(data))))
    for number, line in enumerate(lines):
        typer.echo(f"{number:>6}  {line}")
    typer.echo(f"{checkpoint.size} entries. Public key: {reader.key.text}")


@app.command("verify")
def verify(
    against: Annotated[
        list[Path] | None,
        typer.Option(
            help="An older checkpoint that was kept elsewhere. Repeatable.",
            dir_okay=False,
        ),
    ] = None,
    log: LogOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Work the whole tree out anew, and compare it with what was signed.

    Whether the newest entries were taken out shows only against a checkpoint that was
    kept where nobody could change it.
    """
    reader = _reader(log, key, home)
    checkpoint = reader.verify(load_entry)
    typer.echo(f"{checkpoint.size} entries, as {checkpoint.origin} signs them")
    for path in against or ():
        note = read_limited(path, JOURNAL_LIMITS.note_bytes)
        reader.growth(note)
        size = open_checkpoint(note, reader.key).size
        typer.echo(f"{path}: its {size} entries are the first of these")
    if not against:
        typer.echo("Not checked: whether entries were taken out at the end; keep")
        typer.echo("checkpoints elsewhere, and name one with --against FILE")


@app.command("checkpoint")
def checkpoint(
    out: OutOption = None,
    since: Annotated[
        Path | None,
        typer.Option(
            help="With a proof that it has only grown since this older one: what a "
            "witness asks for.",
            dir_okay=False,
        ),
    ] = None,
    log: LogOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Write the newest checkpoint, to be kept elsewhere."""
    reader = _reader(log, key, home)
    reader.edge()
    if since is None:
        _write(reader.note(), out)
    else:
        note = read_limited(since, JOURNAL_LIMITS.note_bytes)
        _write(reader.growth(note), out)


@app.command("proof")
def proof(
    number: Annotated[int, typer.Argument(min=0, help="The entry's number.")],
    out: OutOption = None,
    log: LogOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Write a proof that an entry stands in the journal (C2SP tlog-proof)."""
    reader = _reader(log, key, home)
    try:
        data = reader.proof(number)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    _write(data, out)


def _reader(log: Path | None, key: str | None, home: Path | None) -> JournalReader:
    if log is not None and key is None:
        raise ConfigurationError("--log takes --key: a log cannot vouch for itself")
    if log is not None and key is not None:
        return JournalReader(log, NoteKey.read(key))
    path = Home.at(home).journal_path
    if not path.exists():
        raise ConfigurationError(f"no journal in {path.parent}: nothing was entered")
    reader = Journal.open(path).reader
    if key is not None and NoteKey.read(key) != reader.key:
        raise ConfigurationError(
            f"{path} is the journal of another key: {reader.key.text}"
        )
    return reader


def _write(data: bytes, out: Path | None) -> None:
    if out is None:
        typer.echo(data.decode(), nl=False)
        return
    write_atomically(out, data)
    typer.echo(f"Wrote {out}")


def _line(entry: JournalEntry) -> str:
    match entry:
        case ManualOpening(opening=opening):
            attendant = opening.attendant.hex()[:_SHORT]
            return (
                f"{opening.at:%F %T} gate {opening.gate} opened by hand, "
                f"{opening.reason}, attendant {attendant}"
            )
        case DeskHour():
            return (
                f"{entry.at:%F %R} desk {entry.account.hex()[:_SHORT]}, in the hour: "
                f"{entry.issued} issued, {entry.revoked} revoked"
            )
        case GateHour():
            return (
                f"{entry.at:%F %R} gate {entry.gate}, in the hour (0: fewer than "
                f"{FEWEST_COUNTED}): {entry.passages} passages, refused for passes "
                f"{entry.passes}, faces {entry.faces}, other causes {entry.others}"
            )
        case _:
            return f"{entry.at:%F %T} {in_words(entry)}"
