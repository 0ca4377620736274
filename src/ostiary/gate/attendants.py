"""Who can be asked about a pass without a face.

Attendants at the console sign in; the terminal is for gates whose attendant sits at
that very keyboard.
"""

import os
import select
import sys
import termios
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final, TextIO

from ostiary.errors import ConfigurationError
from ostiary.gate.displays import say
from ostiary.ports import Attendant
from ostiary.terms import Confirmation

_MOST: Final = 64 * 1024
"""Most bytes of typing that are read at once."""

ANSWERS: Final[Mapping[str, Confirmation]] = MappingProxyType(
    {"y": Confirmation.CONFIRMED, "n": Confirmation.DECLINED}
)


class NobodyAttends:
    """Never answers, so that a pass without a face is refused in the end."""

    def ask(self) -> None:
        """Nobody hears it."""

    def answer(self) -> Confirmation | None:
        """Always None."""
        return None


class TerminalAttendant:
    """The person at the gate's own terminal: a line `y` confirms, `n` declines."""

    def __init__(self, keys: int = 0, page: TextIO = sys.stderr) -> None:
        """Ask on `page`, and read the answer from the file descriptor `keys`.

        A descriptor, because a buffered file could hold back a line that was typed
        before the question and give it as the answer.
        """
        self._keys = keys
        self._page = page
        self._unfinished = ""

    def ask(self) -> None:
        """Put the question; what was typed before it does not count as its answer."""
        self._discard_typing()
        say(
            self._page,
            "A pass without a face. Look at the person's document. "
            "Let them pass? [y/n] ",
        )

    def answer(self) -> Confirmation | None:
        """The answer, when the latest whole line is one and nothing else."""
        *lines, unfinished = (self._unfinished + self._typed()).split("\n")
        # It may come in pieces: the end of a line is no line.
        self._unfinished = unfinished[:_MOST]
        return ANSWERS.get(lines[-1].strip().lower()) if lines else None

    def _discard_typing(self) -> None:
        self._typed()
        self._unfinished = ""
        with suppress(OSError, termios.error):
            # A line not yet ended lies with the terminal, not with us.
            termios.tcflush(self._keys, termios.TCIFLUSH)

    def _typed(self) -> str:
        """What lies there to be read; empty where nothing does, or nobody is left."""
        try:
            ready, _, _ = select.select([self._keys], [], [], 0)
            typed = os.read(self._keys, _MOST) if ready else b""
        except OSError:
            # Closed, or the terminal hung up: there is no answer.
            return ""
        return typed.decode(errors="replace")


class ConsoleAttendant:
    """Attendants at pages: whoever links gate and pages puts here what they said.

    Attributes:
        present: whether anybody who is signed in watches this gate now.
        question: number of the question that waits; None: none does.
    """

    def __init__(self) -> None:
        self.present = False
        self.question: int | None = None
        self._number = 0
        self._answer: Confirmation | None = None

    def ask(self) -> None:
        """Put the question; nobody waits for people who are not there."""
        self._number += 1
        self.question = self._number if self.present else None
        self._answer = None if self.present else Confirmation.NO_ANSWER

    def answer(self) -> Confirmation | None:
        """What was said to it; at once that nobody answers, if nobody was there."""
        return self._answer

    def take(self, question: int, answer: Confirmation) -> None:
        """An answer to the question of that number: the first counts, others are void.

        That nobody answers is for the gate's own clock to say.
        """
        if question == self.question and answer is not Confirmation.NO_ANSWER:
            self.question, self._answer = None, answer

    def end(self) -> None:
        """The question is over, whoever answered: no answer to it counts any more."""
        self.question = None


_ATTENDANTS: Final[Mapping[str, Callable[[], Attendant]]] = MappingProxyType(
    {
        "nobody": NobodyAttends,
        "terminal": TerminalAttendant,
        "console": ConsoleAttendant,
    }
)


def open_attendant(name: str) -> Attendant:
    """The attendant of that name.

    Raises:
        ConfigurationError: no such attendant.
    """
    if name not in _ATTENDANTS:
        known = ", ".join(_ATTENDANTS)
        raise ConfigurationError(f"passage.attendant {name!r} is none of: {known}")
    return _ATTENDANTS[name]()
