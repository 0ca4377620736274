"""`ostiary inspect`: what a pass tells, to anyone and to whoever holds a zone's key."""

from pathlib import Path
from typing import Annotated

import typer

from ostiary.cli.pass_file import read_pass
from ostiary.credential import (
    OpenedView,
    OutsideView,
    inspect_opened,
    inspect_outside,
)
from ostiary.credential.windows import window_text
from ostiary.storage.home import read_zone_key


def inspect(
    credential: Annotated[
        Path, typer.Argument(help="A pass: a picture of its code, its text or .ndef.")
    ],
    zone_key: Annotated[
        list[Path] | None,
        typer.Option(help="A zone's private key, to open the pass with. Repeatable."),
    ] = None,
) -> None:
    """Show what a pass tells. The signature is not checked: see `ostiary verify`.

    Without a key: what an outsider learns. With a zone's key: everything but the
    template.
    """
    text = read_pass(credential)
    for line in _outside_lines(inspect_outside(text)):
        typer.echo(line)
    keys = [read_zone_key(path) for path in zone_key or ()]
    if keys:
        for line in _opened_lines(inspect_opened(text, keys)):
            typer.echo(line)


def _outside_lines(view: OutsideView) -> list[str]:
    keys = ", ".join(identifier.hex() for identifier in view.key_identifiers)
    return [
        "what anyone learns who sees the code",
        f"  sealed            {'yes' if view.sealed else 'NO: anyone can read it all'}",
        f"  {'opened by key' if view.sealed else 'signed by key':<18}{keys}",
        f"  algorithms        {', '.join(view.algorithms)}",
        f"  size              {view.text_characters} characters, "
        f"{view.cose_bytes} COSE bytes",
    ]


def _opened_lines(view: OpenedView) -> list[str]:
    status = f"{view.status.uri} at {view.status.index}" if view.status else "none"
    face = f"a template of {view.template_bytes} bytes, {view.extractor}/{view.coding}"
    return [
        "what the zone's key shows",
        f"  signature         {view.signature}; key {view.signing_key.hex()}",
        f"  issuer            {view.issuer}",
        f"  opens             {', '.join(view.zones)}",
        f"  issued            {view.issued_at:%Y-%m-%d %H:%M} UTC",
        f"  valid             {view.not_before:%Y-%m-%d %H:%M} to "
        f"{view.expires_at:%Y-%m-%d %H:%M} UTC",
        *(
            f"  hours in {zone:<9}{'; '.join(map(window_text, windows))}"
            for zone, windows in view.hours.items()
        ),
        f"  identifier        {view.identifier.hex()}",
        f"  status            {status}",
        f"  face              {face if view.extractor else 'none'}",
    ]
