"""Fetching one file over the web: capped, resumable, and not yet trusted."""

from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, Final
from urllib.error import HTTPError
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    UnknownHandler,
)

from ostiary.errors import ModelError

TIMEOUT_SECONDS: Final = 30.0
"""How long a silent server is waited for."""

_BLOCK_BYTES: Final = 1 << 18


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
    """Fetch a file into `part`, going on where an earlier attempt ended.

    What arrives is not trusted: the caller checks its digest.

    Args:
        url: where it lies.
        part: the unfinished file; kept when the connection is cut.
        size: exact length in bytes; a longer answer is thrown away.
        opener: for this one request; it decides which protocols are spoken.
        progress: is told the number of bytes there so far.

    Raises:
        ModelError: no connection, no such file, too long, or cut short.
    """
    present = part.stat().st_size if part.exists() else 0
    if present == size:
        return
    if 0 < present < size:
        opener.addheaders.append(("Range", f"bytes={present}-"))
    try:
        with opener.open(url, timeout=TIMEOUT_SECONDS) as response:
            mode = "ab" if _continues(response, present) else "wb"
            with part.open(mode) as sink:
                whole = _copy(response, sink, size, progress)
    except (OSError, HTTPException) as error:
        if isinstance(error, HTTPError) and _out_of_range(error):
            part.unlink()
        raise ModelError(f"{url}: {error}") from error
    if not whole:
        part.unlink()
        raise ModelError(f"{url}: sends more than the {size} bytes expected")


def _continues(response: HTTPResponse, present: int) -> bool:
    """Whether the server sends the rest only; many send everything again."""
    if response.status != HTTPStatus.PARTIAL_CONTENT:
        return False
    sent = response.headers.get("Content-Range", "")
    if not sent.startswith(f"bytes {present}-"):
        raise HTTPException("sends another part of the file than it was asked for")
    return True


def _out_of_range(error: HTTPError) -> bool:
    """Whether the unfinished file is longer than the server's: it is of no use."""
    return error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE


def _copy(
    response: HTTPResponse,
    sink: IO[bytes],
    size: int,
    progress: Callable[[int], None],
) -> bool:
    """Copy all of the answer; False if it is longer than `size`."""
    written = sink.tell()
    while block := response.read(_BLOCK_BYTES):
        written += len(block)
        if written > size:
            return False
        sink.write(block)
        progress(written)
    if written < size:
        raise HTTPException(f"cut off after {written} of {size} bytes; try again")
    return True
