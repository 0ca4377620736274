"""Passes on tags that are held to an NFC reader, and a reader without hardware."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from ostiary.capture.nfc import read_tag, write_tag
from ostiary.capture.readers.line import UNREADABLE
from ostiary.capture.simulated_tag import SimulatedTag
from ostiary.credential.limits import LIMITS
from ostiary.errors import CaptureError
from ostiary.ports import Tag

POLL_SECONDS: Final = 0.1
"""Time between two looks for a tag."""


class Field(Protocol):
    """The field of an NFC reader, into which tags come."""

    def tag(self) -> Tag | None:
        """The tag that is in it now; None: there is none.

        Raises:
            CaptureError: the reader is gone.
        """
        ...

    def close(self) -> None:
        """Let go of the reader."""
        ...


class TagScanner:
    """Reads whatever tag is held up, again as long as it is.

    Args:
        field: belongs to this object from here on.
        wait: lets the time between two looks pass.
    """

    def __init__(
        self, field: Field, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self._field = field
        self._wait = wait

    def read(self) -> Sequence[str]:
        """The pass on the tag; unreadable where there is none on it.

        Raises:
            CaptureError: the reader is gone.
        """
        self._wait(POLL_SECONDS)
        tag = self._field.tag()
        if tag is None:
            return ()
        try:
            return (read_tag(tag),)
        except CaptureError:
            return (UNREADABLE,)

    def release(self) -> None:
        """Let go of the reader."""
        self._field.close()


class SimulatedField:
    """A reader without hardware: an ordinary driver, for trying, showing and testing.

    Args:
        path: a folder stands for the reader. While there is a file "tag" in it, a tag
            with that text as its pass is held up.
    """

    def __init__(self, path: Path) -> None:
        self._folder = path

    def tag(self) -> Tag | None:
        """The tag that is held up.

        Raises:
            CaptureError: the folder is gone.
        """
        if not self._folder.is_dir():
            raise CaptureError("the simulated reader's folder is not there")
        try:
            with (self._folder / "tag").open("rb") as file:
                text = file.read(LIMITS.text_characters).decode("ascii", "replace")
        except FileNotFoundError:
            return None
        except OSError:
            text = ""
        tag = SimulatedTag()
        with suppress(CaptureError):  # What is no pass leaves the tag empty.
            write_tag(tag, text.strip())
        return tag

    def close(self) -> None:
        """Nothing is held."""
