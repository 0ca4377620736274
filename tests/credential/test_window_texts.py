"""Windows of weekdays and hours, as people write and read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import Hours
from ostiary.credential.windows import read_window, window_text

DAY = 24 * 60


@given(
    st.sets(st.integers(0, 6), min_size=1),
    st.lists(st.integers(0, DAY), min_size=2, max_size=2, unique=True).map(sorted),
)
def test_what_is_written_is_read_again(days: set[int], minutes: list[int]) -> None:
    window = Hours(frozenset(days), minutes[0], minutes[1])
    assert read_window(window_text(window)) == window


def test_a_range_may_go_on_into_the_next_week() -> None:
    assert read_window("sat-mon,08:00-09:00").weekdays == {5, 6, 0}
    assert read_window("mon wed,08:00-09:00").weekdays == {0, 2}


@given(st.text(alphabet="monfri,- :0189\n", max_size=24))
def test_any_text_is_a_window_or_no_value(text: str) -> None:
    try:
        window = read_window(text)
    except ValueError:
        return
    assert read_window(window_text(window)) == window


@pytest.mark.parametrize(
    "text",
    [
        "",
        "always",
        "mon",
        "mon,8-9",
        "xxx,08:00-09:00",
        "mon,08:60-09:00",
        "mon  wed,08:00-09:00",
        "mon,18:00-08:00",
        "\u202enom,08:00-09:00",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the caller says what it is about
        read_window(text)
