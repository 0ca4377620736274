"""`ostiary keys hand-over`: a zone's keys for one gate, sealed to the gate's own."""

import os
from pathlib import Path
from typing import Annotated

import typer

from ostiary.cli.acts import record_key
from ostiary.cli.clock import now
from ostiary.cli.options import HomeOption
from ostiary.credential import hand_over as sealed_to
from ostiary.credential import receivers
from ostiary.credential.life import Act
from ostiary.errors import TrustListError
from ostiary.journal import OwnerActKind
from ostiary.storage.files import write_atomically
from ostiary.storage.home import Home
from ostiary.storage.zone_keys import sealed_name


def hand_over(
    zone: Annotated[str, typer.Argument(help="A zone whose private keys lie here.")],
    to: Annotated[str, typer.Option(help="The gate, as the trust list names it.")],
    out: Annotated[
        Path,
        typer.Option(
            help="Folder to write to, such as a stick's.", exists=True, file_okay=False
        ),
    ],
    home: HomeOption = None,
) -> None:
    """Seal the keys of a zone to a gate, one file for each epoch that still counts.

    Only that gate can open them. The trust list in force has to name both the keys and
    the gate: sign it first.
    """
    owned, at = Home.at(home), now()
    entries = owned.trust_in_force(at).entries
    gates = receivers(entries, to, zone, at)
    keys = []
    for key in owned.zone_keys(zone):
        listed = entries.zone(key.public)
        if listed is not None and listed.life.may(Act.COUNT, at):
            keys.append(key)
    if not keys:
        raise TrustListError(
            f"the trust list in force names no key of zone {zone!r} that lies here and "
            "still counts"
        )
    for key in keys:
        path = out / sealed_name(key.public, to)
        record_key(owned, OwnerActKind.KEY_HANDED_OVER, key.public, at)
        write_atomically(path, sealed_to(key, gates, os.urandom))
        typer.echo(f"Wrote {path}: zone {zone} epoch {key.public.epoch} for gate {to}")
    typer.echo(
        "Next: bring them to the gate with the trust list: ostiary sync, or copy them "
        "into its folder files.sealed_keys"
    )
