"""Weekdays and hours of passes, by zone, as people write them."""

from collections.abc import Iterable, Mapping

from ostiary.credential import Hours
from ostiary.credential.windows import read_window
from ostiary.errors import ConfigurationError


def read_hours(texts: Iterable[str]) -> Mapping[str, tuple[Hours, ...]]:
    """Windows by zone, from texts like `north=mon-fri,08:00-18:00`.

    Raises:
        ConfigurationError: a text of another form.
    """
    windows: dict[str, tuple[Hours, ...]] = {}
    for text in texts:
        zone, _, window = text.partition("=")
        try:
            read = read_window(window if zone else "")
        except ValueError:
            raise ConfigurationError(
                f"--hours {text!r}: write it like north=mon-fri,08:00-18:00; "
                "past midnight takes two of them"
            ) from None
        windows[zone] = (*windows.get(zone, ()), read)
    return windows
