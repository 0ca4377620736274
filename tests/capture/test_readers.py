"""Credential readers: what scanners send, and what becomes of it."""

import os
import threading
import tty
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.capture.attention import Attention
from ostiary.capture.pace import Pace
from ostiary.capture.qr import qr_image
from ostiary.capture.readers import DRIVERS, OwnCamera, open_reader
from ostiary.capture.readers.attached import AttachedReader
from ostiary.capture.readers.keyboard import EVENT, KEYS, KeyboardScanner, Keys, grab
from ostiary.capture.readers.line import GAP_SECONDS, UNREADABLE, Line
from ostiary.capture.readers.readings import FRESH_SECONDS, MOST, Readings
from ostiary.capture.readers.second_camera import SecondCamera
from ostiary.capture.readers.serial_line import SerialScanner
from ostiary.capture.readers.tags import TagScanner
from ostiary.capture.simulated_tag import SimulatedTag
from ostiary.credential.limits import LIMITS
from ostiary.errors import CaptureError, ConfigurationError, UnfitSourceError
from ostiary.ports import CodeReader, Tag
from ostiary.reasons import Reason
from ostiary.terms import Frame, Image, Outage, Sight

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
PASS = "6BF+70790T9WJWG.FKY*4GO0.O1CV2 O5 N2FBBRW1*70HS8WY04AC"  # noqa: S105 - no secret


class RealClock:
    def now(self) -> datetime:
        return START

    def seconds(self) -> float:
        return monotonic()


class SetClock:
    """Stands where the test puts it."""

    at = 0.0

    def now(self) -> datetime:
        return START

    def seconds(self) -> float:
        return self.at


CLOCK = RealClock()
Something = TypeVar("Something")


def until(look: Callable[[], Something]) -> Something:
    """Wait for something; it comes before long."""
    for _ in range(1000):
        if seen := look():
            return seen
        sleep(0.01)
    raise AssertionError("it did not come")


def next_texts(reader: CodeReader) -> Sequence[str]:
    """What it reads next."""
    return until(lambda: list(reader.read(None) or ()))


# -- The line ------------------------------------------------------------------------


def lines(line: Line, sent: bytes, seconds: float = 0.0) -> list[str]:
    return list(line.take(sent, seconds))


@given(st.lists(st.text("0123456789ABC $%*+-./:", min_size=1), max_size=4))
def test_each_line_is_one_reading(texts: list[str]) -> None:
    line = Line()
    assert lines(line, "".join(f"{text}\r\n" for text in texts).encode()) == texts


@given(st.binary(max_size=400), st.integers(1, 50))
def test_rubbish_in_any_pieces_gives_texts_and_nothing_else(
    sent: bytes, size: int
) -> None:
    whole, pieces = Line(), Line()
    read = lines(whole, sent)
    assert all(text.isascii() or UNREADABLE in text for text in read)
    assert "" not in read
    cut = [sent[at : at + size] for at in range(0, len(sent), size)]
    assert [text for piece in cut for text in lines(pieces, piece)] == read


def test_what_is_too_long_is_unreadable_and_bounded() -> None:
    line = Line()
    longest = b"A" * LIMITS.text_characters
    assert lines(line, longest + b"\n") == [longest.decode()]
    assert lines(line, longest + b"A\n") == [UNREADABLE]
    assert lines(line, b"A" * 10**6) == []
    assert len(line._held) == LIMITS.text_characters
    assert lines(line, b"\n" + b"7\n") == [UNREADABLE, "7"]


def test_what_breaks_off_is_unreadable_and_does_not_spoil_the_next() -> None:
    line = Line()
    assert lines(line, b"6BF+7", 0.0) == []
    assert lines(line, b"", GAP_SECONDS / 2) == []
    assert lines(line, b"", GAP_SECONDS) == [UNREADABLE]
    assert not any(line._held)
    assert lines(line, b"7\n", GAP_SECONDS) == ["7"]


def test_bytes_that_are_no_characters_stay_visible_as_such() -> None:
    (text,) = lines(Line(), b"6BF\xff7\n")
    assert text == f"6BF{UNREADABLE}7"


def test_a_reading_is_overwritten_when_it_is_handed_over() -> None:
    line = Line()
    assert lines(line, PASS.encode()) == []
    assert bytes(line._held).startswith(PASS.encode())
    assert lines(line, b"\n") == [PASS]
    assert not any(line._held)


# -- Readings on their way -----------------------------------------------------------


def test_a_reading_waits_for_two_seconds_and_no_longer() -> None:
    clock = SetClock()
    readings = Readings(clock)
    readings.add(["A"])
    clock.at = FRESH_SECONDS
    readings.add(["B", "B"])
    assert readings.take() == ("B",)
    assert readings.take() == ()


def test_few_readings_wait() -> None:
    readings = Readings(SetClock())
    for number in range(100):
        readings.add([str(number)])
    assert len(readings.take()) == MOST


# -- A scanner that types ------------------------------------------------------------

CODES = {character: key for key, character in KEYS.items()}
SHIFT, ENTER = 42, 28


def press(code: int, value: int) -> bytes:
    """A key event, and the synchronisation that follows it."""
    return EVENT.pack(0, 0, 1, code, value) + EVENT.pack(0, 0, 0, 0, 0)


def stroke(code: int) -> bytes:
    return press(code, 1) + press(code, 0)


def keyed(text: str) -> bytes:
    """The events of a scanner that types a text and Enter."""
    events = b""
    for character in text:
        code, shifted = CODES[ord(character)]
        key = stroke(code)
        events += press(SHIFT, 1) + key + press(SHIFT, 0) if shifted else key
    return events + stroke(ENTER)


def no_grab(device: int) -> None:
    """What is a pipe here is nobody else's."""


@pytest.fixture
def typed(tmp_path: Path) -> Iterator[tuple[KeyboardScanner, int]]:
    """A scanner on a pipe, and the end that the test writes to."""
    path = tmp_path / "event0"
    os.mkfifo(path)
    scanner = KeyboardScanner(str(path), CLOCK, no_grab)
    end = os.open(path, os.O_WRONLY)
    yield scanner, end
    scanner.release()


def read_until(scanner: KeyboardScanner | SerialScanner) -> list[str]:
    return until(lambda: list(scanner.read()))


def test_a_scanner_that_types_is_read(typed: tuple[KeyboardScanner, int]) -> None:
    scanner, end = typed
    os.write(end, keyed(PASS))
    assert read_until(scanner) == [PASS]
    assert not any(scanner._buffer)


def test_events_may_come_in_pieces(typed: tuple[KeyboardScanner, int]) -> None:
    scanner, end = typed
    events = keyed("AB:7")
    read: list[str] = []
    for at in range(0, len(events), 7):
        os.write(end, events[at : at + 7])
        read.extend(scanner.read())
    assert read == ["AB:7"]


@given(st.text(sorted(map(chr, set(KEYS.values()) - {ord("\n")})), max_size=40))
def test_every_character_of_the_layout_is_typed(text: str) -> None:
    events = ((kind, code, value) for *_, kind, code, value in unpacked(keyed(text)))
    assert bytes(Keys().typed(events)).decode() == f"{text}\n"


def unpacked(events: bytes) -> Iterator[tuple[int, int, int, int, int]]:
    yield from EVENT.iter_unpack(events)


@given(st.binary(max_size=600))
def test_any_events_at_all_type_bytes(rubbish: bytes) -> None:
    whole = rubbish[: len(rubbish) // EVENT.size * EVENT.size]
    events = ((kind, code, value) for *_, kind, code, value in unpacked(whole))
    assert all(0 <= byte <= 255 for byte in Keys().typed(events))


def test_keys_that_were_lost_make_a_reading_unreadable(
    typed: tuple[KeyboardScanner, int],
) -> None:
    scanner, end = typed
    lost = EVENT.pack(0, 0, 0, 3, 0)
    os.write(end, stroke(30) + lost + keyed("7"))
    (text,) = read_until(scanner)
    assert UNREADABLE in text


def test_keys_that_are_no_characters_do_too(
    typed: tuple[KeyboardScanner, int],
) -> None:
    scanner, end = typed
    control = 29
    os.write(end, press(control, 1) + keyed("C"))
    (text,) = read_until(scanner)
    assert UNREADABLE in text


def test_a_key_that_is_held_down_is_one(typed: tuple[KeyboardScanner, int]) -> None:
    scanner, end = typed
    os.write(end, press(8, 1) + press(8, 2) * 50 + press(8, 0) + stroke(ENTER))
    assert read_until(scanner) == ["7"]


def test_a_scanner_that_is_pulled_out_is_gone(
    typed: tuple[KeyboardScanner, int],
) -> None:
    scanner, end = typed
    os.close(end)
    with pytest.raises(CaptureError, match="gone"):
        scanner.read()


@pytest.mark.parametrize("name", ["missing", "nul\0", "", "event0"])
def test_what_cannot_be_grabbed_is_not_read(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "event0")
    with pytest.raises(CaptureError, match=r"does not open|for the gate alone"):
        KeyboardScanner(str(tmp_path / name), CLOCK)
    with pytest.raises(OSError, match="ioctl"):
        grab(os.open("/dev/null", os.O_RDONLY))


# -- A serial line -------------------------------------------------------------------


@pytest.fixture
def wire() -> tuple[int, str]:
    """The scanner's end of a line, and the name of the gate's end."""
    scanner, gate = os.openpty()
    tty.setraw(gate)
    return scanner, os.ttyname(gate)


def test_a_serial_scanner_is_read(wire: tuple[int, str]) -> None:
    end, name = wire
    scanner = SerialScanner(name, 9600, CLOCK)
    os.write(end, PASS.encode() + b"\r\n")
    assert read_until(scanner) == [PASS]
    scanner.release()


def test_a_line_has_one_reader(wire: tuple[int, str]) -> None:
    _, name = wire
    scanner = SerialScanner(name, 9600, CLOCK)
    with pytest.raises(CaptureError, match="does not open"):
        SerialScanner(name, 9600, CLOCK)
    scanner.release()


def test_a_line_that_is_pulled_is_gone(wire: tuple[int, str]) -> None:
    end, name = wire
    scanner = SerialScanner(name, 9600, CLOCK)
    os.close(end)
    with pytest.raises(CaptureError, match="gone"):
        scanner.read()
    scanner.release()


@pytest.mark.parametrize("name", ["missing", "nul\0", "/dev/null"])
def test_what_is_no_line_does_not_open(tmp_path: Path, name: str) -> None:
    with pytest.raises(CaptureError, match="does not open"):
        SerialScanner(str(tmp_path / name), 9600, CLOCK)


# -- Plugged in and out --------------------------------------------------------------


def attached(open_scanner: Callable[[], SerialScanner]) -> AttachedReader:
    return AttachedReader(open_scanner, CLOCK, pause=0.01)


def test_a_scanner_that_is_plugged_in_late_serves(tmp_path: Path) -> None:
    name = tmp_path / "ttyACM0"
    reader = attached(lambda: SerialScanner(str(name), 9600, CLOCK))
    until(lambda: reader.fault is Reason.READER_FAULT)
    end, gate = os.openpty()
    tty.setraw(gate)
    name.symlink_to(os.ttyname(gate))
    until(lambda: reader.fault is None)
    os.write(end, b"FIRST\n")
    assert next_texts(reader) == ["FIRST"]

    os.close(end)
    os.close(gate)
    until(lambda: reader.fault is Reason.READER_FAULT)
    name.unlink()
    end, gate = os.openpty()
    tty.setraw(gate)
    name.symlink_to(os.ttyname(gate))
    until(lambda: reader.fault is None)
    os.write(end, b"SECOND\n")
    assert next_texts(reader) == ["SECOND"]
    reader.close()
    reader.close()


def test_a_driver_that_breaks_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)

    def broken() -> SerialScanner:
        raise RuntimeError("a driver's own")

    reader = attached(broken)
    until(lambda: reader.fault is Reason.READER_FAULT)
    reader.close()


# -- Tags ----------------------------------------------------------------------------


def test_a_tag_is_read_as_long_as_it_is_held_up(tmp_path: Path) -> None:
    folder = tmp_path / "reader"
    reader = open_reader("nfc-simulated", str(folder), 9600, CLOCK)
    until(lambda: reader.fault is Reason.READER_FAULT)
    folder.mkdir()
    until(lambda: reader.fault is None)
    assert reader.read(None) == ()
    (folder / "tag").write_text(PASS)
    assert next_texts(reader) == [PASS]
    assert next_texts(reader) == [PASS]
    (folder / "tag").write_bytes(b"\xff" * 10_000)
    until(lambda: UNREADABLE in (reader.read(None) or ()))
    (folder / "tag").unlink()
    (folder / "tag").mkdir()
    until(lambda: UNREADABLE in (reader.read(None) or ()))
    reader.close()


def test_a_tag_that_is_taken_away_too_early_is_unreadable() -> None:
    class Field:
        closed = False

        def tag(self) -> Tag:
            return SimulatedTag(commands=3)

        def close(self) -> None:
            self.closed = True

    field = Field()
    scanner = TagScanner(field, wait=lambda _: None)
    assert scanner.read() == (UNREADABLE,)
    scanner.release()
    assert field.closed


# -- Cameras -------------------------------------------------------------------------


def test_the_gates_own_camera_reads_what_is_worth_a_look() -> None:
    reader = OwnCamera()
    assert reader.read(None) is None
    assert reader.read(qr_image(PASS)) == (PASS,)
    assert reader.fault is None
    reader.close()


class Shown:
    """A live source of given sights; the last one stays."""

    def __init__(self, *sights: Image | Reason) -> None:
        self.sights = sights
        self.closed = threading.Event()
        self.next = threading.Semaphore(0)
        self.given: list[Image] = []

    def frames(self) -> Iterator[Sight]:
        for number, sight in enumerate(self.sights):
            self.next.acquire(timeout=10)
            if isinstance(sight, Reason):
                yield Outage(sight, START, number / 10)
            else:
                self.given.append(sight)
                yield Frame(sight, START, number / 10)

    def close(self) -> None:
        self.closed.set()


def test_a_second_camera_reads_codes_and_keeps_no_picture() -> None:
    empty = np.full((100, 100, 3), 90, np.uint8)
    source = Shown(
        qr_image(PASS), Reason.CAMERA_BLANK, Reason.CAMERA_FAULT, empty.copy()
    )
    reader = SecondCamera(source, Attention(Pace()), CLOCK)
    source.next.release()
    assert next_texts(reader) == [PASS]
    source.next.release()
    assert reader.fault is None  # A pass that lies on the lens.
    source.next.release()
    until(lambda: reader.fault is Reason.READER_FAULT)
    source.next.release()
    assert source.closed.wait(10)
    assert not any(image.any() for image in source.given)
    # A source that ends is nobody who reads.
    until(lambda: reader.fault is Reason.READER_FAULT)
    reader.close()


# -- The table -----------------------------------------------------------------------


def test_every_driver_is_there_and_begins_without_its_device(tmp_path: Path) -> None:
    for name in DRIVERS:
        device = {"camera": "", "second-camera": "999"}.get(name, str(tmp_path / "no"))
        reader = open_reader(name, device, 9600, CLOCK)
        assert not reader.read(None)
        reader.close()


@pytest.mark.parametrize(
    ("driver", "device", "baud", "message"),
    [
        ("telepathy", "", 9600, "none of: camera, second-camera"),
        ("camera", "/dev/ttyACM0", 9600, "reader.device"),
        ("serial", "", 9600, "reader.device"),
        ("serial", "/dev/ttyACM0", 0, "reader.baud"),
    ],
)
def test_a_reader_that_cannot_be_is_named(
    driver: str, device: str, baud: int, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        open_reader(driver, device, baud, CLOCK)


@pytest.mark.parametrize("driver", ["keyboard", "serial", "second-camera"])
def test_a_file_in_a_devices_place_is_refused(tmp_path: Path, driver: str) -> None:
    name = tmp_path / "file"
    name.write_text("")
    with pytest.raises((UnfitSourceError, CaptureError)):
        open_reader(driver, str(name), 9600, CLOCK)
    with pytest.raises(CaptureError):
        open_reader(driver, str(name / "below"), 9600, CLOCK)
