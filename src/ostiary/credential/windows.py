"""One window of weekdays and hours, as people write and read it."""

import re
from collections.abc import Iterable
from typing import Final

from ostiary.credential.claims import Hours

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_FORM: Final = re.compile(
    r"(?P<days>[a-z]{3}(-[a-z]{3}|( [a-z]{3})*))[, ]"
    r"(?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)",
    re.ASCII,
)


def read_window(text: str) -> Hours:
    """The window of a text like `mon-fri,08:00-18:00`, or of what `window_text` makes.

    Raises:
        ValueError: a text of another form; past midnight takes two of them.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError(text)
    start, end = _minute(form["start"]), _minute(form["end"])
    return Hours(frozenset(_days(form["days"])), start, end)


def window_text(window: Hours) -> str:
    """The window for people, like `mon tue 08:00-18:00`."""
    days = " ".join(WEEKDAYS[day] for day in sorted(window.weekdays))
    return f"{days} {_clock_text(window.start_minute)}-{_clock_text(window.end_minute)}"


def _days(text: str) -> Iterable[int]:
    first, to, last = text.partition("-")
    if not to:
        return map(WEEKDAYS.index, text.split())
    begins, ends = WEEKDAYS.index(first), WEEKDAYS.index(last)
    # sat-mon goes on into the next week.
    days = range(begins, ends + 1 if begins <= ends else ends + 8)
    return (day % 7 for day in days)


def _minute(text: str) -> int:
    hour, minute = (int(part) for part in text.split(":"))
    if minute >= 60:  # noqa: PLR2004 - minutes of an hour
        raise ValueError(text)
    return 60 * hour + minute


def _clock_text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
