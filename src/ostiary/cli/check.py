"""`ostiary gate check`: look at everything that a gate needs, before it runs."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from ostiary.cli.options import ModelsOption, model_store
from ostiary.config import GateConfig
from ostiary.gate.checks import Bench, Finding, Verdict, examine
from ostiary.gate.clock import SystemClock
from ostiary.web.gate.checks import CHECKS as PAGES

_NOT_IN_ORDER: Final = 1


def check(
    config: Annotated[Path, typer.Option(help="The gate's configuration, TOML.")],
    source: Annotated[
        str | None,
        typer.Option(help="The camera, as for `gate run`.", show_default=False),
    ] = None,
    open_door: Annotated[
        bool, typer.Option("--open-door", help="Open the door for two seconds.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="A JSON object in each line.")
    ] = False,
    models: ModelsOption = None,
) -> None:
    """Look at settings, keys, lists, models, devices, pages, clock and machine.

    Writes nothing, and goes on whatever fails. Exit code 1 where something fails.
    """

    def bench(settings: GateConfig) -> Bench:
        clock = SystemClock(settings.clock_zone)
        return Bench(
            path=config,
            config=settings,
            source=source or settings.camera.source or None,
            store=model_store(models),
            clock=clock,
            at=clock.now(),
            open_door=open_door,
        )

    if not _print_all(examine(config, bench, PAGES), as_json):
        raise typer.Exit(_NOT_IN_ORDER)


def _print_all(findings: Iterable[Finding], as_json: bool) -> bool:
    """Print each as it is found; whether none fails."""
    good = True
    for finding in findings:
        good = good and finding.verdict is not Verdict.FAILS
        if as_json:
            print(json.dumps(asdict(finding)), flush=True)
        else:
            print(f"{finding.verdict:<8}{finding.what:<15}{finding.found}", flush=True)
            if finding.mend:
                print(f"{'':<23}mend: {finding.mend}")
    return good
