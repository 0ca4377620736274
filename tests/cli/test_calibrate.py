"""`ostiary calibrate`: from volunteers or an evaluation to a file that a gate takes."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

from ostiary.calibration import load_calibration
from ostiary.capture.photographs import load_photograph
from ostiary.cli import calibrate
from ostiary.comparison import BUILT_IN_THRESHOLDS
from ostiary.credential import Coding
from ostiary.errors import (
    CaptureError,
    ConfigurationError,
    EvaluationError,
    OstiaryError,
    StorageError,
    TrustListError,
)
from ostiary.terms import Face, Features, Frame, Image, Mesh
from ostiary.vision.chain import FaceChain, Grade, open_chain
from ostiary.vision.store import ModelStore
from tests.quality.drawn_mesh import LENIENT, PatternMesher

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
EXTRACTOR = "scripted/1"
DIMENSIONS = 16
GATE = """
zone = "north"
time_zone = "UTC"
[files]
root = "root.cose"
trust = "trust.cose"
zone_keys = ["north.json"]
status_lists = []
[vision]
standing_zone = [0.0, 0.0, 1.0, 1.0]
[passage]
door = "simulated"
"""

Run = Callable[..., Result]


class SeesColours:
    """Stands in for detector and extractor: a colour is a person, black is nobody."""

    identity = EXTRACTOR
    dimensions = DIMENSIONS

    def __init__(self) -> None:
        self.seen = (0, 0, 0)

    def detect(self, image: Image) -> Sequence[Face]:
        colour = image[image.shape[0] // 2, image.shape[1] // 2]
        self.seen = int(colour[0]), int(colour[1]), int(colour[2])
        face = Face(
            box=(100, 100, 100, 120),
            landmarks=np.zeros((5, 2), np.float32),
            right_eye=(120, 140),
            left_eye=(180, 140),
            nose=(150, 170),
        )
        return [face] if any(self.seen) else []

    def align(self, image: Image, face: Face, mesh: Mesh) -> Image:
        square = np.indices((64, 64)).sum(axis=0) // 4 % 2 * 255
        return np.repeat(square[:, :, None], 3, axis=2).astype(np.uint8)

    def extract(self, aligned: Image) -> Features:
        _, green, red = self.seen
        own = drawn(f"person {green} {red}") + 0.2 * drawn(f"frame {self.seen}")
        own /= np.linalg.norm(own)
        return Features(EXTRACTOR, own)

    def forget(self) -> None:
        self.seen = (0, 0, 0)


def drawn(seed: str) -> NDArray[np.float32]:
    """A direction that goes with a text."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")
    row = np.random.default_rng(number).normal(size=DIMENSIONS)
    return np.asarray(row / np.linalg.norm(row), np.float32)


def folder_of(path: Path, person: int, session: int, frames: int = 6) -> Path:
    """Pictures of a person, the blank one first."""
    path.mkdir()
    for number in range(frames + 1):
        blue = 100 + 10 * session + number
        colour = (blue, person, 200) if number else (0, 0, 0)
        image = np.full((480, 640, 3), colour, np.uint8)
        cv2.imwrite(str(path / f"{number}.png"), image)
    return path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `ostiary calibrate` beside a configuration, with vision for colours."""
    vision = SeesColours()
    chain = FaceChain(
        name="scripted",
        grade=Grade.OPERATIONAL,
        coding=Coding.INT8,
        threshold=0.5,
        detector=vision,
        mesh=PatternMesher(),
        features=vision,
        limits=LENIENT,
        enrolment_limits=LENIENT,
    )
    monkeypatch.setattr(calibrate, "open_chain", lambda _name, _store: chain)
    (tmp_path / "gate.toml").write_text(GATE)
    (tmp_path / "stick").mkdir()
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(calibrate.app, words)


FILES = ("--captures", "captures", "--key", "stick/key.json")
CONFIG = ("--config", "gate.toml")
CONSENT = ("--consent", "2026-11")


def sit(
    run: Run, person: int, session: int, *more: str, consent: Sequence[str] = CONSENT
) -> Result:
    folder = Path(f"{person}-{session}")
    if not folder.exists():
        folder_of(folder, person, session)
    who = ("--volunteer", f"volunteer-{person}", "--session", str(session))
    words = (*CONFIG, *FILES, *who, "--source", str(folder), *consent, *more)
    return run("capture", *words)


def all_sit(run: Run, people: int) -> None:
    for person in range(1, people + 1):
        for session in (1, 2):
            result = sit(run, person, session, "--frames", "5")
            assert result.exit_code == 0, result.exception


def finish(run: Run, target: str, *more: str) -> Result:
    words = ("--name", "hall", "--target-fmr", target, "--enrolment-images", "3")
    return run("finish", *CONFIG, *FILES, *words, "--out", "calibration.json", *more)


def refusal(result: Result, kind: type[OstiaryError]) -> str:
    assert isinstance(result.exception, kind), (result.exception, result.output)
    return str(result.exception)


def test_volunteers_of_two_sessions_make_a_calibration(run: Run) -> None:
    all_sit(run, 6)
    result = finish(run, "0.3")
    assert result.exit_code == 0, result.exception
    made = load_calibration(Path("calibration.json").read_bytes())
    assert (made.extractor, made.coding, made.data.people) == (EXTRACTOR, "int8", 6)
    assert (made.fusion.enrolment_images, made.fusion.probe_images) == (3, 3)
    assert (made.data.name, made.data.images) == ("hall", 60)
    assert made.threshold == made.upper >= made.measured
    assert "destroyed" in result.output
    assert not Path("captures").exists()
    assert not Path("stick/key.json").exists()


def test_nothing_is_captured_without_consent_to_the_present_text(run: Run) -> None:
    for consent in ((), ("--consent", "2020-01")):
        message = refusal(sit(run, 1, 1, consent=consent), ConfigurationError)
        assert "consent comes before capture" in message
        assert "two sittings" in message
    assert not Path("captures").exists()
    assert not Path("stick/key.json").exists()


def test_every_sitting_says_what_so_many_can_show(run: Run) -> None:
    sit(run, 1, 1, "--frames", "5")
    output = sit(run, 2, 1, "--frames", "5").output
    assert "with 2 people you can show FMR <= 1, not less" in output
    assert "Step onto the mark" in output


def test_the_captures_show_no_volunteer(run: Run) -> None:
    sit(run, 1, 1, "--frames", "5")
    assert b"volunteer-1" not in Path("captures").read_bytes()


def test_a_sitting_with_too_few_frames_is_not_kept(run: Run) -> None:
    message = refusal(sit(run, 1, 1, "--frames", "7"), CaptureError)
    assert "6 usable frames, and 7 are needed" in message
    assert not Path("captures").exists()


def test_a_sitting_of_two_people_is_not_kept(run: Run) -> None:
    folder = folder_of(Path("1-1"), 1, 1, frames=3)
    other = folder_of(Path("other"), 2, 1, frames=3)
    (other / "3.png").rename(folder / "9.png")
    message = refusal(sit(run, 1, 1, "--frames", "4"), CaptureError)
    assert "same person" in message


def test_a_sitting_is_not_taken_twice(run: Run) -> None:
    sit(run, 1, 1, "--frames", "5")
    assert "there already" in refusal(sit(run, 1, 1), ConfigurationError)


def test_so_few_people_cannot_show_a_low_target(run: Run) -> None:
    all_sit(run, 5)
    message = refusal(finish(run, "0.001"), EvaluationError)
    assert "with 10 pairs of people you can show FMR <= 0.3, not 0.001" in message
    # Nothing is lost: more people can be asked.
    assert Path("captures").exists()
    assert Path("stick/key.json").exists()
    assert not Path("calibration.json").exists()


def test_a_volunteer_can_withdraw(run: Run) -> None:
    for person in (1, 2):
        sit(run, person, 1, "--frames", "5")
    before = Path("captures").stat().st_size
    result = run("withdraw", *FILES, "--volunteer", "volunteer-1")
    assert "volunteers left: 1" in result.output
    assert Path("captures").stat().st_size < before
    message = refusal(
        run("withdraw", *FILES, "--volunteer", "volunteer-1"), ConfigurationError
    )
    assert "no volunteer" in message
    run("withdraw", *FILES, "--volunteer", "volunteer-2")
    assert not Path("captures").exists()
    assert not Path("stick/key.json").exists()


def test_without_its_key_nothing_is_opened(run: Run) -> None:
    sit(run, 1, 1, "--frames", "5")
    Path("stick/key.json").unlink()
    assert "key.json" in refusal(sit(run, 1, 2), StorageError)


def test_a_damaged_file_of_captures_is_refused(run: Run) -> None:
    sit(run, 1, 1, "--frames", "5")
    Path("captures").write_bytes(b"x" * 100)
    assert "does not open" in refusal(finish(run, "0.3"), TrustListError)


def test_captures_of_another_chain_are_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    sit(run, 1, 1, "--frames", "5")
    monkeypatch.setattr(SeesColours, "identity", "scripted/2")
    for result in (sit(run, 1, 2), finish(run, "0.3")):
        message = refusal(result, ConfigurationError)
        assert "scripted/1, the gate runs scripted/2" in message


@pytest.mark.parametrize("name", ["", " v1", "a\nb", "x" * 65])
def test_a_name_that_cannot_be_one_is_a_mistake_in_the_command(
    run: Run, name: str
) -> None:
    result = run("withdraw", *FILES, "--volunteer", name)
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("people", "lowest"), [("2", "1"), ("30", "0.0069"), ("79", "0.00097")]
)
def test_the_plan_says_what_so_many_can_show(
    run: Run, people: str, lowest: str
) -> None:
    output = run("plan", "--people", people).output
    assert f"with {people} people you can show FMR <= {lowest}, not less" in output
    assert "FMR 0.001 takes 78 people at least" in output


class Film:
    """A few pictures of somebody before a webcam, who stands further back in memory."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.files = files

    def frames(self) -> Iterator[Frame]:
        for number, file in enumerate(self.files):
            image = np.zeros((960, 1280, 3), np.uint8)
            image[240:720, 320:960] = load_photograph(file)
            yield Frame(image, AT, number / 10)

    def close(self) -> None:
        pass


SESSIONS = (
    "0004_01_00_01",
    "0004_01_06_03",
    "0005_00_00_01",
    "0005_00_00_02",
    "0006_00_00_01",
    "0006_00_06_03",
    "0007_01_00_02",
    "0007_01_05_03",
)
"""Two sittings of each of four people."""


@pytest.mark.models
@pytest.mark.data
def test_people_before_a_webcam_make_a_calibration(
    models: str, data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders of the development data as volunteers; no picture leaves memory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gate.toml").write_text(GATE)
    (tmp_path / "stick").mkdir()
    chain = open_chain("retail-0095", ModelStore(Path(models), tmp_path))
    monkeypatch.setattr(calibrate, "open_chain", lambda _name, _store: chain)
    people = Path(data, "nuaa-dev", "bona-fide")
    films = {
        session: Film(sorted((people / session[:4]).glob(f"{session}_*")))
        for session in SESSIONS
    }
    monkeypatch.setattr(calibrate, "open_source", lambda spec, _clock: films[spec])

    def invoke(*words: str) -> Result:
        result = CliRunner().invoke(calibrate.app, words)
        assert result.exit_code == 0, (result.output, result.exception)
        return result

    for session in films:
        who = ("--volunteer", session[:4], "--session", session)
        words = (*CONFIG, *FILES, *who, *CONSENT, "--source", session)
        invoke("capture", *words, "--frames", "4")
    finish(invoke, "0.5")
    made = load_calibration((tmp_path / "calibration.json").read_bytes())
    assert made.data.people == 4
    # Of these four, the data would let a lower threshold do: it is not taken.
    assert made.upper < made.threshold == BUILT_IN_THRESHOLDS["retail-0095/2"]
