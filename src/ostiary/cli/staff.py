"""`ostiary staff`: who may sign in to the attendants' page."""

import getpass
import hashlib
import os
import re
import secrets
import sys
from dataclasses import replace
from functools import partial
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from ostiary.cli.acts import record_act, record_at_gate
from ostiary.cli.clock import now
from ostiary.cli.options import HomeOption
from ostiary.config import GateConfig, Pages, load_config
from ostiary.desk.accounts import (
    AccountKeeper,
    check_typed_twice,
    checked_name,
    refuse_known,
)
from ostiary.errors import ConfigurationError
from ostiary.journal import OwnerActKind
from ostiary.staff import (
    Account,
    StaffRole,
    State,
    make_verifier,
)
from ostiary.staff.passwords import SALT_BYTES
from ostiary.storage.files import create_atomically, read_limited, read_private
from ostiary.storage.home import Home
from ostiary.web.gate.peer_files import MAX_BYTES, Peer, dump_peer

app = typer.Typer(
    help="Say who may sign in to the pages of gates and desks.", no_args_is_help=True
)

MAX_TOKEN_BYTES: Final = 256

NameArgument: TypeAlias = Annotated[
    str, typer.Argument(help="Lower-case letters, digits and hyphens.")
]


@app.command("add")
def add(
    name: NameArgument,
    role: Annotated[
        StaffRole, typer.Option(help="What they may do.")
    ] = StaffRole.ATTENDANT,
    home: HomeOption = None,
) -> None:
    """Make an account; its password is typed twice, on a terminal."""
    checked_name(name)
    owned = Home.at(home)
    # Before anybody types a password in vain; it is asked again with the file locked.
    refuse_known(owned.staff.read(), name)
    _keeper(owned).add(Account(name, role, _typed_verifier(name)))
    typer.echo("Done.")


@app.command("list")
def list_(home: HomeOption = None) -> None:
    """List all accounts."""
    staff = Home.at(home).staff
    for account in staff.read():
        typer.echo(f"{account.name:<32}  {account.role:<9}  {account.state}")
    if not staff.read().all:
        typer.echo("No accounts, so that nobody can sign in: ostiary staff add NAME")


@app.command("password")
def password(name: NameArgument, home: HomeOption = None) -> None:
    """Set another password; whoever is signed in with the old one is signed out."""
    owned = Home.at(home)
    owned.staff.read().existing(name)
    _keeper(owned).set_password(name, _typed_verifier(name))
    typer.echo("Done.")


@app.command("suspend")
def suspend(name: NameArgument, home: HomeOption = None) -> None:
    """Sign somebody out, and let them sign in no more until they are reinstated."""
    _keeper(Home.at(home)).set_state(name, State.SUSPENDED)
    typer.echo("Done.")


@app.command("reinstate")
def reinstate(name: NameArgument, home: HomeOption = None) -> None:
    """Let somebody who was suspended sign in again."""
    _keeper(Home.at(home)).set_state(name, State.ACTIVE)
    typer.echo("Done.")


@app.command("remove")
def remove(name: NameArgument, home: HomeOption = None) -> None:
    """Remove an account; whoever is signed in with it is signed out."""
    _keeper(Home.at(home)).remove(name)
    typer.echo("Done.")


@app.command("share")
def share(
    out: Annotated[
        Path, typer.Argument(help="File to write, for the console.", dir_okay=False)
    ],
    config: Annotated[Path, typer.Option(help="The gate's configuration, TOML.")],
) -> None:
    """Let a console at another gate watch this one, and answer for passes here.

    Whoever has the file can do so: carry it by hand, and name it in attendants.gates
    there. To end it, remove the file of attendants.token, and share anew.
    """
    settings = load_config(config)
    peer = _peer_of(settings)
    shared = dump_peer(peer)
    digest = hashlib.sha256(shared).digest()
    record_at_gate(settings, OwnerActKind.GATE_SHARED, digest)
    create_atomically(out, shared, private=True)
    typer.echo(f"Wrote {out}: {peer.name} at {peer.address}")
    typer.echo("Start the gate again, so that it takes the token.")


def _peer_of(config: GateConfig) -> Peer:
    pages, attendants = config.pages, config.attendants
    if pages.certificate is None or attendants.token is None or pages.port == 0:
        raise ConfigurationError(
            "a gate that is watched from elsewhere takes pages.certificate, pages.key, "
            "pages.port and attendants.token"
        )
    try:
        # With no token at first, so that none is laid down for what cannot be shared.
        peer = Peer(
            name=attendants.name or config.zone,
            address=f"https://{_host(pages)}:{pages.port}",
            token="",
            certificate=_certificates(pages.certificate),
        )
        return replace(peer, token=_token(attendants.token))
    except ValueError as error:
        raise ConfigurationError(f"it cannot be shared: {error}") from None


def _token(path: Path) -> str:
    """What the gate holds, or holds from now on."""
    if not os.path.lexists(path):
        create_atomically(path, secrets.token_urlsafe(32).encode(), private=True)
    return read_private(path, MAX_TOKEN_BYTES).decode().strip()


def _host(pages: Pages) -> str:
    """By which name or address a console calls it; the certificate has to name it."""
    if pages.hosts:
        return pages.hosts[0]
    address = ip_address(pages.address)
    if address.is_unspecified:
        raise ValueError("pages.hosts has to name it")
    return f"[{address}]" if isinstance(address, IPv6Address) else str(address)


def _certificates(path: Path) -> str:
    """The certificates of a file alone: a private key may stand beside them."""
    text = read_limited(path, MAX_BYTES).decode("ascii", errors="replace")
    found = re.findall(
        r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", text, re.DOTALL
    )
    return "".join(found)


def _keeper(home: Home) -> AccountKeeper:
    """Whoever holds the directory says who may sign in."""
    return AccountKeeper(home.staff, partial(record_act, home), now())


def _typed_verifier(name: str) -> str:
    """What is kept of a password that was typed twice.

    Raises:
        ConfigurationError: no terminal, or what was typed is no password.
    """
    if not sys.stdin.isatty():
        raise ConfigurationError(
            "a password is typed on a terminal, never given as an argument or in a pipe"
        )
    typed = getpass.getpass(f"New password of {name}: ")
    # What cannot be one is not typed again in vain.
    check_typed_twice(typed, typed, name)
    check_typed_twice(typed, getpass.getpass("Once more: "), name)
    return make_verifier(typed, os.urandom(SALT_BYTES))
