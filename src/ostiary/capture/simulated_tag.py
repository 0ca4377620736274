"""A tag without hardware: an ordinary driver, for trying, showing and testing."""

from typing import Final

from ostiary.errors import CaptureError

NTAG216_PAGES: Final = 231
NTAG216_ROOM: Final = 0x6D
"""Size in its capability container: 872 of its 888 bytes of user memory."""

_PAGE: Final = 4
_READ: Final = 16
_CAPABILITIES: Final = 3
_FIRST_WRITABLE: Final = 4


class SimulatedTag:
    """A Type 2 tag as it is delivered, with the size of an NTAG216.

    Args:
        room: eighths of the data area, as the capability container has it.
        commands: how many commands it answers before it is taken away; None: all.

    Attributes:
        memory: all its pages, 4 bytes each.
    """

    def __init__(
        self, *, room: int = NTAG216_ROOM, commands: int | None = None
    ) -> None:
        self.memory = bytearray(_PAGE * NTAG216_PAGES)
        delivered = bytes([0xE1, 0x10, room, 0x00, 0x03, 0x00, 0xFE, 0x00])
        at = _PAGE * _CAPABILITIES
        self.memory[at : at + len(delivered)] = delivered
        self._commands = commands

    def read(self, page: int) -> bytes:
        """Four pages from this one on; past its end, the first ones again.

        Raises:
            CaptureError: it has been taken away, or has no such page.
        """
        self._answer(page)
        at = _PAGE * page
        return bytes((self.memory[at:] + self.memory)[:_READ])

    def write(self, page: int, data: bytes) -> None:
        """Set one page.

        Raises:
            CaptureError: it has been taken away, or has no such page to be written.
        """
        self._answer(page)
        if page < _FIRST_WRITABLE or len(data) != _PAGE:
            raise CaptureError("the tag does not take that")
        self.memory[_PAGE * page : _PAGE * (page + 1)] = data

    def _answer(self, page: int) -> None:
        if self._commands is not None:
            self._commands -= 1
            if self._commands < 0:
                raise CaptureError("the tag has been taken away")
        if not 0 <= page < len(self.memory) // _PAGE:
            raise CaptureError("the tag does not have that page")
