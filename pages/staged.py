"""Pages without a gate: every scene of the kiosk, for screenshots and for tests."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ostiary.config import Credentials, Files, GateConfig, Pages, Passage, Vision
from ostiary.gate.clock import SystemClock
from ostiary.gate.displays import Stage
from ostiary.presentation.challenge import Move
from ostiary.reasons import Reason
from ostiary.terms import AccessDecision, Outcome
from ostiary.web.gate.pages import ServedPages
from pages.drawn import drawn_face

CHROMIUM: Final = Path("/usr/bin/chromium")
CHROMIUM_OPTIONS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
"""As Debian's Chromium runs without a screen, and asks nobody else for anything."""


@dataclass(slots=True)
class Stand:
    """A gate's end of its pages, and what was heard of them.

    Attributes:
        pages: the display.
        clock: its clock.
        fault: why nobody could be let in.
        calls: how often somebody at the kiosk asked for the attendant.
    """

    pages: ServedPages
    clock: SystemClock
    fault: Reason | None = None
    calls: int = 0

    def pass_time(self) -> None:
        """A frame without anything in it."""
        self.pages.pass_time(self.clock.now())

    def decide(self, stage: Stage, outcome: Outcome, reason: Reason) -> None:
        """A decision, and the stage that it leads to."""
        self.pages.enter(stage)
        decision = AccessDecision(outcome, reason)
        self.pages.announce(decision, self.clock.now(), {})

    def reflect(self) -> None:
        """A picture for the mirror."""
        self.pages.mirror(drawn_face(), self.clock.seconds())

    def guide(self, reason: Reason) -> None:
        """A face is awaited, and something is wrong with it."""
        self.pages.enter(Stage.FACE)
        self.pages.guide(reason)

    def ask(self, move: Move) -> None:
        """A move is asked for."""
        self.pages.enter(Stage.MOVES)
        self.pages.prompt(move)

    def rest(self) -> None:
        """Nobody is there, and nothing is left to be read."""
        self.pages.enter(Stage.FACE)
        self.pages.enter(Stage.IDLE)

    def kill_pages(self) -> None:
        """What a fault in them would do."""
        os.kill(self.pages.process_id, signal.SIGKILL)

    def stop_pages(self) -> None:
        """What a machine would do that has no time for them."""
        os.kill(self.pages.process_id, signal.SIGSTOP)

    def fail(self, fault: Reason | None) -> None:
        """The camera fails, or serves again."""
        self.pages.camera(fault, self.clock.now())


SCENES: Final[Mapping[str, Callable[[Stand], None]]] = MappingProxyType(
    {
        "idle": lambda stand: stand.rest(),
        "look": lambda stand: stand.pages.enter(Stage.FACE),
        "guidance": lambda stand: stand.guide(Reason.FACE_HALF_LIT),
        "move": lambda stand: stand.ask(Move.TURN_LEFT),
        "attendant": lambda stand: stand.pages.enter(Stage.ATTENDANT),
        "opening": lambda stand: stand.pages.enter(Stage.DOOR),
        "granted": lambda stand: stand.decide(
            Stage.PASSAGE, Outcome.GRANT, Reason.HOLDER_VERIFIED
        ),
        "refused": lambda stand: stand.decide(
            Stage.REST, Outcome.REFUSE, Reason.TRIED_TOO_OFTEN
        ),
        "referred": lambda stand: stand.decide(
            Stage.REST, Outcome.REFER, Reason.NOT_MOVED
        ),
        "closed": lambda stand: stand.fail(Reason.CAMERA_FAULT),
    }
)
"""How each scene comes about, by name."""


def configured(pages: Pages, credentials: Credentials | None = None) -> GateConfig:
    """A configuration in which nothing but the pages matters."""
    return GateConfig(
        zone="north",
        time_zone="UTC",
        files=Files(root=Path(), trust=Path(), status_lists=()),
        credentials=credentials or Credentials(),
        vision=Vision(),
        passage=Passage(door="simulated"),
        pages=pages,
    )


@contextmanager
def stand(
    settings: Pages | None = None,
    *,
    credentials: Credentials | None = None,
    trial: bool = False,
) -> Iterator[Stand]:
    """Pages that are served at a free port until the end."""
    clock = SystemClock(UTC)
    told: list[Stand] = []

    def help_wanted() -> None:
        told[0].calls += 1

    config = configured(settings or Pages(port=0), credentials)
    pages = ServedPages(
        config, clock, lambda _: told[0].fault, help_wanted, trial=trial
    )
    told.append(Stand(pages, clock))
    try:
        yield told[0]
    finally:
        pages.close()
