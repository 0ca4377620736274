"""`ostiary desk`: what is served, where, and what is refused before."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ostiary.cli import demo
from ostiary.cli import desk as command
from ostiary.cli.application import app
from ostiary.cli.clock import now
from ostiary.cli.demo import choose_chain
from ostiary.config import load_config
from ostiary.demo.desk_home import make_desk
from ostiary.errors import ConfigurationError, ModelError
from ostiary.staff import StaffRole, is_password
from ostiary.vision.store import ModelStore
from ostiary.web.desk.server import Place
from ostiary.web.desk.site import DeskSite

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")


@dataclass
class Serving:
    """What would be served."""

    sites: list[DeskSite] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    seen: Callable[[DeskSite], None] = field(default=lambda _: None)

    def __call__(
        self, site: DeskSite, place: Place, ready: Callable[[str], None]
    ) -> None:
        self.sites.append(site)
        self.places.append(place)
        ready(place.origin(8480))
        self.seen(site)


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> Serving:
    """Nothing is served, and no model is loaded."""
    made = Serving()
    monkeypatch.setattr(command, "serve_desk", made)
    monkeypatch.setattr(command, "enrolments", lambda *_: None)
    monkeypatch.setattr(command, "choose_chain", lambda _: "retail-0095")
    monkeypatch.setattr(command, "choose_detector", lambda _: "appearance")
    monkeypatch.setattr(command, "has_screen", lambda _: False)
    return made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    make_desk(tmp_path / "home", now(), os.urandom)
    return tmp_path / "home"


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["desk", *arguments])
    if result.exception is not None:
        raise result.exception
    return result.output


def test_a_desk_is_served_on_this_machine(serving: Serving, home: Path) -> None:
    assert "http://127.0.0.1:8480" in run("serve", "--home", str(home))
    (site,), (place,) = serving.sites, serving.places
    assert site.home.path == home
    assert (place.address, place.port, site.unsafe) == ("127.0.0.1", 8480, ())


def test_without_attack_detection_every_page_says_so(
    serving: Serving, home: Path
) -> None:
    said = run("serve", "--home", str(home), "--unsafe-without-attack-detection")
    assert "UNSAFE: attack detection is off" in said
    assert serving.sites[0].unsafe == ("attack detection is off",)


def test_what_cannot_be_served_is_refused_before_anything_is_loaded(
    home: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="this machine alone"):
        run("serve", "--home", str(home), "--address", "192.0.2.1")
    with pytest.raises(ConfigurationError, match="has no registry"):
        run("serve", "--home", str(tmp_path / "empty"))


def test_models_that_are_not_there_are_named(home: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        run("serve", "--home", str(home), "--chain", "none")


def test_without_its_models_a_desk_that_is_tried_says_what_is_off(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "choose_detector", lambda _: "absent")
    said = run("try")
    assert "UNSAFE: attack detection is off" in said
    assert "refers everybody" in said


def test_whoever_tries_a_desk_finds_everything_made(serving: Serving) -> None:
    seen: list[tuple[str, StaffRole, str, str]] = []

    def look(site: DeskSite) -> None:
        (account,) = site.home.staff.read()
        zone = load_config(site.home.path / "gate.toml").zone
        seen.append((account.name, account.role, account.verifier, zone))

    serving.seen = look
    said = run("try", "--port", "0")
    ((name, role, verifier, zone),) = seen
    assert (role, zone) == (StaffRole.OWNER, "north")
    found = re.search(rf"as {name} with the password  (\S+)", said)
    assert found is not None
    assert is_password(verifier, found[1])
    gate = re.search(r"--config (\S+)", said)
    assert gate is not None
    assert not Path(gate[1]).exists()


def test_the_gate_that_is_named_looks_where_the_desk_looked(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my models"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    said = run("try", "--models", folder.name)
    assert f"--show-decisions --models '{folder}'" in said


def test_the_command_that_is_named_is_the_one_that_was_called(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [".venv/bin/ostiary"])
    assert f"  {tmp_path}/.venv/bin/ostiary gate run --config" in run("try")


def test_whoever_has_no_models_is_told_how_to_have_them(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(demo, "pull", lambda *_: None)
    assert choose_chain(ModelStore(None, tmp_path)) == demo.EVALUATION
    told = "ostiary models pull yunet retail-0095 minifasnet minifas-celeba"
    assert told in capsys.readouterr().out
