"""A console that watches ten gates which are not there, for screenshots."""

import asyncio
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn

from ostiary.gate.supply import Stage
from ostiary.reasons import Reason
from ostiary.staff import Account, Limits, StaffRole, make_verifier
from ostiary.storage.staff import StaffFile
from ostiary.web.gate.app import make_app
from ostiary.web.gate.board import Board
from ostiary.web.gate.console import Console
from ostiary.web.gate.link import Message, Opening
from ostiary.web.gate.site import Site
from ostiary.web.gate.view import (
    Act,
    Call,
    CallState,
    Hour,
    Question,
    Said,
    View,
    Wants,
)
from ostiary.web.gate.watched import Changes, OwnGate
from ostiary.web.languages import Languages

NAME: Final = "kim"
PASSWORD: Final = "four words on tea"  # noqa: S105 - of nobody
_DAY: Final = 86_400.0
_HOURS: Final = tuple(
    Hour(f"2026-11-21 {hour:02}", 40 + hour, hour % 3, hour % 2)
    for hour in range(16, 8, -1)
)

VIEWS: Final = (
    View(gate="North door", hours=_HOURS, question=Question(1, 42.0)),
    View(
        gate="Ferry, pier 2",
        calls=(Call(1, Reason.ATTACK_SUSPECTED, 95.0, CallState.WAITING),),
    ),
    View(
        gate="Ferry, pier 3",
        calls=(Call(0, Wants.HELP, 31.0, CallState.COMING),),
        power=Stage.ON_BATTERY,
        broker=False,
        ages=(190, 1470),
    ),
    View(
        gate="Staff entrance",
        faults=(Reason.CAMERA_FAULT,),
        calls=(Call(2, Reason.CAMERA_FAULT, 310.0, CallState.WAITING),),
    ),
    View(gate="Workshop", unsafe=("unsafe_accept_without_status",)),
    View(gate="Archive", ended=Reason.ATTENDANT_CONFIRMED),
    View(gate="Car park"),
    View(gate="Library"),
    View(gate="Roof"),
)
LOST: Final = "Old harbour"


@dataclass(frozen=True, slots=True)
class PaintedGate:
    """A gate that shows one view for ever; None: it cannot be reached."""

    name: str
    painted: View | None
    address: None = None

    def view(self) -> View | None:
        """Always the same."""
        return self.painted

    async def act(self, act: Act) -> Said:
        """Nothing is done."""
        del act
        return Said.LOST

    def join(self) -> None:
        """Nobody minds."""

    def leave(self) -> None:
        """Nobody minds."""


@contextmanager
def console() -> Iterator[str]:
    """Serve it at a free port; the address."""
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        staff = StaffFile(Path(folder) / "staff.json")
        verifier = make_verifier(PASSWORD, bytes(16))
        account = Account(NAME, StaffRole.ATTENDANT, verifier)
        staff.change(lambda known: known.added(account))
        serving = threading.Thread(
            target=lambda: asyncio.run(_serve(listener, staff)), daemon=True
        )
        serving.start()
        host, port = listener.getsockname()[:2]
        yield f"http://{host}:{port}"


async def _serve(listener: socket.socket, staff: StaffFile) -> None:
    board, changes = Board(_ignore), Changes()
    gates = [PaintedGate(view.gate, view) for view in VIEWS]
    gates.insert(4, PaintedGate(LOST, None))
    console = Console(
        staff=staff,
        limits=Limits(_DAY, _DAY),
        own=OwnGate(
            name=gates[0].name,
            unsafe=(),
            board=board,
            tell=_ignore,
            seconds=time.monotonic,
            changes=changes,
        ),
        gates={gate.name: gate for gate in gates},
        changes=changes,
    )
    opening = Opening(
        certificate=None,
        key=None,
        hosts="127.0.0.1",
        language="en",
        sound=True,
        trial=False,
        name=gates[0].name,
        staff=str(staff.path),
        token=None,
        others="",
        unsafe="",
        idle=_DAY,
        whole=_DAY,
        session="",
        by_hand=False,
    )
    site = Site(board, opening, Languages(), console)
    app = make_app(site, ("127.0.0.1",))
    config = uvicorn.Config(app, lifespan="off", log_level="error")
    await uvicorn.Server(config).serve(sockets=[listener])


def _ignore(message: Message) -> None:
    del message
