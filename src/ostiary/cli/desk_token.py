"""`ostiary desk token`: which programs may work at the desk, and at what."""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Final, TypeAlias

import typer

from ostiary.cli.acts import record_act
from ostiary.cli.clock import now
from ostiary.cli.options import HomeOption
from ostiary.errors import ConfigurationError
from ostiary.journal import OwnerAct, OwnerActKind
from ostiary.staff.access import (
    LONGEST,
    SECRET_BYTES,
    AccessToken,
    AccessTokens,
    Scope,
    digest_of,
    write_secret,
)
from ostiary.storage.home import Home

app = typer.Typer(
    help="Say which programs may use the desk's HTTP interface.", no_args_is_help=True
)

_DAYS: Final = 90

_Changed: TypeAlias = tuple[AccessTokens, AccessToken]
"""All tokens as they are to be, and the one that it is about."""

NameArgument: TypeAlias = Annotated[
    str, typer.Argument(help="Lower-case letters, digits and hyphens.")
]


@app.command("new")
def new(
    name: NameArgument,
    scope: Annotated[
        list[Scope], typer.Option(help="What it may be used for; several times.")
    ],
    days: Annotated[
        int, typer.Option(min=1, max=LONGEST.days, help="Days until it expires.")
    ] = _DAYS,
    home: HomeOption = None,
) -> None:
    """Make a token and show it, once. Only its hash is kept."""
    at = now()
    secret = write_secret(os.urandom(SECRET_BYTES))
    expires = at + timedelta(days=days)
    try:
        scopes = tuple(sorted(set(scope)))
        token = AccessToken(name, scopes, digest_of(secret), expires)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    _enter(
        Home.at(home),
        OwnerActKind.DESK_TOKEN_MADE,
        lambda tokens: (tokens.added(token), token),
    )
    typer.echo(f"It counts until {expires:%F %R} UTC. It is not shown again:")
    typer.echo(secret)


@app.command("list")
def list_(home: HomeOption = None) -> None:
    """List all tokens: what they may be used for, and until when."""
    at = now()
    tokens = Home.at(home).access.read()
    for token in tokens:
        over = "" if token.counts(at) else ", expired"
        until = f"until {token.expires_at:%F %R} UTC{over}"
        typer.echo(f"{token.name:<32}  {' '.join(token.scopes)}  {until}")
    if not tokens.all:
        typer.echo("No tokens: ostiary desk token new NAME --scope passes:read")


@app.command("revoke")
def revoke(name: NameArgument, home: HomeOption = None) -> None:
    """End a token, at once."""
    _enter(
        Home.at(home),
        OwnerActKind.DESK_TOKEN_REVOKED,
        lambda tokens: (tokens.without(name), tokens.existing(name)),
    )
    typer.echo("Done.")


def _enter(
    home: Home, kind: OwnerActKind, change: Callable[[AccessTokens], _Changed]
) -> None:
    """Change the file, with the act entered in the journal just before."""

    def entered(tokens: AccessTokens) -> AccessTokens:
        changed, token = change(tokens)
        record_act(home, OwnerAct(now(), kind, token.account))
        return changed

    home.access.change(entered)
