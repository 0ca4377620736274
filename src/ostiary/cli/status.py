"""`ostiary status`: sign and check the lists that say which passes are revoked."""

import os
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer

from ostiary.cli.clock import now
from ostiary.cli.options import HomeOption
from ostiary.credential import (
    LIMITS,
    Act,
    StatusList,
    read_status_list,
    sign_status_list,
)
from ostiary.desk.service import Desk
from ostiary.desk.standing import last_signed
from ostiary.errors import ConfigurationError, StorageError
from ostiary.storage.files import read_limited
from ostiary.storage.home import Home
from ostiary.storage.registry.records import Place

app = typer.Typer(help="Sign and check status lists.", no_args_is_help=True)

_HOUR: Final = timedelta(hours=1)


@app.command("build")
def build(
    issuer: Annotated[str, typer.Argument(help="An issuer of yours.")],
    days: Annotated[
        int, typer.Option(min=1, max=366, help="After that no gate accepts the list.")
    ] = 7,
    ttl_hours: Annotated[
        int, typer.Option(min=1, max=720, help="After that gates ask for a newer one.")
    ] = 12,
    revoke: Annotated[
        list[int] | None,
        typer.Option(help="Index of a pass to revoke first; once for each."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Revoke what is to be revoked, then sign and write the issuer's status list."""
    owned = Home.at(home)
    key = owned.issuer_key(issuer, Act.WITHDRAW, now())
    for number, uri, bits in _held(owned, issuer, revoke or []):
        at = now()
        status = StatusList(
            issuer=issuer,
            uri=uri,
            issued_at=at,
            expires_at=at + timedelta(days=days),
            ttl=timedelta(hours=ttl_hours),
            bits=bits,
        )
        _require_no_less(status, owned, number)
        token = sign_status_list(status, key)
        path = owned.save_status_list(issuer, token, number)
        typer.echo(
            f"Wrote {path}: {_counts(status)}, good until {status.expires_at:%F %R} UTC"
        )
    typer.echo(
        "Next: bring it to the gates; their setting files.status_lists names it."
    )


def _require_no_less(status: StatusList, home: Home, number: int) -> None:
    """Sign no list that takes a revocation back: only an old record can say so.

    Where the last one is gone or no key here has signed it, nothing can be compared,
    and a revocation must not wait for it.

    Raises:
        StorageError: it takes one back.
    """
    last = last_signed(home, status.issuer, number)
    if last is None or (last.uri, last.size) != (status.uri, status.size):
        return
    before, after = (np.frombuffer(each.bits, np.uint8) for each in (last, status))
    if (before & ~after).any():
        raise StorageError(
            f"{home.status_path(status.issuer, number)} revokes passes that on record "
            "are not revoked: the record is an old copy, and would hand out places "
            "again. Bring it back as a backup is: ostiary registry restore, or ostiary "
            "keys restore"
        )


def _held(
    home: Home, issuer: str, revoked: Sequence[int]
) -> Iterator[tuple[int, str, bytes]]:
    """Number, address and bits of each list, which stay so until the next is asked for.

    They come of the registry, or, where there is none, of the register.
    """
    if Place.of(home) is None:
        register = home.register(issuer)
        if revoked:
            register.revoke(revoked)
        with register.held() as entries:
            yield 1, entries.uri, entries.bits
        return
    desk = Desk.open(home, os.urandom)
    desk.require_newest()
    for index in revoked:
        desk.revoke_index(issuer, index, desk.by(now()))
    lists = desk.registry.lists(issuer)
    if not lists:
        raise ConfigurationError(
            f"the registry knows no issuer {issuer!r}, so there is nothing to sign; to "
            "take it over: ostiary registry init"
        )
    for each in lists:
        with desk.registry.held(issuer, each.number) as (uri, bits):
            yield each.number, uri, bits


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A signed status list.")],
    home: HomeOption = None,
) -> None:
    """Check a status list's signature and age against your trust list."""
    at = now()
    token = read_limited(file, LIMITS.status_token_bytes)
    status = read_status_list(token, Home.at(home).trust(), at)
    typer.echo(f"{status.uri}: {_counts(status)}")
    typer.echo(f"signed {(at - status.issued_at) / _HOUR:.1f} hours ago")
    typer.echo(f"good until {status.expires_at:%F %R} UTC")
    if at >= status.expires_at:
        typer.echo("It has ended: no gate accepts it. Next: fetch a newer one.")
        raise typer.Exit(1)
    if status.is_ahead(at):
        typer.echo("It comes from the future: no gate accepts it. Check the clocks.")
        raise typer.Exit(1)
    if status.is_overdue(at):
        typer.echo("Its issuer has promised a newer one by now. Next: fetch that.")


def _counts(status: StatusList) -> str:
    revoked = int(np.bitwise_count(np.frombuffer(status.bits, np.uint8)).sum())
    return f"{status.size} indices, {revoked} revoked"
