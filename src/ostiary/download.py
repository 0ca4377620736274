"""Fetching one file over the web: capped, resumable, and not yet trusted.

What arrives lies in a file of its own, called the part, until the caller has checked it
by a digest or a signature. Only then does the caller put it in place.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from io import FileIO
from pathlib import Path
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    UnknownHandler,
)

from ostiary.errors import FetchError, StorageError

TIMEOUT_SECONDS: Final = 30.0
"""How long a silent server is waited for."""

PATIENCE_SECONDS: Final = 600.0
"""How long `download_changed` lets a server take that sends a little now and then."""

_BLOCK_BYTES: Final = 1 << 18

_ETAG: Final = re.compile(r'"[!#-~]{1,128}"')
"""A strong entity tag (RFC 9110 section 8.8.3). A weak one cannot say that two answers
are the same bytes, so it counts as none."""


def https_opener() -> OpenerDirector:
    """An opener that speaks https and nothing else, wherever a redirect points."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPSHandler(),
        HTTPRedirectHandler(),
        HTTPErrorProcessor(),
        HTTPDefaultErrorHandler(),
        UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def download(
    url: str,
    part: Path,
    size: int,
    opener: OpenerDirector,
    progress: Callable[[int], None],
) -> None:
    """Fetch a file of known length, going on where an earlier attempt ended.

    Args:
        url: where it lies.
        part: the unfinished file; kept when the connection is cut.
        size: exact length in bytes; a longer answer is thrown away.
        opener: for this one request; it decides which protocols are spoken.
        progress: is told the number of bytes there so far.

    Raises:
        FetchError: no connection, no such file, too long, or cut short.
        StorageError: the part cannot be written.
    """
    present = _length(part)
    if present == size:
        return
    headers = {"Range": f"bytes={present}-"} if 0 < present < size else {}
    with _answer(url, part, opener, headers) as response:
        if not _continues(response, part):
            discard(part)
        written = _append(response, part, size, progress)
        if written < size:
            raise HTTPException(f"cut off after {written} of {size} bytes; try again")


def download_changed(
    url: str, part: Path, limit: int, opener: OpenerDirector, held: str | None
) -> bool:
    """Fetch a file that changes now and then, unless it is still the one that is held.

    An earlier attempt is gone on with only if the server says by its entity tag that
    the file is still the same.

    Args:
        url: where it lies.
        part: the unfinished file; kept when the connection is cut, with its tag.
        limit: bytes that it has at most; a longer answer is thrown away.
        opener: for this one request; it decides which protocols are spoken.
        held: the entity tag of what the caller has already.

    Returns:
        Whether it changed: then the part holds all of it, and `part_tag` its tag.

    Raises:
        FetchError: no connection, no such file, too long, too slow, or cut short.
        StorageError: the part cannot be written.
    """
    known, present = part_tag(part), _length(part)
    headers = {} if held is None else {"If-None-Match": held}
    if known is not None and present:
        headers |= {"Range": f"bytes={present}-", "If-Range": known}
    try:
        with _answer(url, part, opener, headers) as response:
            if not _continues(response, part):
                _begin(part, response.headers.get("ETag", ""))
            expected = _length(part) + (response.length or 0)
            written = _append(response, part, limit, _patience())
            if written < expected:
                raise HTTPException(f"cut off after {written} of {expected} bytes")
    except _NotModifiedError:
        discard(part)
        return False
    return True


def part_tag(part: Path) -> str | None:
    """The entity tag of what a part holds; None where the server gave none."""
    try:
        return strong_tag(_tag_path(part).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def strong_tag(text: str) -> str | None:
    """The text, if it is a strong entity tag that can be sent back."""
    return text if _ETAG.fullmatch(text) else None


def discard(part: Path) -> None:
    """Remove a part and its tag.

    Raises:
        StorageError: they cannot be removed.
    """
    with _storage_errors(part):
        part.unlink(missing_ok=True)
        _tag_path(part).unlink(missing_ok=True)


class _NotModifiedError(Exception):
    """The server has what is held."""


@contextmanager
def _answer(
    url: str, part: Path, opener: OpenerDirector, headers: Mapping[str, str]
) -> Iterator[HTTPResponse]:
    """The server's answer; whatever goes wrong with it is a `FetchError`."""
    opener.addheaders.extend(headers.items())
    try:
        with opener.open(url, timeout=TIMEOUT_SECONDS) as response:
            yield response
    except HTTPError as error:
        if error.code == HTTPStatus.NOT_MODIFIED:
            raise _NotModifiedError from None
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            # The part is longer than the server's file: it is of no use.
            discard(part)
        raise FetchError(f"{url}: {error}") from error
    except URLError as error:
        # Without what urllib puts around it.
        raise FetchError(f"{url}: {_told(error.reason)}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise FetchError(f"{url}: {error}") from error


def _continues(response: HTTPResponse, part: Path) -> bool:
    """Whether the server sends the rest only; many send everything again."""
    if response.status != HTTPStatus.PARTIAL_CONTENT:
        return False
    sent, present = response.headers.get("Content-Range", ""), _length(part)
    if not present or not sent.startswith(f"bytes {present}-"):
        discard(part)
        raise HTTPException("sends another part of the file than it was asked for")
    return True


def _begin(part: Path, tag: str) -> None:
    """Start anew. The tag comes first, so that no part has that of another."""
    discard(part)
    if strong_tag(tag) is not None:
        with _storage_errors(part):
            _tag_path(part).write_text(tag, encoding="ascii")


def _append(
    response: HTTPResponse, part: Path, limit: int, progress: Callable[[int], None]
) -> int:
    """Append all of the answer; how many bytes the part has then."""
    written = _length(part)
    with _storage_errors(part):
        sink = part.open("ab", buffering=0)
    with sink:
        while block := response.read1(_BLOCK_BYTES):
            written += len(block)
            if written > limit:
                discard(part)
                raise HTTPException(f"sends more than the {limit} bytes expected")
            _write(sink, part, block)
            progress(written)
    return written


def _write(sink: FileIO, part: Path, block: bytes) -> None:
    rest = memoryview(block)
    with _storage_errors(part):
        while rest:
            rest = rest[sink.write(rest) :]


def _patience() -> Callable[[int], None]:
    """Gives up on a server that takes too long in all."""
    end = time.monotonic() + PATIENCE_SECONDS

    def check(_written: int) -> None:
        if time.monotonic() > end:
            raise HTTPException(f"not done after {PATIENCE_SECONDS:.0f} seconds")

    return check


def _length(part: Path) -> int:
    with _storage_errors(part):
        return part.stat().st_size if part.exists() else 0


def _tag_path(part: Path) -> Path:
    return part.with_name(f"{part.name}.etag")


def _told(reason: object) -> str:
    """What was wrong, in the system's words where it was the system."""
    strerror = reason.strerror if isinstance(reason, OSError) else None
    return strerror or str(reason)


@contextmanager
def _storage_errors(part: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{part} cannot be written: {error.strerror}") from error
