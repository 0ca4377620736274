"""A few moves in an order drawn anew, and whether they were made in that order.

A recording of the holder shows real relief when the holder's head turned before another
camera; what it cannot know is the order. So each move counts by the direction of the
parallax, only after its prompt, and a move that was not asked for fails the challenge.
A picture, however it is turned, shows no relief: it makes no move at all, and one that
is tilted far is seen to be flat.

A person who does not make a move is offered another, once; and whoever makes none is
referred to the attendant. Nobody is suspected for standing still.

A challenge begins and ends with a look straight ahead, and whatever is near enough to
it in between is judged by its looks: docs/adr/0038.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from ostiary.presentation.continuity import Place
from ostiary.presentation.parallax import Parallax
from ostiary.terms import Challenge, Features


class Move(StrEnum):
    """What a person can be asked for. Left and right are their own."""

    TURN_LEFT = "turn-left"
    TURN_RIGHT = "turn-right"
    LOOK_UP = "look-up"
    NOD = "nod"
    COME_CLOSER = "come-closer"
    LOOK_AHEAD = "look-ahead"


DRAWN: Final[tuple[Move, ...]] = tuple(
    move for move in Move if move is not Move.LOOK_AHEAD
)
"""What an order is drawn from. Whoever looks ahead, where they looked first, makes no
move; they are asked for it at the end."""

PROMPTS: Final[Mapping[Move, str]] = MappingProxyType(
    {
        Move.TURN_LEFT: "Turn your head a little to your left, please.",
        Move.TURN_RIGHT: "Turn your head a little to your right, please.",
        Move.LOOK_UP: "Lift your chin a little, please.",
        Move.NOD: "Lower your chin a little, please.",
        Move.COME_CLOSER: "Come a little closer with your face, please.",
        Move.LOOK_AHEAD: "Thank you. Look straight into the camera again, please.",
    }
)
"""What the person is told."""

OR_WAIT: Final = "If you cannot, just wait: you will be helped."
"""What is told with each of them. Whoever waits is offered another move, and then the
attendant is called."""


class Sight(StrEnum):
    """A look that shows neither a move nor a face ahead."""

    PICTURE = "picture"
    UNCLEAR = "unclear"


Reading: TypeAlias = Move | Sight


@dataclass(frozen=True, slots=True)
class Motion:
    """One look at a person who was asked to move.

    Attributes:
        features: of the face that was looked at, to be held against the one before.
        parallax: between the first look and this one; None: could not be assessed.
        place: of that face.
        scores: the attack detector's, of this very face, 0 (attack) to 1 (bona fide),
            None where it could not be assessed; empty where the face is turned further,
            or is nearer, than those that the detector was measured with.
    """

    features: Features
    parallax: Parallax | None
    place: Place
    scores: tuple[float | None, ...] = field(repr=False)


LEAST_RELIEF: Final = 0.06
"""Parallax from which a head has turned. On NUAA 8 in 10 pairs of living people that
turned by 12 degrees or more have it in one clear direction, and 2 of 936 pairs of
prints (docs/adr/0032)."""

MOST_RELIEF_AHEAD: Final = 0.03
"""Parallax up to which a head looks where it looked first: half of the above."""

WIDEST_SLANT: Final = 0.75
"""How much of a move may go across its direction: up to 37 degrees off."""

LEAST_GROWTH: Final = 1.25
"""Growth of the face from which a person has come closer."""

MOST_GROWTH_AHEAD: Final = 1.12
"""Growth up to which a person stands where they stood; shrinking as much, too."""

PICTURE_RELIEF: Final = 0.04
PICTURE_NARROWING: Final = 0.88
"""What is narrowed below this and shows less relief than that was turned as a plane:
none of 2,429 pairs of living people of NUAA, and 61 of 936 of prints."""

STEPS: Final = 3
"""Moves in a challenge. Three different ones of five make 60 orders, so a recording of
moves in a random order is worth one in 60; and two of the three show relief, since
coming closer counts by size alone."""

HELD_LOOKS: Final = 2
"""Looks in a row that a move takes. One may be an accident of the flow."""

ENDING_LOOKS: Final = 3
"""Looks in a row that end a challenge. A head that swings from one move to the next
passes through others; whoever makes one holds it for longer. With two, 2 in 100
simulated people fail, with four 1 in 200 recordings passes (docs/adr/0033)."""


def read(parallax: Parallax | None) -> Reading:
    """What one look shows; what is no number shows nothing."""
    if parallax is None or not parallax.finite:
        return Sight.UNCLEAR
    if parallax.relief >= LEAST_RELIEF:
        return _direction(parallax)
    if _like_a_picture(parallax):
        return Sight.PICTURE
    if parallax.relief > MOST_RELIEF_AHEAD:
        return Sight.UNCLEAR
    if parallax.growth >= LEAST_GROWTH:
        return Move.COME_CLOSER
    still = 1 / MOST_GROWTH_AHEAD <= parallax.growth <= MOST_GROWTH_AHEAD
    return Move.LOOK_AHEAD if still else Sight.UNCLEAR


def _like_a_picture(parallax: Parallax) -> bool:
    return (
        parallax.relief < PICTURE_RELIEF and parallax.foreshortening < PICTURE_NARROWING
    )


def _direction(parallax: Parallax) -> Reading:
    """The move along whose direction the parallax lies, if it clearly does."""
    right, down = parallax.right, parallax.down
    if abs(down) <= WIDEST_SLANT * abs(right):
        return Move.TURN_LEFT if right > 0 else Move.TURN_RIGHT
    if abs(right) <= WIDEST_SLANT * abs(down):
        return Move.NOD if down > 0 else Move.LOOK_UP
    return Sight.UNCLEAR


@dataclass(frozen=True, slots=True)
class Order:
    """What one challenge asks for, as drawn.

    Attributes:
        moves: in their order, all different.
        spare: offered once in place of a move that is not made; none of `moves`.
    """

    moves: tuple[Move, ...]
    spare: Move


def draw(randomness: Callable[[int], bytes]) -> Order:
    """Draw an order, each as likely as any other.

    Args:
        randomness: that many random bytes, unpredictable to anyone.
    """
    moves: list[Move] = []
    for _ in range(STEPS):
        moves.append(_other(moves, randomness))
    return Order(tuple(moves), _other(moves, randomness))


def _other(drawn: Sequence[Move], randomness: Callable[[int], bytes]) -> Move:
    """One that is not drawn yet; bytes that would favour some are thrown away."""
    left = [move for move in DRAWN if move not in drawn]
    while True:
        number = randomness(1)[0]
        if number < 256 // len(left) * len(left):
            return left[number % len(left)]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a challenge has come.

    Attributes:
        asked: what is left to do; the first is being asked for.
        spare: the move that can still be offered instead; None: it was.
        since: when the first was asked for, in seconds.
        last: what was asked for before, as long as the head was not seen to be back.
        held: what the latest looks showed, and how many of them in a row.
    """

    asked: tuple[Move, ...]
    spare: Move | None
    since: float
    last: Move | None = None
    held: tuple[Reading, int] = field(default=(Sight.UNCLEAR, 0))

    @property
    def move(self) -> Move:
        """What is being asked for now."""
        return self.asked[0]


def begin(order: Order, seconds: float) -> Progress:
    """Ask for the first move.

    Args:
        order: as drawn.
        seconds: now, on a clock that never runs backwards.
    """
    return Progress(order.moves, order.spare, seconds)


def advance(
    progress: Progress, reading: Reading | None, seconds: float, move_seconds: float
) -> Progress | Challenge:
    """Take one look, or the time that passes without one.

    Args:
        progress: so far.
        reading: what the look shows; None: nobody looked.
        seconds: now. A clock that ran backwards counts as too late.
        move_seconds: how long a person has for each move.

    Returns:
        How far it has come, or what came of it.
    """
    if not 0 <= seconds - progress.since < move_seconds:
        return _too_late(progress, seconds, move_seconds)
    if reading is None:
        return progress
    kind, looks = progress.held
    looks = looks + 1 if reading is kind else 1
    progress = replace(progress, held=(reading, looks))
    return progress if looks < HELD_LOOKS else _settled(progress, seconds)


def _settled(progress: Progress, seconds: float) -> Progress | Challenge:
    """What follows from a reading that held."""
    reading, looks = progress.held
    if reading is progress.move:
        return _made(progress, seconds)
    if reading is Move.LOOK_AHEAD:
        return replace(progress, last=None)
    if looks < ENDING_LOOKS or reading is progress.last:
        return progress
    return _ENDING.get(reading, progress)


_ENDING: Final[Mapping[Reading, Challenge]] = MappingProxyType(
    {Sight.PICTURE: Challenge.PICTURE} | dict.fromkeys(DRAWN, Challenge.OTHER_MOVE)
)
"""What comes of a reading that was not asked for, and held."""


def _made(progress: Progress, seconds: float) -> Progress | Challenge:
    """Ask for the next move, if there is one."""
    if len(progress.asked) == 1:
        return Challenge.MADE
    return Progress(progress.asked[1:], progress.spare, seconds, last=progress.move)


def _too_late(
    progress: Progress, seconds: float, move_seconds: float
) -> Progress | Challenge:
    """Offer the spare move, if it was not offered yet, and its time is not over too.

    Whoever is slow may be about to make the former one: that is no other move. A clock
    that jumped, either way, offers nothing more.
    """
    over = not 0 <= seconds - progress.since < 2 * move_seconds
    if progress.spare is None or over:
        return Challenge.NOT_MADE
    asked = (progress.spare, *progress.asked[1:])
    return Progress(asked, None, seconds, last=progress.move)
