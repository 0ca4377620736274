"""What models are given: nothing before a credential, nobody beside the zone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.capture.qr import qr_image
from ostiary.presentation.parallax import Parallax
from ostiary.reasons import Reason
from ostiary.terms import (
    AccessDecision,
    Face,
    Features,
    Frame,
    Image,
    Mesh,
    Outcome,
    Rectangle,
)
from ostiary.transaction import (
    AwaitingAttendant,
    AwaitingChallenge,
    AwaitingDoor,
    AwaitingFace,
    AwaitingPassage,
    Idle,
    Resting,
    State,
)
from ostiary.vision.reduced import MAX_WIDTH_PIXELS, ReducedPicture

World: TypeAlias = Any  # tests/gate/conftest.py makes it
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
BYSTANDER = 200
SHOWN = 127


class Models:
    """Keeps every array that any model is given, with all that lies in its memory."""

    def __init__(self, world: World) -> None:
        self._vision = world.vision
        self._meter = world.meter
        self.given: list[Image] = []

    def note(self, image: Image) -> None:
        whole = image
        while isinstance(whole.base, np.ndarray):
            whole = whole.base
        self.given.append(whole.copy())

    @property
    def begun(self) -> bool:
        return bool(self._meter.begun)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the script has it
        return getattr(self._vision, name)

    def detect(self, image: Image) -> list[Face]:
        self.note(image)
        found: list[Face] = self._vision.detect(image)
        return found

    def look(self, image: Image, face: Face) -> Mesh:
        self.note(image)
        mesh: Mesh = self._vision.look(image, face)
        return mesh

    def align(self, image: Image, face: Face, mesh: Mesh) -> Image:
        self.note(image)
        aligned: Image = self._vision.align(image, face, mesh)
        return aligned

    def assess(self, image: Image, face: Face) -> float | None:
        self.note(image)
        score: float | None = self._vision.assess(image, face)
        return score

    def extract(self, aligned: Image) -> Features:
        self.note(aligned)
        features: Features = self._vision.extract(aligned)
        return features

    def begin(self, image: Image, face: Face) -> None:
        self.note(image)
        self._meter.begin(image, face)

    def measure(self, image: Image, face: Face) -> Parallax | None:
        self.note(image)
        parallax: Parallax | None = self._meter.measure(image, face)
        return parallax

    def forget(self) -> None:
        self._vision.forget()
        self._meter.forget()


@pytest.fixture
def models(world: World) -> Models:
    made = Models(world)
    world.vision = world.meter = made
    return made


def scene() -> Image:
    """A room, the middle half of which is the standing zone, and a bystander."""
    picture = np.full((480, 640, 3), SHOWN, np.uint8)
    picture[100:300, 20:150] = BYSTANDER
    picture[100:300, 500:630] = BYSTANDER
    return picture


@pytest.mark.parametrize("score", [0.9, 0.4])
def test_no_model_is_given_a_bystander(
    world: World, models: Models, score: float
) -> None:
    """Neither in a probe's frames nor while moves are asked for, nor beneath a view."""
    models._vision.score = score
    world.run(qr_image(world.issue().text), *(scene() for _ in range(30)))
    assert len(models.given) > 10
    assert any((each == SHOWN).any() for each in models.given)
    frames = [each for each in models.given if each.shape == (480, 640, 3)]
    assert frames
    assert not any(each[:, :160].any() or each[:, 480:].any() for each in frames)
    assert not any((each == BYSTANDER).any() for each in models.given)


@given(
    st.tuples(*[st.floats(0, 1)] * 4),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_everything_around_a_zone_is_overwritten(
    sides: tuple[float, float, float, float], size: tuple[int, int]
) -> None:
    left, top, width, height = sides
    try:
        zone = Rectangle(left, top, min(width, 1 - left), min(height, 1 - top))
    except ValueError:
        return
    picture = np.full((*size, 3), 9, np.uint8)
    inside = zone.blank_around(picture)
    assert (inside == 9).all()
    assert int((picture == 9).sum()) == inside.size


def waiting(kind: type[State], world: World) -> State:
    """A gate's state of that kind, reached as a person reaches it."""
    gate, found = world.gate(), []
    world.vision._vision.score = 0.4 if kind is AwaitingChallenge else 0.9
    faceless = kind is AwaitingAttendant
    pictures = [qr_image(world.issue(faceless=faceless).text)]
    pictures += [scene() for _ in range(5)]
    world.door.passed = lambda: False
    take = gate._take

    def note(event: object, sight: object) -> None:
        take(event, sight)
        if isinstance(gate._state, kind):
            found.append(gate._state)

    gate._take = note
    gate.run(world.film(*pictures))
    world.vision.given.clear()
    state: State = found[0]
    return state


@pytest.mark.parametrize(
    ("kind", "looks"),
    [
        (AwaitingFace, True),
        (AwaitingChallenge, True),
        (AwaitingAttendant, False),
        (AwaitingPassage, False),
    ],
)
def test_models_run_while_a_verified_pass_waits_for_its_holder_and_never_else(
    world: World, models: Models, kind: type[State], *, looks: bool
) -> None:
    gate, state = world.gate(), waiting(kind, world)
    gate._state = state
    gate._serve(Frame(scene(), AT, 0.35))
    assert bool(models.given) is looks


DECIDED = AccessDecision(Outcome.GRANT, Reason.HOLDER_VERIFIED)


@pytest.mark.parametrize(
    "make", [Idle, lambda: Resting(0.0), lambda: AwaitingDoor(DECIDED, 0.0)]
)
def test_models_see_nothing_before_a_pass_nor_after_the_decision(
    world: World, models: Models, make: Callable[[], State]
) -> None:
    gate = world.gate()
    for number in range(10):
        gate._state = make()
        at = AT + timedelta(seconds=number / 10)
        gate._serve(Frame(scene(), at, number / 10))
    # They are made ready once, on a blank; nothing of a picture is given to them.
    assert len(models.given) <= 1
    assert not any(each.any() for each in models.given)


def test_faces_are_looked_for_in_pictures_of_640_pixels_at_most() -> None:
    reduced, factor = ReducedPicture().of(np.zeros((1080, 1920, 3), np.uint8))
    assert (reduced.shape[1], factor) == (MAX_WIDTH_PIXELS, 1 / 3)
    assert MAX_WIDTH_PIXELS == 640
