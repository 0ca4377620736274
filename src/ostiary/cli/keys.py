"""`ostiary keys`: make, list and export keys. A private key is never printed."""

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, TypeAlias, TypeVar

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ostiary.cli import rotate
from ostiary.cli.backup import backup, restore
from ostiary.cli.clock import now
from ostiary.cli.hand_over import hand_over
from ostiary.cli.options import HomeOption
from ostiary.credential import (
    GatePublicKey,
    IssuerPublicKey,
    PublicKey,
    Randomness,
    RootPublicKey,
    SettingsPublicKey,
    SigningPrivateKey,
    SigningPublicKey,
    TokenKey,
    TokenUri,
    ZonePublicKey,
    dump_key,
    new_gate_key,
    new_issuer_key,
    new_root_key,
    new_settings_key,
    new_zone_key,
)
from ostiary.errors import ConfigurationError
from ostiary.storage.files import write_atomically
from ostiary.storage.home import Home, check_file_name
from ostiary.storage.pins import read_pin
from ostiary.storage.register import MAX_SIZE, SIZE
from ostiary.tokens import read_public_key

_Exported: TypeAlias = (
    IssuerPublicKey | RootPublicKey | SettingsPublicKey | ZonePublicKey | GatePublicKey
)
_Key = TypeVar("_Key", bound=SigningPrivateKey)

app = typer.Typer(
    help="Make, rotate, hand over, back up, list and export keys.",
    no_args_is_help=True,
)
new = typer.Typer(help="Make a key of one kind.", no_args_is_help=True)
app.add_typer(new, name="new")
app.add_typer(rotate.app, name="rotate")

TokenOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--token",
        metavar="URI",
        help="A PKCS#11 URI: take up the key that a hardware token keeps there.",
    ),
]


@new.command("issuer")
def new_issuer(
    name: Annotated[
        str, typer.Argument(help="Lower-case letters, digits, hyphens; in every pass.")
    ],
    status_uri: Annotated[
        str | None,
        typer.Option(
            help="Name of the status list; in every pass, so keep it short.",
            show_default="urn:ostiary:NAME",
        ),
    ] = None,
    status_size: Annotated[
        int,
        typer.Option(
            min=8,
            max=MAX_SIZE,
            help="Passes that this issuer can ever issue; rounded up to eights.",
        ),
    ] = SIZE,
    token: TokenOption = None,
    home: HomeOption = None,
) -> None:
    """Make a key that signs passes, and an empty status register."""
    key = _made(new_issuer_key, IssuerPublicKey, check_file_name(name), token)
    uri = f"urn:ostiary:{name}" if status_uri is None else status_uri
    owned = Home.at(home)
    size = -(-status_size // 8) * 8
    try:
        owned.add_issuer(key, uri, size)
    except ValueError as error:
        raise ConfigurationError(f"--status-uri: {error}") from None
    typer.echo(
        f"Made issuer {name}: {_identifier(key.public)}, status list {uri} "
        f"of {size} indices"
    )
    typer.echo(
        f"Its private key stays on its token; {owned.path} says where."
        if token
        else f"Its private key lies under {owned.path}; keep a copy in a safe."
    )
    typer.echo(f"Next: ostiary trust add {name} --zone ZONE")


@new.command("zone")
def new_zone(
    zone: Annotated[
        str, typer.Argument(help="Lower-case letters, digits, hyphens; in every pass.")
    ],
    epoch: Annotated[
        int | None,
        typer.Option(min=0, help="Number of the key.", show_default="the next one"),
    ] = None,
    days: Annotated[
        int, typer.Option(min=1, max=3650, help="No pass outlives its zone's key.")
    ] = 365,
    home: HomeOption = None,
) -> None:
    """Make a key that opens the passes of one zone."""
    owned, start = Home.at(home), now()
    number = _next_epoch(owned, check_file_name(zone)) if epoch is None else epoch
    end = start + timedelta(days=days)
    key = new_zone_key(zone, number, start, end, os.urandom)
    private = owned.add_zone_key(key)
    typer.echo(f"Made {_line(key.public)}")
    typer.echo(f"For the gates of {zone}: {private}")
    typer.echo(
        "Next: ostiary trust add and sign, then ostiary keys hand-over for each gate; "
        "or lay that file at a gate and name it under files.zone_keys"
    )


@new.command("root")
def new_root(
    name: Annotated[
        str,
        typer.Argument(help="The owner's name: lower-case letters, digits, hyphens."),
    ],
    token: TokenOption = None,
    home: HomeOption = None,
) -> None:
    """Make a key that signs root documents and trust lists."""
    owned = Home.at(home)
    key = _made(new_root_key, RootPublicKey, check_file_name(name), token)
    private = owned.add_root_key(key)
    typer.echo(f"Made root key {name}: {_identifier(key.public)}")
    typer.echo(f"Whoever has {private} decides whom all gates believe. Keep it, and a")
    typer.echo("copy, away from gates and desks; commands take it with --key FILE.")
    typer.echo("Next: ostiary trust add, or with other owners: ostiary trust root init")


@new.command("settings")
def new_settings(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits, hyphens.")],
    token: TokenOption = None,
    home: HomeOption = None,
) -> None:
    """Make a key that signs gates' configurations and calibrations."""
    key = _made(new_settings_key, SettingsPublicKey, check_file_name(name), token)
    private = Home.at(home).add_settings_key(key)
    typer.echo(f"Made settings key {name}: {_identifier(key.public)}")
    typer.echo(f"For whoever signs settings: {private}")
    public = private.parent / f"{name}.public.json"
    typer.echo(f"Next: ostiary trust add {public}, ostiary trust sign, then ostiary")
    typer.echo("trust sign-file for every gate; bring signatures before the trust list")


@new.command("gate")
def new_gate(
    name: Annotated[
        str,
        typer.Argument(help="The gate's name: lower-case letters, digits, hyphens."),
    ],
    home: HomeOption = None,
) -> None:
    """Make a gate's own key, on the gate's machine: zone keys are sealed to it."""
    owned = Home.at(home)
    key = new_gate_key(check_file_name(name), os.urandom)
    private, public = owned.add_gate_key(key)
    typer.echo(f"Made gate {name}: key {key.public.identifier.hex()}")
    typer.echo(f"Its private key, for files.gate_key: {private}")
    typer.echo(f"Next, the owner: ostiary trust add {public} --zone ZONE")


app.command("hand-over")(hand_over)
app.command("backup")(backup)
app.command("restore")(restore)


@app.command("list")
def list_keys(home: HomeOption = None) -> None:
    """List the keys here: names, identifiers, validity."""
    owned = Home.at(home)
    keys = _public_keys(owned)
    for key in keys:
        typer.echo(_line(key))
    if not keys:
        typer.echo(f"No keys in {owned.path}. Next: ostiary keys new root NAME")


@app.command("export")
def export(
    name: Annotated[
        str,
        typer.Argument(
            help="An issuer, a gate, an owner, a zone (its newest) or ZONE-EPOCH."
        ),
    ],
    out: Annotated[Path, typer.Option(help="File to write.", dir_okay=False)],
    home: HomeOption = None,
) -> None:
    """Write the public half of a key, for the owner of the trust list."""
    key = _find(Home.at(home), name)
    write_atomically(out, dump_key(key))
    typer.echo(f"Wrote {out}: the public half of {_describe(key)}")
    typer.echo(_NEXT[type(key)].format(out=out))


_NEXT: Final[Mapping[type[_Exported], str]] = MappingProxyType(
    {
        IssuerPublicKey: "Next, the owner: ostiary trust add {out} --zone ZONE",
        ZonePublicKey: "Next, the owner: ostiary trust add {out}",
        GatePublicKey: "Next, the owner: ostiary trust add {out} --zone ZONE",
        RootPublicKey: "Next, an owner: ostiary trust root change --add {out}",
        SettingsPublicKey: "Next, the owner: ostiary trust add {out}",
    }
)


def _made(
    make: Callable[[str, Randomness], _Key],
    kind: Callable[[str, Ed25519PublicKey], SigningPublicKey],
    name: str,
    token: str | None,
) -> _Key | TokenKey:
    """A new key, or the one of that kind that a hardware token keeps."""
    if token is None:
        return make(name, os.urandom)
    try:
        uri = TokenUri.read(token)
    except ValueError as error:
        raise ConfigurationError(f"--token: {error}") from None
    return TokenKey(kind(name, read_public_key(uri, read_pin)), uri)


def _find(home: Home, name: str) -> _Exported:
    named = [key for key in _public_keys(home) if name in _names(key)]
    newest = {type(key): key for key in named}
    found = list(newest.values())
    if not found:
        raise ConfigurationError(f"no key is called {name!r}; see: ostiary keys list")
    if len(found) > 1:
        described = " and ".join(_describe(key) for key in found)
        raise ConfigurationError(
            f"{name!r} names {described}; for a zone say ZONE-EPOCH, or copy the "
            f".public.json that you mean out of {home.path}"
        )
    return found[0]


def _names(key: _Exported) -> tuple[str, ...]:
    """What a key can be called: a zone's by its zone too, which means the newest."""
    if isinstance(key, ZonePublicKey):
        return f"{key.zone}-{key.epoch}", key.zone
    return (key.name,)


def _public_keys(home: Home) -> list[_Exported]:
    """All, kind by kind; of one name the newest comes last."""
    issuers = [key for name in home.issuers() for key in home.issuer_public_keys(name)]
    zones = [key for zone in home.zones() for key in home.zone_public_keys(zone)]
    return [
        *issuers,
        *zones,
        *home.gate_public_keys(),
        *home.root_public_keys(),
        *home.settings_public_keys(),
    ]


def _next_epoch(home: Home, zone: str) -> int:
    return max((key.epoch for key in home.zone_public_keys(zone)), default=-1) + 1


def _describe(key: _Exported) -> str:
    match key:
        case IssuerPublicKey():
            return f"issuer {key.name}"
        case GatePublicKey():
            return f"gate {key.name}"
        case RootPublicKey():
            return f"root key {key.name}"
        case SettingsPublicKey():
            return f"settings key {key.name}"
        case ZonePublicKey():
            return f"zone {key.zone} epoch {key.epoch}"


def _line(key: _Exported) -> str:
    line = f"{_describe(key)}: {_identifier(key)}"
    if isinstance(key, ZonePublicKey):
        return f"{line}, {key.not_before:%Y-%m-%d} to {key.not_after:%Y-%m-%d}"
    return line


def _identifier(key: PublicKey) -> str:
    return f"key {key.identifier.hex()}"
