from pathlib import Path

import pytest

from ostiary.errors import EvaluationError
from ostiary.evaluation.pad.data import read_recordings


def touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_species_subjects_sessions_and_frames_in_order(tmp_path: Path) -> None:
    touch(
        tmp_path,
        *(f"bona-fide/0001/0001_00_01_{number}.jpg" for number in (10, 9, 100)),
        "bona-fide/0001/0001_00_02_1.jpg",
        "print/0001/a-2.png",
        "print/0001/a-1.png",
        "mask/0002/evening/x.webp",
        "mask/0002/evening/clip.MP4",
        "mask/0002/clip2.mp4",
    )
    found = read_recordings(tmp_path)
    assert found.name == tmp_path.name
    assert found.species == ("mask", "print")
    assert found.astray == ()
    listed = [
        (r.species, r.subject, r.session, [f.name for f in r.files], r.moving)
        for r in found.all
    ]
    frames = [f"0001_00_01_{number}.jpg" for number in (9, 10, 100)]
    assert listed == [
        ("bona-fide", "0001", "0001_00_01", frames, False),
        ("bona-fide", "0001", "0001_00_02", ["0001_00_02_1.jpg"], False),
        ("mask", "0002", "clip2", ["clip2.mp4"], True),
        ("mask", "0002", "evening/clip", ["clip.MP4"], True),
        ("mask", "0002", "evening/x", ["x.webp"], False),
        ("print", "0001", "a", ["a-1.png", "a-2.png"], False),
    ]


def test_what_belongs_to_nobody_is_named(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "bona-fide/1/a.jpg",
        "print/1/a.jpg",
        "print/b.jpg",
        "notes.txt",
        "print/1/notes.txt",
        ".hidden/1/a.jpg",
        "print/1/.a.jpg",
    )
    found = read_recordings(tmp_path)
    assert sorted(found.astray) == ["notes.txt", "print/1/notes.txt", "print/b.jpg"]
    assert len(found.all) == 2


@pytest.mark.parametrize(
    "names", [(), ("bona-fide/1/a.jpg",), ("print/1/a.jpg",), ("a.jpg", "b.jpg")]
)
def test_people_and_attacks_are_needed(tmp_path: Path, names: tuple[str, ...]) -> None:
    touch(tmp_path, *names)
    with pytest.raises(EvaluationError, match="bona-fide/SUBJECT/"):
        read_recordings(tmp_path)


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_recordings(tmp_path / "missing")


def test_numbers_longer_than_any_are_names_too(tmp_path: Path) -> None:
    touch(tmp_path, "bona-fide/1/²a٣.jpg", f"print/1/{'9' * 200}.jpg", "print/1/7.jpg")
    found = read_recordings(tmp_path)
    assert [len(recording.files) for recording in found.all] == [1, 2]
