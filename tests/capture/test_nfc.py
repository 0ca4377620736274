"""A pass on an NFC tag, written and read by a simulated one."""

import json
from pathlib import Path
from typing import Final

import pytest
from base45 import b45encode
from hypothesis import given
from hypothesis import strategies as st

from ostiary.capture.nfc import (
    CODE_BYTES,
    TYPE,
    ndef_message,
    read_ndef,
    read_tag,
    write_tag,
)
from ostiary.capture.simulated_tag import NTAG216_PAGES, SimulatedTag
from ostiary.errors import CaptureError

VECTORS: Final = Path(__file__).parents[1] / "vectors/valid"


def pass_text(name: str = "one-zone-int4") -> str:
    text: str = json.loads((VECTORS / f"{name}.json").read_text())["text"]
    return text


def spelled(payload: bytes) -> str:
    text: str = b45encode(payload).decode()
    return text


def with_message(area: bytes) -> SimulatedTag:
    """A tag whose data area starts with those bytes."""
    tag = SimulatedTag()
    tag.memory[16 : 16 + len(area)] = area
    return tag


@pytest.mark.parametrize("name", ["one-zone-int4", "two-zones", "four-zones"])
def test_a_pass_fits_an_ntag216_and_is_read_again(name: str) -> None:
    tag = SimulatedTag()
    write_tag(tag, pass_text(name))
    assert read_tag(tag) == pass_text(name)
    assert not any(tag.memory[16 + 872 :])


def test_a_record_is_laid_out_as_the_forum_says() -> None:
    short, long = ndef_message(spelled(b"x" * 255)), ndef_message(spelled(b"x" * 256))
    assert short == b"\xd2\x1c\xff" + TYPE + b"x" * 255
    assert long == b"\xc2\x1c\x00\x00\x01\x00" + TYPE + b"x" * 256


def test_a_tag_is_laid_out_as_the_forum_says() -> None:
    tag, text = SimulatedTag(), spelled(b"x" * 300)
    write_tag(tag, text)
    message = ndef_message(text)
    area = b"\x03\xff" + len(message).to_bytes(2) + message + b"\xfe"
    assert tag.memory[12:16] == b"\xe1\x10\x6d\x00"
    assert tag.memory[16 : 16 + len(area)] == area


def test_a_tag_as_delivered_holds_no_pass() -> None:
    with pytest.raises(CaptureError, match="no pass"):
        read_tag(SimulatedTag())


@pytest.mark.parametrize("before", [b"\x00", b"\x01\x03\xa0\x0c\x34", b"\x02\x00"])
def test_what_reserves_memory_may_stand_before_it(before: bytes) -> None:
    message = ndef_message(spelled(b"pass"))
    area = before + bytes([3, len(message)]) + message + b"\xfe"
    assert read_tag(with_message(area)) == spelled(b"pass")


@pytest.mark.parametrize(
    "change",
    [
        lambda message: message + b"\xfe",
        lambda message: message + message,
        lambda message: message[:-1],
        lambda message: b"\x92" + message[1:],  # more records follow
        lambda message: b"\xf2" + message[1:],  # a chunk
        lambda message: b"\xda" + message[1:],  # an identifier
        lambda message: b"\xd4" + message[1:],  # an external type
        lambda message: b"\xc2\x1c\0\0\0\4" + TYPE + b"pass",  # longer than needed
        lambda message: message.replace(b"vnd", b"VND"),
        lambda _message: ndef_message(spelled(b"x"))[:-1],
        lambda _message: b"",
    ],
)
def test_a_message_has_one_form(change: object) -> None:
    assert callable(change)
    with pytest.raises(CaptureError):
        read_ndef(change(ndef_message(spelled(b"pass"))))


@pytest.mark.parametrize(
    "area",
    [
        b"\x03\xff\x00\x05hello\xfe",  # a length in more bytes than it needs
        b"\x03\x05hello",  # no end
        b"\xfd\x05hello\xfe",
        b"\xfe",
        b"\x01\xff",
        b"\x00" * 872,
        b"\x03\xff\xff\xff",
    ],
)
def test_an_area_has_one_form(area: bytes) -> None:
    with pytest.raises(CaptureError):
        read_tag(with_message(area))


@pytest.mark.parametrize(
    ("container", "fault"),
    [
        (b"\x00\x10\x6d\x00", "not a tag"),
        (b"\xe1\x20\x6d\x00", "not a tag"),
        (b"\xe1\x10\x6d\x0f", "locked"),
        (b"\xe1\x10\x6d\xf0", "locked"),
        (b"\xe1\x10\x12\x00", "takes"),
    ],
)
def test_a_tag_that_cannot_be_written(container: bytes, fault: str) -> None:
    tag = SimulatedTag()
    tag.memory[12:16] = container
    before = bytes(tag.memory)
    with pytest.raises(CaptureError, match=fault):
        write_tag(tag, pass_text())
    assert tag.memory == before


def test_a_tag_that_claims_more_than_it_has() -> None:
    with pytest.raises(CaptureError, match="page"):
        read_tag(SimulatedTag(room=0xFF))


@pytest.mark.parametrize("commands", range(20))
def test_a_tag_taken_away_while_it_is_read(commands: int) -> None:
    tag = SimulatedTag(commands=commands)
    with pytest.raises(CaptureError, match="taken away"):
        read_tag(tag)


@pytest.mark.parametrize("commands", [*range(0, 139, 6), 139])
def test_half_a_pass_is_no_pass(commands: int) -> None:
    taken, whole = SimulatedTag(commands=commands), SimulatedTag()
    write_tag(whole, pass_text("two-zones"))
    taken.memory[:] = whole.memory
    with pytest.raises(CaptureError, match="taken away"):
        write_tag(taken, pass_text())
    later = SimulatedTag()
    later.memory[:] = taken.memory
    if commands > 1 and later.memory != whole.memory:
        with pytest.raises(CaptureError, match="no pass"):
            read_tag(later)


class _Forgetful:
    """A tag that loses one page."""

    def __init__(self) -> None:
        self._tag = SimulatedTag()

    def read(self, page: int) -> bytes:
        return self._tag.read(page)

    def write(self, page: int, data: bytes) -> None:
        self._tag.write(page, bytes(4) if page == 20 else data)


def test_a_tag_that_does_not_keep_what_is_written() -> None:
    with pytest.raises(CaptureError, match="did not keep"):
        write_tag(_Forgetful(), pass_text())


@pytest.mark.parametrize("text", ["", "a", "GGW", "0" * 4299])
def test_only_a_pass_goes_on_a_tag(text: str) -> None:
    with pytest.raises(CaptureError):
        write_tag(SimulatedTag(), text)


@pytest.mark.parametrize(("page", "data"), [(3, b"1234"), (4, b"123"), (231, b"1234")])
def test_a_tag_takes_whole_pages_of_its_own(page: int, data: bytes) -> None:
    with pytest.raises(CaptureError):
        SimulatedTag().write(page, data)


def test_reading_past_the_end_begins_again() -> None:
    tag = SimulatedTag()
    assert tag.read(NTAG216_PAGES - 1)[4:] == tag.memory[:12]


@given(st.binary(min_size=1, max_size=CODE_BYTES))
def test_whatever_is_written_is_read(payload: bytes) -> None:
    assert read_ndef(ndef_message(spelled(payload))) == spelled(payload)


@given(st.binary(max_size=200))
def test_junk_is_refused_or_has_that_one_form(junk: bytes) -> None:
    try:
        text = read_ndef(junk)
    except CaptureError:
        return
    assert ndef_message(text) == junk


@given(st.binary(max_size=200), st.integers(0, 255))
def test_a_tag_full_of_junk_ends_in_a_text_or_a_documented_error(
    junk: bytes, room: int
) -> None:
    tag = with_message(junk)
    tag.memory[14] = room
    try:
        read_tag(tag)
    except CaptureError:
        return
    assert TYPE in junk


@given(st.integers(0, 600), st.integers(0, 7))
def test_a_changed_bit_never_changes_the_kind_of_failure(byte: int, bit: int) -> None:
    tag = SimulatedTag()
    write_tag(tag, pass_text())
    tag.memory[12 + byte] ^= 1 << bit
    try:
        read_tag(tag)
    except CaptureError:
        return


@given(st.integers(0, 600))
def test_a_message_cut_short_is_refused(length: int) -> None:
    message = ndef_message(pass_text())
    cut = message[: min(length, len(message) - 1)]
    with pytest.raises(CaptureError):
        read_ndef(cut)
