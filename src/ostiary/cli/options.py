"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, TypeAlias

import platformdirs
import typer

from ostiary.vision.store import ModelStore

HomeOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="OSTIARY_HOME",
        file_okay=False,
        show_default="the user's data directory",
        help="The directory of keys, trust list and status lists.",
    ),
]

ModelsOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--models",
        envvar="OSTIARY_MODELS",
        file_okay=False,
        show_default="the user's cache alone",
        help="A directory of models; what is not there is looked for in the cache.",
    ),
]


def model_store(models: Path | None) -> ModelStore:
    """The models in the directory that was asked for, and in the user's cache."""
    return ModelStore(models, platformdirs.user_cache_path("ostiary") / "models")


def print_progress(name: str, done: int, total: int) -> None:
    """Show on the terminal how far a fetch has come."""
    typer.echo(
        f"\r  {name} {100 * done // max(total, 1):>3}%", nl=done >= total, err=True
    )
