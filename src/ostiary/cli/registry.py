"""`ostiary registry`: which passes a desk has issued, and what becomes of them."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from ostiary.cli.clock import now
from ostiary.cli.options import HomeOption
from ostiary.credential import LIMITS, StatusList, read_own_status_list
from ostiary.desk.pruning import TIMER, pruning_units
from ostiary.desk.service import Desk
from ostiary.errors import (
    ConfigurationError,
    RegistryError,
    StorageError,
    TrustListError,
)
from ostiary.storage.files import create_atomically, read_limited
from ostiary.storage.home import Home
from ostiary.storage.register import SIZE
from ostiary.storage.registry import require_extra, required_place
from ostiary.storage.registry.records import (
    KEY_BYTES,
    RETENTION,
    PassRecord,
    Place,
    RevocationReason,
    RevokedFor,
    read_identifier,
)

if TYPE_CHECKING:
    from ostiary.storage.registry.closing import Brought
    from ostiary.storage.registry.registry import Registry

app = typer.Typer(
    help="Know which passes were issued, and revoke or erase them.",
    no_args_is_help=True,
)

NewestOption: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--status-list", help="The newest signed status list of an issuer; for each."
    ),
]
UnpublishedOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(help="Address of a status list that was never signed; for each."),
]
PassArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="PASS", help="The pass's identifier, 32 hex digits.")
]


@app.command("init")
def init(
    url: Annotated[
        str | None,
        typer.Option(
            help="sqlite:///FILE or postgresql://...", show_default="a file in the home"
        ),
    ] = None,
    tenant: Annotated[
        str, typer.Option(help="Whose passes, where several share a database.")
    ] = "main",
    home: HomeOption = None,
) -> None:
    """Make a registry, or bring it up to date, and take over the status registers.

    A register that was taken over hands out nothing any more.
    """
    require_extra()
    from ostiary.storage.registry.registry import Registry  # noqa: PLC0415 - the extra

    owned = Home.at(home)
    place = Place.of(owned)
    if place is None:
        place = Place.make(owned, url, tenant, os.urandom(KEY_BYTES))
        Registry.create(place)
        place.connect(owned)
    elif url in {None, place.url}:
        Registry.renew(place)
    else:
        raise ConfigurationError(
            f"{owned.path} has another registry already, named in registry.toml"
        )
    typer.echo(f"The registry of {owned.path} is ready, tenant {place.tenant}")
    desk = Desk.open(owned, os.urandom)
    desk.require_newest()
    for issuer in owned.issuers():
        adopted = desk.registry.adopt(issuer, owned.register(issuer))
        desk.note()
        if adopted:
            typer.echo(
                f"Took over issuer {issuer}: {adopted.taken} of {adopted.size} places "
                f"taken{', closed' if adopted.closed else ''}"
            )
    typer.echo("Next: keep registry.key in the safe; no backup of ostiary holds it")


@app.command("roll")
def roll(
    issuer: Annotated[str, typer.Argument(help="An issuer of yours.")],
    uri: Annotated[str, typer.Option(help="Address of the new status list.")],
    size: Annotated[int, typer.Option(help="How many passes it is for.")] = SIZE,
    home: HomeOption = None,
) -> None:
    """Make an issuer's next status list, for when the one before is full."""
    made = Desk.open(Home.at(home), os.urandom).roll(issuer, uri, size)
    typer.echo(f"Made list {made.number} of issuer {issuer}: {made.size} places")
    typer.echo(
        f"Next: ostiary status build {issuer}, and name the new file in each gate's "
        "files.status_lists before a pass on it is issued"
    )


@app.command("find")
def find(
    identifier: Annotated[
        str | None, typer.Argument(metavar="PASS", help="A pass's identifier.")
    ] = None,
    own: Annotated[
        str | None, typer.Option(help="Your own reference, as at issuing.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Show what the registry knows of a pass."""
    registry = _registry(home)
    if (own is None) == (identifier is None):
        raise typer.BadParameter("give a pass's identifier, or --own")
    if own is not None:
        found = registry.find(own)
    else:
        found = [registry.record(read_identifier(identifier or ""))]
    for record in found:
        for line in _lines(record):
            typer.echo(line)
    if not found:
        typer.echo("none")
        raise typer.Exit(1)


@app.command("revoke")
def revoke(
    identifier: PassArgument,
    reason: Annotated[RevokedFor, typer.Option(help="Why.")],
    home: HomeOption = None,
) -> None:
    """End a pass, from the next status list on."""
    desk = Desk.open(Home.at(home), os.urandom)
    desk.revoke(read_identifier(identifier), reason, desk.by(now()))
    typer.echo(f"Revoked, {reason}. Next: ostiary status build, and bring the list")


@app.command("withdraw")
def withdraw(identifier: PassArgument, home: HomeOption = None) -> None:
    """End a pass whose holder withdraws consent; the own reference goes at once."""
    revoke(identifier, RevocationReason.CONSENT_WITHDRAWN, home)


@app.command("erase")
def erase(identifier: PassArgument, home: HomeOption = None) -> None:
    """End a pass, and remove its record now."""
    desk = Desk.open(Home.at(home), os.urandom)
    desk.erase(read_identifier(identifier), desk.by(now()))
    typer.echo("Erased; backups hold it until you destroy them. Next: status build")


@app.command("prune")
def prune(home: HomeOption = None) -> None:
    """Remove the records whose time is over. `registry install` calls it daily."""
    desk = Desk.open(Home.at(home), os.urandom)
    typer.echo(f"Removed {desk.prune(now())} records")
    for reason, keep in RETENTION.items():
        typer.echo(f"  {reason or 'run out':<20}kept {keep.days:>2} days: {keep.why}")


@app.command("install")
def install(
    user: Annotated[str, typer.Option(help="The desk's account.")] = "ostiary",
    folder: Annotated[
        Path, typer.Option(help="Where the units are written.", file_okay=False)
    ] = Path("/etc/systemd/system"),
    home: HomeOption = None,
) -> None:
    """Write systemd units that call `registry prune` daily; units there stay."""
    owned = Home.at(home)
    required_place(owned)
    program = Path(sys.argv[0]).absolute()
    for name, text in pruning_units(program, owned.path.absolute(), user).items():
        create_atomically(folder / name, text.encode())
        typer.echo(f"wrote {folder / name}")
    typer.echo(f"Next: systemctl enable --now {TIMER}")


@app.command("check")
def check(
    mend: Annotated[
        bool,
        typer.Option(
            "--mend", help="Revoke what was reserved and, for an hour, not handed over."
        ),
    ] = False,
    home: HomeOption = None,
) -> None:
    """Check a registry, enter hours that are over, find what a crash left behind."""
    at = now()
    desk = Desk.open(Home.at(home), os.urandom)
    from ostiary.storage.registry.check import faults  # noqa: PLC0415 - the extra

    typer.echo(f"hours entered in the journal: {desk.settle(at)}")
    found = faults(desk.registry)
    for fault in found:
        typer.echo(f"FAULT: {fault}")
    left = desk.registry.left_behind(at)
    for record in left:
        typer.echo(f"reserved, and never confirmed: {record.identifier.hex()}")
    if left and mend:
        typer.echo(f"revoked: {desk.mend(at)}")
    elif left:
        typer.echo("Next: ostiary registry check --mend")
    if found or (left and not mend):
        raise typer.Exit(1)
    typer.echo("as it has to be")


@app.command("backup")
def backup(
    out: Annotated[Path, typer.Option(help="A new file to write.", dir_okay=False)],
    home: HomeOption = None,
) -> None:
    """Write this tenant's records into one file; own references stay sealed in it."""
    registry = _registry(home)
    from ostiary.storage.registry.dump import dump  # noqa: PLC0415 - the extra

    lines = list(dump(registry))
    create_atomically(out, b"".join(lines), private=True)
    typer.echo(f"Wrote {out}: {len(lines) - 2} rows. registry.key is not in it")


@app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(help="What `registry backup` wrote.")],
    status_list: NewestOption = None,
    unpublished: UnpublishedOption = None,
    home: HomeOption = None,
) -> None:
    """Bring a lost registry back. Its lists revoke, and hand out nothing.

    The home says where it was (registry.toml, registry.key). Passes may have been
    issued after the backup: new ones take a new list (`roll`).
    """
    owned = Home.at(home)
    place = required_place(owned)
    require_extra()
    from ostiary.storage.registry import dump  # noqa: PLC0415 - the extra
    from ostiary.storage.registry.registry import Registry  # noqa: PLC0415

    lines = read_limited(file, dump.MAX_BYTES).splitlines(keepends=True)
    Registry.create(place)
    desk = Desk.open(owned, os.urandom)
    brought = _brought(desk, status_list, unpublished)
    restored = dump.restore(desk.registry, lines, brought)
    desk.note()
    typer.echo(f"Restored {restored} rows")
    typer.echo("Next: ostiary registry check, then ostiary registry roll")


@app.command("accept")
def accept(
    status_list: NewestOption = None,
    unpublished: UnpublishedOption = None,
    home: HomeOption = None,
) -> None:
    """Go on with a registry that is an old copy. Its lists hand out nothing.

    Passes may have been issued and revoked after it was copied: what the newest status
    lists revoke is revoked, and new passes take a new list (`roll`).
    """
    desk = Desk.open(Home.at(home), os.urandom)
    from ostiary.storage.registry import closing  # noqa: PLC0415 - the extra

    if _is_newest(desk):
        raise ConfigurationError(
            "the registry is no old copy: there is nothing to accept, and nothing was "
            "closed"
        )
    closing.accept(desk.registry, _brought(desk, status_list, unpublished))
    desk.note()
    typer.echo("Accepted: its lists revoke, and hand out nothing")
    typer.echo("Next: ostiary registry check, then ostiary registry roll")


def _registry(home: Path | None) -> "Registry":
    """The registry, unless it is an old copy, of which nothing is to be believed."""
    desk = Desk.open(Home.at(home), os.urandom)
    desk.require_newest()
    return desk.registry


def _is_newest(desk: Desk) -> bool:
    try:
        desk.require_newest()
    except RegistryError:
        return False
    return True


def _brought(
    desk: Desk, paths: Sequence[Path] | None, unpublished: Sequence[str] | None
) -> "Brought":
    from ostiary.storage.registry.closing import Brought  # noqa: PLC0415 - the extra

    newest = [_own_list(desk.home, path) for path in paths or ()]
    return Brought(newest, frozenset(unpublished or ()), desk.mark.lists())


def _own_list(home: Home, path: Path) -> StatusList:
    """A status list that a key of an issuer who is here has signed."""
    token = read_limited(path, LIMITS.status_token_bytes)
    for issuer in home.issuers():
        for key in home.issuer_public_keys(issuer):
            try:
                return read_own_status_list(token, key)
            except TrustListError:
                continue
    raise StorageError(f"{path}: no status list that an issuer of this home signed")


def _lines(record: PassRecord) -> Iterator[str]:
    yield f"pass {record.identifier.hex()}"
    why = f", {record.reason}" if record.reason else ""
    yield f"  {record.state}{why} since {record.changed_at:%F %R} UTC"
    yield f"  issuer {record.issuer}, index {record.index} at {record.uri}"
    yield f"  opens {', '.join(record.zones)}"
    yield f"  valid {record.not_before:%F %R} to {record.expires_at:%F %R} UTC"
    consent = record.consent
    yield (
        f"  consent {consent.version}, {consent.at:%F %R} UTC, {consent.means}"
        if consent
        else "  without a face"
    )
