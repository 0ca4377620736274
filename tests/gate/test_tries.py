"""A gate that is tried again and again."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from ostiary.capture.qr import qr_image
from ostiary.errors import StorageError
from ostiary.gate.attempts import NoMark
from ostiary.gate.loop import Gate
from ostiary.presentation.challenge import Move
from ostiary.presentation.fusion import Asking
from ostiary.presentation.parallax import Parallax
from ostiary.reasons import Reason
from ostiary.storage.attempts import AttemptsFile
from ostiary.terms import Frame, Image, Mesh, Outage, Sight
from ostiary.transaction import Rules
from ostiary.transaction.attempts import FREE_TRIES, GATE_TRIES

World: TypeAlias = Any  # tests/gate/conftest.py makes it
Scene: TypeAlias = Callable[[], Image]
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
STRANGER, HOLDER = (0, 1, 0, 0), (1, 0, 0, 0)


class Visits:
    """Each shows a pass and a face, and begins so many seconds after the one before.

    Attributes:
        outage: what befalls the camera after each.
        looks: frames with a face in each.
    """

    outage: Reason | None = None
    looks = 3

    def __init__(
        self, empty_scene: Scene, *visits: tuple[float, Callable[[], str]]
    ) -> None:
        self._scene = empty_scene
        self._visits = visits

    def frames(self) -> Iterator[Sight]:
        seconds = 0.0
        for wait, show in self._visits:
            seconds += wait
            # Between two of them somebody looks at nothing, so that time passes.
            yield self._frame(self._scene(), seconds - 0.2)
            yield self._frame(self._scene(), seconds - 0.1)
            yield self._frame(qr_image(show()), seconds)
            for number in range(1, self.looks + 1):
                yield self._frame(self._scene(), seconds + number / 10)
            if self.outage is not None:
                yield Outage(self.outage, AT, seconds + 0.4)

    def _frame(self, image: Image, seconds: float) -> Frame:
        return Frame(image, AT + timedelta(seconds=seconds), seconds)

    def close(self) -> None:
        pass


@pytest.fixture
def world(world: World) -> World:
    world.rules = Rules(0.5, passage_seconds=0.2, rest_seconds=0.2)
    return world


def run(
    world: World, scene: Scene, *visits: tuple[float, tuple[int, ...], str]
) -> list[Reason]:
    """What is decided when these people come with these passes."""

    def steps_up(person: tuple[int, ...], text: str) -> Callable[[], str]:
        def show() -> str:
            world.vision.person = person
            return text

        return show

    shown = [(wait, steps_up(person, text)) for wait, person, text in visits]
    before = len(world.display.reasons)
    world.gate().run(Visits(scene, *shown))
    reasons: list[Reason] = world.display.reasons[before:]
    return reasons


def test_a_copy_that_is_tried_too_often_waits_and_its_owner_then_passes(
    world: World, empty_scene: Scene
) -> None:
    text = world.issue().text
    copied = [(10.0, STRANGER, text)] * (FREE_TRIES + 1)
    waiting = [(5.0, STRANGER, text), (40.0, HOLDER, text), (5.0, STRANGER, text)]
    reasons = run(world, empty_scene, *copied, *waiting)
    assert reasons == [
        *[Reason.NON_MATCH] * FREE_TRIES,
        *[Reason.TRIED_TOO_OFTEN] * 2,
        Reason.HOLDER_VERIFIED,
        Reason.NON_MATCH,
    ]
    assert Reason.TRIED_TOO_OFTEN in world.display.calls


def test_no_face_is_looked_for_while_a_pass_waits(
    world: World, empty_scene: Scene
) -> None:
    text = world.issue().text
    run(world, empty_scene, *[(10.0, STRANGER, text)] * (FREE_TRIES + 1))
    assert len(world.vision.looked_at) == FREE_TRIES * world.rules.probe_frames


def test_somebody_without_a_face_in_view_is_no_try(
    world: World, empty_scene: Scene
) -> None:
    world.vision.faces = 0
    text = world.issue().text
    reasons = run(world, empty_scene, *[(10.0, HOLDER, text)] * (2 * FREE_TRIES))
    assert set(reasons) == {Reason.NO_FACE}


def test_passes_without_a_face_are_not_limited(
    world: World, empty_scene: Scene
) -> None:
    text = world.issue(faceless=True).text
    visits = [(70.0, HOLDER, text)] * (FREE_TRIES + 2)
    reasons = run(world, empty_scene, *visits)
    assert set(reasons) == {Reason.ATTENDANT_ABSENT}


def test_whoever_covers_the_lens_when_asked_to_move_has_tried(
    world: World, empty_scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were compared, and cannot take that back."""
    monkeypatch.setattr(Visits, "outage", Reason.CAMERA_BLANK)
    world.vision.score = 0.4
    text = world.issue().text
    reasons = run(world, empty_scene, *[(5.0, HOLDER, text)] * (FREE_TRIES + 1))
    assert reasons == [
        *[Reason.CAMERA_BLANK] * FREE_TRIES,
        Reason.TRIED_TOO_OFTEN,
    ]


def test_a_gate_that_is_tried_with_many_passes_waits_over_a_power_cut(
    world: World, empty_scene: Scene
) -> None:
    texts = [world.issue().text for _ in range(GATE_TRIES + 1)]
    first = run(world, empty_scene, *[(1.0, STRANGER, each) for each in texts])
    assert first == [*[Reason.NON_MATCH] * GATE_TRIES, Reason.GATE_TRIED_TOO_OFTEN]
    again = [(1.0, HOLDER, texts[-1]), (70.0, HOLDER, texts[-1])]
    assert run(world, empty_scene, *again) == [
        Reason.GATE_TRIED_TOO_OFTEN,
        Reason.HOLDER_VERIFIED,
    ]


def test_nothing_is_written_when_somebody_passes(
    world: World, empty_scene: Scene
) -> None:
    run(world, empty_scene, (10.0, HOLDER, world.issue().text))
    assert not (world.home.path / "attempts.json").exists()


def test_the_mark_comes_down_by_the_clock(world: World, empty_scene: Scene) -> None:
    file = AttemptsFile(world.home.path / "attempts.json")
    file.write(20)
    run(world, empty_scene, (1.0, HOLDER, "x"), (3600.0, HOLDER, "x"))
    assert file.read() == 0


def test_what_cannot_be_counted_is_not_allowed_until_it_can(
    world: World, empty_scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = world.issue().text

    def full(_file: object, _mark: int) -> None:
        raise StorageError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(AttemptsFile, "write", full)
        reasons = run(world, empty_scene, *[(10.0, STRANGER, text)] * 2)
    assert reasons == [Reason.NON_MATCH, Reason.GATE_NOT_READY]
    assert run(world, empty_scene, (10.0, HOLDER, text)) == [Reason.HOLDER_VERIFIED]


def test_a_record_that_cannot_be_read_lets_nobody_in(
    world: World, empty_scene: Scene
) -> None:
    (world.home.path / "attempts.json").mkdir()
    reasons = run(world, empty_scene, (10.0, HOLDER, world.issue().text))
    assert reasons == [Reason.GATE_NOT_READY]


def test_no_identifier_is_kept(world: World, empty_scene: Scene) -> None:
    text = world.issue().text
    gate = world.gate()
    world.vision.person = STRANGER
    gate.run(Visits(empty_scene, (10.0, lambda: text)))
    (tag,) = gate._tries._attempts.passes
    other = world.gate()
    other.run(Visits(empty_scene, (10.0, lambda: text)))
    assert tag not in other._tries._attempts.passes


class Obedient:
    """Makes every move that the display asks for."""

    begun = True

    def __init__(self, world: World) -> None:
        self._world = world

    def begin(self, image: Image, mesh: Mesh) -> None:
        """There is a first look from the start."""

    def measure(self, image: Image, mesh: Mesh) -> Parallax:
        prompts = self._world.display.prompts
        return MOVES[prompts[-1] if prompts else Move.LOOK_AHEAD]

    def forget(self) -> None:
        """Nothing is kept."""


MOVES = {
    Move.TURN_LEFT: Parallax(0.1, 0.0, 1.0, 0.95),
    Move.TURN_RIGHT: Parallax(-0.1, 0.0, 1.0, 0.95),
    Move.LOOK_UP: Parallax(0.0, -0.1, 1.0, 0.95),
    Move.NOD: Parallax(0.0, 0.1, 1.0, 0.95),
    Move.COME_CLOSER: Parallax(0.0, 0.0, 1.4, 1.0),
    Move.LOOK_AHEAD: Parallax(0.0, 0.0, 1.0, 1.0),
}


def test_a_gate_that_asks_everybody_to_move_does_not_fill_up(
    world: World, empty_scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Visits, "looks", 16)
    world.rules = replace(world.rules, challenge=Asking.ALWAYS)
    world.meter = Obedient(world)
    text = world.issue().text
    visits = [(3.0, HOLDER, text)] * (GATE_TRIES + 5)
    assert set(run(world, empty_scene, *visits)) == {Reason.HOLDER_VERIFIED}


def test_a_gate_that_is_there_for_one_decision_leaves_no_mark(
    world: World, empty_scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    world.vision.person = STRANGER
    text = world.issue().text
    gate = Gate(replace(world.gate()._gear, attempts=NoMark()))
    gate.run(Visits(empty_scene, (10.0, lambda: text)))
    assert world.display.reasons == [Reason.NON_MATCH]
    assert not list(tmp_path.rglob("attempts.json"))
