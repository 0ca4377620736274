"""How often a pass and a gate can be tried, whatever anybody does."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.reasons import Reason
from ostiary.transaction.attempts import (
    FIRST_DELAY,
    FORGOTTEN,
    FREE_TRIES,
    GATE_SECONDS,
    GATE_TRIES,
    LONGEST_DELAY,
    MAX_BYTES,
    MOST_PASSES,
    Attempts,
    Tries,
    dump_mark,
    load_mark,
    next_mark,
)

DAY = 86_400.0
COPY, OTHER = b"copied", b"somebody else's"


def fresh() -> Attempts:
    return Attempts(0.0, 0.0)


def most_tries(window: float) -> int:
    """Tries of a pass within so many seconds, after the table in docs/adr/0037."""
    delays = [FIRST_DELAY * 2.0**number for number in range(5)]
    delays += [LONGEST_DELAY] * 100
    return FREE_TRIES + sum(moment <= window for moment in accumulate(delays))


def busiest(moments: Sequence[float], window: float) -> int:
    return max(
        (sum(start <= each <= start + window for each in moments) for start in moments),
        default=0,
    )


def try_on(attempts: Attempts, seconds: float) -> tuple[Attempts, bool]:
    if attempts.refusal(COPY, seconds) is not None:
        return attempts, False
    return attempts.charged(COPY, seconds), True


@given(st.lists(st.floats(0.0, 2000.0), max_size=200))
def test_a_pass_is_never_tried_more_often_in_any_window(gaps: Sequence[float]) -> None:
    attempts, tried = fresh(), []
    for moment in accumulate(gaps):
        attempts, allowed = try_on(attempts, moment)
        tried += [moment] if allowed else []
    for window in (0.0, 29.0, 60.0, 600.0, 3600.0, 20_000.0):
        assert busiest(tried, window) <= most_tries(window)


def test_somebody_who_never_tires_gets_a_hundred_tries_a_day() -> None:
    attempts, tried, seconds = fresh(), 0, 0.0
    while seconds < DAY:
        attempts, allowed = try_on(attempts, seconds)
        tried += allowed
        seconds += 5.0
    assert most_tries(DAY) - 2 <= tried <= 100


@given(st.lists(st.floats(0.0, 2000.0), max_size=100), st.floats(0.0, DAY))
def test_the_owner_gets_in_after_the_longest_delay_at_most(
    gaps: Sequence[float], later: float
) -> None:
    """Whatever was done with a copy; and a refusal on the way costs nothing."""
    attempts, latest = fresh(), 0.0
    for moment in accumulate(gaps):
        attempts, allowed = try_on(attempts, moment)
        latest = moment if allowed else latest
    assert attempts.refusal(COPY, latest + LONGEST_DELAY + later) is None
    # The level falls by fractions, so that a minute is one only nearly.
    soon = latest + GATE_SECONDS + 0.001
    assert attempts.cleared(COPY, latest, 0).refusal(COPY, soon) is None


def test_a_delay_is_over_when_it_is_over() -> None:
    for since in (7232.217, 0.1, 1e9 + 0.3):
        assert Tries(10**9, since).wait(since + LONGEST_DELAY) == 0.0


def test_delays_double_up_to_the_longest() -> None:
    waits = [Tries(failed, 0.0).wait(0.0) for failed in range(FREE_TRIES + 9)]
    assert waits == [*[0.0] * FREE_TRIES, 30, 60, 120, 240, 480, *[960] * 4]
    assert Tries(10**9, 0.0).wait(0.0) == LONGEST_DELAY


def test_a_clock_that_runs_backwards_frees_nobody() -> None:
    assert Tries(FREE_TRIES, 100.0).wait(50.0) == FIRST_DELAY
    full = Attempts(GATE_TRIES, 100.0)
    assert full.refusal(COPY, 50.0) is Reason.GATE_TRIED_TOO_OFTEN


def test_one_pass_is_not_answerable_for_another() -> None:
    attempts = fresh()
    for _ in range(FREE_TRIES):
        attempts = attempts.charged(COPY, 0.0)
    assert attempts.refusal(COPY, 1.0) is Reason.TRIED_TOO_OFTEN
    assert attempts.refusal(OTHER, 1.0) is None


def test_only_the_verified_holder_clears_the_tries_and_not_those_of_the_gate() -> None:
    attempts = fresh()
    for _ in range(FREE_TRIES):
        attempts = attempts.charged(COPY, 0.0).charged(OTHER, 0.0)
    cleared = attempts.cleared(COPY, 0.0, 0)
    assert cleared.refusal(COPY, 0.0) is None
    assert cleared.refusal(OTHER, 0.0) is Reason.TRIED_TOO_OFTEN
    assert cleared.level == attempts.level == 2 * FREE_TRIES
    assert attempts.cleared(COPY, 0.0, 1).level == 2 * FREE_TRIES - 1
    assert fresh().cleared(COPY, 0.0, 1).level == 0


def test_nothing_is_left_of_a_pass_after_a_day_and_there_is_a_most() -> None:
    attempts = fresh().charged(COPY, 0.0)
    assert COPY not in attempts.charged(OTHER, FORGOTTEN).passes
    assert attempts.charged(COPY, FORGOTTEN - 1).passes[COPY].failed == 2
    assert attempts.charged(COPY, FORGOTTEN).passes[COPY].failed == 1
    many = {number.to_bytes(4): Tries(1, 1.0) for number in range(MOST_PASSES - 1)}
    attempts = replace(attempts, passes={COPY: Tries(1, 0.0), **many})
    attempts = attempts.charged(OTHER, 2.0)
    assert len(attempts.passes) == MOST_PASSES
    assert OTHER in attempts.passes
    assert COPY not in attempts.passes


def test_a_representation_tells_of_no_pass() -> None:
    assert "copied" not in repr(fresh().charged(COPY, 0.0))


CUT = "power cut"


@given(
    st.lists(st.one_of(st.just(CUT), st.floats(0.0, 100.0), st.just(0.0)), max_size=250)
)
def test_a_gate_is_never_tried_more_often_whoever_cuts_its_power(
    story: Sequence[str | float],
) -> None:
    """With a pass of its own for each try, so that no pass's own limit helps."""
    attempts, mark, seconds = fresh(), 0, 0.0
    tried: list[float] = []
    for event in story:
        if isinstance(event, str):
            attempts = Attempts(float(load_mark(dump_mark(mark))), seconds)
            continue
        seconds += event
        tag = len(tried).to_bytes(4)
        if attempts.refusal(tag, seconds) is None:
            attempts = attempts.charged(tag, seconds)
            tried.append(seconds)
        level = attempts.level_at(seconds)
        mark = next_mark(mark, level)
        assert level <= mark <= GATE_TRIES
    for window in (0.0, 60.0, 600.0, 3600.0):
        assert busiest(tried, window) <= GATE_TRIES + window / GATE_SECONDS + 1e-6


@given(st.floats(0.0, GATE_TRIES))
def test_a_gate_serves_again_within_a_minute(level: float) -> None:
    assert Attempts(level, 0.0).refusal(COPY, GATE_SECONDS) is None


def test_the_mark_changes_with_one_try_in_five_and_comes_down_in_tens() -> None:
    marks = [0]
    for level in range(1, 13):
        marks.append(next_mark(marks[-1], level))
    assert marks == [0, *[5] * 5, *[10] * 5, *[15] * 2]
    assert next_mark(15, 5.1) == 15
    assert next_mark(15, 5.0) == 5
    assert next_mark(5, 0.0) == 5


@given(st.integers(0, GATE_TRIES))
def test_a_mark_is_read_as_it_was_written(mark: int) -> None:
    data = dump_mark(mark)
    assert len(data) <= MAX_BYTES
    assert load_mark(data) == mark


@given(st.one_of(st.binary(max_size=2 * MAX_BYTES), st.text().map(str.encode)))
def test_whatever_else_is_there_counts_as_tried_too_often(data: bytes) -> None:
    assert load_mark(data) == GATE_TRIES


@pytest.mark.parametrize(
    "text",
    [
        '{"version": 1, "tries": -1}',
        '{"version": 1, "tries": 31}',
        '{"version": 1, "tries": 1.5}',
        '{"version": 1, "tries": true}',
        '{"version": 2, "tries": 0}',
        '{"version": 1}',
        '{"version": 1, "tries": 0, "who": 3}',
        '{"version": 1, "tries": 0, "tries": 0}',
    ],
)
def test_a_mark_that_no_gate_wrote_counts_as_tried_too_often(text: str) -> None:
    assert load_mark(text.encode()) == GATE_TRIES
