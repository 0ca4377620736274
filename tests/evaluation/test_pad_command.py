"""`ostiary evaluate pad`, whole, over people and attacks that are made up."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from ostiary.cli import evaluate as command
from ostiary.cli.application import app
from ostiary.evaluation.pad.views import HEIGHT, View, shown
from ostiary.terms import Face, Image
from tests.evaluation.staged_pad import StagedVision, picture, save, staged_chain

GOOD, BAD, UNSURE, NONE = 230, 25, 125, 255


@pytest.fixture
def staged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "open_chain", lambda name, store: staged_chain())
    monkeypatch.setattr(
        command, "open_attack_detector", lambda name, store: StagedVision()
    )


def fill(root: Path, species: str, subject: int, scores: Sequence[int]) -> None:
    for number, score in enumerate(scores):
        path = root / species / f"{subject:04}" / f"session_{number}.png"
        save(path, picture(subject, score, seed=number))


def run(root: Path, *options: str) -> dict[str, object]:
    out = root.parent / "out.json"
    arguments = ["evaluate", "pad", str(root), "--json", str(out), *options]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    content = json.loads(out.read_text())
    assert isinstance(content, dict)
    return content


def as_species(content: dict[str, object], name: str) -> dict[str, object]:
    listed = content["species"]
    assert isinstance(listed, list)
    return next(each for each in listed if each["name"] == name)


@pytest.mark.usefixtures("staged")
def test_rates_of_every_species_and_subject(tmp_path: Path) -> None:
    root = tmp_path / "day"
    for subject in range(1, 4):
        fill(root, "bona-fide", subject, [GOOD] * 6)
        fill(root, "print", subject, [BAD] * 6)
    fill(root, "bona-fide", 0, [UNSURE] * 3 + [BAD] * 3)
    fill(root, "mask", 1, [GOOD] * 3 + [UNSURE] * 3)
    fill(root, "mask", 2, [BAD] * 6)
    content = run(root)
    assert content["threshold"] == pytest.approx(2 / 3)
    assert content["bpcer"] == 2 / 8
    assert content["suspected"] == content["open"] == 1 / 8
    assert content["bpcer_per_subject"] == {
        "0000": 1.0,
        "0001": 0.0,
        "0002": 0.0,
        "0003": 0.0,
    }
    prints, masks = as_species(content, "print"), as_species(content, "mask")
    assert (prints["apcer"], prints["subjects"], prints["presentations"]) == (0, 3, 6)
    assert prints["low"] == 0
    assert prints["high"] == pytest.approx(1 - 0.05 ** (1 / 3))
    assert (masks["apcer"], masks["iapar"], masks["matching"]) == (0.25, 0.25, 1.0)
    assert (masks["accepted"], masks["open"], masks["suspected"]) == (1, 1, 2)
    frames = content["frames"]
    assert isinstance(frames, dict)
    assert as_species(frames, "mask")["apcer"] == 0.25
    assert {*prints} >= {
        *("name", "presentations", "subjects", "apcer", "low", "high", "iapar")
    }


def at_the_gate(content: dict[str, object]) -> dict[tuple[str, str], list[int]]:
    rows = content["gate"]
    assert isinstance(rows, list)
    kinds = ("let_in", "asked", "referred", "refused", "no_response")
    found = {}
    for row in rows:
        counts = [row[kind] for kind in kinds]
        assert sum(counts) == row["presentations"]
        found[row["species"], row["challenge"]] = counts
    return found


@pytest.mark.usefixtures("staged")
def test_the_whole_gate_is_counted_under_every_setting(tmp_path: Path) -> None:
    root = tmp_path / "day"
    fill(root, "bona-fide", 1, [GOOD] * 3 + [UNSURE] * 3)
    scores = [GOOD] * 3 + [UNSURE] * 6 + [BAD] * 3 + [NONE] * 3
    fill(root, "print", 1, [*scores, GOOD])
    # Nobody knows whom this one is to be compared with: it is not counted.
    fill(root, "print", 9, [GOOD] * 3)
    # A stranger's face, which looks open, is not asked to move.
    for number in range(3):
        save(
            root / "print" / "0001" / f"z_{number}.png",
            picture(2, UNSURE, seed=number),
        )
    page = tmp_path / "page.html"
    content = run(root, "--report", str(page))
    assert at_the_gate(content) == {
        ("bona-fide", "never"): [1, 0, 1, 0, 0],
        ("bona-fide", "when-open"): [1, 1, 0, 0, 0],
        ("bona-fide", "always"): [0, 2, 0, 0, 0],
        ("print", "never"): [1, 0, 3, 2, 0],
        ("print", "when-open"): [1, 2, 1, 2, 0],
        ("print", "always"): [0, 3, 1, 2, 0],
    }
    assert as_species(content, "print")["iapar"] == 1 / 6
    assert "asked to move" in page.read_text()


@pytest.mark.usefixtures("staged")
def test_an_attack_that_looks_real_but_matches_nobody_is_not_let_in(
    tmp_path: Path,
) -> None:
    root = tmp_path / "day"
    fill(root, "bona-fide", 1, [GOOD] * 6)
    for number in range(3):
        path = root / "print" / "0001" / f"a_{number}.png"
        save(path, picture(2, GOOD, seed=number))
    prints = as_species(run(root), "print")
    assert (prints["apcer"], prints["iapar"], prints["matching"]) == (1.0, 0.0, 0.0)


@pytest.mark.usefixtures("staged")
def test_what_gives_no_response_is_counted_apart(tmp_path: Path) -> None:
    root = tmp_path / "day"
    fill(root, "bona-fide", 1, [GOOD] * 3)
    fill(root, "bona-fide", 2, [NONE] * 3)
    fill(root, "print", 1, [BAD] * 2)
    for number in range(3):
        save(root / "print" / "0002" / f"a_{number}.png", picture(2, GOOD, faces=0))
    content = run(root)
    prints = as_species(content, "print")
    assert (prints["presentations"], prints["no_response"]) == (2, 2)
    assert prints["apcer"] is None
    assert prints["iapar"] == 0.0
    # Not assessed is not bona fide.
    assert content["bpcer"] == 0.5
    assert content["reasons"] == {"bona-fide": {}, "print": {"no-face": 3}}


@pytest.mark.usefixtures("staged")
def test_bad_files_are_named_and_the_page_is_whole_in_itself(tmp_path: Path) -> None:
    root = tmp_path / "day"
    for subject in (1, 2):
        fill(root, "bona-fide", subject, [GOOD] * 4)
        fill(root, "print", subject, [BAD] * 4)
    (root / "print" / "0001" / "torn.jpg").write_bytes(b"\xff\xd8 torn")
    (root / "print" / "0001" / "torn.mp4").write_bytes(b"no video")
    (root / "print" / "0001" / "empty.png").touch()
    (root / "print" / "notes<b>.txt").touch()
    page = tmp_path / "page.html"
    content = run(root, "--report", str(page), "--worse-conditions")
    unreadable = content["unreadable"]
    assert isinstance(unreadable, dict)
    assert sorted(unreadable) == [
        "print/0001/empty.png",
        "print/0001/torn.jpg",
        "print/0001/torn.mp4",
    ]
    assert content["astray"] == ["print/notes<b>.txt"]
    html = page.read_text()
    for forbidden in ("<script", "http://", "https://", "<img", "notes<b>"):
        assert forbidden not in html.replace("http://www.w3.org/2000/svg", "")
    for wanted in ("torn.jpg", "Worse conditions", "Time to a decision", "<svg"):
        assert wanted in html
    assert content["robustness"]


@pytest.mark.usefixtures("staged")
def test_a_page_of_nothing_but_silence_can_be_made(tmp_path: Path) -> None:
    root = tmp_path / "day"
    for species in ("bona-fide", "print"):
        save(root / species / "1" / "a.png", picture(1, GOOD, faces=0))
    page = tmp_path / "page.html"
    content = run(root, "--report", str(page))
    assert content["bpcer"] is None
    assert "nobody was answered" not in page.read_text()


@pytest.mark.usefixtures("staged")
def test_a_video_is_one_presentation(tmp_path: Path) -> None:
    root = tmp_path / "day"
    fill(root, "bona-fide", 1, [GOOD] * 3)
    path = root / "replay" / "0001" / "clip.avi"
    path.parent.mkdir(parents=True)
    codec = cv2.VideoWriter.fourcc(*"FFV1")
    writer = cv2.VideoWriter(str(path), codec, 10, (1280, 720))
    for number in range(12):
        writer.write(picture(1, GOOD, seed=number))
    writer.release()
    replays = as_species(run(root), "replay")
    assert replays["presentations"] == 1


def test_no_such_data_is_an_error_that_says_what_is_needed(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", "pad", str(tmp_path)])
    assert "bona-fide/SUBJECT/" in str(result.exception)


class OneFace:
    """Sees one face, at the same place of every picture."""

    def detect(self, image: Image) -> Sequence[Face]:
        nothing = np.zeros((5, 2), np.float32)
        return [Face((200, 100, 160, 200), nothing, (250, 180), (310, 180), (280, 220))]

    def forget(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize(
    ("view", "shape", "expected"),
    [
        (View.AS_TAKEN, (480, 640), (480, 320)),
        (View.ENLARGED, (480, 640), (720, 640)),
        (View.ENLARGED, (480, 1200), (720, 900)),
        (View.ON_THE_MARK, (480, 640), (720, 640)),
        (View.BY_SIZE, (480, 640), (720, 640)),
        (View.BY_SIZE, (HEIGHT, 1280), (720, 640)),
        (View.BY_SIZE, (1080, 1920), (1080, 960)),
    ],
)
def test_views_cut_the_default_zone(
    view: View, shape: tuple[int, int], expected: tuple[int, int]
) -> None:
    taken = np.zeros((*shape, 3), np.uint8)
    assert shown(view, OneFace())(taken).shape[:2] == expected


def test_a_face_is_put_on_the_mark_at_its_size_there() -> None:
    taken = np.zeros((480, 640, 3), np.uint8)
    taken[100:300, 200:360] = 255
    zone = shown(View.ON_THE_MARK, OneFace())(taken)
    rows, columns = np.nonzero(zone[:, :, 0] > 128)
    assert rows.max() - rows.min() + 1 == pytest.approx(200, abs=2)
    assert columns.mean() == pytest.approx(320, abs=1)


@pytest.mark.models
@pytest.mark.data
def test_a_handful_of_real_prints_do_not_pass(
    tmp_path: Path, models: str, data: str
) -> None:
    root = tmp_path / "day"
    for species in ("bona-fide", "print"):
        for subject in ("0001", "0003"):
            folder = root / species / subject
            folder.mkdir(parents=True)
            source = Path(data, "nuaa-dev", species, subject)
            for path in sorted(source.iterdir())[:4]:
                (folder / path.name).symlink_to(path)
    content = run(root, "--models", models)
    assert as_species(content, "print")["apcer"] == 0
    assert content["suspected"] == 0
