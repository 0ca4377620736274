"""The README's commands work, and its help text is the real one."""

import re
import shlex
from pathlib import Path
from shutil import copyfile

import pytest
from typer.testing import CliRunner

from ostiary.cli.application import app

README = Path(__file__).parents[2] / "README.md"
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


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(), re.DOTALL)


def commands() -> list[list[str]]:
    """The `ostiary` commands of the README's tour, in their order."""
    tour = next(block for block in blocks("console") if "ostiary keys new" in block)
    return [shlex.split(line.removeprefix("$ ostiary")) for line in tour.splitlines()]


def test_the_help_text_is_the_real_one() -> None:
    # Typer wraps to the width of the terminal; the README is for 80 columns.
    result = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80"})
    assert blocks("text")[0].strip() == result.output.strip()


def test_every_make_target_of_the_readme_is_there() -> None:
    makefile = README.with_name("Makefile").read_text()
    for target in re.findall(r"\$ make (\w+)", README.read_text()):
        assert f"\n{target}:" in makefile


@pytest.mark.models
@pytest.mark.data
def test_the_tour_works(
    models: str, data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the network: `models pull` has nothing to fetch, and no camera runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OSTIARY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OSTIARY_MODELS", models)
    (tmp_path / "gate.toml").write_text(GATE)
    faces = sorted(Path(data, "nuaa-dev", "bona-fide", "0008").iterdir())
    for name, face in zip(("a.jpg", "b.jpg", "face.jpg"), faces[::9], strict=False):
        copyfile(face, tmp_path / name)
    (tmp_path / "camera").mkdir()
    outputs = []
    for arguments in commands():
        if arguments[0] == "gate":
            # The pass and a face stand in for what a camera would see.
            copyfile("pass.png", "camera/0.png")
            for number, face in enumerate(faces[10:16], start=1):
                copyfile(face, f"camera/{number}.jpg")
            arguments[arguments.index("--source") + 1] = "camera"
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, (arguments, result.output, result.exception)
        outputs.append(result.output)
    assert all("grant" in output for output in outputs[-2:])
