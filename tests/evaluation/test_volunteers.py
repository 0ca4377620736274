"""What volunteers gave: sealed between sessions, and gone at the end."""

import json
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ostiary.errors import ConfigurationError, StorageError, TrustListError
from ostiary.evaluation.sealed_captures import SealedCaptures
from ostiary.evaluation.volunteers import (
    Captures,
    Sitting,
    dump_captures,
    load_captures,
)

Randomness = Callable[[int], bytes]


def directions(seed: int, frames: int, dimensions: int = 4) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(frames, dimensions))
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / lengths, np.float32)


def sitting(volunteer: str, session: str = "1", frames: int = 3) -> Sitting:
    return Sitting(
        volunteer=volunteer,
        session=session,
        consent="2026-11",
        features=directions(ord(volunteer[-1]) + ord(session), frames),
    )


def captures() -> Captures:
    first = (
        sitting("volunteer-1"),
        sitting("volunteer-1", "2"),
        sitting("volunteer-2", frames=5),
    )
    return Captures("scripted/1", 4, first)


def same(one: Captures, other: Captures) -> bool:
    alike = (one.extractor, one.dimensions) == (other.extractor, other.dimensions)
    return (
        alike
        and len(one.sittings) == len(other.sittings)
        and all(
            (a.volunteer, a.session, a.consent) == (b.volunteer, b.session, b.consent)
            and np.array_equal(a.features, b.features)
            for a, b in zip(one.sittings, other.sittings, strict=True)
        )
    )


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("12"), st.integers(1, 5)),
        unique_by=lambda each: each[:2],
        max_size=6,
    )
)
def test_what_was_written_is_read_again(kinds: list[tuple[str, str, int]]) -> None:
    given_ones = Captures("scripted/1", 4, tuple(sitting(*each) for each in kinds))
    assert same(load_captures(dump_captures(given_ones)), given_ones)


def test_nothing_of_a_face_shows() -> None:
    shown = repr(captures())
    assert "features" not in shown
    assert str(captures().sittings[0].features[0, 0]) not in shown


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("type", "trust"),
        ("version", 2),
        ("extractor", ""),
        ("dimensions", 5),
        ("dimensions", 0),
        ("dimensions", 10**30),
        ("sittings", []),
        ("more", 1),
    ],
)
def test_a_header_that_says_something_else_is_refused(
    member: str, value: object
) -> None:
    header, _, rest = dump_captures(captures()).partition(b"\n")
    changed = json.loads(header) | {member: value}
    with pytest.raises(TrustListError):
        load_captures(bytearray(json.dumps(changed).encode() + b"\n" + rest))


@pytest.mark.parametrize("frames", [0, -1, 2, 4, 10**30])
def test_a_sitting_of_another_length_is_refused(frames: int) -> None:
    header, _, rest = dump_captures(captures()).partition(b"\n")
    changed = json.loads(header)
    changed["sittings"][0]["frames"] = frames
    with pytest.raises(TrustListError):
        load_captures(bytearray(json.dumps(changed).encode() + b"\n" + rest))


@pytest.mark.parametrize("bits", [0x7FC00000, 0x7F800001, 0x7F800000, 0x7F7FFFFF])
def test_rows_that_are_no_directions_are_refused(bits: int) -> None:
    """NaN quiet and signalling, infinity, and the largest number."""
    content = dump_captures(captures())
    content[-4:] = bits.to_bytes(4, "little")
    with pytest.raises(TrustListError, match="length 1"):
        load_captures(content)


@given(st.binary(max_size=60), st.integers(0, 600), st.integers(0, 600))
def test_only_the_documented_error_comes_out(
    noise: bytes, one: int, other: int
) -> None:
    content = bytes(dump_captures(captures()))
    with suppress(TrustListError):
        load_captures(bytearray(content[:one] + noise + content[other:]))


def test_a_sitting_is_not_taken_twice() -> None:
    with pytest.raises(ConfigurationError, match="there already"):
        captures().with_sitting(sitting("volunteer-1", "2"))


def test_withdrawing_takes_out_all_that_somebody_gave() -> None:
    before = captures()
    left = before.without("volunteer-1")
    assert left.volunteers == ("volunteer-2",)
    assert not before.sittings[0].features.any()
    assert not before.sittings[1].features.any()
    assert left.sittings[0].features.any()
    with pytest.raises(ConfigurationError, match="no volunteer"):
        left.without("volunteer-1")


def test_forgetting_overwrites_everything() -> None:
    gone = captures()
    gone.forget()
    assert not any(each.features.any() for each in gone.sittings)


@pytest.fixture
def sealed(tmp_path: Path, randomness: Randomness) -> SealedCaptures:
    """Captures of two people, sealed, in `disk` and `stick`."""
    for folder in ("disk", "stick"):
        (tmp_path / folder).mkdir()
    files = SealedCaptures(tmp_path / "disk/captures", tmp_path / "stick/key.json")
    assert not files.exist()
    files.begin(randomness)
    files.write(captures(), randomness)
    return files


def test_what_was_sealed_is_opened_again(sealed: SealedCaptures) -> None:
    assert sealed.exist()
    assert same(sealed.read(), captures())


def test_the_sealed_file_shows_nothing_and_both_are_private(
    sealed: SealedCaptures, tmp_path: Path
) -> None:
    files = [tmp_path / "disk/captures", tmp_path / "stick/key.json"]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    content = files[0].read_bytes()
    assert b"volunteer-1" not in content
    assert captures().sittings[0].features.tobytes()[:8] not in content


def test_no_nonce_serves_twice(
    sealed: SealedCaptures, tmp_path: Path, randomness: Randomness
) -> None:
    before = (tmp_path / "disk/captures").read_bytes()
    sealed.write(captures(), randomness)
    assert (tmp_path / "disk/captures").read_bytes()[:12] != before[:12]


@pytest.mark.parametrize("place", [0, 11, 12, 50, -1])
def test_a_changed_file_is_not_opened(
    sealed: SealedCaptures, tmp_path: Path, place: int
) -> None:
    content = bytearray((tmp_path / "disk/captures").read_bytes())
    content[place] ^= 1
    (tmp_path / "disk/captures").write_bytes(content)
    with pytest.raises(TrustListError, match="does not open"):
        sealed.read()


@pytest.mark.parametrize("length", [0, 5, 12, 20, 100])
def test_a_torn_file_is_not_opened(
    sealed: SealedCaptures, tmp_path: Path, length: int
) -> None:
    content = (tmp_path / "disk/captures").read_bytes()
    (tmp_path / "disk/captures").write_bytes(content[:length])
    with pytest.raises(TrustListError, match="does not open"):
        sealed.read()


def test_another_key_does_not_open_it(
    sealed: SealedCaptures, tmp_path: Path, randomness: Randomness
) -> None:
    (tmp_path / "stick/key.json").unlink()
    sealed.begin(randomness)
    with pytest.raises(TrustListError, match="another key"):
        sealed.read()


def test_a_key_that_others_can_read_is_refused(
    sealed: SealedCaptures, tmp_path: Path
) -> None:
    (tmp_path / "stick/key.json").chmod(0o644)
    with pytest.raises(TrustListError):
        sealed.read()


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"type": "ostiary-captures-key", "version": 1}', b"\xff"]
)
def test_a_file_that_is_no_key_is_refused(
    sealed: SealedCaptures, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "stick/key.json").write_bytes(content)
    with pytest.raises(TrustListError):
        sealed.read()


def test_a_key_is_never_made_in_place_of_another(
    sealed: SealedCaptures, randomness: Randomness
) -> None:
    with pytest.raises(StorageError, match="there already"):
        sealed.begin(randomness)


def test_both_files_are_gone_at_the_end(sealed: SealedCaptures, tmp_path: Path) -> None:
    kept = (tmp_path / "stick/key.json").open("rb")
    sealed.destroy()
    assert not sealed.exist()
    # What was the key's file holds zeros, for whoever had it open.
    with kept:
        assert set(kept.read()) == {0}
    sealed.destroy()


def test_key_and_captures_do_not_lie_together(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="apart"):
        SealedCaptures(tmp_path / "captures", tmp_path / "key.json")
