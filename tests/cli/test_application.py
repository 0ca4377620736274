"""The command as a program: exit codes, errors, help, completion."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ostiary import errors
from ostiary.cli.application import EXIT_CODES, app

COMMANDS = [
    (),
    ("issue",),
    ("inspect",),
    ("verify",),
    ("demo",),
    ("gate",),
    ("gate", "run"),
    ("keys",),
    ("keys", "new", "issuer"),
    ("keys", "new", "zone"),
    ("keys", "list"),
    ("keys", "export"),
    ("trust", "add"),
    ("trust", "show"),
    ("status", "build"),
    ("status", "check"),
    ("models", "list"),
    ("models", "pull"),
    ("models", "show"),
    ("models", "verify"),
]


def ostiary(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    call = [sys.executable, "-c", "from ostiary.cli import main; main()", *arguments]
    return subprocess.run(call, capture_output=True, text=True, check=False)  # noqa: S603 - ours


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert result.output.startswith("Usage: ")


def test_every_kind_of_error_has_an_exit_code_of_its_own() -> None:
    kinds = set(errors.OstiaryError.__subclasses__())
    assert set(EXIT_CODES) == kinds
    assert len(set(EXIT_CODES.values())) == len(kinds)
    assert not {0, 1, 2, 70, 130} & set(EXIT_CODES.values())


def test_the_help_names_every_exit_code() -> None:
    text = " ".join(ostiary("--help").stdout.split())
    for code in {*EXIT_CODES.values(), 0, 1, 2, 70}:
        assert f" {code} " in text
    assert "129, 130, 143" in text


def test_an_error_is_one_line_without_a_traceback(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.toml")
    result = ostiary("gate", "run", "--config", missing, "--source", "0")
    assert result.returncode == 3
    assert (
        result.stderr
        == f"ostiary: {missing} cannot be read: No such file or directory\n"
    )


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.toml")
    result = ostiary("--debug", "gate", "run", "--config", missing, "--source", "0")
    assert result.returncode == 3
    assert "Traceback" in result.stderr


def test_the_version_is_told() -> None:
    result = ostiary("--version")
    assert result.stdout.startswith("ostiary 0.")
    assert result.returncode == 0


def test_completion_is_offered() -> None:
    result = CliRunner().invoke(app, ["--show-completion", "bash"])
    assert "complete" in result.output


def test_a_fault_of_our_own_shows_its_type_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = (
        "import ostiary.cli.gate as gate, ostiary.cli as cli\n"
        "def fail(path): raise RuntimeError('whatever a library might say')\n"
        "gate.read_signed_config = fail\n"
        "cli.main()\n"
    )
    call = [sys.executable, "-c", script, "gate", "run", "--config", "x"]
    result = subprocess.run(  # noqa: S603 - ours
        [*call, "--source", "0"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 70
    assert result.stderr == "ostiary: internal fault (RuntimeError); see --debug\n"


@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_gate_that_is_told_to_stop_shuts_its_door(number: str) -> None:
    """With the real loop and a simulated door that says what it is told."""
    script = (
        "import os, signal\n"
        # Whoever runs the tests in the background has this one ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from types import SimpleNamespace\n"
        "import ostiary.cli.gate as command, ostiary.cli as cli\n"
        "from ostiary.capture.pace import Pace\n"
        "class Door:\n"
        "    def close(self): print('shut', flush=True)\n"
        "    def let_go(self): pass\n"
        "class Nothing:\n"
        "    def close(self): pass\n"
        "    def forget(self): pass\n"
        "class Camera(Nothing):\n"
        "    def frames(self):\n"
        f"        os.kill(os.getpid(), signal.{number}); signal.pause(); yield\n"
        "gear = SimpleNamespace(door=Door(), display=Nothing(), chain=Nothing(),\n"
        "    attacks=Nothing(), meter=Nothing(), knowledge=None, calibration=None,\n"
        "    attempts=None, randomness=os.urandom, reader=Nothing(), pace=Pace(),\n"
        "    note_pass=lambda *_: None,\n"
        "    rules=SimpleNamespace(rest_seconds=2, comparison_threshold=0.5))\n"
        "command.read_signed_config = lambda path: (SimpleNamespace(\n"
        "    zone='north', clock_zone=None, power=None,\n"
        "    attendants=SimpleNamespace(staff=None),\n"
        "    camera=SimpleNamespace(wanted=None),\n"
        "    log=SimpleNamespace(is_json=False),\n"
        "    files=SimpleNamespace(high_water=os.devnull)), b'')\n"
        "command.unsafe_settings = lambda settings: ()\n"
        "command.open_home_assistant = lambda _: None\n"
        "command.describe_door = lambda _: 'door'\n"
        "command.equip = lambda *_: gear\n"
        "command.reminding = command.overseen = lambda gear, *_: gear\n"
        "command.open_lasting_source = lambda *_: Camera()\n"
        "cli.main()\n"
    )
    call = [sys.executable, "-c", script, "gate", "run", "--config", "x"]
    result = subprocess.run(  # noqa: S603 - ours
        [*call, "--source", "0"], capture_output=True, text=True, check=False
    )
    assert result.stdout == "shut\n", result.stderr
    assert result.returncode == 128 + signal.Signals[number]
