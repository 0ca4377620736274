"""One window of weekdays and hours, as people write and read it."""

import re
from typing import Final

from ostiary.credential.claims import Hours

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_FORM: Final = re.compile(
    r"(?P<first>[a-z]{3})(-(?P<last>[a-z]{3}))?,(?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)",
    re.ASCII,
)


def read_window(text: str) -> Hours:
    """The window of a text like `mon-fri,08:00-18:00`.

    Raises:
        ValueError: a text of another form; past midnight takes two of them.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError(text)
    first = WEEKDAYS.index(form["first"])
    last = WEEKDAYS.index(form["last"] or form["first"])
    start, end = _minute(form["start"]), _minute(form["end"])
    # sat-mon goes on into the next week.
    days = range(first, last + 1 if first <= last else last + 8)
    return Hours(frozenset(day % 7 for day in days), start, end)


def window_text(window: Hours) -> str:
    """The window for people, like `mon tue 08:00-18:00`."""
    days = " ".join(WEEKDAYS[day] for day in sorted(window.weekdays))
    return f"{days} {_clock_text(window.start_minute)}-{_clock_text(window.end_minute)}"


def _minute(text: str) -> int:
    hour, minute = (int(part) for part in text.split(":"))
    if minute >= 60:  # noqa: PLR2004 - minutes of an hour
        raise ValueError(text)
    return 60 * hour + minute


def _clock_text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
