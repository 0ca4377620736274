"""`ostiary gate install`: a hardened systemd unit for a gate."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from ostiary.cli.options import ModelsOption
from ostiary.errors import ConfigurationError
from ostiary.gate.signed_settings import load_signed_config
from ostiary.gate.unit import Installation, is_ours, unit_of
from ostiary.storage.files import read_if_there, write_atomically
from ostiary.web.gate.peer_files import read_peer

_UNIT: Final = Path("/etc/systemd/system/ostiary-gate.service")
_MAX_BYTES: Final = 64 * 1024


def install(
    config: Annotated[Path, typer.Option(help="The gate's configuration, TOML.")],
    source: Annotated[
        str | None,
        typer.Option(help="The camera, as for `gate run`.", show_default=False),
    ] = None,
    user: Annotated[str, typer.Option(help="The gate's account.")] = "ostiary",
    kiosk: Annotated[
        bool,
        typer.Option("--kiosk", help="Serve the page that people at the door look at."),
    ] = False,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NETWORK",
            help="Who may look at pages and figures; again for another.",
            show_default=False,
        ),
    ] = None,
    unit: Annotated[Path, typer.Option(help="Where the unit is written.")] = _UNIT,
    only_print: Annotated[
        bool, typer.Option("--print", help="Print the unit; write nothing.")
    ] = False,
    models: ModelsOption = None,
) -> None:
    """Write a systemd unit that lets a gate do what its settings need, and no more.

    A unit that was written or changed by anybody else is not replaced.
    """
    settings = load_signed_config(config.absolute())
    named = source or settings.camera.source
    if not named:
        raise ConfigurationError("no camera: give --source, or camera.source in a file")
    text = unit_of(
        Installation(
            config=settings,
            path=config.absolute(),
            source=named,
            models=None if models is None else models.absolute(),
            program=Path(sys.argv[0]).absolute(),
            user=user,
            kiosk=kiosk,
            allowed=tuple(allow or ()),
            peers=tuple(read_peer(each).address for each in settings.attendants.gates),
        )
    )
    print(text, end="")
    if only_print:
        return
    there = read_if_there(unit, _MAX_BYTES)
    if there is not None and not is_ours(there.decode(errors="replace")):
        raise ConfigurationError(
            f"{unit} was written or changed by somebody else and is not replaced; "
            "move it away, or put changes into a drop-in (systemctl edit)"
        )
    write_atomically(unit, text.encode())
    print(
        f"\nwritten to {unit}; then:\n"
        f"  systemctl daemon-reload\n  systemctl enable --now {unit.name}",
        file=sys.stderr,
    )
