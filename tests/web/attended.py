"""A gate without a camera, with its pages, its attendants and their accounts."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ostiary.config import GateConfig, load_config
from ostiary.gate.attendants import ConsoleAttendant
from ostiary.gate.clock import SystemClock
from ostiary.gate.condition import Condition
from ostiary.gate.displays import Several, Stage
from ostiary.gate.openings import HandOpenings
from ostiary.policy import ATTENDED, Entered, NotVerified, decide
from ostiary.reasons import Reason
from ostiary.staff import Account, StaffRole, make_verifier
from ostiary.storage.staff import StaffFile
from ostiary.terms import AccessDecision, Confirmation, Outcome
from ostiary.web.gate.pages import ServedPages
from ostiary.web.gate.reports import Reports

PASSWORD = "four words on tea"  # noqa: S105 - of nobody
VERIFIER = make_verifier(PASSWORD, bytes(16))
KIM = Account("kim", StaffRole.ATTENDANT, VERIFIER)
LEE = Account("lee", StaffRole.OWNER, VERIFIER)

FREE_PORT = """
[pages]
port = 0
"""

_CONFIG = """
zone = "north"
time_zone = "UTC"
[files]
root = "root.cose"
trust = "trust.cose"
status_lists = []
[passage]
door = "simulated"
attendant = "console"
attendant_seconds = 20.0
[attendants]
staff = "staff.json"
"""


@dataclass
class AttendedGate:
    """A gate whose transactions are played by the test.

    Attributes:
        attendant: as the gate's loop asks it.
        pages: its pages.
        staff: the accounts.
        decisions: what was decided in the lane without a face, in order.
        openings: by hand; None: none are.
        opened: one for each time that it was opened by hand.
        door_serves: whether the door takes orders.
    """

    config: GateConfig
    attendant: ConsoleAttendant
    pages: ServedPages
    staff: StaffFile
    decisions: list[AccessDecision] = field(default_factory=list)
    faults: list[Reason] = field(default_factory=list)
    condition: Condition = field(default_factory=Condition)
    openings: HandOpenings | None = None
    opened: list[int] = field(default_factory=list)
    door_serves: bool = True
    at: datetime = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)

    def __post_init__(self) -> None:
        self._clock = SystemClock(UTC)
        self._reports = Reports(
            self.pages.say,
            self.attendant,
            patience=self.config.passage.attendant_seconds,
            fault=lambda _: self.faults[0] if self.faults else None,
            condition=lambda: self.condition,
            clock=self._clock,
            openings=self.openings,
        )
        self.pages.join(self._reports)
        self.display = Several(self.pages, self._reports)
        self._todo: list[Callable[[], None]] = []
        self._asked = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return self.pages.address

    def do(self, act: Callable[[], None]) -> None:
        """Have the gate's own thread do it, with its next frame."""
        self._todo.append(act)

    def show_faceless_pass(self) -> None:
        """A pass without a face is held up."""

        def ask() -> None:
            self.display.enter(Stage.ATTENDANT)
            self.attendant.ask()
            self._asked = True

        self.do(ask)

    def run_out(self) -> None:
        """The time for the answer is over."""
        self.do(lambda: self._decide(Confirmation.NO_ANSWER))

    def call(self, reason: Reason) -> None:
        """The gate calls attendants."""
        self.do(lambda: self.display.call_attendant(reason))

    def count(self, *outcomes: Outcome) -> Callable[[], None]:
        """So much happens."""

        def happen() -> None:
            for outcome in outcomes:
                decision = AccessDecision(outcome, Reason.HOLDER_VERIFIED)
                self.display.announce(decision, self.at, {})

        return happen

    def pass_hour(self, *outcomes: Outcome) -> None:
        """So much happens, and then the hour is over."""

        def end() -> None:
            self.at += timedelta(hours=1)

        self.do(self.count(*outcomes))
        self.do(end)

    def close(self) -> None:
        """End it; harmless when done twice."""
        if self._ended.is_set():
            return
        self._ended.set()
        self._thread.join()
        self.display.close()

    def _run(self) -> None:
        while not self._ended.wait(0.02):
            self.display.pass_time(self.at)
            while self._todo:
                self._todo.pop(0)()
            if self.openings and self.openings.enter(self._clock.seconds()):
                self._open()
            answer = self.attendant.answer() if self._asked else None
            if answer is not None:
                self._decide(answer)

    def _open(self) -> None:
        """What the transaction says of an entry, whatever the door does."""
        if self.door_serves:
            self.opened.append(1)
        evidence = Entered() if self.door_serves else NotVerified(Reason.DOOR_FAULT)
        self.display.announce(decide(evidence), self.at, {})
        self.display.enter(Stage.IDLE)

    def _decide(self, answer: Confirmation) -> None:
        self._asked = False
        decision = ATTENDED[answer]
        self.decisions.append(decision)
        self.display.announce(decision, self.at, {})
        self.display.enter(Stage.IDLE)


@contextmanager
def attended_gate(
    folder: Path,
    *accounts: Account,
    more: str = "",
    openings: HandOpenings | None = None,
    **attendants: object,
) -> Iterator[AttendedGate]:
    """A gate at which those can sign in; `more` stands at the end of its settings."""
    folder.mkdir(exist_ok=True)
    staff = StaffFile(folder / "staff.json")
    for account in accounts:
        staff.change(lambda known, new=account: known.added(new))  # type: ignore[misc]
    path = folder / "gate.toml"
    path.write_text(_CONFIG + (more or FREE_PORT))
    config = load_config(path)
    config = replace(
        config,
        attendants=replace(config.attendants, **attendants),  # type: ignore[arg-type]
    )
    pages = ServedPages(config, SystemClock(UTC), lambda _: None, lambda: None)
    gate = AttendedGate(config, ConsoleAttendant(), pages, staff, openings=openings)
    try:
        yield gate
    finally:
        gate.close()
