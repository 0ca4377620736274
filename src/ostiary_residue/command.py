"""`ostiary-residue`: run, search, tell."""

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer

from ostiary.cli.options import ModelsOption, model_store
from ostiary.errors import OstiaryError
from ostiary.gate.displays import say
from ostiary.presentation.fusion import Asking
from ostiary.storage.home import Home
from ostiary_residue.desk import Applicants, enrolling
from ostiary_residue.errors import ResidueError
from ostiary_residue.film import shot
from ostiary_residue.gate import COMMAND, KIOSK, Planting, serving
from ostiary_residue.patterns import Patterns
from ostiary_residue.process import policies
from ostiary_residue.report import Report
from ostiary_residue.search import Suspect, named_family, search
from ostiary_residue.searcher import Searcher

CANNOT: int = 2
"""Exit code where the search could not be made, which is no proof of anything."""

app = typer.Typer(
    name="ostiary-residue",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Searches a process, and all that it leaves, for biometric patterns that were "
    "planted.",
    epilog="Exit codes: 0 nothing was found; 1 something was, or may leave the memory; "
    "2 the search could not be made.",
)


@app.callback()
def residue() -> None:
    """Say what can be searched."""


@app.command()
def gate(
    faces: Annotated[
        Path,
        typer.Option(
            help="Photographs, one folder for each person. They stay in memory."
        ),
    ],
    transactions: Annotated[
        int, typer.Option(min=1, max=1000, help="How many passes are held up.")
    ] = 200,
    challenge: Annotated[
        Asking, typer.Option(help="When the gate asks people to move.")
    ] = Asking.NEVER,
    kiosk: Annotated[
        bool,
        typer.Option("--kiosk", help="With its pages, and somebody at the mirror."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    models: ModelsOption = None,
) -> None:
    """Run a gate over a film of planted holders, and search it. Needs root."""
    planting = Planting(faces, model_store(models), np.random.default_rng())
    report = search_gate(planting, models, transactions, challenge, kiosk=kiosk)
    print(report.json() if json else "\n".join(report.lines()))
    raise typer.Exit(exit_code(report))


@app.command()
def desk(
    faces: Annotated[
        Path,
        typer.Option(
            help="Photographs, one folder for each person. They stay in memory."
        ),
    ],
    passes: Annotated[
        int, typer.Option(min=1, max=1000, help="How many passes are made.")
    ] = 20,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    models: ModelsOption = None,
) -> None:
    """Run a desk at which people are enrolled, and search it. Needs root."""
    applicants = Applicants(faces, model_store(models), np.random.default_rng())
    report = search_desk(applicants, models, passes)
    print(report.json() if json else "\n".join(report.lines()))
    raise typer.Exit(exit_code(report))


def exit_code(report: Report) -> int:
    """What the outcome of a search is to whoever asked for it."""
    if report.is_suspicious:
        return 1
    return 0 if report.is_whole else CANNOT


def search_gate(
    planting: Planting,
    models: Path | None,
    transactions: int,
    challenge: Asking,
    command: Sequence[str] = COMMAND,
    *,
    kiosk: bool = False,
) -> Report:
    """Run a gate and search it.

    Args:
        planting: makes holders and their passes.
        models: the directory that the gate is told to look for them in.
        transactions: how many passes are held up.
        challenge: when the gate asks people to move.
        command: what starts `ostiary`.
        kiosk: whether it serves its pages, and somebody looks into the mirror.

    Raises:
        ResidueError: the search could not be made whole.
        OstiaryError: a model is missing, or a file cannot be written.
    """
    with TemporaryDirectory(prefix="ostiary-residue-") as folder:
        home = Home(Path(folder))
        shown = planting.present(home, transactions, challenge)
        with shot(planting.pictures(shown)) as film:
            patterns = planting.patterns(shown, film)
            arguments = ["--config", str(home.path / "gate.toml")]
            arguments += ["--models", str(models)] if models else []
            began = time.time()  # noqa: TID251 - compared with times of files
            arguments += [KIOSK] if kiosk else []
            with serving(command, arguments, film, transactions) as service:
                suspect = Suspect(
                    pid=service.process.pid,
                    began=began,
                    folders=(home.path,),
                    said=service.said,
                    camera=film.identity,
                    go_on=service.go_on,
                )
                return _searched(patterns, service.decisions, suspect)


def search_desk(
    applicants: Applicants,
    models: Path | None,
    passes: int,
    command: Sequence[str] = COMMAND,
) -> Report:
    """Run a desk, make passes at its pages, and search it.

    Args:
        applicants: whoever gets one.
        models: the directory that the desk is told to look for them in.
        passes: how many are made.
        command: what starts `ostiary`.

    Raises:
        ResidueError: the search could not be made whole.
        OstiaryError: a model is missing, or a file cannot be written.
    """
    patterns = Patterns()
    with TemporaryDirectory(prefix="ostiary-residue-") as folder:
        home = Home(Path(folder, "home"))
        began = time.time()  # noqa: TID251 - compared with times of files
        arguments = ["--models", str(models)] if models else []
        drawn = applicants.draw(passes, patterns)
        with enrolling(command, arguments, home, drawn, patterns) as served:
            suspect = Suspect(
                pid=served.process.pid,
                began=began,
                folders=(home.path,),
                said=served.said,
                camera=None,
                go_on=served.go_on,
            )
            return _searched(patterns, served.acts, suspect)


def _searched(patterns: Patterns, acts: Mapping[str, int], suspect: Suspect) -> Report:
    return Report(
        acts,
        patterns.kinds,
        list(search(Searcher(patterns), suspect)),
        [
            policy
            for pid, whose in named_family(suspect.pid)
            for policy in policies(pid, whose)
        ],
    )


def main() -> None:
    """Run the command line, and exit with its code."""
    try:
        app()
    except (OstiaryError, ResidueError) as error:
        say(sys.stderr, f"ostiary-residue: {error}")
        sys.exit(CANNOT)
    except OSError as error:
        say(sys.stderr, f"ostiary-residue: the system refuses: {error.strerror}")
        sys.exit(CANNOT)
