"""`ostiary issue-batch`: passes for everybody on a list."""

import csv
import io
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Annotated

import platformdirs
import typer

from ostiary.cli.clock import now
from ostiary.cli.options import HomeOption, ModelsOption
from ostiary.credential import Act
from ostiary.desk.batch import Job, Outcome, Result, issue_all
from ostiary.desk.people import MAX_BYTES, read_people
from ostiary.errors import ConfigurationError, FetchError
from ostiary.gate.hardening import harden_process
from ostiary.storage.files import create_atomically, read_limited
from ostiary.storage.home import Home
from ostiary.storage.registry import open_registry


def issue_batch(
    people: Annotated[
        Path,
        typer.Argument(help="CSV: id,zones,from,days,hours,photos,consent,consented."),
    ],
    out: Annotated[
        Path,
        typer.Option(help="Folder for the passes.", exists=True, file_okay=False),
    ],
    report: Annotated[
        Path, typer.Option(help="A new CSV file: what became of each line.")
    ],
    photos: Annotated[
        Path | None,
        typer.Option(help="Folder of the photographs.", exists=True, file_okay=False),
    ] = None,
    issuer: Annotated[
        str | None, typer.Option(help="Whose key signs; needed if there are several.")
    ] = None,
    workers: Annotated[
        int,
        typer.Option(min=1, max=256, help="Processes.", show_default="one for a core"),
    ] = os.cpu_count() or 1,
    scheduler: Annotated[
        str | None,
        typer.Option(help="A Dask scheduler, whose machines share these folders."),
    ] = None,
    chain: Annotated[
        str, typer.Option(help="Which extraction chain makes the templates.")
    ] = "retail-0095",
    models: ModelsOption = None,
    home: HomeOption = None,
) -> None:
    """Issue a pass to everybody on a list; it takes a registry.

    Whoever has a living pass is passed over: to go on, call it again.
    """
    owned = Home.at(home)
    open_registry(owned)
    if report.exists() or not report.parent.is_dir():
        raise typer.BadParameter("--report: a new file in a folder that is there")
    lines = read_people(read_limited(people, MAX_BYTES))
    job = Job(
        home=owned.path.absolute(),
        issuer=owned.only_issuer(issuer),
        photographs=photos and photos.absolute(),
        out=out.absolute(),
        chain=chain,
        models=models and models.absolute(),
        cache=platformdirs.user_cache_path("ostiary") / "models",
    )
    # Before the first of many is refused for it.
    owned.issuer_key(job.issuer, Act.ISSUE, now())
    outcomes: list[Outcome] = []
    try:
        with (
            _executor(scheduler, workers) as executor,
            typer.progressbar(
                issue_all(executor, workers, job, lines, now),
                length=len(lines),
                label="passes",
            ) as progress,
        ):
            outcomes.extend(progress)
    finally:
        create_atomically(report, _report(outcomes), private=True)
    counts = Counter(each.result for each in outcomes)
    for result in Result:
        typer.echo(f"{result}: {counts[result]}")
    typer.echo(f"wrote {report}")
    if counts[Result.REFUSED]:
        raise typer.Exit(1)


@contextmanager
def _executor(scheduler: str | None, workers: int) -> Iterator[Executor]:
    """Processes here, or a scheduler's; each hardened as this one is."""
    if scheduler is None:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(
            workers, mp_context=spawn, initializer=harden_process
        ) as pool:
            yield pool
        return
    try:
        distributed = import_module("distributed")
    except ImportError:
        raise ConfigurationError(
            "--scheduler needs the extra: pip install 'ostiary[batch]'"
        ) from None
    try:
        client = distributed.Client(scheduler, set_as_default=False)
    except (OSError, ValueError) as error:
        kind = type(error).__name__
        raise FetchError(f"no Dask scheduler at {scheduler}: {kind}") from None
    with client:
        client.run(harden_process)
        yield client.get_executor(pure=False)


def _report(outcomes: Sequence[Outcome]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("line", "id", "result", "said"))
    for each in sorted(outcomes, key=lambda outcome: outcome.number):
        writer.writerow((each.number, each.own, each.result, each.said))
    return text.getvalue().encode()
