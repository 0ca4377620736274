"""`ostiary gate recover`: the one way down for a gate's record, with a name to it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ostiary.cli.acts import record_at_gate
from ostiary.cli.clock import now
from ostiary.config import load_config
from ostiary.credential import HighWater, dump_high_water
from ostiary.credential.clock import lowered
from ostiary.errors import ConfigurationError
from ostiary.journal import OwnerActKind
from ostiary.storage.high_water import HighWaterFile
from ostiary.storage.recovery import Recovery, notes_path
from ostiary.storage.recovery import recover as lower


def recover(
    config: Annotated[
        Path, typer.Option(help="The gate's configuration: it names the record.")
    ],
    by: Annotated[
        str | None,
        typer.Option(help="Your name; asked for if not given.", show_default="asked"),
    ] = None,
    anew: Annotated[
        bool,
        typer.Option(
            "--anew", help="Begin a new record: the old one is damaged or worthless."
        ),
    ] = False,
) -> None:
    """Lower what a gate's record says too high, as its owner. Stop the gate first.

    Takes back whatever in the record lies ahead of this machine's clock: set the clock
    first. Which trust list is the newest stays as it is, except with --anew. Says what
    it is about to do, asks for a name, notes both beside the record, and enters the act
    in the gate's journal if it has one; the name stands there nowhere.
    """
    settings, at = load_config(config), now()
    path = settings.files.high_water
    if anew:
        wanted = HighWater()
        what = ["begin a new record; whatever lies at the gate then counts as newest"]
    else:
        record = HighWaterFile(path).read()
        wanted = lowered(record, at)
        what = list(_differences(record, wanted))
    if not what:
        typer.echo(
            f"{path}: nothing lies ahead of the clock, which says {at:%F %R} UTC"
        )
        return
    typer.echo(f"{path}, by a clock that says {at:%F %R} UTC:")
    for line in what:
        typer.echo(f"  {line}")
    typer.echo("Bring the newest lists first: older ones may count again.")
    name = typer.prompt("Who does this") if by is None else by
    try:
        act = Recovery(at, name, tuple(what))
    except ValueError as error:
        raise ConfigurationError(f"--by: {error}") from None
    digest = hashlib.sha256(dump_high_water(wanted)).digest()
    record_at_gate(settings, OwnerActKind.RECORD_LOWERED, digest)
    lower(path, wanted, act)
    typer.echo(f"Done, and noted in {notes_path(path)}. Next: start the gate.")


def _differences(record: HighWater, wanted: HighWater) -> Iterator[str]:
    """What is taken back, in words."""
    if record.time != wanted.time:
        yield (
            f"lower the highest time seen from {record.time:%F %R} to "
            f"{wanted.time:%F %R} UTC"
        )
    for which, issued_at in record.marks.items():
        if which not in wanted.marks:
            issuer, uri = which
            yield f"forget a list of {issuer} at {uri}, issued {issued_at:%F %R} UTC"
