"""Only moves in the order that was asked for, each held and in time, pass."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.actors import Person, Picture, Recording, challenged, other_order
from benchmarks.motion import SPECIES, Camera
from ostiary.presentation.challenge import (
    DRAWN,
    ENDING_LOOKS,
    HELD_LOOKS,
    PROMPTS,
    STEPS,
    Move,
    Order,
    Progress,
    Reading,
    Sight,
    advance,
    begin,
    draw,
    read,
)
from ostiary.presentation.parallax import Parallax
from ostiary.reasons import Reason
from ostiary.terms import Challenge

SECONDS: Final = 5.0
ORDER: Final = Order((Move.TURN_LEFT, Move.NOD, Move.TURN_RIGHT), Move.LOOK_UP)


@dataclass
class Watch:
    """Takes one look after the other, a tenth of a second apart."""

    progress: Progress = field(default_factory=lambda: begin(ORDER, 0.0))
    seconds: float = 0.0
    outcome: Challenge | None = None

    def look(self, *readings: Reading | None, after: float = 0.1) -> Challenge | None:
        for reading in readings:
            self.seconds += after
            taken = advance(self.progress, reading, self.seconds, SECONDS)
            if isinstance(taken, Challenge):
                self.outcome = taken
                break
            self.progress = taken
        return self.outcome


def held(*moves: Reading, looks: int = HELD_LOOKS) -> list[Reading]:
    return [move for move in moves for _ in range(looks)]


def long(reading: Reading) -> list[Reading]:
    return held(reading, looks=ENDING_LOOKS)


def test_the_moves_in_their_order_pass() -> None:
    assert Watch().look(*held(*ORDER.moves)) is Challenge.MADE


def test_a_look_that_was_unclear_does_no_harm() -> None:
    watch = Watch()
    seen = held(Sight.UNCLEAR, Move.TURN_LEFT, Move.LOOK_AHEAD, Move.NOD, Sight.UNCLEAR)
    assert watch.look(*seen) is None
    assert watch.progress.asked == ORDER.moves[2:]


@pytest.mark.parametrize("other", [m for m in DRAWN if m is not ORDER.moves[0]])
def test_another_move_fails(other: Move) -> None:
    assert Watch().look(*long(other)[1:]) is None
    assert Watch().look(*long(other)) is Challenge.OTHER_MOVE


def test_one_look_alone_neither_makes_a_move_nor_fails() -> None:
    watch = Watch()
    assert watch.look(Move.NOD, Move.TURN_LEFT, Move.LOOK_AHEAD, Move.NOD) is None
    assert watch.progress.asked == ORDER.moves


def test_the_move_before_may_linger_until_the_head_is_back() -> None:
    watch = Watch()
    assert watch.look(*held(Move.TURN_LEFT), *long(Move.TURN_LEFT)) is None
    assert watch.look(*held(Move.LOOK_AHEAD)) is None
    assert watch.look(*long(Move.TURN_LEFT)) is Challenge.OTHER_MOVE


def test_a_sheet_that_is_tilted_ends_it() -> None:
    assert Watch().look(*long(Sight.PICTURE)[1:]) is None
    assert Watch().look(*long(Sight.PICTURE)) is Challenge.PICTURE


def test_whoever_does_not_move_is_offered_another_move_and_then_referred() -> None:
    watch = Watch()
    assert watch.look(None, after=SECONDS) is None
    assert watch.progress.move is ORDER.spare
    assert watch.look(None, after=SECONDS) is Challenge.NOT_MADE


def test_the_other_move_counts_as_well() -> None:
    watch = Watch()
    watch.look(None, after=SECONDS)
    assert watch.look(*held(ORDER.spare, *ORDER.moves[1:])) is Challenge.MADE


def test_a_move_that_comes_too_late_neither_counts_nor_fails() -> None:
    watch = Watch()
    watch.look(None, after=SECONDS)
    assert watch.look(*held(Move.TURN_LEFT)) is None
    assert watch.progress.move is ORDER.spare
    assert (
        watch.look(*held(Move.LOOK_AHEAD), *long(Move.TURN_LEFT))
        is Challenge.OTHER_MOVE
    )


@pytest.mark.parametrize("after", [-1.0, float("nan"), 2 * SECONDS, 3600.0])
def test_a_clock_that_jumps_ends_it(after: float) -> None:
    assert Watch().look(Move.TURN_LEFT, after=after) is Challenge.NOT_MADE


READINGS = st.sampled_from([*Move, *Sight, None])


@given(st.lists(READINGS, max_size=40))
def test_nothing_passes_without_every_move_held_in_its_order(
    readings: list[Reading | None],
) -> None:
    """Beside the machine: a search for the moves, each held, one after the other."""
    outcome = Watch().look(*readings, after=0.01)
    looks = [reading for reading in readings if reading is not None]
    left = list(ORDER.moves)
    place = 0
    while left and place + HELD_LOOKS <= len(looks):
        if looks[place : place + HELD_LOOKS] == [left[0]] * HELD_LOOKS:
            left.pop(0)
            place += HELD_LOOKS
        else:
            place += 1
    assert outcome is not Challenge.MADE or not left


def stream(seed: int) -> Callable[[int], bytes]:
    count = iter(range(1 << 32))
    return lambda size: hashlib.shake_256(b"%d %d" % (seed, next(count))).digest(size)


@given(st.integers(0, 1 << 32))
def test_an_order_asks_for_no_move_twice_and_keeps_one_in_reserve(seed: int) -> None:
    order = draw(stream(seed))
    assert len(order.moves) == STEPS
    assert len({*order.moves, order.spare}) == STEPS + 1
    assert {*order.moves, order.spare} <= {*DRAWN}


def test_all_orders_come_up_about_as_often() -> None:
    drawn = Counter(draw(stream(seed)).moves for seed in range(6000))
    assert len(drawn) == 60
    assert min(drawn.values()) > 50
    assert max(drawn.values()) < 160


def test_bytes_that_would_favour_some_moves_are_thrown_away() -> None:
    handed = iter(bytes([255, 255, 0, 255, 3, 1, 255, 1, 255, 0, 0, 0]))
    first = draw(lambda size: bytes(next(handed) for _ in range(size))).moves[0]
    assert first is DRAWN[0]


def test_every_move_has_a_prompt_and_nothing_else_has() -> None:
    assert set(PROMPTS) == set(Move)


def test_all_moves_are_drawn_but_the_look_that_ends_a_challenge() -> None:
    assert {*DRAWN, Move.LOOK_AHEAD} == {*Move}
    assert len(DRAWN) == len(Move) - 1


AHEAD = Parallax(right=0.0, down=0.0, growth=1.0, foreshortening=1.0)


@pytest.mark.parametrize(
    ("seen", "reading"),
    [
        (None, Sight.UNCLEAR),
        (AHEAD, Move.LOOK_AHEAD),
        (Parallax(0.06, 0.0, 1.0, 0.9), Move.TURN_LEFT),
        (Parallax(-0.06, 0.02, 1.0, 0.9), Move.TURN_RIGHT),
        (Parallax(0.0, 0.07, 1.0, 0.9), Move.NOD),
        (Parallax(0.0, -0.07, 1.0, 0.9), Move.LOOK_UP),
        (Parallax(0.07, 0.07, 1.0, 0.9), Sight.UNCLEAR),
        (Parallax(0.045, 0.0, 1.0, 0.95), Sight.UNCLEAR),
        (Parallax(0.0, 0.0, 1.3, 1.0), Move.COME_CLOSER),
        (Parallax(0.0, 0.0, 1.2, 1.0), Sight.UNCLEAR),
        (Parallax(0.0, 0.0, 0.7, 1.0), Sight.UNCLEAR),
        (Parallax(0.01, 0.0, 1.3, 0.8), Sight.PICTURE),
        (Parallax(0.2, 0.0, 1.0, 0.8), Move.TURN_LEFT),
    ],
)
def test_what_a_look_shows(seen: Parallax | None, reading: Reading) -> None:
    assert read(seen) is reading


NO_NUMBERS = st.sampled_from([float("nan"), float("inf"), -float("inf")])


@given(
    st.tuples(*[st.sampled_from([0.0, 0.1, -0.1, 0.7, 1.0, 1.4])] * 4),
    st.integers(0, 3),
    NO_NUMBERS,
)
def test_what_is_no_number_shows_nothing(
    values: tuple[float, float, float, float], place: int, wrong: float
) -> None:
    spoilt = [*values]
    spoilt[place] = wrong
    assert read(Parallax(*spoilt)) is Sight.UNCLEAR


# A few actors each; `benchmarks/geometry.py` counts over a thousand.
CAMERA = Camera()
RUNS = 12


def test_simulated_people_pass_and_recordings_of_another_order_do_not() -> None:
    rng = np.random.default_rng(7)
    people, recordings = [], []
    for _ in range(RUNS):
        order = draw(rng.bytes)
        people.append(challenged(Person(CAMERA, rng), order, CAMERA, rng)[0])
        film = Recording(other_order(order, rng), CAMERA, rng)
        recordings.append(challenged(film, order, CAMERA, rng)[0])
    assert people.count(Reason.HOLDER_VERIFIED) >= RUNS - 1
    assert Reason.HOLDER_VERIFIED not in recordings


@pytest.mark.parametrize("species", SPECIES)
def test_simulated_pictures_pass_no_challenge(species: str) -> None:
    rng = np.random.default_rng(8)
    for _ in range(3):
        order = draw(rng.bytes)
        shown = Picture(species, CAMERA, rng)
        reason, _ = challenged(shown, order, CAMERA, rng)
        assert reason is not Reason.HOLDER_VERIFIED
