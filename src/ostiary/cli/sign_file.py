"""`ostiary trust sign-file`: sign a configuration or a calibration for the gates."""

from pathlib import Path
from typing import Annotated

import typer

from ostiary.cli.acts import record_act
from ostiary.cli.clock import now
from ostiary.cli.options import HomeOption
from ostiary.journal import OwnerAct, OwnerActKind
from ostiary.storage.file_signatures import write_signature
from ostiary.storage.home import Home


def sign_file(
    file: Annotated[
        Path, typer.Argument(help="A configuration (.toml) or a calibration (.json).")
    ],
    gate: Annotated[
        str | None,
        typer.Option(
            help="The one gate that it is for, by the name of its key.",
            show_default="any of your gates",
        ),
    ] = None,
    settings: Annotated[
        str | None,
        typer.Option(help="Which settings key signs; needed if there are several."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Sign a file of a gate's; the signature lies beside it, ending in .sig.

    Gates whose trust list names a settings key start on signed files only. The list in
    force here has to name the key first. A file that was changed has to be signed anew.
    """
    owned, at = Home.at(home), now()
    key = owned.settings_key_in_use(owned.only_settings_key(settings), at)

    def record(digest: bytes) -> None:
        signed = OwnerActKind.SETTINGS_SIGNED
        record_act(owned, OwnerAct(at, signed, digest, (key.identifier,)))

    beside = write_signature(file, gate, at, key, record)
    typer.echo(
        f"Wrote {beside}: key {key.identifier.hex()} of {key.name}, "
        f"for {f'the gate {gate}' if gate else 'any gate'}"
    )
    typer.echo(f"Next: bring both files to the gate, {file.name} as it is now.")
