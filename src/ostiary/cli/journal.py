"""`ostiary journal`: read it, verify it, keep its checkpoints elsewhere."""

from itertools import count
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from ostiary.audit.words import entry_in_words
from ostiary.capture.photographs import SUFFIXES
from ostiary.cli.options import HomeOption
from ostiary.cli.pass_file import read_pass
from ostiary.credential import inspect_opened
from ostiary.errors import (
    CaptureError,
    ConfigurationError,
    FetchError,
    JournalError,
    StorageError,
)
from ostiary.journal import (
    JOURNAL_LIMITS,
    ManualOpening,
    NoteKey,
    Receipt,
    cosigned_at,
    dump_growth,
    load_entry,
    open_checkpoint,
    read_note,
    read_receipt,
)
from ostiary.journal.policy import MOST_BYTES, Witness, read_policy
from ostiary.journal.receipt import PREFIX
from ostiary.journal.witnessing import only_of
from ostiary.storage.files import read_limited, write_atomically
from ostiary.storage.home import Home, read_zone_key
from ostiary.storage.journal import Journal, JournalReader
from ostiary.witness import ask_witness

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


NOT_AS_EXPECTED: Final = 1

_RECEIPTS: Final = (
    f"a receipt is given as a picture of its code ({', '.join(sorted(SUFFIXES))}), as "
    f"a text file, or as its text, which begins with {PREFIX}"
)


@app.command("show")
def show(log: LogOption = None, key: KeyOption = None, home: HomeOption = None) -> None:
    """Show every entry, after verifying all of it."""
    reader = _reader(log, key, home)
    lines: list[str] = []
    checkpoint = reader.verify(
        lambda data: lines.append(entry_in_words(load_entry(data)))
    )
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
        size = reader.grown_from(note, checkpoint).size
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
    grown_from: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="The same, since so many entries, as the witness says them; 0 at "
            "first. For `ostiary witness sign`.",
        ),
    ] = None,
    log: LogOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Write the newest checkpoint, to be kept elsewhere."""
    if since is not None and grown_from is not None:
        raise ConfigurationError("--since or --grown-from, and not both")
    reader = _reader(log, key, home)
    reader.edge()
    if since is not None:
        note = read_limited(since, JOURNAL_LIMITS.note_bytes)
        _write(reader.growth(note), out)
    elif grown_from is not None:
        _write(dump_growth(reader.growth_since(grown_from)), out)
    else:
        _write(reader.note(), out)


@app.command("cosign")
def cosign(
    file: Annotated[
        Path,
        typer.Argument(dir_okay=False, help="What `ostiary witness sign` wrote."),
    ],
    policy: Annotated[Path, typer.Option(dir_okay=False, help="Names the witnesses.")],
    log: LogOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Keep a checkpoint that witnesses of a policy signed, beside the journal."""
    asked = read_policy(read_limited(policy, MOST_BYTES))
    reader = _reader(log, key, home)
    keys = [witness.key for witness in asked.witnesses.values()]
    note = only_of(read_limited(file, JOURNAL_LIMITS.note_bytes), [reader.key, *keys])
    signers = asked.signers(read_note(note))
    if not signers:
        raise JournalError(f"{file}: no witness of {policy} signed it")
    kept = reader.keep_cosigned(note)
    typer.echo(f"{', '.join(signers)}: signed {kept.size} entries")


@app.command("publish")
def publish(
    policy: Annotated[
        Path,
        typer.Option(dir_okay=False, help="Names the witnesses, with addresses."),
    ],
    log: LogOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Ask all witnesses of a policy to sign the newest checkpoint.

    One that cannot be reached does not stop the others. Exit code 1 says that fewer
    signed than the policy asks for.
    """
    asked = read_policy(read_limited(policy, MOST_BYTES))
    reader = _reader(log, key, home)
    reader.edge()
    signed = [
        name
        for name, witness in asked.witnesses.items()
        if witness.url and _signed(witness, reader)
    ]
    if not asked.suffices(signed):
        typer.echo(f"Too few for the quorum {asked.quorum}")
        raise typer.Exit(NOT_AS_EXPECTED)


def _signed(witness: Witness, reader: JournalReader) -> bool:
    known = [
        open_checkpoint(note, reader.key).size
        for note in reader.cosigned()
        if cosigned_at(read_note(note), witness.key) is not None
    ]
    try:
        kept = reader.keep_cosigned(ask_witness(witness, reader, max(known, default=0)))
    except (JournalError, FetchError) as error:
        typer.echo(f"{witness.name}: not signed: {error}")
        return False
    typer.echo(f"{witness.name}: signed {kept.size} entries")
    return True


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


@app.command("receipt")
def receipt(
    given: Annotated[
        str,
        typer.Argument(
            help="The receipt: a picture of it, a file with its text, or its text.",
            metavar="RECEIPT",
        ),
    ],
    credential: Annotated[
        Path | None,
        typer.Option(
            "--pass", dir_okay=False, help="The pass that it is said to be of."
        ),
    ] = None,
    zone_key: Annotated[
        list[Path] | None,
        typer.Option(
            dir_okay=False, help="A zone's private key, to open the pass. Repeatable."
        ),
    ] = None,
    log: LogOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Show which opening by hand a receipt is of, and whether it was for a pass.

    Anybody can see that the opening was entered. For which pass, whoever holds a key of
    its zone. Exit code 1 says that it is not as the receipt says.
    """
    if (credential is None) != (zone_key is None):
        raise ConfigurationError("--pass takes --zone-key, which opens it")
    held = _read_receipt(given)
    reader = _reader(log, key, home)
    if held.log != reader.key.name:
        raise ConfigurationError(
            f"the receipt is of the journal {held.log}, and this is {reader.key.name}"
        )
    found = _found(reader, held)
    if found is None:
        typer.echo("No opening of this journal is the one of this receipt.")
        raise typer.Exit(NOT_AS_EXPECTED)
    number, opening = found
    typer.echo(f"{number:>6}  {entry_in_words(opening)}")
    if credential is None:
        typer.echo("Not checked: for which pass. Give it, and a key of its zone.")
        return
    keys = [read_zone_key(path) for path in zone_key or ()]
    view = inspect_opened(read_pass(credential), keys)
    fits = held.fits(opening.opening, view.identifier)
    typer.echo(f"It was opened for {'this' if fits else 'another'} pass.")
    if not fits:
        raise typer.Exit(NOT_AS_EXPECTED)


def _read_receipt(given: str) -> Receipt:
    if given.startswith(PREFIX):
        return read_receipt(given)
    try:
        text = read_pass(Path(given))
    except (CaptureError, StorageError) as error:
        raise ConfigurationError(f"{error}: {_RECEIPTS}") from None
    return read_receipt(text)


def _found(reader: JournalReader, held: Receipt) -> tuple[int, ManualOpening] | None:
    """The opening of a receipt and its number, in a journal that is verified."""
    found: list[tuple[int, ManualOpening]] = []
    numbers = count()

    def see(data: bytes) -> None:
        number, entry = next(numbers), load_entry(data)
        if isinstance(entry, ManualOpening) and entry.opening.challenge == held.entry:
            found.append((number, entry))

    reader.verify(see)
    return next(iter(found), None)


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
