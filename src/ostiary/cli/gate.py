"""`ostiary gate`: run a gate."""

import os
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ostiary.calibration import describe_threshold
from ostiary.capture.sources import open_lasting_source
from ostiary.cli.check import check
from ostiary.cli.install import install
from ostiary.cli.options import ModelsOption, model_store
from ostiary.cli.recover import recover
from ostiary.cli.trying import try_
from ostiary.config import GateConfig, unsafe_settings
from ostiary.errors import ConfigurationError
from ostiary.gate.assembly import equip
from ostiary.gate.clock import SystemClock
from ostiary.gate.condition import Watching
from ostiary.gate.displays import Display, Several
from ostiary.gate.doors import describe_door
from ostiary.gate.home_assistant import open_home_assistant
from ostiary.gate.lines import DecisionLines, HourlyDisplay, JsonLines
from ostiary.gate.logs import JsonLog, Log
from ostiary.gate.loop import Equipment, Gate
from ostiary.gate.oversight import overseen
from ostiary.gate.reminders import reminding
from ostiary.gate.signed_settings import read_signed_config
from ostiary.gate.sleeping import SleepingSource
from ostiary.gate.ups import PowerWatch
from ostiary.ports import Clock
from ostiary.web.gate.assembly import with_console, with_kiosk

app = typer.Typer(
    help="Run, try, check or install a gate, or recover its record.",
    no_args_is_help=True,
)

app.command("recover")(recover)
app.command("check")(check)
app.command("install")(install)
app.command("try")(try_)


@app.callback()
def gate() -> None:
    """Run, try, check or install a gate, or recover its record."""


@app.command()
def run(
    config: Annotated[Path, typer.Option(help="The gate's configuration, TOML.")],
    source: Annotated[
        str | None,
        typer.Option(
            help="A camera (0, /dev/video0, rtsp://...), a video, a folder. "
            "[default: camera.source]",
            show_default=False,
        ),
    ] = None,
    show_decisions: Annotated[
        bool,
        typer.Option(
            "--show-decisions", help="A line per decision: for trying, not for service."
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="With --show-decisions: JSON lines.")
    ] = False,
    kiosk: Annotated[
        bool,
        typer.Option("--kiosk", help="Serve the page that people at the door look at."),
    ] = False,
    models: ModelsOption = None,
) -> None:
    """Serve passes and faces from a camera or a video; print counts by the hour.

    A camera that fails, or is not there yet, is awaited. Runs until a video or folder
    ends, or Ctrl-C. Whatever happens, the door is then shut.
    """
    if json and not show_decisions:
        raise typer.BadParameter("--json goes with --show-decisions")
    settings, digest = read_signed_config(config)
    named = source or settings.camera.source
    if not named:
        raise ConfigurationError("no camera: give --source, or camera.source in a file")
    form = JsonLog if settings.log.is_json else Log
    log = form(sys.stderr)
    if not os.path.lexists(settings.files.high_water):
        where = settings.files.high_water
        log.tell("start", f"new record of status lists: {where}")
    home = open_home_assistant(settings)
    display = _display(form, show_decisions, json)
    page = display if home is None else Several(display, home)
    gear = equip(settings, model_store(models), page, digest)
    _describe(gear, settings, log)
    clock = SystemClock(settings.clock_zone)
    gear = reminding(gear, clock.now(), sys.stderr, form)
    power = None if settings.power is None else PowerWatch(settings.power, clock)
    broker = None if home is None else lambda: home.is_heard
    watching = Watching(gear.knowledge, clock, power, broker)
    gear = overseen(gear, settings, clock, watching, log)
    opening = partial(
        open_lasting_source, named, clock, settings.camera.wanted, gear.pace
    )
    frames = opening() if power is None else SleepingSource(opening, power, clock)
    running = Gate(_with_pages(gear, settings, clock, watching, log, kiosk=kiosk))
    log.tell("start", f"zone {settings.zone}: ready")
    running.run(frames)


def _describe(gear: Equipment, settings: GateConfig, log: Log) -> None:
    """Tell what the gate goes by, before it serves anybody."""
    for name in unsafe_settings(settings):
        log.tell("unsafe", f"UNSAFE: {name} is on", setting=name)
    threshold = gear.rules.comparison_threshold
    log.tell("start", describe_threshold(gear.calibration, threshold))
    log.tell("start", describe_door(settings))


def _with_pages(
    gear: Equipment,
    settings: GateConfig,
    clock: Clock,
    watching: Watching,
    log: Log,
    *,
    kiosk: bool,
) -> Equipment:
    if kiosk:
        return with_kiosk(gear, settings, clock, watching, log)
    if settings.attendants.staff is not None:
        return with_console(gear, settings, clock, watching, log)
    return gear


def _display(form: type[Log], show_decisions: bool, json: bool) -> Display:
    if not show_decisions:
        return HourlyDisplay(sys.stdout, form)
    return JsonLines(sys.stdout) if json else DecisionLines(sys.stdout)
