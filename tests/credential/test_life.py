"""The life of a key: one state at every moment, and what each state allows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import MAY, Act, LifeCycle, State

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
LIFE = LifeCycle(AT, AT + 10 * DAY, AT + 30 * DAY)
STOLEN = LifeCycle(AT, AT + 10 * DAY, AT + 30 * DAY, AT + 5 * DAY)

MOMENTS = st.integers(-(10**8), 10**8).map(lambda gap: AT + timedelta(seconds=gap))


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (-SECOND, State.NEW),
        (0 * DAY, State.ACTIVE),
        (10 * DAY - SECOND, State.ACTIVE),
        (10 * DAY, State.ENDING),
        (30 * DAY - SECOND, State.ENDING),
        (30 * DAY, State.ENDED),
    ],
)
def test_each_state_has_a_first_second(after: timedelta, state: State) -> None:
    assert LIFE.state(AT + after) is state


@given(MOMENTS, MOMENTS)
def test_a_life_goes_one_way(one: datetime, other: datetime) -> None:
    order = list(State)
    earlier, later = sorted([one, other])
    assert order.index(LIFE.state(earlier)) <= order.index(LIFE.state(later))


@given(MOMENTS, MOMENTS)
def test_what_a_thief_may_have_dated_back_never_counts(
    done: datetime, at: datetime
) -> None:
    assert STOLEN.state(at) is State.COMPROMISED
    assert not any(STOLEN.may(act, at) for act in Act)
    assert not any(STOLEN.vouches(act, done, at) for act in Act)


def test_a_life_without_an_ending_goes_from_active_to_ended() -> None:
    life = LifeCycle.between(AT, AT + DAY)
    assert life.state(AT + DAY - SECOND) is State.ACTIVE
    assert life.state(AT + DAY) is State.ENDED


def test_nothing_new_is_made_before_or_after_the_active_time() -> None:
    making = set(Act) - {Act.COUNT, Act.WITHDRAW}
    assert all(MAY[act] == {State.ACTIVE} for act in making)


def test_an_ending_issuer_still_withdraws_passes() -> None:
    assert LIFE.may(Act.WITHDRAW, AT + 10 * DAY)
    assert not LIFE.may(Act.ISSUE, AT + 10 * DAY)


def test_what_was_made_while_active_counts_until_the_end() -> None:
    last = AT + 10 * DAY - SECOND
    assert LIFE.vouches(Act.ISSUE, last, AT + 30 * DAY - SECOND)
    assert not LIFE.vouches(Act.ISSUE, last, AT + 30 * DAY)
    assert not LIFE.vouches(Act.ISSUE, last + SECOND, last + SECOND)
    # By the clock of a gate that is behind.
    assert LIFE.vouches(Act.ISSUE, AT, AT - SECOND)


@pytest.mark.parametrize(
    "moments",
    [
        (AT, AT, AT + DAY),
        (AT + DAY, AT, AT + DAY),
        (AT, AT + 2 * DAY, AT + DAY),
        (AT.replace(tzinfo=None), AT + DAY, AT + DAY),
        (AT, AT + DAY, AT + DAY, AT.replace(microsecond=1)),
    ],
)
def test_moments_stand_in_order(moments: tuple[datetime, ...]) -> None:
    with pytest.raises(ValueError, match=r"active|moment"):
        LifeCycle(*moments)


def test_a_state_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        LIFE.state(AT.replace(tzinfo=None))
