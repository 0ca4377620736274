"""The demo with one's own camera, a directory of frames standing in for it."""

from pathlib import Path
from shutil import copyfile

import pytest
from typer.testing import CliRunner, Result

from ostiary.capture.photographs import load_photograph
from ostiary.capture.qr import read_qr
from ostiary.cli.application import app
from ostiary.credential import inspect_outside
from ostiary.errors import CaptureError, ConfigurationError


def demo(models: str, camera: Path, out: Path, *more: str) -> Result:
    arguments = ("demo", "--camera", str(camera), "--out", str(out), *more)
    return CliRunner().invoke(app, arguments, env={"OSTIARY_MODELS": models})


@pytest.fixture
def camera(tmp_path: Path, data: str) -> Path:
    frames = tmp_path / "camera"
    frames.mkdir()
    subject = Path(data, "nuaa-dev", "bona-fide", "0008")
    for number, frame in enumerate(sorted(subject.iterdir())[:20]):
        copyfile(frame, frames / f"{number:03}.jpg")
    return frames


@pytest.mark.models
@pytest.mark.data
def test_whoever_stands_there_gets_a_pass_of_their_own(
    models: str, camera: Path, tmp_path: Path
) -> None:
    result = demo(models, camera, tmp_path / "out", "--consent", "2026-11")
    assert result.exit_code == 0, result.output
    code = tmp_path / "out" / "pass-of-camera.png"
    assert str(code) in result.output
    assert code.stat().st_mode & 0o777 == 0o600
    (text,) = read_qr(load_photograph(code))
    assert inspect_outside(text).sealed
    assert [path.name for path in (tmp_path / "out").iterdir()] == [code.name]


@pytest.mark.models
@pytest.mark.data
def test_without_consent_nothing_is_captured(
    models: str, camera: Path, tmp_path: Path
) -> None:
    result = demo(models, camera, tmp_path / "out")
    assert isinstance(result.exception, ConfigurationError)
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.models
@pytest.mark.data
def test_a_camera_that_shows_nobody_yields_no_pass(
    models: str, camera: Path, tmp_path: Path
) -> None:
    for path in sorted(camera.iterdir())[2:]:
        path.unlink()
    result = demo(models, camera, tmp_path / "out", "--consent", "2026-11")
    assert isinstance(result.exception, CaptureError)
    assert "no three usable photographs" in str(result.exception)
    assert not list((tmp_path / "out").iterdir())
