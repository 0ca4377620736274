"""The gate's end of the pages: which scene follows from what a display is told."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ostiary.config import Pages
from ostiary.errors import ConfigurationError
from ostiary.gate.displays import Stage
from ostiary.presentation.challenge import Move
from ostiary.reasons import Reason
from ostiary.terms import AccessDecision, Outcome
from ostiary.web.gate import pages as module
from ostiary.web.gate.link import Entered, HelpWanted, Invitation, Kind, Message, Scene
from ostiary.web.gate.pages import ServedPages
from pages.drawn import drawn_face
from pages.staged import configured

pytestmark = pytest.mark.enable_socket

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
REFUSED = AccessDecision(Outcome.REFUSE, Reason.EXPIRED)


@dataclass
class Clock:
    """A clock that the test sets."""

    now_seconds: float = 100.0

    def now(self) -> datetime:
        return NOON

    def seconds(self) -> float:
        return self.now_seconds


@dataclass
class Process:
    """Stands in for the process of the pages; it hears as long as the test lets it."""

    hears: bool = True
    died: bool = False
    said: list[Message] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)
    answers: list[Message] = field(default_factory=list)

    def say(self, message: Message) -> bool:
        if self.hears:
            self.said.append(message)
        return self.hears

    def reflect(self, picture: memoryview) -> None:
        self.pictures.append(bytes(picture))

    def heard(self) -> list[Message]:
        heard, self.answers = self.answers, []
        return heard

    def revive(self, _seconds: float) -> bool:
        died, self.died = self.died, False
        return died

    def close(self) -> None:
        self.hears = False

    @property
    def scene(self) -> Scene:
        """The latest."""
        return [each for each in self.said if isinstance(each, Scene)][-1]


@dataclass
class There:
    pages: ServedPages
    process: Process
    clock: Clock
    faults: list[Reason]
    calls: list[str]

    def pass_time(self, seconds: float = 0.0) -> None:
        self.clock.now_seconds += seconds
        self.pages.pass_time(NOON)


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[There]:
    process, clock = Process(), Clock()
    faults: list[Reason] = []
    calls: list[str] = []
    monkeypatch.setattr(module, "PageProcess", lambda *_: process)
    pages = ServedPages(
        configured(Pages(port=0)),
        clock,
        lambda _: faults[-1] if faults else None,
        lambda: calls.append("called"),
    )
    yield There(pages, process, clock, faults, calls)
    pages.close()


@pytest.mark.parametrize(
    ("stage", "kind", "seconds"),
    [
        (Stage.FACE, Kind.LOOK, 8.0),
        (Stage.MOVES, Kind.MOVE, 5.0),
        (Stage.ATTENDANT, Kind.ATTENDANT, 60.0),
        (Stage.DOOR, Kind.OPENING, None),
        (Stage.REST, Kind.IDLE, None),
        (Stage.IDLE, Kind.IDLE, None),
    ],
)
def test_each_stage_has_its_scene(
    there: There, stage: Stage, kind: Kind, seconds: float | None
) -> None:
    there.pages.enter(Stage.PASSAGE)
    there.pages.enter(stage)
    assert (there.process.scene.kind, there.process.scene.seconds) == (kind, seconds)


def test_guidance_does_not_begin_the_countdown_again(there: There) -> None:
    there.pages.enter(Stage.FACE)
    turn = there.process.scene.turn
    there.pages.guide(Reason.NO_FACE)
    assert there.process.scene == Scene(Kind.LOOK, Reason.NO_FACE, None, 8.0, turn)
    said = len(there.process.said)
    there.pages.guide(Reason.NO_FACE)
    assert len(there.process.said) == said


def test_each_move_begins_a_countdown(there: There) -> None:
    there.pages.enter(Stage.MOVES)
    turns = set()
    for move in (Move.NOD, Move.TURN_LEFT, Move.NOD):
        there.pages.prompt(move)
        assert there.process.scene.move is move
        turns.add(there.process.scene.turn)
    assert len(turns) == 3


def test_a_grant_counts_down_the_open_door(there: There) -> None:
    there.pages.enter(Stage.PASSAGE)
    granted = AccessDecision(Outcome.GRANT, Reason.HOLDER_VERIFIED)
    there.pages.announce(granted, NOON, {})
    assert (there.process.scene.kind, there.process.scene.seconds) == (
        Kind.GRANTED,
        5.0,
    )
    there.pages.enter(Stage.REST)
    assert there.process.scene.kind is Kind.IDLE


def test_a_refusal_can_be_read_while_the_gate_serves_again(there: There) -> None:
    there.pages.enter(Stage.REST)
    there.pages.announce(REFUSED, NOON, {})
    there.pages.enter(Stage.IDLE)
    there.pass_time(module.READING_SECONDS - 1)
    kept = there.process.scene.kind
    there.pass_time(1)
    assert (kept, there.process.scene.kind) == (Kind.REFUSED, Kind.IDLE)


def test_what_did_not_go_through_is_said_again_and_only_the_latest(
    there: There,
) -> None:
    there.process.hears = False
    there.pages.enter(Stage.FACE)
    there.pages.enter(Stage.DOOR)
    before = len(there.process.said)
    there.process.hears = True
    there.pass_time()
    assert [each.kind for each in there.process.said[before:]] == [Kind.OPENING]  # type: ignore[union-attr] # scenes alone


def test_a_camera_that_fails_is_told_over_all_else(there: There) -> None:
    there.pages.camera(Reason.CAMERA_BLANK, NOON)
    there.pages.enter(Stage.FACE)
    assert there.process.scene == Scene(Kind.CLOSED, Reason.CAMERA_BLANK)
    there.pages.camera(None, NOON)
    assert there.process.scene.kind is Kind.LOOK


def test_lists_that_let_nobody_in_are_told_before_anybody_comes(there: There) -> None:
    there.faults.append(Reason.TRUST_EXPIRED)
    there.pass_time()
    assert there.process.scene == Scene(Kind.CLOSED, Reason.TRUST_EXPIRED)
    there.faults.clear()
    there.pass_time(module.CHECK_SECONDS)
    assert there.process.scene.kind is Kind.IDLE


def test_the_mirror_is_small_and_not_too_frequent(there: There) -> None:
    face = drawn_face()
    for hundredth in range(100):
        there.pages.mirror(face, hundredth / 100)
    assert 10 <= len(there.process.pictures) <= 13
    assert max(map(len, there.process.pictures)) < 40_000
    assert face.any()


def test_pages_that_died_are_told_what_the_others_knew(there: There) -> None:
    there.pages.invite()
    there.pages.enter(Stage.FACE)
    before = len(there.process.said)
    there.process.died = True
    there.pass_time()
    kinds = [type(each).__name__ for each in there.process.said[before:]]
    assert kinds == ["Opening", "Invitation", "Scene"]
    there.process.answers = [Entered()]
    there.pass_time()
    before = len(there.process.said)
    there.process.died = True
    there.pass_time()
    later = there.process.said[before:]
    assert not any(isinstance(each, Invitation) for each in later)


def test_a_call_is_passed_on(there: There) -> None:
    there.process.answers = [HelpWanted()]
    there.pass_time()
    assert there.calls == ["called"]


def test_an_address_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Pages(port=taken.getsockname()[1])
        with pytest.raises(ConfigurationError, match="cannot be served"):
            ServedPages(configured(settings), Clock(), lambda _: None, lambda: None)


def test_a_language_that_is_not_there_is_said() -> None:
    settings = Pages(port=0, language="xx")
    with pytest.raises(ConfigurationError, match="none of: en"):
        ServedPages(configured(settings), Clock(), lambda _: None, lambda: None)


def test_a_certificate_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_text("no certificate")
    for certificate in (tmp_path / "c.pem", tmp_path / "missing.pem"):
        settings = Pages(port=0, certificate=certificate, key=certificate)
        with pytest.raises(ConfigurationError, match=r"pages\.certificate"):
            ServedPages(configured(settings), Clock(), lambda _: None, lambda: None)


def test_a_reader_that_is_gone_closes_the_gate_but_not_for_whoever_is_served(
    there: There,
) -> None:
    there.pages.enter(Stage.FACE)
    there.pages.reader(Reason.READER_FAULT, NOON)
    kinds = [there.process.scene.kind]
    there.pages.enter(Stage.IDLE)
    assert there.process.scene == Scene(Kind.CLOSED, Reason.READER_FAULT)
    there.pages.reader(None, NOON)
    kinds.append(there.process.scene.kind)
    assert kinds == [Kind.LOOK, Kind.IDLE]
