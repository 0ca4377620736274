"""`ostiary keys rotate`: the next key of an issuer or a zone, in good time."""

import os
from datetime import timedelta
from typing import Annotated, Final, TypeAlias

import typer

from ostiary.cli.acts import record_key
from ostiary.cli.clock import now
from ostiary.cli.options import HomeOption
from ostiary.credential import new_issuer_key, new_zone_key
from ostiary.credential.rotation import Rotation, rotate_issuer, rotate_zone
from ostiary.errors import ConfigurationError
from ostiary.journal import OwnerActKind
from ostiary.storage.home import Home, check_file_name

app = typer.Typer(
    help="Make the next key, and enter in the draft when it takes over.",
    no_args_is_help=True,
)

LeadOption: TypeAlias = Annotated[
    int,
    typer.Option(
        "--lead",
        min=0,
        max=366,
        help="Days until it takes over: every gate has synced.",
    ),
]
DaysOption: TypeAlias = Annotated[
    int, typer.Option("--days", min=1, max=3650, help="Days of use from then on.")
]

_DAY: Final = timedelta(days=1)


@app.command("issuer")
def issuer(
    name: Annotated[str, typer.Argument(help="An issuer of yours.")],
    lead: LeadOption = 14,
    days: DaysOption = 365,
    home: HomeOption = None,
) -> None:
    """Make an issuer's next key; passes of the old one go on counting."""
    owned, rotation = Home.at(home), Rotation(now(), lead * _DAY, days * _DAY)
    if check_file_name(name) not in owned.issuers():
        raise ConfigurationError(f"no issuer {name!r} here: ostiary keys new issuer")
    if owned.is_issuer_on_token(name):
        raise ConfigurationError(
            f"the key of issuer {name!r} stays on a hardware token, so its next one is "
            "not made in a file; make another issuer whose key is on a token (ostiary "
            f"keys new issuer {name}-2 --token URI), ostiary trust add it, and ostiary "
            f"trust remove {name} when every gate has that list"
        )
    key = new_issuer_key(name, os.urandom)
    # Asked before anything is written.
    rotate_issuer(owned.draft(), key.public, rotation)
    record_key(owned, OwnerActKind.KEY_ROTATED, key.public, rotation.at)
    private = owned.add_issuer_key(key)
    owned.change_draft(lambda entries: rotate_issuer(entries, key.public, rotation))
    typer.echo(f"Made issuer {name}: key {key.identifier.hex()}, in {private}")
    typer.echo(f"It signs from {rotation.switch:%F %R} UTC on, the old one until then.")
    _tell_next(rotation)


@app.command("zone")
def zone(
    name: Annotated[str, typer.Argument(help="A zone of yours.")],
    lead: LeadOption = 14,
    days: DaysOption = 365,
    home: HomeOption = None,
) -> None:
    """Make the key of a zone's next epoch; the old one opens until its own ends."""
    owned, rotation = Home.at(home), Rotation(now(), lead * _DAY, days * _DAY)
    there = owned.zone_public_keys(name)
    if not there:
        raise ConfigurationError(f"no key of zone {name!r} here: ostiary keys new zone")
    epoch = there[-1].epoch + 1
    # From now on, so that a desk whose clock is a little ahead may seal to it.
    key = new_zone_key(name, epoch, rotation.at, rotation.life.ends_at, os.urandom)
    rotate_zone(owned.draft(), key.public, rotation)
    record_key(owned, OwnerActKind.KEY_ROTATED, key.public, rotation.at)
    private = owned.add_zone_key(key)
    owned.change_draft(lambda entries: rotate_zone(entries, key.public, rotation))
    typer.echo(f"Made zone {name} epoch {epoch}: {private}")
    typer.echo(
        f"Passes are sealed to it from {rotation.switch:%F %R} UTC on, and to the old "
        "one until then."
    )
    _tell_next(rotation, f", then ostiary keys hand-over {name} for each gate")


def _tell_next(rotation: Rotation, more: str = "") -> None:
    typer.echo(
        f"Next: ostiary trust sign{more}; every gate and desk needs that before "
        f"{rotation.switch:%F}"
    )
