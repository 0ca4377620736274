"""However hostile an input is, it costs a reader little memory; fuzzing found these.

Times are not asserted here; `make fuzz` measures them.
"""

import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from ostiary.credential import LIMITS, load_entries, read_status_list
from ostiary.credential.cbor import decode
from ostiary.credential.text import read_text
from ostiary.errors import MalformedError, TrustListError
from tests.vectors.files import token
from tests.vectors.generate import AT, TRUST, spell

MOST = 20_000_000
"""Bytes on top of the input."""

EMPTY_MAPS = b"\x9a\x00\x3d\x09\x00" + b"\xa0" * 4_000_000


def listing(content: bytes) -> bytes:
    """The claims of a status list that holds those bits."""
    changes = {65533: {"bits": 1, "lst": zlib.compress(content, 9)}}
    return token(changes)


def cost(read: Callable[[], object]) -> int:
    """Peak memory, in bytes, of something that is refused or not."""
    tracemalloc.start()
    try:
        read()
    except (MalformedError, TrustListError):
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return peak


@pytest.mark.parametrize("entry", ["{},", "[],", "[[]],", '{"":0},'])
def test_a_trust_list_of_nothing_but_brackets(entry: str) -> None:
    room = (LIMITS.trust_file_bytes - 32) // len(entry)
    file = '{"version":2,"issuers":[' + (entry * room)[:-1] + "]}"
    assert len(file) <= LIMITS.trust_file_bytes
    assert cost(lambda: load_entries(file.encode())) < MOST


@pytest.mark.parametrize("size", [0, 1], ids=["largest", "too large"])
def test_a_status_list_that_inflates(size: int) -> None:
    signed = listing(bytes(LIMITS.status_list_bytes + size))
    assert cost(lambda: read_status_list(signed, TRUST, AT)) < MOST


def test_a_token_of_four_million_empty_maps() -> None:
    # It used to take 295 MB and 2.5 s, before its signature was looked at.
    assert cost(lambda: read_status_list(EMPTY_MAPS, TRUST, AT)) < MOST


def test_a_code_that_inflates_to_empty_items() -> None:
    # Sixty-odd thousand items used to take 69 ms, from a code of 150 characters.
    text = spell(zlib.compress(b"\x99\xff\xf0" + b"\x80" * 0xFFF0, 9))
    assert len(read_text(text)) == 0xFFF3
    with pytest.raises(MalformedError, match="cbor-too-many"):
        decode(read_text(text))


def test_ten_million_credentials_fit_a_status_list() -> None:
    assert read_status_list(listing(bytes(1_250_000)), TRUST, AT).size == 10_000_000
