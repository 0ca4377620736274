"""So many requests at once, and so many a second."""

from hypothesis import given
from hypothesis import strategies as st

from ostiary.staff.rate import Rate


def test_a_burst_and_then_one_after_the_other() -> None:
    rate = Rate(burst=3, per_second=2)
    assert [rate.take(b"a", 0.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert rate.take(b"a", 0.25) == 0.25
    assert rate.take(b"a", 0.5) == 0.0
    assert rate.take(b"b", 0.5) == 0.0


def test_nothing_is_left_of_one_who_rested() -> None:
    rate = Rate(burst=3, per_second=2)
    for who in (b"a", b"b", b"c"):
        rate.take(who, 0.0)
    rate.take(b"d", 60.0)
    assert len(rate) == 1


@given(st.lists(st.floats(0, 2), max_size=60))
def test_never_more_than_the_burst_and_the_rate(pauses: list[float]) -> None:
    rate, now, let_in = Rate(burst=5, per_second=2), 0.0, 0
    for pause in pauses:
        now += pause
        let_in += rate.take(b"a", now) == 0.0
    assert let_in <= 5 + 2 * now + 1e-6
