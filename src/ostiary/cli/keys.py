"""`ostiary keys`: make, list and export keys. A private key is never printed."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ostiary.cli.backup import backup, restore
from ostiary.cli.clock import now
from ostiary.cli.options import HomeOption
from ostiary.credential import (
    IssuerKey,
    IssuerPublicKey,
    PublicKey,
    SettingsKey,
    SettingsPublicKey,
    SigningPublicKey,
    TokenKey,
    TokenUri,
    ZonePublicKey,
    dump_key,
    new_issuer_key,
    new_settings_key,
    new_zone_key,
)
from ostiary.errors import ConfigurationError
from ostiary.storage.files import write_atomically
from ostiary.storage.home import Home, check_file_name
from ostiary.storage.pins import read_pin
from ostiary.storage.register import MAX_SIZE, SIZE
from ostiary.tokens import read_public_key

app = typer.Typer(help="Make, list and export keys.", no_args_is_help=True)
new = typer.Typer(help="Make a key of one kind.", no_args_is_help=True)
app.add_typer(new, name="new")


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
    key = _issuer_key(check_file_name(name), token)
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


@new.command("settings")
def new_settings(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits, hyphens.")],
    token: TokenOption = None,
    home: HomeOption = None,
) -> None:
    """Make a key that signs gates' configurations and calibrations."""
    key = _settings_key(check_file_name(name), token)
    path = Home.at(home).add_settings_key(key)
    typer.echo(f"Made settings key {name}: {_identifier(key.public)}")
    typer.echo(f"For whoever signs settings: {path}")
    typer.echo("Next: name it in the trust list, then: ostiary trust sign-file FILE")


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
    typer.echo(f"Made {_describe_zone(key.public)}")
    typer.echo(f"For the gates of {zone}: {private}")
    typer.echo(
        "Next: on a gate, name that file under files.zone_keys. "
        "For another desk: ostiary keys export"
    )


@app.command("list")
def list_keys(home: HomeOption = None) -> None:
    """List keys by kind: names, identifiers, validity."""
    owned = Home.at(home)
    issuers, zones = _issuer_keys(owned), _zone_keys(owned)
    for issuer in issuers:
        typer.echo(f"issuer {issuer.name}: {_identifier(issuer)}")
    for zone in zones:
        typer.echo(_describe_zone(zone))
    for name in owned.settings():
        key = owned.settings_public_key(name)
        typer.echo(f"settings {name}: {_identifier(key)}")
    if not issuers and not zones and not owned.settings():
        typer.echo(f"No keys in {owned.path}. Next: ostiary keys new issuer NAME")


app.command("backup")(backup)
app.command("restore")(restore)


@app.command("export")
def export(
    name: Annotated[
        str, typer.Argument(help="An issuer, a zone (its newest key) or ZONE-EPOCH.")
    ],
    out: Annotated[Path, typer.Option(help="File to write.", dir_okay=False)],
    home: HomeOption = None,
) -> None:
    """Write the public half of a key, for other desks and gates."""
    key = _find(Home.at(home), name)
    write_atomically(out, dump_key(key))
    typer.echo(f"Wrote {out}: the public half of {_describe(key)}")
    typer.echo(
        f"Next: on a gate's machine: ostiary trust add {out} --zone ZONE"
        if isinstance(key, IssuerPublicKey)
        else f"Next: at another desk, lay it in its home as "
        f"zones/{key.zone}-{key.epoch}.public.json"
    )


def _issuer_key(name: str, token: str | None) -> IssuerKey | TokenKey:
    if token is None:
        return new_issuer_key(name, os.urandom)
    return _on_token(IssuerPublicKey, name, token)


def _settings_key(name: str, token: str | None) -> SettingsKey | TokenKey:
    if token is None:
        return new_settings_key(name, os.urandom)
    return _on_token(SettingsPublicKey, name, token)


def _on_token(
    kind: Callable[[str, Ed25519PublicKey], SigningPublicKey], name: str, token: str
) -> TokenKey:
    try:
        uri = TokenUri.read(token)
    except ValueError as error:
        raise ConfigurationError(f"--token: {error}") from None
    return TokenKey(kind(name, read_public_key(uri, read_pin)), uri)


def _find(home: Home, name: str) -> IssuerPublicKey | ZonePublicKey:
    issuers = [key for key in _issuer_keys(home) if key.name == name]
    zones = [key for key in _zone_keys(home) if name == f"{key.zone}-{key.epoch}"]
    newest = [key for key in _zone_keys(home) if key.zone == name][-1:]
    found: list[IssuerPublicKey | ZonePublicKey] = [*issuers, *zones, *newest]
    if not found:
        raise ConfigurationError(f"no key is called {name!r}; see: ostiary keys list")
    if len(found) > 1:
        described = " and ".join(_describe(key) for key in found)
        raise ConfigurationError(
            f"{name!r} names {described}; for a zone say ZONE-EPOCH, or copy the "
            f".public.json that you mean out of {home.path}"
        )
    return found[0]


def _issuer_keys(home: Home) -> list[IssuerPublicKey]:
    return [home.issuer_public_key(name) for name in home.issuers()]


def _zone_keys(home: Home) -> list[ZonePublicKey]:
    return [key for zone in home.zones() for key in home.zone_public_keys(zone)]


def _next_epoch(home: Home, zone: str) -> int:
    return max((key.epoch for key in home.zone_public_keys(zone)), default=-1) + 1


def _describe(key: IssuerPublicKey | ZonePublicKey) -> str:
    if isinstance(key, IssuerPublicKey):
        return f"issuer {key.name}"
    return f"zone {key.zone} epoch {key.epoch}"


def _describe_zone(key: ZonePublicKey) -> str:
    return (
        f"{_describe(key)}: {_identifier(key)}, "
        f"{key.not_before:%Y-%m-%d} to {key.not_after:%Y-%m-%d}"
    )


def _identifier(key: PublicKey) -> str:
    return f"key {key.identifier.hex()}"
