"""The rule of the clock: never behind what was seen, and no mark from a wild one."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import LIMITS
from ostiary.credential.clock import is_behind, is_due, raised_mark

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
moments = st.integers(-(10**7), 10**7).map(lambda seconds: NOON + seconds * SECOND)


def test_a_clock_may_stand_a_little_behind_and_no_more() -> None:
    least = NOON - LIMITS.clock_setback
    assert not is_behind(least, [NOON])
    assert is_behind(least - SECOND, [NOON])


def test_every_moment_that_is_known_counts() -> None:
    assert is_behind(NOON, [NOON - MINUTE, NOON + timedelta(days=1)])
    assert not is_behind(NOON, [])


def test_the_first_moment_is_the_first_mark() -> None:
    assert raised_mark(None, NOON, NOON + MINUTE) == NOON


def test_a_mark_is_a_whole_second() -> None:
    at = NOON.replace(microsecond=999_999)
    assert raised_mark(None, at, NOON + MINUTE) == NOON


def test_a_mark_is_the_same_in_every_time_zone() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=5)))
    assert raised_mark(None, there, NOON + MINUTE) == NOON


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=20_000)])
def test_a_clock_past_what_is_believed_raises_nothing(ahead: timedelta) -> None:
    assert raised_mark(NOON, NOON + MINUTE + ahead, NOON + MINUTE) == NOON
    assert raised_mark(None, NOON + MINUTE + ahead, NOON + MINUTE) is None


@given(said=st.lists(moments), until=moments)
def test_a_mark_only_rises_and_never_past_what_is_believed(
    said: list[datetime], until: datetime
) -> None:
    mark: datetime | None = None
    for at in said:
        before, mark = mark, raised_mark(mark, at, until)
        assert before is None or (mark is not None and mark >= before)
    assert mark == max((at for at in said if at < until), default=None)


def test_the_first_mark_is_written_at_once_and_then_in_steps() -> None:
    assert is_due(None, NOON)
    assert not is_due(NOON, NOON + LIMITS.clock_step - SECOND)
    assert is_due(NOON, NOON + LIMITS.clock_step)
    assert not is_due(None, None)
    assert not is_due(NOON, None)
