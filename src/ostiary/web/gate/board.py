"""What the pages show now, and whoever waits for it to change.

One value of each kind: the latest wins, so that a slow reader misses what is past and
nothing is queued for it.
"""

import asyncio
import secrets
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from ostiary.erasure import overwrite
from ostiary.web.gate.link import (
    Consented,
    Entered,
    HandReceipt,
    HelpWanted,
    Kind,
    Message,
    Scene,
)

SEES_A_FACE: Final = frozenset({Kind.LOOK, Kind.MOVE})
"""Scenes in which the mirror runs."""


SERVES: Final = SEES_A_FACE | {Kind.ATTENDANT}
"""Scenes in which somebody is served; a receipt of somebody before them goes."""

RECEIPT_SECONDS: Final = 150.0
"""How long a receipt is shown: as long as two may take to sign, and then a while."""

PATIENCE_SECONDS: Final = 300.0
"""How long the kiosk says that the attendant was called, or is coming."""


class Help(StrEnum):
    """Whether somebody at the kiosk asked for the attendant."""

    NOT_CALLED = "not-called"
    CALLED = "called"
    COMING = "coming"


class Board:
    """The state of the pages.

    Args:
        tell: says something to the gate.

    Attributes:
        scene: what the kiosk shows.
        help: whether the attendant was called, and is coming.
        version: grows with each change.
        pictures: grows with each picture of the mirror.
        handout: the pass of whoever tries the gate on themselves; None: there is none.
        receipt: of an opening by hand, for the person at the kiosk; None: there is
            none.
        receipts: number of the last one, by which the kiosk asks for it; the name of
            its wish is for the attendant alone.
        watchers: how many pages show the board now.
        leads_to: which page the kiosk should show instead; None: stay.
        mirror_token: what opens the mirror, once; None while no face is awaited.
    """

    def __init__(self, tell: Callable[[Message], None]) -> None:
        self.scene = Scene(Kind.CLOSED)
        self.help = Help.NOT_CALLED
        self.version = 0
        self.pictures = 0
        self.handout: str | None = None
        self.receipt: HandReceipt | None = None
        self.receipts = 0
        self.watchers = 0
        self.leads_to: str | None = None
        self.mirror_token: str | None = None
        self._entry: str | None = None
        self._began = 0.0
        self._tell = tell
        self._picture = bytearray()
        self._changed = asyncio.Event()
        self._patience: asyncio.TimerHandle | None = None
        self._receipt_end: asyncio.TimerHandle | None = None

    def invite(self, entry: str) -> None:
        """Let one browser in, once; an earlier invitation is void."""
        self._entry = entry

    def enter(self, entry: str) -> bool:
        """Whether that is the invitation, which then is void."""
        if not _is(self._entry, entry):
            return False
        self._entry = None
        self._tell(Entered())
        return True

    def show(self, scene: Scene) -> None:
        """Put a scene in the place of the one before."""
        sees, saw = scene.kind in SEES_A_FACE, self.scene.kind in SEES_A_FACE
        if scene.turn != self.scene.turn:
            self._began = asyncio.get_running_loop().time()
        self.scene = scene
        if scene.kind in SERVES:
            self.end_receipt()
        if sees and not saw:
            self.mirror_token = secrets.token_urlsafe(24)
        elif not sees:
            self.mirror_token = None
            self._forget_picture()
        self._change()

    def left(self) -> float | None:
        """Seconds until the scene has to end; None: it need not."""
        if self.scene.seconds is None:
            return None
        passed = asyncio.get_running_loop().time() - self._began
        return max(0.0, self.scene.seconds - passed)

    def reflect(self, picture: memoryview) -> None:
        """Put a picture in the place of the one before, while a face is awaited."""
        if self.scene.kind not in SEES_A_FACE:
            return
        self._forget_picture()
        self._picture += picture
        self.pictures += 1
        self._wake()

    def open_mirror(self, token: str) -> bool:
        """Whether that token opens the mirror; no token does so twice."""
        if not _is(self.mirror_token, token):
            return False
        self.mirror_token = None
        return True

    def picture(self) -> bytes:
        """A copy of the latest picture, JPEG; empty when there is none."""
        return bytes(self._picture)

    def renew_mirror(self) -> None:
        """A page that was loaded anew gets another way into the mirror."""
        if self.scene.kind in SEES_A_FACE:
            self.mirror_token = secrets.token_urlsafe(24)

    def hand_out(self, text: str) -> None:
        """Show somebody the pass that was made for them."""
        self.handout, self.leads_to = text, "/try/pass"
        self._change()

    def take(self) -> str | None:
        """The pass, which its page shows now."""
        self.leads_to = None
        return self.handout

    def show_receipt(self, receipt: HandReceipt) -> None:
        """Show it for a while; one before it goes."""
        self.end_receipt()
        self.receipt = receipt
        self.receipts += 1
        loop = asyncio.get_running_loop()
        self._receipt_end = loop.call_later(RECEIPT_SECONDS, self.end_receipt)
        self._change()

    def end_receipt(self, wish: str | None = None) -> None:
        """Show no receipt any more, or not the one of that wish."""
        if self.receipt is None or wish not in {None, self.receipt.wish}:
            return
        self.receipt = None
        if self._receipt_end is not None:
            self._receipt_end.cancel()
        self._change()

    def consent(self, version: str) -> None:
        """Somebody accepted the text of this version."""
        self._tell(Consented(version))

    def call_for_help(self) -> None:
        """Somebody at the kiosk asks for the attendant."""
        if self.help is Help.NOT_CALLED:
            self._tell(HelpWanted())
            self._set_help(Help.CALLED)

    def answer_help(self) -> None:
        """An attendant said that they are coming."""
        if self.help is Help.CALLED:
            self._set_help(Help.COMING)

    def end_help(self) -> None:
        """Nobody waits for an attendant any more."""
        self._set_help(Help.NOT_CALLED)

    async def change(self, seconds: float) -> None:
        """Wait for the next change, or as long as this."""
        changed = self._changed
        try:
            async with asyncio.timeout(seconds):
                await changed.wait()
        except TimeoutError:
            return

    def _set_help(self, help_: Help) -> None:
        self.help = help_
        if self._patience is not None:
            self._patience.cancel()
        loop = asyncio.get_running_loop()
        waits = help_ is not Help.NOT_CALLED
        self._patience = (
            loop.call_later(PATIENCE_SECONDS, self.end_help) if waits else None
        )
        self._change()

    def _change(self) -> None:
        self.version += 1
        self._wake()

    def _wake(self) -> None:
        # Whoever waits holds the old event; whoever comes next gets a new one.
        self._changed.set()
        self._changed = asyncio.Event()

    def _forget_picture(self) -> None:
        overwrite(self._picture)
        self._picture.clear()


def _is(held: str | None, shown: str) -> bool:
    if held is None:
        return False
    return secrets.compare_digest(held.encode(), shown.encode())
