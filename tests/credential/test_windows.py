"""Windows of weekdays and hours, as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import Hours
from ostiary.credential.windows import read_window, window_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mon-fri,08:00-18:00", "mon tue wed thu fri 08:00-18:00"),
        ("sun,00:00-24:00", "sun 00:00-24:00"),
        # Over the end of a week.
        ("sat-mon,23:59-24:00", "mon sat sun 23:59-24:00"),
    ],
)
def test_a_window_is_read_and_shown(text: str, shown: str) -> None:
    assert window_text(read_window(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mon",
        "mon-fri",
        "mon,8:00-18:00",
        "mon,18:00-08:00",
        "mon,08:00-08:00",
        "mon,08:60-09:00",
        "mon,00:00-24:01",
        "Mon,08:00-09:00",
        "mit,08:00-09:00",
        "mon,08:00-09:00\n",
        "mon,\u0660\u0668:00-09:00",
    ],
)
def test_any_other_text_is_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        read_window(text)


@given(st.text("montuewdhfrisa-,:0123456789", max_size=24) | st.text(max_size=24))
def test_whatever_is_typed_is_a_window_or_refused(text: str) -> None:
    try:
        window = read_window(text)
    except ValueError:
        return
    assert isinstance(window, Hours)
