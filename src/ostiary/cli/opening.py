"""`ostiary opening`: who may open by hand, and under which rules."""

import hashlib
from datetime import datetime, timedelta
from typing import Annotated, Final

import typer

from ostiary.cli.acts import record_entry
from ostiary.cli.clock import now
from ostiary.cli.options import HomeOption
from ostiary.errors import ConfigurationError
from ostiary.journal import (
    AuthenticatorAdded,
    AuthenticatorSuspended,
    OpeningRules,
    Standing,
    UserCheck,
    load_entry,
    read_cose_key,
)
from ostiary.storage.authenticators import check_identifier
from ostiary.storage.home import Home
from ostiary.storage.journal import Journal

app = typer.Typer(
    help="Say who may open a gate by hand, and under which rules.",
    no_args_is_help=True,
)

MOST_TEXT: Final = 4_096

NameArgument = Annotated[str, typer.Argument(help="An account of `ostiary staff`.")]


@app.command("rules")
def rules(
    origin: Annotated[
        list[str],
        typer.Option(
            help="Of the pages that may ask, such as https://gate.example:8443. "
            "Repeatable."
        ),
    ],
    relying_party: Annotated[
        str,
        typer.Option(help="The host's name in them; authenticators are bound to it."),
    ] = "localhost",
    user: Annotated[
        UserCheck, typer.Option(help="What an authenticator makes sure of.")
    ] = UserCheck.VERIFIED,
    most_an_hour: Annotated[
        int, typer.Option(help="Openings of one attendant in any hour.")
    ] = 10,
    pause: Annotated[
        int, typer.Option(help="Seconds between two openings of one attendant.")
    ] = 20,
    home: HomeOption = None,
) -> None:
    """Put rules in force, from now on; they take the place of those before."""
    try:
        entry = OpeningRules(
            now(), relying_party, tuple(sorted(origin)), user, most_an_hour, pause
        )
    except ValueError as error:
        raise ConfigurationError(f"rules that cannot be: {error}") from None
    record_entry(Home.at(home), entry, "opening-rules")


@app.command("add")
def add(
    name: NameArgument,
    text: Annotated[str, typer.Argument(help="What the attendant's page showed.")],
    days: Annotated[
        int, typer.Option(help="How long it may open.", min=1, max=3_660)
    ] = 365,
    home: HomeOption = None,
) -> None:
    """Let an account open by hand with the authenticator that it registered.

    Compare the key that is printed with the one on the attendant's page. An account has
    one at a time, and nobody else's: suspend the one before first.
    """
    owned, at = Home.at(home), now()
    owned.staff.read().existing(name)
    identifier, cose = _registered(text)
    algorithm, key = read_cose_key(cose)
    attendant = hashlib.sha256(identifier).digest()
    try:
        entry = AuthenticatorAdded(
            at, attendant, algorithm, key, at + timedelta(days=days)
        )
    except ValueError as error:
        raise ConfigurationError(f"no authenticator that can serve: {error}") from None
    _check_alone(owned, name, identifier, at)
    record_entry(owned, entry, "authenticator-added")
    owned.authenticators.put(name, identifier)
    typer.echo(f"{name} opens with {attendant.hex()} until {entry.until:%F}")


@app.command("suspend")
def suspend(name: NameArgument, home: HomeOption = None) -> None:
    """Let the account's authenticator open nothing, until it is added again."""
    owned = Home.at(home)
    identifier = owned.authenticators.read().get(name)
    if identifier is None:
        raise ConfigurationError(f"{name} has no authenticator")
    attendant = hashlib.sha256(identifier).digest()
    entry = AuthenticatorSuspended(now(), attendant)
    record_entry(owned, entry, "authenticator-suspended")


@app.command("list")
def list_(home: HomeOption = None) -> None:
    """List which authenticator each account has; the journal says if it may open."""
    for name, identifier in Home.at(home).authenticators.read().items():
        typer.echo(f"{name:<32}  {hashlib.sha256(identifier).hexdigest()}")


def _check_alone(home: Home, name: str, identifier: bytes, at: datetime) -> None:
    """Whether one attendant has one authenticator, so that limits hold for each.

    Raises:
        ConfigurationError: it is another account's, or the account has one in force.
        JournalError: the journal is not in order.
    """
    known = home.authenticators.read()
    for account, each in known.items():
        if each == identifier and account != name:
            raise ConfigurationError(f"this authenticator is that of {account}")
    former = known.get(name, identifier)
    if former == identifier:
        return
    standing = Standing()
    reader = Journal.open(home.journal_path).reader
    reader.verify(lambda data: standing.see(load_entry(data)))
    if standing.is_in_force(hashlib.sha256(former).digest(), at):
        raise ConfigurationError(
            f"{name} has an authenticator that may still open: "
            f"ostiary opening suspend {name}, then add this one"
        )


def _registered(text: str) -> tuple[bytes, bytes]:
    """Credential identifier and COSE key of what a page showed."""
    try:
        parts = text[:MOST_TEXT].strip().split(".")
        identifier, key = (bytes.fromhex(part) for part in parts)
        check_identifier(identifier)
    except ValueError:
        raise ConfigurationError(
            "not the text that an attendant's page shows when it has registered an "
            "authenticator: two long numbers with a dot between"
        ) from None
    return identifier, key
