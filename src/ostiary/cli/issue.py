"""`ostiary issue`: a person's photographs in, a sealed pass out."""

import os
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, TypeAlias

import typer

from ostiary.capture.nfc import ndef_message
from ostiary.capture.qr import Level, qr_png, qr_svg
from ostiary.cli.clock import now
from ostiary.cli.options import HomeOption, ModelsOption, model_store
from ostiary.credential import BiometricReference
from ostiary.desk.consent import TEXT, VERSION, require_consent
from ostiary.desk.hours import read_hours
from ostiary.desk.issuing import (
    IssuedPass,
    PassRequest,
    draft_pass,
    enrol,
    issue_pass,
    load_photographs,
)
from ostiary.desk.printing import card_pdf, require_printing, sheet_pdf
from ostiary.desk.service import Desk, Order
from ostiary.errors import ConfigurationError
from ostiary.storage.files import create_atomically, destroyed_on_failure
from ostiary.storage.home import Home
from ostiary.storage.registry.records import (
    Consent,
    ConsentMeans,
    Place,
    check_own,
    read_identifier,
)
from ostiary.vision.chain import open_chain

_Write: TypeAlias = Callable[[IssuedPass, Level], bytes]
_Writer: TypeAlias = tuple[Path, _Write]

_WRITERS: Final[Mapping[str, _Write]] = MappingProxyType(
    {
        ".png": lambda issued, level: qr_png(issued.text, level),
        ".svg": lambda issued, level: qr_svg(issued.text, level),
        ".ndef": lambda issued, _level: ndef_message(issued.text),
        ".txt": lambda issued, _level: issued.text.encode() + b"\n",
        ".pdf": lambda issued, _level: card_pdf(issued),
    }
)
"""How a pass is written, by the ending of its file."""

_SHEET: Final[Mapping[str, _Write]] = MappingProxyType(
    {".pdf": lambda issued, _level: sheet_pdf(issued)}
)
"""What is otherwise where a sheet is asked for."""


def issue(
    zone: Annotated[
        list[str], typer.Option(help="A zone that the pass opens. Up to four times.")
    ],
    out: Annotated[
        list[Path],
        typer.Option(help="Where to write the pass: .png, .svg, .pdf, .ndef or .txt."),
    ],
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days until it expires.")],
    photo: Annotated[
        list[Path] | None,
        typer.Option(help="A photograph of the holder alone. Several are better."),
    ] = None,
    consent: Annotated[
        str | None,
        typer.Option(help="Version of the consent text that the holder accepted."),
    ] = None,
    faceless: Annotated[
        bool, typer.Option("--faceless", help="A pass for the lane without a face.")
    ] = False,
    issuer: Annotated[
        str | None, typer.Option(help="Whose key signs; needed if there are several.")
    ] = None,
    not_before: Annotated[
        datetime | None,
        typer.Option("--from", help="First valid moment, UTC; now if not given."),
    ] = None,
    hours: Annotated[
        list[str] | None,
        typer.Option(help="When it opens a zone, as north=mon-fri,08:00-18:00."),
    ] = None,
    screen: Annotated[
        bool, typer.Option("--screen", help="For a phone's screen, not for paper.")
    ] = False,
    sheet: Annotated[
        bool, typer.Option("--sheet", help="A .pdf on A4 with cut marks, not on A6.")
    ] = False,
    chain: Annotated[
        str, typer.Option(help="Which extraction chain makes the template.")
    ] = "retail-0095",
    own: Annotated[
        str | None,
        typer.Option(help="Your own reference for the pass; sealed in the registry."),
    ] = None,
    renews: Annotated[
        str | None,
        typer.Option(metavar="PASS", help="The pass that ends when this one is there."),
    ] = None,
    models: ModelsOption = None,
    home: HomeOption = None,
) -> None:
    """Enrol a consenting person and issue their pass.

    Nothing of the photographs is kept. The pass is the only copy of the template.
    """
    photographs = photo or []
    if bool(photographs) == faceless:
        raise typer.BadParameter("give --photo, or --faceless for a pass without one")
    writers = _writers(out, {**_WRITERS, **_SHEET} if sheet else _WRITERS)
    owner = Home.at(home)
    renewed = None if renews is None else read_identifier(renews)
    desk = _desk(owner, own, renewed)
    at = now()
    begins = not_before.replace(tzinfo=at.tzinfo) if not_before else at
    request = PassRequest(
        issuer=owner.only_issuer(issuer),
        zones=tuple(zone),
        not_before=begins,
        expires_at=_later(begins, days),
        hours=read_hours(hours or []),
    )
    draft = draft_pass(request, owner, at)
    reference = None if faceless else _captured(photographs, consent, chain, models)
    level: Level = "L" if screen else "M"
    agreed = None if faceless else Consent(VERSION, at, ConsentMeans.COMMAND_LINE)
    with destroyed_on_failure() as written:
        if desk is None:
            issued = issue_pass(draft, reference, secrets.token_bytes)
            # First, so that no pass exists that nobody knows how to revoke.
            typer.echo(
                f"to revoke this pass: ostiary status build {request.issuer} "
                f"--revoke {issued.status_index}"
            )
            _write(writers, issued, level, written)
        else:
            desk.issue(
                Order(draft, reference, agreed, own, renewed),
                lambda issued: _hand_over(writers, issued, level, written),
                desk.by(at),
                secrets.token_bytes,
            )
    typer.echo(
        f"valid {request.not_before:%Y-%m-%d %H:%M} to "
        f"{request.expires_at:%Y-%m-%d %H:%M} UTC for {', '.join(zone)}"
    )


def _desk(home: Home, own: str | None, renews: bytes | None) -> Desk | None:
    """The desk, where the home has a registry; asked for what only that can do."""
    if Place.of(home) is not None:
        _check_own(own)
        desk = Desk.open(home, os.urandom)
        desk.require_living(renews)
        return desk
    if own is not None or renews is not None:
        raise ConfigurationError(
            "--own and --renews take a registry; make one: ostiary registry init"
        )
    return None


def _check_own(own: str | None) -> None:
    try:
        if own is not None:
            check_own(own)
    except ValueError as error:
        raise typer.BadParameter(f"--own: {error}") from None


def _captured(
    photographs: list[Path], consent: str | None, chain: str, models: Path | None
) -> BiometricReference:
    """The template of a person who consented."""
    require_consent(consent)
    typer.echo(f"The holder accepted, in version {VERSION}:\n\n{TEXT}")
    loaded = open_chain(chain, model_store(models))
    return enrol(load_photographs(photographs), loaded)


def _hand_over(
    writers: list[_Writer], issued: IssuedPass, level: Level, written: list[Path]
) -> None:
    """Say how it is revoked, then write it."""
    typer.echo(
        "to revoke this pass: ostiary registry revoke "
        f"{issued.claims.identifier.hex()} --reason lost"
    )
    _write(writers, issued, level, written)


def _write(
    writers: list[_Writer], issued: IssuedPass, level: Level, written: list[Path]
) -> None:
    for path, write in writers:
        create_atomically(path, write(issued, level), private=True)
        written.append(path)
        typer.echo(f"wrote {path}")


def _later(begins: datetime, days: int) -> datetime:
    try:
        return begins + timedelta(days=days)
    except OverflowError:
        raise typer.BadParameter("--days ends after the last day there is") from None


def _writers(out: list[Path], known: Mapping[str, _Write]) -> list[_Writer]:
    """How to write each file, before anything is captured or handed out."""
    if len(set(out)) < len(out):
        raise typer.BadParameter("--out names a file twice")
    for path in out:
        if path.suffix not in known:
            raise typer.BadParameter(f"--out {path}: ends in {', '.join(known)}")
        if path.exists() or not path.parent.is_dir():
            raise typer.BadParameter(
                f"--out {path}: a new file in a folder that is there; another pass is "
                "never written over"
            )
        if path.suffix == ".pdf":
            require_printing()
    return [(path, known[path.suffix]) for path in out]
