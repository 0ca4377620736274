"""The gate's loop: what a frame may serve for, and what is left of it."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from typing_extensions import override

from ostiary.actuators import SimulatedDoor
from ostiary.capture.qr import qr_image
from ostiary.capture.stills import Stills
from ostiary.errors import ActuatorError, CaptureError, ModelError, TrustListError
from ostiary.gate.attendants import ConsoleAttendant
from ostiary.presentation.challenge import DRAWN, Move
from ostiary.presentation.parallax import Parallax
from ostiary.reasons import Reason
from ostiary.terms import Confirmation, Face, Image, Mesh
from ostiary.transaction import (
    AwaitingChallenge,
    AwaitingFace,
    AwaitingLastLook,
    Event,
    Rules,
    State,
    step,
)
from ostiary.transaction.conclusion import Step

Scene = Callable[[], Image]
World = Any
"""The fixture's type; test modules import nothing from one another."""

AT_NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_the_holder_passes(world: World, empty_scene: Scene) -> None:
    text = world.issue().text
    shown = world.run(qr_image(text), *(empty_scene() for _ in range(3)))
    assert shown.reasons == [Reason.HOLDER_VERIFIED]
    assert world.door.openings == 1
    assert not world.door.is_open


def test_somebody_else_does_not(world: World, empty_scene: Scene) -> None:
    world.vision.person = (0, 1, 0, 0)
    shown = world.run(qr_image(world.issue().text), *(empty_scene() for _ in range(3)))
    assert shown.reasons == [Reason.NON_MATCH]
    assert world.door.openings == 0


def test_no_face_is_looked_for_before_a_credential(
    world: World, empty_scene: Scene
) -> None:
    world.run(*(empty_scene() for _ in range(20)))
    assert not world.vision.looked_at


def test_no_face_is_looked_for_after_a_refused_credential(
    world: World, empty_scene: Scene
) -> None:
    issued = world.issue()
    world.home.register("acme").revoke([issued.status_index])
    world.publish()
    shown = world.run(qr_image(issued.text), *(empty_scene() for _ in range(20)))
    assert shown.reasons == [Reason.REVOKED]
    assert not world.vision.looked_at


def test_no_face_is_looked_for_after_the_decision(
    world: World, empty_scene: Scene
) -> None:
    world.run(qr_image(world.issue().text), *(empty_scene() for _ in range(20)))
    assert len(world.vision.looked_at) == world.rules.probe_frames


def test_only_the_standing_zone_reaches_the_models(
    world: World, empty_scene: Scene
) -> None:
    scene = empty_scene()
    scene[:, :160] = 10
    scene[:, 480:] = 200
    world.run(qr_image(world.issue().text), scene)
    (zone,) = world.vision.looked_at
    assert zone.shape == (480, 320, 3)
    assert set(np.unique(zone)) == {127}


def test_every_frame_is_overwritten(world: World, empty_scene: Scene) -> None:
    pictures = [qr_image(world.issue().text), *(empty_scene() for _ in range(10))]
    world.run(*pictures)
    assert not any(picture.any() for picture in pictures)


def test_models_are_warmed_up_once_while_nobody_waits(
    world: World, empty_scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, sizes = world.gate(), []

    def note(height: int, width: int) -> None:
        sizes.append((height, width))

    monkeypatch.setattr(type(gate._gear.chain), "warm_up", staticmethod(note))
    gate.run(world.film(empty_scene(), empty_scene(), empty_scene()))
    assert sizes == [(480, 320)]


def test_frames_are_overwritten_when_something_goes_wrong(
    world: World, empty_scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(image: Image) -> list[Face]:
        if image.any():
            raise RuntimeError
        return []

    monkeypatch.setattr(world.vision, "detect", fail)
    pictures = [qr_image(world.issue().text), empty_scene()]
    with pytest.raises(RuntimeError):
        world.run(*pictures)
    assert not any(picture.any() for picture in pictures)
    assert world.door.openings == 0
    assert world.vision.forgotten


def test_the_models_forget_after_each_decision(
    world: World, empty_scene: Scene
) -> None:
    world.run(*(empty_scene() for _ in range(3)))
    at_rest = world.vision.forgotten
    world.run(qr_image(world.issue().text), *(empty_scene() for _ in range(60)))
    assert world.vision.forgotten > 2 * at_rest


def test_a_camera_that_fails_mid_transaction_refuses_and_forgets(
    world: World, empty_scene: Scene
) -> None:
    with pytest.raises(CaptureError):
        world.run(qr_image(world.issue().text), empty_scene(), None)
    assert world.display.reasons == [Reason.CAMERA_FAULT]
    assert world.door.openings == 0
    assert world.vision.forgotten


@pytest.mark.parametrize("score", [0.9, 0.4])
def test_models_that_cannot_forget_keep_nothing_else(
    world: World,
    empty_scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    score: float,
) -> None:
    """Reference and face are overwritten, and the meter forgets, all the same."""
    world.vision.score = score
    gate, held = world.gate(), []

    def fail() -> None:
        raise ModelError("OpenVINO cannot run this network")

    def note(state: State, event: Event, seconds: float, rules: Rules) -> Step:
        match state:
            case AwaitingFace(reference=reference):
                held.append(reference.values)
            case AwaitingChallenge(face=face):
                held.append(face.values)
            case _:
                pass
        return step(state, event, seconds, rules)

    monkeypatch.setattr(world.vision, "forget", fail)
    monkeypatch.setattr("ostiary.gate.loop.step", note)
    pictures = [qr_image(world.issue().text), *(empty_scene() for _ in range(120))]
    with pytest.raises(ModelError):
        gate.run(world.film(*pictures))
    assert held
    assert not any(array.any() for array in held)
    assert world.meter.forgotten
    assert not world.door.is_open


def test_a_door_that_does_not_open_is_said(world: World, empty_scene: Scene) -> None:
    world.door = SimulatedDoor(broken=True)
    with pytest.raises(ActuatorError):
        world.run(qr_image(world.issue().text), *(empty_scene() for _ in range(3)))
    assert world.display.reasons == [Reason.DOOR_FAULT]
    assert world.display.calls == [Reason.DOOR_FAULT]


def test_the_door_is_shut_whatever_else_fails_at_the_end(
    world: World, empty_scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        if world.door.openings:
            raise BrokenPipeError

    monkeypatch.setattr(world.display, "close", fail)
    monkeypatch.setattr(world.vision, "forget", fail)
    world.rules = Rules(0.5, probe_frames=1)
    with pytest.raises(BrokenPipeError):
        world.run(qr_image(world.issue().text), empty_scene(), empty_scene())
    assert world.door.openings == 1
    assert not world.door.is_open


def test_the_models_forget_while_the_door_is_still_open(
    world: World, empty_scene: Scene
) -> None:
    forgotten_at_opening = []
    look = world.door.look

    def note() -> object:
        if world.door.is_open:
            forgotten_at_opening.append(world.vision.forgotten)
        return look()

    world.door.look = note
    world.run(qr_image(world.issue().text), *(empty_scene() for _ in range(5)))
    assert forgotten_at_opening[0] > 0


def test_a_video_that_ends_leaves_the_door_shut(
    world: World, empty_scene: Scene
) -> None:
    world.run(qr_image(world.issue().text), empty_scene(), empty_scene())
    assert not world.display.all
    assert not world.door.is_open


def test_a_pass_that_stays_in_view_is_decided_upon_once(world: World) -> None:
    issued = world.issue()
    world.home.register("acme").revoke([issued.status_index])
    world.publish()
    shown = world.run(*(qr_image(issued.text) for _ in range(100)))
    assert shown.reasons == [Reason.REVOKED]


def test_a_poster_in_view_does_not_block_the_gate(
    world: World, empty_scene: Scene
) -> None:
    poster, code = qr_image("HTTPS://EXAMPLE.ORG"), qr_image(world.issue().text)

    def beside(first: Image, second: Image | None = None) -> Image:
        height = max(code.shape[0], poster.shape[0])
        picture = np.full((height, 2 * code.shape[1] + 100, 3), 255, np.uint8)
        picture[: first.shape[0], : first.shape[1]] = first
        if second is not None:
            picture[: second.shape[0], -second.shape[1] :] = second
        return picture

    pictures = [beside(poster) for _ in range(50)]
    pictures += [beside(poster, code), *(empty_scene() for _ in range(3))]
    shown = world.run(*pictures)
    assert shown.reasons == [Reason.TEXT_NOT_BASE45, Reason.HOLDER_VERIFIED]


def test_two_passes_at_once_are_refused(world: World) -> None:
    first, second = qr_image(world.issue().text), qr_image(world.issue().text)
    shown = world.run(np.concatenate([first, second], axis=1))
    assert shown.reasons == [Reason.SEVERAL_PASSES]


def test_the_same_pass_can_be_shown_again(world: World, empty_scene: Scene) -> None:
    text = world.issue().text
    world.vision.person = (0, 1, 0, 0)
    once = [lambda: qr_image(text), *[empty_scene] * 40]
    shown = world.run(*(make() for make in once * 2))
    assert shown.reasons == [Reason.NON_MATCH] * 2


@pytest.mark.parametrize(
    ("answer", "reason", "openings"),
    [
        (Confirmation.CONFIRMED, Reason.ATTENDANT_CONFIRMED, 1),
        (Confirmation.DECLINED, Reason.ATTENDANT_DECLINED, 0),
    ],
)
def test_the_lane_without_a_face(
    world: World,
    empty_scene: Scene,
    answer: Confirmation,
    reason: Reason,
    openings: int,
) -> None:
    class Answering:
        asked = 0

        def ask(self) -> None:
            self.asked += 1

        def answer(self) -> Confirmation | None:
            return answer if self.asked else None

    world.attendant = Answering()
    shown = world.run(qr_image(world.issue(faceless=True).text), empty_scene())
    assert shown.reasons == [reason]
    assert world.door.openings == openings
    assert not world.vision.looked_at


class Watched(ConsoleAttendant):
    """A console at which somebody confirms whatever is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.present = True

    @override
    def answer(self) -> Confirmation | None:
        if self.question is not None:
            self.take(self.question, Confirmation.CONFIRMED)
        return super().answer()


@pytest.mark.parametrize(
    ("console", "reason", "openings"),
    [
        (Watched(), Reason.ATTENDANT_CONFIRMED, 1),
        (ConsoleAttendant(), Reason.ATTENDANT_ABSENT, 0),
    ],
)
def test_attendants_at_a_console(
    world: World,
    empty_scene: Scene,
    console: ConsoleAttendant,
    reason: Reason,
    openings: int,
) -> None:
    world.attendant = console
    shown = world.run(qr_image(world.issue(faceless=True).text), empty_scene())
    assert shown.reasons == [reason]
    assert world.door.openings == openings


def test_a_trust_list_that_breaks_later_stops_all_verification(
    world: World, empty_scene: Scene
) -> None:
    text = world.issue().text
    gate_files = world.knowledge()
    assert gate_files.at(AT_NOON)
    world.home.trust_path.write_text("{")
    shown = world.run(qr_image(text), empty_scene())
    assert shown.reasons == [Reason.GATE_NOT_READY]
    assert not world.vision.looked_at


def test_a_stale_status_list_refuses_until_a_fresh_one_lies_there(
    world: World, empty_scene: Scene
) -> None:
    text = world.issue().text
    world.publish(AT_NOON - timedelta(days=2))
    assert world.run(qr_image(text)).reasons == [Reason.STATUS_STALE]
    world.publish()
    shown = world.run(qr_image(text), *(empty_scene() for _ in range(3)))
    assert shown.reasons[-1] is Reason.HOLDER_VERIFIED


def test_a_clock_that_is_set_right_makes_a_list_good_again(world: World) -> None:
    knowledge = world.knowledge()
    far_off = AT_NOON + timedelta(days=100)
    assert knowledge.at(far_off).status_lists == ()
    assert len(knowledge.at(AT_NOON).status_lists) == 1


def test_a_zone_key_that_others_can_read_is_refused(world: World) -> None:
    (path,) = world.home.zone_key_paths("north")
    path.chmod(0o644)
    with pytest.raises(TrustListError, match="chmod 600"):
        world.knowledge().at(AT_NOON)


def test_without_any_status_list_the_pass_is_refused(world: World) -> None:
    (path,) = world.home.status_paths()
    path.write_bytes(b"half a file")
    assert world.run(qr_image(world.issue().text)).reasons == [Reason.STATUS_UNKNOWN]


class Obedient:
    """Makes every move that the display asks for, or others."""

    def __init__(self, world: World, *, obeys: bool = True) -> None:
        self._world, self._obeys = world, obeys
        self.begun = False
        self.forgotten = 0

    def begin(self, image: Image, mesh: Mesh) -> None:
        self.begun = True

    def measure(self, image: Image, mesh: Mesh) -> Parallax:
        prompts = self._world.display.prompts
        asked = prompts[-1] if prompts else Move.LOOK_AHEAD
        return MOVES[asked if self._obeys else OTHERS[asked]]

    def forget(self) -> None:
        self.begun = False
        self.forgotten += 1


MOVES = {
    Move.TURN_LEFT: Parallax(0.1, 0.0, 1.0, 0.95),
    Move.TURN_RIGHT: Parallax(-0.1, 0.0, 1.0, 0.95),
    Move.LOOK_UP: Parallax(0.0, -0.1, 1.0, 0.95),
    Move.NOD: Parallax(0.0, 0.1, 1.0, 0.95),
    Move.COME_CLOSER: Parallax(0.0, 0.0, 1.4, 1.0),
    Move.LOOK_AHEAD: Parallax(0.0, 0.0, 1.0, 1.0),
}
OTHERS = dict(zip(DRAWN, DRAWN[1:] + DRAWN[:1], strict=True)) | {
    Move.LOOK_AHEAD: Move.LOOK_AHEAD
}
OPEN_LOOKS = 0.4


class StandingClock:
    def now(self) -> datetime:
        return AT_NOON

    def seconds(self) -> float:
        return 0.0


def test_moves_are_asked_for_and_open_the_door(
    world: World, empty_scene: Scene
) -> None:
    world.vision.score = OPEN_LOOKS
    world.meter = Obedient(world)
    shown = world.run(qr_image(world.issue().text), *(empty_scene() for _ in range(14)))
    assert len(shown.prompts) == 4
    assert shown.prompts[-1] is Move.LOOK_AHEAD
    assert shown.reasons == [Reason.HOLDER_VERIFIED]
    assert world.meter.forgotten
    assert not world.meter.begun


def test_other_moves_do_not_open_it(world: World, empty_scene: Scene) -> None:
    world.vision.score = OPEN_LOOKS
    world.meter = Obedient(world, obeys=False)
    shown = world.run(qr_image(world.issue().text), *(empty_scene() for _ in range(9)))
    assert shown.reasons == [Reason.OTHER_MOVE]
    assert shown.calls == [Reason.OTHER_MOVE]
    assert world.door.openings == 0


def test_photographs_that_leave_it_open_end_as_not_moved(
    world: World, empty_scene: Scene
) -> None:
    """Their last, blank frame is no other camera."""
    world.vision.score = OPEN_LOOKS
    pictures = [qr_image(world.issue().text), *(empty_scene() for _ in range(3))]
    world.gate().run(Stills(pictures, StandingClock()))
    assert world.display.reasons == [Reason.NOT_MOVED]


@pytest.mark.parametrize("fails", [True, False])
def test_a_source_that_ends_mid_challenge_forgets_the_face(
    world: World, empty_scene: Scene, monkeypatch: pytest.MonkeyPatch, *, fails: bool
) -> None:
    world.vision.score = OPEN_LOOKS
    gate, held = world.gate(), []

    def note(state: State, event: Event, seconds: float, rules: Rules) -> Step:
        if isinstance(state, AwaitingChallenge):
            held.append(state.face.values)
        return step(state, event, seconds, rules)

    monkeypatch.setattr("ostiary.gate.loop.step", note)
    pictures = [qr_image(world.issue().text), *(empty_scene() for _ in range(6))]
    with pytest.raises(CaptureError) if fails else nullcontext():
        gate.run(world.film(*pictures, *[None] * fails))
    assert world.display.reasons == [Reason.CAMERA_FAULT] * fails
    assert held
    assert not any(array.any() for array in held)
    assert not world.meter.begun
    assert world.door.openings == 0


def test_a_source_that_ends_at_the_last_look_forgets_the_face(
    world: World, empty_scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.vision.score = OPEN_LOOKS
    world.meter = Obedient(world)
    gate, held = world.gate(), []

    def note(state: State, event: Event, seconds: float, rules: Rules) -> Step:
        if isinstance(state, AwaitingLastLook):
            held.append(state.face.values)
        return step(state, event, seconds, rules)

    monkeypatch.setattr("ostiary.gate.loop.step", note)
    pictures = [qr_image(world.issue().text), *(empty_scene() for _ in range(12))]
    gate.run(world.film(*pictures))
    assert held
    assert not any(array.any() for array in held)
    assert not world.display.all
    assert world.door.openings == 0


def test_another_face_cannot_finish_the_moves(world: World, empty_scene: Scene) -> None:
    """The holder makes the first of them, and somebody else the others."""
    world.vision.score = OPEN_LOOKS
    obedient = Obedient(world)
    world.meter = obedient
    measure = obedient.measure

    def swapped(image: Image, mesh: Mesh) -> Parallax:
        if len(world.display.prompts) > 1:
            world.vision.person = (0, 1, 0, 0)
        return measure(image, mesh)

    obedient.measure = swapped  # type: ignore[method-assign]
    pictures = [qr_image(world.issue().text), *(empty_scene() for _ in range(130))]
    shown = world.run(*pictures)
    assert shown.reasons == [Reason.NOT_MOVED]
    # The second move, and the one that is offered in its place.
    assert len(shown.prompts) == 3
    assert world.door.openings == 0


def test_orders_differ_from_one_pass_to_the_next(
    world: World, empty_scene: Scene
) -> None:
    world.vision.score = OPEN_LOOKS
    world.meter = Obedient(world)
    world.rules = Rules(0.5, passage_seconds=0.1, rest_seconds=0.1)
    text = world.issue().text
    once = [lambda: qr_image(text), *[empty_scene] * 20]
    shown = world.run(*(make() for make in once * 6))
    assert shown.reasons == [Reason.HOLDER_VERIFIED] * 6
    orders = {tuple(shown.prompts[i : i + 3]) for i in range(0, 24, 4)}
    assert len(orders) > 2


def test_a_gate_that_stops_mid_challenge_forgets_the_face(
    world: World, empty_scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was waiting is overwritten, the fused face included."""
    world.vision.score = OPEN_LOOKS
    gate = world.gate()
    kept: list[Any] = []

    def note(zone: Image, *gear: object) -> None:
        kept.append(gate._state)
        raise KeyboardInterrupt

    monkeypatch.setattr(type(gate._gear.chain), "observe_motion", staticmethod(note))
    pictures = [qr_image(world.issue().text), *(empty_scene() for _ in range(5))]
    with pytest.raises(KeyboardInterrupt):
        gate.run(world.film(*pictures))
    (state,) = kept
    assert isinstance(state, AwaitingChallenge)
    assert not state.face.values.any()
    assert not any(picture.any() for picture in pictures[:5])
    assert world.meter.forgotten
