"""The command as a program: exit codes, errors, help, completion."""

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
    for code in {*EXIT_CODES.values(), 0, 1, 2, 70, 130}:
        assert f" {code} " in text


def test_an_error_is_one_line_without_a_traceback(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.toml")
    result = ostiary("gate", "run", "--config", missing, "--source", "0")
    assert result.returncode == 3
    assert result.stderr == f"ostiary: {missing}: No such file or directory\n"


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
        "gate.load_config = fail\n"
        "cli.main()\n"
    )
    call = [sys.executable, "-c", script, "gate", "run", "--config", "x"]
    result = subprocess.run(  # noqa: S603 - ours
        [*call, "--source", "0"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 70
    assert result.stderr == "ostiary: internal fault (RuntimeError); see --debug\n"


def test_a_gate_that_is_told_to_stop_shuts_its_door() -> None:
    """The signal runs through what ends the gate's loop, as Ctrl-C does."""
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "import ostiary.cli.gate as gate, ostiary.cli as cli\n"
        "class Gate:\n"
        "    def run(self, source):\n"
        "        try: os.kill(os.getpid(), signal.SIGTERM); signal.pause()\n"
        "        finally: print('shut', flush=True)\n"
        "class Files: high_water = Path(sys.executable)\n"
        "class Settings: zone = 'north'; clock_zone = None; files = Files\n"
        "gate.load_config = lambda path: Settings\n"
        "gate.unsafe_settings = lambda settings: ()\n"
        "gate.equip = gate.reminding = lambda *_: None\n"
        "gate.Gate = lambda gear: Gate()\n"
        "gate.open_source = lambda *_: None\n"
        "cli.main()\n"
    )
    call = [sys.executable, "-c", script, "gate", "run", "--config", "x"]
    result = subprocess.run(  # noqa: S603 - ours
        [*call, "--source", "0"], capture_output=True, text=True, check=False
    )
    assert result.stdout == "shut\n"
    assert result.returncode == 143
