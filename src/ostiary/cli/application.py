"""The `ostiary` command: its parts, its exit codes, its errors."""

import signal
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from types import FrameType, MappingProxyType
from typing import Annotated, Final, NoReturn

import typer

from ostiary.cli import (
    audit,
    calibrate,
    demo,
    desk,
    evaluate,
    gate,
    inspect,
    issue,
    issue_batch,
    journal,
    keys,
    models,
    opening,
    registry,
    staff,
    status,
    sync,
    trust,
    verify,
    witness,
)
from ostiary.errors import (
    ConfigurationError,
    CredentialError,
    DeviceError,
    EnrolmentError,
    EvaluationError,
    FetchError,
    JournalError,
    ModelError,
    OstiaryError,
    StorageError,
    TrustListError,
)
from ostiary.gate.displays import say
from ostiary.gate.hardening import harden_process
from ostiary.reasons import ADVICE

EXIT_CODES: Final[Mapping[type[OstiaryError], int]] = MappingProxyType(
    {
        ConfigurationError: 3,
        CredentialError: 4,
        TrustListError: 5,
        StorageError: 6,
        DeviceError: 7,
        ModelError: 8,
        EnrolmentError: 9,
        FetchError: 10,
        EvaluationError: 11,
        JournalError: 12,
    }
)
"""Exit codes by error; 0 is success, 1 "not granted" or "not as expected", 2 a command
that was not understood, 70 a fault of Ostiary itself; 129, 130 and 143 that it was told
to stop by SIGHUP, SIGINT or SIGTERM."""

INTERNAL_FAULT: Final = 70

SYSTEM_REFUSES: Final = EXIT_CODES[StorageError]
"""A full disk, a closed pipe, a name that is too long."""


@dataclass(slots=True)
class Settings:
    """What holds for every command of one call."""

    debug: bool = False


app = typer.Typer(
    name="ostiary",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="The doorkeeper that forgets faces: passes that hold their holder's own face "
    "template, and gates that check them without a network and keep nothing.",
    epilog="Exit codes: 0 done or granted; 1 not granted, or not as expected; 2 usage; "
    "3 configuration; 4 credential; 5 trust, status or keys; 6 storage; 7 device; "
    "8 model; 9 enrolment; 10 network; 11 evaluation; 12 journal; 70 internal fault; "
    "129, 130, 143 told to stop.",
)
app.add_typer(keys.app, name="keys")
app.add_typer(trust.app, name="trust")
app.add_typer(status.app, name="status")
app.add_typer(registry.app, name="registry")
app.add_typer(desk.app, name="desk")
app.add_typer(journal.app, name="journal")
app.add_typer(witness.app, name="witness")
app.add_typer(staff.app, name="staff")
app.add_typer(models.app, name="models")
app.add_typer(opening.app, name="opening")
app.add_typer(gate.app, name="gate")
app.add_typer(calibrate.app, name="calibrate")
app.add_typer(evaluate.app, name="evaluate")
app.command(name="issue")(issue.issue)
app.command(name="issue-batch")(issue_batch.issue_batch)
app.command(name="inspect")(inspect.inspect)
app.command(name="verify")(verify.verify)
app.command(name="audit")(audit.audit)
app.command(name="sync")(sync.sync)
app.command(name="demo")(demo.demo)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ostiary {version('ostiary')}")
        raise typer.Exit


@app.callback()
def common(
    context: typer.Context,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show tracebacks of errors.")
    ] = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Note what holds for every command."""
    context.ensure_object(Settings).debug = debug


def run() -> None:
    """Run the command line, and exit with its code."""
    if not harden_process():
        say(sys.stderr, "ostiary: freed memory is not overwritten here")
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Without this, being told to stop would skip what shuts doors and forgets.
        signal.signal(number, _stop)
    settings = Settings()
    try:
        app(obj=settings)
    except CredentialError as error:
        advice = ADVICE[error.reason].attendant
        _fail(f"{error.reason}: {advice}", _exit_code(error), settings)
    except OstiaryError as error:
        _fail(str(error), _exit_code(error), settings)
    except OSError as error:
        _fail(f"the system refuses: {error.strerror}", SYSTEM_REFUSES, settings)
    except Exception as error:  # noqa: BLE001 - the last boundary: no traceback unasked
        # The type alone: a message of some library's could hold anything.
        kind = type(error).__name__
        _fail(f"internal fault ({kind}); see --debug", INTERNAL_FAULT, settings)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    """Leave as by Ctrl-C, with the exit code of the signal."""
    del frame
    sys.exit(128 + number)


def _fail(message: str, code: int, settings: Settings) -> None:
    if settings.debug:
        traceback.print_exc()
    say(sys.stderr, f"ostiary: {message}")
    sys.exit(code)


def _exit_code(error: OstiaryError) -> int:
    codes = (code for kind, code in EXIT_CODES.items() if isinstance(error, kind))
    return next(codes, INTERNAL_FAULT)
