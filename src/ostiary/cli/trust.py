"""`ostiary trust`: whom the gates and desks believe, drafted, signed and checked."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from ostiary.cli import root
from ostiary.cli.acts import recorder
from ostiary.cli.clock import now
from ostiary.cli.listing import ahead, describe, label, list_lines, wrong
from ostiary.cli.options import HomeOption
from ostiary.cli.sign_file import sign_file
from ostiary.cli.signing import KeyFiles, keys_at_hand, signing_lines
from ostiary.credential import (
    LIMITS,
    AnyEntry,
    Entries,
    Entry,
    GatePublicKey,
    IssuerPublicKey,
    LifeCycle,
    ListedKey,
    ListedZone,
    SettingsPublicKey,
    TrustList,
    ZonePublicKey,
    load_key,
    read_drawn_up_trust,
)
from ostiary.errors import ConfigurationError, TrustListError
from ostiary.storage.files import read_limited
from ostiary.storage.home import Home, check_file_name
from ostiary.storage.owner import sign_pending, sign_trust

app = typer.Typer(help="Say whom the gates and desks believe.", no_args_is_help=True)
app.add_typer(root.app, name="root")
app.command("sign-file")(sign_file)

_NOT_AS_EXPECTED: Final = 1

NameOrFile: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="NAME-OR-FILE",
        help="An issuer or a zone of yours, or the file of a public key.",
    ),
]


@app.command("add")
def add(
    name: NameOrFile,
    zone: Annotated[
        list[str] | None,
        typer.Option(
            help="Of an issuer or gate: a zone that it is for; once for each."
        ),
    ] = None,
    days: Annotated[
        int,
        typer.Option(min=1, max=3650, help="How long; a zone's key, to its end."),
    ] = 365,
    begins: Annotated[
        datetime | None,
        typer.Option("--from", help="First moment of use, UTC; now if not given."),
    ] = None,
    another_key: Annotated[
        bool,
        typer.Option(
            "--another-key", help="It is another key of an issuer or gate listed."
        ),
    ] = False,
    home: HomeOption = None,
) -> None:
    """Enter a key in the draft; what was said of the same key before is replaced.

    With an issuer come the keys of its zones that lie in this home. A key that is in
    use already stays so from its first moment on, unless another is given.
    """
    owned, at = Home.at(home), now()
    key, draft = _public_key(owned, name), owned.draft()
    zones = frozenset(check_file_name(each) for each in zone or ())
    start = begins.replace(tzinfo=UTC) if begins else _first_use(draft, key, at)
    _check_named(draft, key, another_key=another_key)
    try:
        named = _entry(key, zones, start, max(start, at) + timedelta(days=days))
    except (OverflowError, ValueError) as error:
        raise ConfigurationError(f"--from or --days: {error}") from None
    entries = [named, *_zone_entries(owned, draft, zones, start)]

    def change(listed: Entries) -> Entries:
        for entry in entries:
            listed = listed.having(entry)
        return listed

    owned.change_draft(change)
    for entry in entries:
        typer.echo(describe(entry, at))
    typer.echo("Next: ostiary trust sign")


@app.command("remove")
def remove(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME-OR-KEY",
            help="An issuer, gate, zone, ZONE-EPOCH, or the identifier of a key.",
        ),
    ],
    compromised: Annotated[
        bool,
        typer.Option("--compromised", help="It is in other hands: nothing counts."),
    ] = False,
    at_once: Annotated[
        bool, typer.Option("--now", help="What was made with it counts no more.")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Make a key end in the draft: it makes nothing new from now on.

    What was made with it before counts until its end, unless it ends now or is
    compromised. A key that was not in use yet is taken out.
    """
    owned, at = Home.at(home), now()
    found = _found(owned.draft(), name)

    def change(listed: Entries) -> Entries:
        for entry in found:
            life = _ended(entry.life, at, compromised=compromised, at_once=at_once)
            listed = listed.lacking(entry.key)
            if life is not None:
                listed = listed.having(replace(entry, life=life))
        return listed

    draft = owned.change_draft(change)
    for entry in found:
        left = [kept for kept in draft if kept.key == entry.key]
        typer.echo(describe(left[0], at) if left else f"taken out: {label(entry.key)}")
    typer.echo("Next: ostiary trust sign")


@app.command("sign")
def sign(
    days: Annotated[
        int, typer.Option(min=1, max=366, help="After that no gate accepts the list.")
    ] = 90,
    key: KeyFiles = None,
    pending: Annotated[
        Path | None,
        typer.Option(
            "--pending",
            help="Sign what waits in this file instead: a list or a root document.",
            dir_okay=False,
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Sign the draft as the next trust list, with the root keys at hand.

    Where there is no root document yet, one is made first of the one root key that is
    here. What takes further owners waits in a file for them to sign.
    """
    owned, at = Home.at(home), now()
    keys = keys_at_hand(owned, key)
    if pending is not None:
        done = sign_pending(owned, pending, keys, recorder(owned, at))
    else:
        if not owned.root_path.exists():
            root.make_alone(owned, keys, at)
        ends = at + timedelta(days=days)
        done = sign_trust(owned, keys, at, ends, recorder(owned, at))
    for line in signing_lines(done):
        typer.echo(line)
    what = done.what
    for line in (
        list_lines(what, at)
        if isinstance(what, TrustList)
        else root.lines(what, done.digest)
    ):
        typer.echo(line)


@app.command("show")
def show(home: HomeOption = None) -> None:
    """Show the draft: whom it names, what for, and how long."""
    draft, at = Home.at(home).draft(), now()
    for entry in draft:
        typer.echo(describe(entry, at))
    if not list(draft):
        typer.echo("The draft is empty: every pass is refused.")
        typer.echo("Next: ostiary trust add NAME-OR-FILE --zone ZONE")


@app.command("check")
def check(
    file: Annotated[
        Path | None,
        typer.Argument(help="A trust list.", show_default="the one in force here"),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Say what a gate thinks of a trust list, and what lies ahead in 90 days.

    Exits with 1 if no gate accepts it now, or nobody can be issued a pass some time.
    """
    owned, at = Home.at(home), now()
    in_force = owned.root()
    limit = LIMITS.trust_file_bytes
    data = owned.trust_data() if file is None else read_limited(file, limit)
    message, trust = read_drawn_up_trust(data)
    for line in list_lines(trust, at):
        typer.echo(line)
    signers = [key.name for key in message.signers(in_force.trust)]
    typer.echo(
        f"signed by {len(signers)} of the {in_force.trust.threshold} that it takes: "
        f"{', '.join(signers) or 'nobody'}"
    )
    typer.echo(
        f"root document {in_force.version}, until {in_force.expires_at:%F %R} UTC"
    )
    faults = list(wrong(trust, in_force, len(signers), owned.draft(), at))
    for line in faults:
        typer.echo(f"WRONG: {line}")
    for line in ahead(trust, in_force, at):
        typer.echo(f"soon: {line}")
    if faults:
        raise typer.Exit(_NOT_AS_EXPECTED)


def _public_key(home: Home, name: str) -> ListedKey:
    """The newest key of that issuer or zone here, or the one in that file."""
    if name in home.issuers() and name in home.zones():
        raise ConfigurationError(
            f"{name!r} is an issuer and a zone here; name the file of the key"
        )
    if name in home.issuers():
        return home.issuer_public_keys(name)[-1]
    if name in home.zones():
        return home.zone_public_keys(name)[-1]
    key = load_key(read_limited(Path(name), LIMITS.key_file_bytes))
    if not isinstance(key, ListedKey):
        raise TrustListError(
            f"{name} is not a public key that a trust list can name; that is what "
            "'ostiary keys export' writes"
        )
    return key


def _first_use(draft: Entries, key: ListedKey, at: datetime) -> datetime:
    """Now, or when it was: what was made since then has to go on counting."""
    known = (entry for entry in draft if entry.key.identifier == key.identifier)
    return min([at, *(entry.life.active_from for entry in known)])


def _entry(
    key: ListedKey, zones: frozenset[str], begins: datetime, ends: datetime
) -> AnyEntry:
    life = LifeCycle.between(begins, ends)
    match key:
        case ZonePublicKey() if not zones:
            return _zone_entry(key, begins)
        case SettingsPublicKey() if not zones:
            return Entry(key, life)
        case ZonePublicKey() | SettingsPublicKey():
            raise ConfigurationError(f"--zone: not for the key of {label(key)}")
        case IssuerPublicKey():
            return Entry(key, life, zones)
        case GatePublicKey():
            return Entry(key, life, zones)


def _zone_entry(key: ZonePublicKey, begins: datetime) -> ListedZone:
    try:
        life = LifeCycle.between(max(begins, key.not_before), key.not_after)
    except ValueError:
        raise ConfigurationError(
            f"the epoch of {label(key)} ends on {key.not_after:%F}, before it is used"
        ) from None
    return Entry(key, life)


def _zone_entries(
    home: Home, draft: Entries, zones: Iterable[str], begins: datetime
) -> list[AnyEntry]:
    """The keys of those zones that lie here, unless they are listed or have ended."""
    return [
        _zone_entry(key, begins)
        for zone in sorted(zones)
        for key in home.zone_public_keys(zone)
        if draft.zone(key) is None and begins < key.not_after
    ]


def _check_named(draft: Entries, key: ListedKey, *, another_key: bool) -> None:
    """Issuers and gates choose their own names, so a second key has to be meant."""
    for known in draft:
        same = known.key.identifier == key.identifier
        if same and known.life.compromised_at is not None:
            raise TrustListError(
                f"the key of {label(key)} is marked as compromised; make another"
            )
        if same and label(known.key) != label(key):
            raise TrustListError(
                f"that key is listed as {label(known.key)} already; make one for "
                f"{label(key)}"
            )
        if not same and label(known.key) == label(key) and not another_key:
            raise TrustListError(
                f"another key is listed as {label(key)}; if both are the same one's, "
                "say so with --another-key"
            )


def _found(draft: Entries, name: str) -> list[AnyEntry]:
    """The entries that a name means; all keys of one issuer, gate or zone."""
    found = [entry for entry in draft if name in _called(entry.key)]
    if not found:
        raise ConfigurationError(f"no {name!r} in the draft; see: ostiary trust show")
    if len({type(entry.key) for entry in found}) > 1:
        raise ConfigurationError(
            f"{name!r} is {' and '.join(label(entry.key) for entry in found)}; say the "
            "identifier of the key"
        )
    return found


def _called(key: ListedKey) -> Sequence[str]:
    if isinstance(key, ZonePublicKey):
        return key.zone, f"{key.zone}-{key.epoch}", key.identifier.hex()
    return key.name, key.identifier.hex()


def _ended(
    life: LifeCycle, at: datetime, *, compromised: bool, at_once: bool
) -> LifeCycle | None:
    if compromised:
        return replace(life, compromised_at=at)
    cut = life.cut(at)
    if cut is None or not at_once:
        return cut
    return replace(cut, ends_at=max(cut.ending_from, min(at, cut.ends_at)))
