"""Features between two runs: private, of one chain, and strictly read."""

import stat
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostiary.errors import EvaluationError, StorageError
from ostiary.evaluation import cache
from ostiary.evaluation.cache import FileCache, Maker, Sampled
from ostiary.reasons import Reason

MAKER = Maker("pattern/1", "sole", 4)
ONE, OTHER = b"1" * 32, b"2" * 32
FEATURES = np.array([0.5, 0.5, -0.5, 0.5], np.float32)
GOOD = Sampled(FEATURES, None, Reason.FACE_TURNED, 83)
BLURRED = Sampled(None, Reason.FACE_BLURRED, Reason.FACE_TURNED, 12)


def filled(path: Path) -> Path:
    path.unlink(missing_ok=True)
    written = FileCache(path, MAKER)
    written.put(ONE, GOOD)
    written.put(OTHER, BLURRED)
    written.close()
    return path


def test_what_was_put_is_found_again(tmp_path: Path) -> None:
    found = FileCache(filled(tmp_path / "f"), MAKER)
    good = found.get(ONE)
    assert good is not None
    assert good.features is not None
    np.testing.assert_array_equal(good.features, FEATURES)
    assert replace(good, features=FEATURES) == GOOD
    assert found.get(OTHER) == BLURRED
    assert found.get(b"3" * 32) is None


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = filled(tmp_path / "f")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "other", [Maker("pattern/2", "sole", 4), Maker("pattern/1", "central", 4)]
)
def test_features_of_another_chain_are_refused(tmp_path: Path, other: Maker) -> None:
    with pytest.raises(EvaluationError, match="is no cache of pattern"):
        FileCache(filled(tmp_path / "f"), other)


def test_a_cache_of_another_version_is_refused_and_called_that(tmp_path: Path) -> None:
    path = filled(tmp_path / "f")
    current = b'{"ostiary-features": %d,' % cache.FORMAT
    assert path.read_bytes().startswith(current)
    path.write_bytes(path.read_bytes().replace(current, b'{"ostiary-features": 1,'))
    with pytest.raises(EvaluationError, match=r"another version .*; delete it"):
        FileCache(path, MAKER)


@pytest.mark.parametrize(
    ("place", "value", "complaint"),
    [(0, 255, "a reason"), (1, 255, "a reason"), (2, 101, "a quality")],
)
def test_a_judgement_that_there_is_not_is_refused(
    tmp_path: Path, place: int, value: int, complaint: str
) -> None:
    path = filled(tmp_path / "f")
    data = bytearray(path.read_bytes())
    data[data.index(ONE + OTHER) + 64 + place] = value
    path.write_bytes(data)
    with pytest.raises(EvaluationError, match=complaint):
        FileCache(path, MAKER)


def test_it_is_written_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "EVERY", 2)
    growing = FileCache(tmp_path / "f", MAKER)
    growing.put(ONE, GOOD)
    assert not (tmp_path / "f").exists()
    growing.put(OTHER, BLURRED)
    assert FileCache(tmp_path / "f", MAKER).get(OTHER) is not None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10**6), byte=st.integers(0, 255), end=st.integers(0, 10**6))
def test_a_file_that_was_changed_is_read_or_refused(
    tmp_path: Path, place: int, byte: int, end: int
) -> None:
    path = filled(tmp_path / "f")
    data = bytearray(path.read_bytes())
    data[place % len(data)] = byte
    path.write_bytes(data[: max(1, end % (2 * len(data)))])
    with suppress(EvaluationError):
        FileCache(path, MAKER)


@pytest.mark.parametrize("values", [[2, 0, 0, 0], [np.nan, 0, 0, 0], [0, 0, 0, 0]])
def test_features_of_no_direction_are_refused(
    tmp_path: Path, values: list[float]
) -> None:
    path = filled(tmp_path / "f")
    data = path.read_bytes()
    wrong = np.array(values, "<f4").tobytes()
    path.write_bytes(data.replace(FEATURES.astype("<f4").tobytes(), wrong))
    with pytest.raises(EvaluationError, match="no direction"):
        FileCache(path, MAKER)


def test_a_file_of_somebody_elses_is_not_called_a_cache(tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_text("path,person\n")
    with pytest.raises(EvaluationError, match="no cache of features; name another"):
        FileCache(table, MAKER)


def test_a_directory_is_no_cache(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        FileCache(tmp_path, MAKER)
