"""Weekdays and hours of a pass as people write and read them."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from ostiary.credential import Hours
from ostiary.errors import ConfigurationError

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_FORM: Final = re.compile(
    r"(?P<zone>[^=]+)=(?P<first>[a-z]{3})(-(?P<last>[a-z]{3}))?"
    r",(?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)"
)


def read_hours(texts: Iterable[str]) -> Mapping[str, tuple[Hours, ...]]:
    """Windows by zone, from texts like `north=mon-fri,08:00-18:00`.

    Raises:
        ConfigurationError: a text of another form.
    """
    windows: dict[str, tuple[Hours, ...]] = {}
    for text in texts:
        form = _FORM.fullmatch(text)
        window = _window(form) if form else None
        if form is None or window is None:
            raise ConfigurationError(
                f"--hours {text!r}: write it like north=mon-fri,08:00-18:00; "
                "past midnight takes two of them"
            )
        windows[form["zone"]] = (*windows.get(form["zone"], ()), window)
    return windows


def hours_text(window: Hours) -> str:
    """One window for people, like `mon tue 08:00-18:00`."""
    days = " ".join(WEEKDAYS[day] for day in sorted(window.weekdays))
    return f"{days} {_clock_text(window.start_minute)}-{_clock_text(window.end_minute)}"


def _window(form: re.Match[str]) -> Hours | None:
    try:
        first = WEEKDAYS.index(form["first"])
        last = WEEKDAYS.index(form["last"] or form["first"])
        start, end = _minute(form["start"]), _minute(form["end"])
        # sat-mon goes on into the next week.
        days = range(first, last + 1 if first <= last else last + 8)
        return Hours(frozenset(day % 7 for day in days), start, end)
    except ValueError:
        return None


def _minute(text: str) -> int:
    hour, minute = (int(part) for part in text.split(":"))
    if minute >= 60:  # noqa: PLR2004 - minutes of an hour
        raise ValueError(text)
    return 60 * hour + minute


def _clock_text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
