"""Who is at the attendants' page, and which gates are watched from it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from typing_extensions import override

from ostiary.staff import StaffRole
from ostiary.storage.staff import StaffFile
from ostiary.web.entrance import Entrance
from ostiary.web.gate.hand import Hands
from ostiary.web.gate.link import Message
from ostiary.web.gate.view import Act, Said, View
from ostiary.web.gate.watched import Changes, OwnGate, Watched

ROLES: Final = frozenset({StaffRole.ATTENDANT, StaffRole.OWNER})
"""Who may come in."""


@dataclass(slots=True, kw_only=True)
class Console(Entrance):
    """The attendants' page of one process.

    Attributes:
        own: the gate that it stands at.
        gates: those that are watched, that one among them, by name, in their order.
        changes: tells when a view changed.
        token: digest of what consoles elsewhere show; None: none may watch this gate.
        hands: opens the gate that it stands at by hand.
    """

    roles: frozenset[StaffRole] = ROLES
    cookie: str = "attendant"
    own: OwnGate
    gates: Mapping[str, Watched]
    changes: Changes
    token: bytes | None = field(default=None, repr=False)
    hands: Hands = field(default_factory=lambda: Hands(_ignore), repr=False)

    @override
    def sign_out(self, secret: str) -> None:
        Entrance.sign_out(self, secret)
        self.changes.tell()

    def views(self) -> Mapping[str, View | None]:
        """What is to be seen of each gate; None: it cannot be reached."""
        return {name: gate.view() for name, gate in self.gates.items()}

    def elsewhere(self) -> Mapping[str, str]:
        """Where the own pages of the other gates are, by name."""
        return {
            name: gate.address
            for name, gate in self.gates.items()
            if gate.address is not None
        }

    async def act(self, gate: str, act: Act) -> Said:
        """Do something at a gate."""
        watched = self.gates.get(gate)
        return Said.LOST if watched is None else await watched.act(act)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch every gate for a while."""
        for gate in self.gates.values():
            gate.join()
        try:
            yield
        finally:
            for gate in self.gates.values():
                gate.leave()


def read_staff(path: str | None) -> StaffFile | None:
    """The file of accounts that a gate named."""
    return None if path is None else StaffFile(Path(path))


def _ignore(_: Message) -> None:
    """A console without a gate of its own has nothing to say to one."""
