"""People, recordings and pictures before a simulated gate that asks for moves.

A person reads a prompt, takes a moment, turns about as far as people turn, holds it for
a moment and comes back. Asked to look ahead, they finish what they were at. A recording
shows such a person who was asked for another order, through a second camera, from its
own clock, over and over. A picture is turned as a head would be, and bent on the way.
Frames are dropped, and looks fail, as they do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from benchmarks.motion import (
    DISTANCE,
    EYES,
    FACE_WIDTH,
    TILT,
    Body,
    Camera,
    Points,
    Pose,
    View,
    face_points,
    head,
    picture,
    track,
    view,
)
from ostiary.presentation.challenge import Motion, Move, Order, draw, read
from ostiary.presentation.continuity import Place
from ostiary.presentation.parallax import measure
from ostiary.reasons import Reason
from ostiary.terms import Appearance, Features, Observation, Probe, Undetermined
from ostiary.transaction import (
    Announce,
    AwaitingChallenge,
    AwaitingLastLook,
    DrawMoves,
    Effect,
    FaceObserved,
    MotionObserved,
    MovesDrawn,
    OpenDoor,
    Prompt,
    Rules,
    State,
    step,
)

FRAMES_PER_SECOND: Final = 15
DROPPED: Final = 0.1
"""Share of the frames that never arrive."""

UNASSESSED: Final = 0.35
"""Share of the looks at a turned head that the quality gate turns away: on NUAA, of
pairs that turn by 12 degrees or more, 4 in 10."""

MOVE_SECONDS: Final = 5.0
"""As `Rules` has it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How people move; drawn evenly between two ends.

    Attributes:
        reaction: from the prompt to the first movement, in seconds.
        rise: until the head is turned, in seconds.
        hold: how long it stays turned, in seconds.
        turn: how far to a side, in degrees.
        nod: how far up or down, in degrees.
        growth: how much nearer.
        slant: how much of a turn goes astray, one standard deviation.
    """

    reaction: tuple[float, float] = (0.3, 1.2)
    rise: tuple[float, float] = (0.3, 0.9)
    hold: tuple[float, float] = (0.6, 1.5)
    turn: tuple[float, float] = (14.0, 30.0)
    nod: tuple[float, float] = (13.0, 24.0)
    growth: tuple[float, float] = (1.3, 1.6)
    slant: float = 0.12


class Actor(Protocol):
    """Whoever is before the camera."""

    def prompt(self, move: Move, seconds: float) -> None:
        """Hear a prompt."""
        ...

    def look(self, seconds: float) -> Points:
        """What the camera measures: n x 2, in pixels."""
        ...

    @property
    def face(self) -> Points:
        """Where the points lie on the face."""
        ...


@dataclass(frozen=True, slots=True)
class Excursion:
    """One move as it is made: out, held, and back."""

    begins: float
    rise: float
    hold: float
    left: float
    down: float
    growth: float

    def share(self, seconds: float) -> float:
        """How much of it is reached now, 0 to 1."""
        since = seconds - self.begins
        out = np.clip(since / self.rise, 0, 1)
        back = np.clip((since - self.rise - self.hold) / self.rise, 0, 1)
        return float(np.sin(np.pi / 2 * (out - back)) ** 2)


def excursion(
    move: Move, seconds: float, bounds: Bounds, rng: np.random.Generator
) -> Excursion:
    """How somebody makes a move that they are asked for now."""
    turn, nod = rng.uniform(*bounds.turn), rng.uniform(*bounds.nod)
    left, down = {
        Move.TURN_LEFT: (turn, 0.0),
        Move.TURN_RIGHT: (-turn, 0.0),
        Move.LOOK_UP: (0.0, -nod),
        Move.NOD: (0.0, nod),
        Move.COME_CLOSER: (0.0, 0.0),
        Move.LOOK_AHEAD: (0.0, 0.0),
    }[move]
    astray = rng.normal(0, bounds.slant, 2)
    closer = move is Move.COME_CLOSER
    return Excursion(
        begins=seconds + rng.uniform(*bounds.reaction),
        rise=rng.uniform(*bounds.rise),
        hold=rng.uniform(*bounds.hold),
        left=left + astray[0] * abs(down),
        down=down + astray[1] * abs(left),
        growth=rng.uniform(*bounds.growth) if closer else 1.0,
    )


class Person:
    """Somebody who does what they are asked."""

    def __init__(
        self, camera: Camera, rng: np.random.Generator, bounds: Bounds | None = None
    ) -> None:
        self._rng = rng
        self._bounds = bounds or Bounds()
        self.face = face_points(camera.points, rng)
        self._body = head(self.face, rng)
        self._distance = rng.uniform(*DISTANCE)
        self._view = view(camera, self._distance, rng)
        left, down, roll, *shift = rng.normal(0, (3, 3, 3, 20, 20))
        self._rest = Pose(left, down, roll, (shift[0], shift[1]))
        self._made: list[Excursion] = []

    def prompt(self, move: Move, seconds: float) -> None:
        """Begin the move, after a moment."""
        self._made.append(excursion(move, seconds, self._bounds, self._rng))

    @property
    def lasts(self) -> float:
        """When the last move is over, in seconds."""
        last = self._made[-1]
        return last.begins + 2 * last.rise + last.hold

    def pose(self, seconds: float) -> Pose:
        """How the head is held now, with the sway of somebody who stands."""
        left, down, growth = self._rest.left, self._rest.down, 1.0
        for each in self._made:
            share = each.share(seconds)
            left, down = left + share * each.left, down + share * each.down
            growth *= each.growth**share
        sway = self._rng.normal(0, 0.3, 3)
        return replace(
            self._rest,
            left=left + sway[0],
            down=down + sway[1],
            roll=self._rest.roll + sway[2],
            distance=self._distance / growth,
        )

    def look(self, seconds: float) -> Points:
        """As the camera measures it."""
        return self._view.look(self._body, self.pose(seconds), self._rng)


class Recording:
    """A person who was asked for another order, shown to the gate over and over."""

    def __init__(self, order: Order, camera: Camera, rng: np.random.Generator) -> None:
        self._person = Person(camera, rng)
        self._starts = rng.uniform(-1.0, 1.5)
        seconds = 0.0
        for move in order.moves:
            self._person.prompt(move, seconds)
            seconds = self._person.lasts - rng.uniform(0, 0.8)
        self._lasts = self._person.lasts
        self.face = self._person.face

    def prompt(self, move: Move, seconds: float) -> None:
        """A recording hears nothing."""

    def look(self, seconds: float) -> Points:
        """The person as they were at that moment of the recording."""
        played = max(seconds - self._starts, 0.0) % self._lasts
        return self._person.look(played)


class Picture:
    """A picture that is turned as a head would be, and bent anew for each move."""

    def __init__(self, species: str, camera: Camera, rng: np.random.Generator) -> None:
        self._species, self._rng = species, rng
        self.face = face_points(camera.points, rng)
        self._bounds = Bounds(turn=(15.0, 40.0), nod=(15.0, 40.0))
        self._bodies = list(picture(species, self.face, rng))
        self._distance = rng.uniform(*DISTANCE)
        self._view: View = view(camera, self._distance, rng)
        self._rest = Pose(*rng.uniform(-TILT, TILT, 2))
        self._made: Excursion | None = None

    def prompt(self, move: Move, seconds: float) -> None:
        """Turn the picture that way, and bend it if it is to be bent."""
        self._made = excursion(move, seconds, self._bounds, self._rng)
        if self._species.endswith("anew"):
            self._bodies[1] = picture(self._species, self.face, self._rng)[1]

    def look(self, seconds: float) -> Points:
        """As the camera measures it."""
        share = self._made.share(seconds) if self._made else 0.0
        left = share * (self._made.left if self._made else 0.0)
        down = share * (self._made.down if self._made else 0.0)
        growth = (self._made.growth if self._made else 1.0) ** share
        pose = Pose(
            self._rest.left + left,
            self._rest.down + down,
            self._rng.normal(0, 1),
            tuple(self._rng.normal(0, 5, 2)),
            self._distance / growth,
        )
        return self._view.look(self._between(share), pose, self._rng)

    def _between(self, share: float) -> Body:
        first, second = self._bodies
        surface = (1 - share) * first.surface + share * second.surface
        return Body(self.face, surface)


def other_order(order: Order, rng: np.random.Generator) -> Order:
    """Another order, drawn as a gate draws it."""
    while (other := draw(rng.bytes)).moves == order.moves:
        pass
    return other


HOLDER: Final = Features("simulated/1", np.array([1, 0], np.float32))
RULES: Final = Rules(0.5, move_seconds=MOVE_SECONDS)
SUFFICES: Final = 0.9
"""The score of every look that is judged: looks are not simulated."""


def challenged(
    actor: Actor, order: Order, camera: Camera, rng: np.random.Generator
) -> tuple[Reason, float]:
    """What the gate decides of this actor, asked for these moves, and when.

    Its own transaction, from the match to the decision; everybody has the holder's
    face, and whoever looks ahead has good looks.
    """
    seconds, first = 0.0, actor.look(0.0)
    state: State = AwaitingChallenge(HOLDER, Appearance.OPEN, seconds)
    while True:
        seconds += 1 / FRAMES_PER_SECOND
        if rng.random() < DROPPED:
            continue
        motion = looked(actor, first, actor.look(seconds), camera, rng)
        last = isinstance(state, AwaitingLastLook)
        event = FaceObserved(probed(motion)) if last else MotionObserved(motion)
        state, effects = step(state, event, seconds, RULES)
        if DrawMoves() in effects:
            state, effects = step(state, MovesDrawn(order), seconds, RULES)
        for effect in effects:
            if isinstance(effect, Prompt):
                actor.prompt(effect.move, seconds)
        if reason := decided(effects):
            return reason, seconds


def decided(effects: Sequence[Effect]) -> Reason | None:
    """Why the gate opens its door, or does not; None: nothing is decided."""
    if OpenDoor() in effects:
        return Reason.HOLDER_VERIFIED
    announced = (each for each in effects if isinstance(each, Announce))
    return next((each.decision.reason for each in announced), None)


def looked(
    actor: Actor,
    first: Points,
    points: Points,
    camera: Camera,
    rng: np.random.Generator,
) -> Motion:
    """One look, as the chain would hand it on."""
    eyes = camera.face_pixels * EYES / FACE_WIDTH
    parallax = measure(track(actor.face, first, points, eyes))
    ahead = read(parallax) is Move.LOOK_AHEAD
    if not ahead and rng.random() < UNASSESSED:
        parallax = None
    wide, high = np.ptp(points, axis=0)
    across, down = points.mean(axis=0)
    place = Place(across, down, float(np.sqrt(wide * high)))
    return Motion(HOLDER, parallax, place, (SUFFICES,) if ahead else ())


def probed(motion: Motion) -> Observation:
    """The same look, where a probe is wanted."""
    if not motion.scores:
        return Undetermined(Reason.FACE_TURNED)
    return Probe(HOLDER, SUFFICES)
