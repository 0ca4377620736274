"""The main job through the command line, as a new user would try it.

With the real models on the development data: one person of `nuaa-dev` enrols, comes to
the gate, and is shown to it as a print; another person comes with their pass.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import pytest
from typer.testing import CliRunner, Result

from ostiary.cli.application import app
from ostiary.errors import ConfigurationError, OstiaryError
from ostiary.reasons import Reason

pytestmark = [pytest.mark.models, pytest.mark.data]

HOLDER, STRANGER = "0002", "0005"
"""Subjects whom the attack detector takes for what they are, with these frames."""

GATE = """
zone = "north"
time_zone = "UTC"
[files]
root = "home/root.cose"
trust = "home/trust.cose"
zone_keys = ["home/zones/north-0.private.json"]
status_lists = ["home/status/acme.cwt"]
[vision]
standing_zone = [0.0, 0.0, 1.0, 1.0]
[passage]
door = "simulated"
"""


@dataclass
class Desk:
    """A folder in which everything is set up, and the commands to run there."""

    folder: Path
    models: str
    faces: Path

    def run(self, *arguments: str) -> Result:
        environment = {
            "OSTIARY_HOME": str(self.folder / "home"),
            "OSTIARY_MODELS": self.models,
        }
        return CliRunner().invoke(app, arguments, env=environment)

    def done(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.output

    def face(self, kind: str, subject: str, number: int) -> str:
        """A frame of the subject: of the first session, unless numbered from -1."""
        frames = sorted((self.faces / kind / subject).iterdir())
        return str(frames[number])

    def issue(self, *more: str, out: str = "pass.png") -> str:
        self.done(
            *("issue", "--zone", "north", "--days", "30"),
            *("--out", str(self.folder / out), *more),
        )
        return str(self.folder / out)

    def issue_with_face(self, *more: str, out: str = "pass.png") -> str:
        photographs = (self.face("bona-fide", HOLDER, n) for n in (0, 5, 10))
        options = [part for photo in photographs for part in ("--photo", photo)]
        return self.issue(*options, "--consent", "2026-11", *more, out=out)

    def verify(self, credential: str, image: str, *more: str) -> Result:
        where = ("--credential", credential, "--image", image)
        return self.run("verify", *where, *more)


@pytest.fixture
def desk(tmp_path: Path, models: str, data: str) -> Desk:
    desk = Desk(tmp_path, models, Path(data) / "nuaa-dev")
    desk.done("keys", "new", "root", "owner")
    desk.done("keys", "new", "issuer", "acme")
    desk.done("keys", "new", "zone", "north")
    desk.done("trust", "add", "acme", "--zone", "north")
    desk.done("trust", "sign")
    desk.done("status", "build", "acme")
    (tmp_path / "gate.toml").write_text(GATE)
    return desk


def test_the_holder_is_granted_and_nobody_else(desk: Desk) -> None:
    credential = desk.issue_with_face()
    holder = desk.verify(credential, desk.face("bona-fide", HOLDER, -1))
    assert holder.exit_code == 0, holder.output
    assert Reason.HOLDER_VERIFIED in holder.output
    stranger = desk.verify(credential, desk.face("bona-fide", STRANGER, 0))
    assert stranger.exit_code == 1
    assert Reason.NON_MATCH in stranger.output
    printed = desk.verify(credential, desk.face("print", HOLDER, 0))
    assert printed.exit_code == 1
    assert Reason.ATTACK_SUSPECTED in printed.output


def test_without_attack_detection_the_holder_is_referred(desk: Desk) -> None:
    credential = desk.issue_with_face()
    face = desk.face("bona-fide", HOLDER, -1)
    result = desk.verify(credential, face, "--attack-detector", "absent")
    assert result.exit_code == 1
    assert Reason.ATTACK_NOT_ASSESSED in result.output


def test_a_revoked_pass_is_refused(desk: Desk) -> None:
    options = ("issue", "--faceless", "--zone", "north", "--days", "1", "--out")
    output = desk.done(*options, str(desk.folder / "p.txt"))
    command = next(line for line in output.splitlines() if "to revoke" in line)
    desk.done(*command.partition("ostiary ")[2].split())
    face = desk.face("bona-fide", HOLDER, -1)
    result = desk.verify(str(desk.folder / "p.txt"), face)
    assert Reason.REVOKED in result.output


def test_a_gate_runs_over_pictures(desk: Desk) -> None:
    frames = desk.folder / "frames"
    frames.mkdir()
    copyfile(desk.issue_with_face(), frames / "0.png")
    for number in range(1, 5):
        face = desk.face("bona-fide", HOLDER, -number)
        copyfile(face, frames / f"{number}.jpg")
    gate = ("gate", "run", "--config", str(desk.folder / "gate.toml"))
    shown = desk.done(*gate, "--source", str(frames), "--show-decisions", "--json")
    (line,) = [json.loads(line) for line in shown.splitlines() if line[0] == "{"]
    assert (line["outcome"], line["reason"]) == ("grant", "holder-verified")
    assert {"detect", "features", "attack", "credential"} <= line["milliseconds"].keys()
    counted = desk.done(*gate, "--source", str(frames))
    assert "grant  holder-verified  1" in counted
    assert "{" not in counted


def test_another_pass_is_never_written_over(desk: Desk) -> None:
    first = Path(desk.issue("--faceless"))
    before = first.read_bytes()
    again = ("issue", "--zone", "north", "--days", "1", "--faceless", "--out")
    assert desk.run(*again, str(first)).exit_code == 2
    assert first.read_bytes() == before


def test_a_pass_says_different_things_to_different_people(desk: Desk) -> None:
    credential = desk.issue_with_face(
        *("--hours", "north=mon-fri,08:00-18:00", "--out", str(desk.folder / "p.svg")),
        *("--out", str(desk.folder / "p.txt")),
        *("--out", str(desk.folder / "p.ndef")),
    )
    outside = desk.done("inspect", credential)
    assert desk.done("inspect", str(desk.folder / "p.ndef")) == outside
    assert "sealed            yes" in outside
    assert "acme" not in outside
    assert "north" not in outside
    key = desk.folder / "home" / "zones" / "north-0.private.json"
    opened = desk.done("inspect", str(desk.folder / "p.txt"), "--zone-key", str(key))
    assert "issuer            acme" in opened
    assert "mon tue wed thu fri 08:00-18:00" in opened
    assert "a template of 128 bytes, retail-0095/2/int4" in opened
    assert "not checked" in opened


def test_a_text_that_is_no_pass_is_refused_as_at_a_gate(desk: Desk) -> None:
    (desk.folder / "junk.txt").write_text("NOT A PASS")
    face = desk.face("bona-fide", HOLDER, 0)
    result = desk.verify(str(desk.folder / "junk.txt"), face)
    assert result.exit_code == 1
    assert Reason.TEXT_NOT_BASE45 in result.output


def test_the_files_of_a_pass_are_the_holders_alone(desk: Desk) -> None:
    path = Path(desk.issue("--faceless"))
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--photo", "{face}"), "consent comes before capture"),
        (("--photo", "{face}", "--consent", "2020-01"), "consent comes before capture"),
        (("--photo", "/dev/zero", "--consent", "2026-11"), "photograph"),
        (("--photo", "/dev/null", "--consent", "2026-11"), "photograph"),
        (("--photo", "{pass}", "--consent", "2026-11"), "photograph 1: no-face"),
        (("--faceless", "--hours", "north=8-18"), "write it like"),
        (("--faceless", "--hours", "north=mon-fri,08:00-18:99"), "write it like"),
        (("--faceless", "--hours", "south=mon-fri,08:00-18:00"), "hours belong"),
        (("--faceless", "--days", "3000"), "ends before the credential"),
        (("--faceless", "--zone", "south"), "no key of zone 'south'"),
        (("--faceless", "--issuer", "other"), "other"),
    ],
)
def test_what_cannot_be_issued_is_said(
    desk: Desk, arguments: tuple[str, ...], message: str
) -> None:
    places = {
        "{face}": desk.face("bona-fide", HOLDER, 0),
        "{pass}": desk.issue("--faceless", out="other.png"),
    }
    out = desk.folder / "new.png"
    base = ("issue", "--zone", "north", "--days", "30", "--out", str(out))
    result = desk.run(*base, *(places.get(a, a) for a in arguments))
    assert isinstance(result.exception, OstiaryError)
    assert message in str(result.exception)
    assert not out.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--out", "pass.gif", "--faceless"),
        ("--out", "pass.png"),
        ("--out", "pass.png", "--faceless", "--photo", "a.jpg"),
        ("--out", "pass.png", "--faceless", "--days", "0"),
        ("--out", "/missing/pass.png", "--faceless"),
        ("--out", "a.png", "--out", "a.png", "--faceless"),
        ("--out", "/dev/full", "--faceless"),
        ("--out", "pass.png", "--faceless", "--from", "9999-12-31"),
    ],
)
def test_what_was_not_understood_is_a_usage_error(
    desk: Desk, arguments: tuple[str, ...]
) -> None:
    result = desk.run("issue", "--zone", "north", "--days", "30", *arguments)
    assert result.exit_code == 2


def test_a_gate_refuses_to_start_on_an_evaluation_chain(desk: Desk) -> None:
    config = desk.folder / "gate.toml"
    config.write_text(GATE.replace("[vision]", '[vision]\nchain = "dlib-resnet"'))
    result = desk.run("gate", "run", "--config", str(config), "--source", "0")
    assert isinstance(result.exception, ConfigurationError)
    assert "unsafe_evaluation_grade_chain" in str(result.exception)
