"""What names, addresses and moments have to look like, whoever wrote them.

Keys, trust lists, status lists and claims share these rules. All of them raise
`ValueError`; a reader of foreign bytes turns that into its own refusal.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from ostiary.credential.limits import LIMITS

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)


def check_name(name: str) -> None:
    """A name is short, printable, and neither starts nor ends with a space.

    Raises:
        ValueError: it is not.
    """
    if not name or not name.isprintable() or name != name.strip():
        raise ValueError("a name is printable and has no space at its ends")
    if len(name.encode()) > LIMITS.name_bytes:
        raise ValueError(f"a name has at most {LIMITS.name_bytes} bytes in UTF-8")


def check_uri(uri: str) -> None:
    """A status list's address is short, printable ASCII without spaces.

    Raises:
        ValueError: it is not.
    """
    printable = uri.isascii() and uri.isprintable() and " " not in uri
    if not uri or not printable or len(uri) > LIMITS.uri_characters:
        raise ValueError("an address is short, printable ASCII without spaces")


def check_window(not_before: datetime, not_after: datetime) -> None:
    """Both ends can be written down, and the end lies after the start.

    Raises:
        ValueError: naive, not whole seconds, out of range, or in the wrong order.
    """
    if seconds_of(not_before) >= seconds_of(not_after):
        raise ValueError("a validity window ends after it starts")


def check_aware(at: datetime) -> None:
    """A moment without its time zone means nothing.

    Raises:
        ValueError: naive.
    """
    if at.utcoffset() is None:
        raise ValueError("a moment carries its time zone")


def seconds_of(moment: datetime) -> int:
    """Seconds since 1970, as CWT and JWK write moments (RFC 8392, NumericDate).

    Raises:
        ValueError: naive, not whole seconds, before 1970, or past the year 9999.
    """
    check_aware(moment)
    seconds, rest = divmod(moment - _EPOCH, _SECOND)
    if rest or not 0 <= seconds <= LIMITS.latest_second:
        raise ValueError("a moment is a whole second between 1970 and 9999")
    return seconds


def moment_of(seconds: int) -> datetime:
    """The moment, in UTC, that many seconds after 1970.

    Raises:
        ValueError: before 1970 or past the year 9999.
    """
    if not 0 <= seconds <= LIMITS.latest_second:
        raise ValueError("a moment lies between 1970 and 9999")
    return _EPOCH + timedelta(seconds=seconds)
