"""Delays after failed sign-ins."""

from hypothesis import given
from hypothesis import strategies as st

from ostiary.staff import Throttle
from ostiary.staff.throttle import FIRST_DELAY, FORGOTTEN, FREE, SLOTS

LONGEST = 900.0


def throttle(longest: float = LONGEST) -> Throttle:
    return Throttle(longest, bytes)


def failed(times: int, at: float = 0.0) -> Throttle:
    made = throttle()
    for _ in range(times):
        made.fail("kim", at)
    return made


def test_some_are_free_then_each_waits_longer() -> None:
    assert failed(FREE - 1).wait("kim", 0) == 0
    waits = [failed(FREE + more).wait("kim", 0) for more in range(12)]
    assert waits[:3] == [FIRST_DELAY, 2 * FIRST_DELAY, 4 * FIRST_DELAY]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST


def test_others_do_not_wait() -> None:
    assert failed(20).wait("lee", 0) == 0


def test_whoever_waits_is_looked_at() -> None:
    made = failed(FREE)
    assert made.wait("kim", FIRST_DELAY - 0.5) == 0.5
    assert made.wait("kim", FIRST_DELAY) == 0


def test_a_sign_in_and_a_quiet_hour_clear_it() -> None:
    made = failed(FREE + 3)
    made.fail("kim", FORGOTTEN)
    assert made.wait("kim", FORGOTTEN) == 0
    made = failed(FREE + 3)
    made.succeed("kim")
    assert made.wait("kim", 0) == 0


def test_a_clock_that_ran_backwards_waits_the_whole_delay() -> None:
    assert failed(FREE, at=1000.0).wait("kim", 0) == FIRST_DELAY


@given(st.lists(st.text(max_size=20), max_size=50))
def test_no_name_escapes(names: list[str]) -> None:
    made = throttle()
    for name in [*names, "\ud800"]:
        made.fail(name, 0)
        made.wait(name, 0)


def test_a_flood_of_names_takes_no_more_memory_and_pushes_nobody_out() -> None:
    made = failed(20)
    for number in range(3 * SLOTS):
        made.fail(f"x{number}", 0)
    assert len(made._slots) <= SLOTS
    assert made.wait("kim", 0) > 0
