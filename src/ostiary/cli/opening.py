"""`ostiary opening`: who may open by hand, and under which rules."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from ostiary.audit.trail import in_words
from ostiary.cli.acts import record_entry
from ostiary.cli.clock import now
from ostiary.cli.options import HomeOption
from ostiary.desk.attendants import (
    Attendants,
    fingerprint,
    opening_hours,
    registered,
)
from ostiary.errors import ConfigurationError
from ostiary.journal import OpeningReason, OpeningRules, UserCheck
from ostiary.journal.register import ALL_REASONS, KINDS
from ostiary.storage.home import Home

app = typer.Typer(
    help="Say who may open a gate by hand, and under which rules.",
    no_args_is_help=True,
)

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
    reason: Annotated[
        list[OpeningReason] | None,
        typer.Option(
            help="For which a door may be opened. Repeatable.", show_default="all"
        ),
    ] = None,
    two: Annotated[
        bool,
        typer.Option("--two", help="Two attendants sign each opening."),
    ] = False,
    hours: Annotated[
        list[str] | None,
        typer.Option(
            help="In which alone doors are opened by hand, such as "
            "mon-fri,08:00-18:00. Repeatable.",
            show_default="at any hour",
        ),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(
            help="Where those hours are read, such as Europe/Berlin: as of the gate."
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Put rules in force, from now on; they take the place of those before."""
    allowed = opening_hours(hours or (), time_zone)
    signers = 2 if two else 1
    try:
        entry = OpeningRules(
            now(),
            relying_party,
            tuple(sorted(origin)),
            user,
            most_an_hour,
            pause,
            signers,
            allowed,
            reasons=tuple(sorted(reason)) if reason else ALL_REASONS,
        )
    except ValueError as error:
        raise ConfigurationError(f"rules that cannot be: {error}") from None
    attendants = _attendants(home)
    attendants.rule(entry)
    typer.echo(f"In force from now on: {in_words(entry)}")
    there = sum(each.until is not None for each in attendants.admissions(entry.at))
    if there < signers:
        typer.echo(f"Nobody opens until {signers} may: ostiary opening add")


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

    Compare the digits that are printed with those on the attendant's page, and suspend
    it at once where they differ. An account has one at a time, and nobody else's:
    suspend the one before first.
    """
    at = now()
    added = _attendants(home).add(name, text, at, at + timedelta(days=days))
    typer.echo(f"Compare with the attendant's page: {fingerprint(*registered(text))}")
    typer.echo(f"{name} opens with {added.attendant.hex()} until {added.until:%F}")


@app.command("clock")
def clock(home: HomeOption = None) -> None:
    """Say that this machine's clock is right, after one that was far ahead.

    An entry of the future keeps doors shut, since a clock that goes back could hide
    what was opened. From here on time is measured anew, and every audit says so.
    """
    before = _attendants(home).set_clock(now())
    typer.echo(f"The newest moment was {before:%F %T} UTC; time goes on from now")


@app.command("suspend")
def suspend(
    name: Annotated[
        str,
        typer.Argument(
            help="An account of `ostiary staff`, or a key as `list` has it."
        ),
    ],
    home: HomeOption = None,
) -> None:
    """Let the account's authenticator open nothing, until it is added again."""
    _attendants(home).suspend(name, now())


@app.command("list")
def list_(home: HomeOption = None) -> None:
    """List which authenticator each account has, and until when it opens."""
    for each in _attendants(home).admissions(now()):
        until = "does not open" if each.until is None else f"until {each.until:%F}"
        name = "(no account)" if each.account is None else each.account
        typer.echo(f"{name:<32}  {each.attendant.hex()}  {until}")


def _attendants(home: Path | None) -> Attendants:
    """Those of the home; what is entered is told."""
    owned = Home.at(home)
    return Attendants(
        owned, lambda entry: record_entry(owned, entry, KINDS[type(entry)])
    )
