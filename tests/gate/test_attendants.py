"""The attendant at the gate's own terminal."""

import os
import pty
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from ostiary.errors import ConfigurationError
from ostiary.gate.attendants import (
    ConsoleAttendant,
    NobodyAttends,
    TerminalAttendant,
    open_attendant,
)
from ostiary.terms import Confirmation


@dataclass
class Keyboard:
    """The far end of what the attendant's terminal reads."""

    attendant: TerminalAttendant
    keys: int
    page: StringIO

    def type(self, text: bytes) -> None:
        os.write(self.keys, text)


@pytest.fixture
def keyboard() -> Iterator[Keyboard]:
    near, far = os.pipe()
    page = StringIO()
    yield Keyboard(TerminalAttendant(near, page), far, page)
    os.close(near)
    os.close(far)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (b"y\n", Confirmation.CONFIRMED),
        (b"Y\n", Confirmation.CONFIRMED),
        (b"n\n", Confirmation.DECLINED),
        (b"y\nn\n", Confirmation.DECLINED),
        (b"yes please\n", None),
        (b"not y\n", None),
        (b"n, certainly not! Y\n", None),
        (b"y", None),
        (b"y\nn", Confirmation.CONFIRMED),
        (b" y \r\n", Confirmation.CONFIRMED),
        (b"\n", None),
        (b"\xff\xfe\n", None),
        (b"", None),
    ],
)
def test_the_latest_line_answers(
    keyboard: Keyboard, typed: bytes, answer: Confirmation | None
) -> None:
    keyboard.attendant.ask()
    keyboard.type(typed)
    assert keyboard.attendant.answer() is answer
    assert "[y/n]" in keyboard.page.getvalue()


def test_what_was_typed_before_the_question_is_no_answer(keyboard: Keyboard) -> None:
    keyboard.type(b"y\ny\ny\n")
    keyboard.attendant.ask()
    assert keyboard.attendant.answer() is None


@pytest.mark.parametrize("beginning", [b"not ", b"no", b"n\r", b"  n"])
def test_the_end_of_a_line_is_no_answer(keyboard: Keyboard, beginning: bytes) -> None:
    """A line may come in pieces; only the whole of it counts."""
    keyboard.attendant.ask()
    keyboard.type(beginning)
    assert keyboard.attendant.answer() is None
    keyboard.type(b"y\n")
    assert keyboard.attendant.answer() is None
    keyboard.type(b"y\n")
    assert keyboard.attendant.answer() is Confirmation.CONFIRMED


def test_what_was_begun_is_void_with_the_next_question(keyboard: Keyboard) -> None:
    keyboard.attendant.ask()
    keyboard.type(b"y")
    assert keyboard.attendant.answer() is None
    keyboard.attendant.ask()
    keyboard.type(b"\n")
    assert keyboard.attendant.answer() is None


def test_a_question_that_cannot_be_shown_stops_no_gate() -> None:
    near, far = os.pipe()
    with suppress(OSError), Path("/dev/full").open("w") as page:
        TerminalAttendant(near, page).ask()
        os.write(far, b"y\n")
        assert TerminalAttendant(near, page).answer() is Confirmation.CONFIRMED
    os.close(near)
    os.close(far)


def test_a_terminal_that_is_gone_does_not_answer() -> None:
    near, far = os.pipe()
    os.close(near)
    os.close(far)
    attendant = TerminalAttendant(near, StringIO())
    attendant.ask()
    assert attendant.answer() is None


def test_a_line_begun_before_the_question_is_no_answer() -> None:
    """On a real terminal, whose line buffer keeps what was typed without an end."""
    far, near = pty.openpty()
    attendant = TerminalAttendant(near, StringIO())
    os.write(far, b"y")
    attendant.ask()
    os.write(far, b"\n")
    assert attendant.answer() is None
    os.write(far, b"y\n")
    assert attendant.answer() is Confirmation.CONFIRMED
    os.close(near)
    os.close(far)


def test_nobody_never_answers() -> None:
    nobody = NobodyAttends()
    nobody.ask()
    assert nobody.answer() is None


def test_an_unknown_attendant_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="none of: nobody, terminal"):
        open_attendant("somebody")
    assert isinstance(open_attendant("nobody"), NobodyAttends)


def test_a_console_answers_the_question_that_waits() -> None:
    console = ConsoleAttendant()
    console.present = True
    console.ask()
    first = console.question
    assert first is not None
    assert console.answer() is None
    console.ask()
    second = console.question
    assert second is not None
    console.take(first, Confirmation.CONFIRMED)
    assert console.answer() is None
    console.take(second, Confirmation.NO_ANSWER)
    assert console.answer() is None
    console.take(second, Confirmation.DECLINED)
    console.take(second, Confirmation.CONFIRMED)
    assert console.answer() is Confirmation.DECLINED


def test_a_console_without_anybody_says_so_at_once() -> None:
    console = ConsoleAttendant()
    console.ask()
    assert console.question is None
    assert console.answer() is Confirmation.NO_ANSWER


def test_a_question_that_is_over_takes_no_answer() -> None:
    console = ConsoleAttendant()
    console.present = True
    console.ask()
    question = console.question
    assert question is not None
    console.end()
    console.take(question, Confirmation.CONFIRMED)
    assert console.answer() is None
