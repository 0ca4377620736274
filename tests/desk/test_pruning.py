"""Records whose time is over are removed with nobody thinking of it."""

import configparser
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ostiary.cli import clock
from ostiary.desk.pruning import TIMER, pruning_units
from ostiary.errors import ConfigurationError, RegistryError

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")

from typer.testing import CliRunner

from ostiary.cli.application import app
from ostiary.demo.desk_home import make_desk
from tests.registries import withdrawn

PROGRAM, HOME = Path("/opt/ostiary/bin/ostiary"), Path("/var/lib/desk")


def test_the_units_call_the_command_that_is_there(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "home", clock.now(), os.urandom)
    identifier = withdrawn(desk)
    units = pruning_units(PROGRAM, desk.home.path, "desk")
    service = configparser.ConfigParser()
    service.read_string(units["ostiary-prune.service"])
    program, *words = service["Service"]["ExecStart"].split()
    assert program == str(PROGRAM)
    assert CliRunner().invoke(app, words).exit_code == 0
    with pytest.raises(RegistryError, match="knows no pass"):
        desk.registry.record(identifier)
    assert service["Service"]["ReadWritePaths"] == str(desk.home.path)


def test_the_timer_comes_daily_and_makes_up_for_days_off() -> None:
    timer = configparser.ConfigParser()
    timer.read_string(pruning_units(PROGRAM, HOME, "desk")[TIMER])
    assert timer["Timer"]["OnCalendar"] == "daily"
    assert timer["Timer"]["Persistent"] == "yes"


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not there")
    for name, text in pruning_units(Path("/bin/true"), HOME, "root").items():
        (tmp_path / name).write_text(text)
    checked = subprocess.run(  # noqa: S603 - a fixed word
        [program, "verify", str(tmp_path / TIMER)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ostiary-prune" not in checked.stderr


@pytest.mark.parametrize("name", ["a b", "a%b", "a$b", "a\\b", 'a"b', "a\nb"])
def test_what_a_unit_would_read_otherwise_is_refused(name: str) -> None:
    for words in ((Path(name), HOME, "desk"), (PROGRAM, Path(name), "desk")):
        with pytest.raises(ConfigurationError, match="systemd"):
            pruning_units(*words)


def test_units_are_written_once_for_a_home_with_a_registry(tmp_path: Path) -> None:
    home = make_desk(tmp_path / "home", clock.now(), os.urandom).home
    words = ["registry", "install", "--folder", str(tmp_path), "--home"]
    result = CliRunner().invoke(app, [*words, str(home.path)])
    assert result.exit_code == 0
    assert f"systemctl enable --now {TIMER}" in result.output
    assert (tmp_path / TIMER).read_text().startswith("[Unit]")
    assert CliRunner().invoke(app, [*words, str(home.path)]).exit_code != 0
    nowhere = CliRunner().invoke(app, [*words, str(tmp_path / "none")])
    assert isinstance(nowhere.exception, ConfigurationError)
