"""Asking a witness, which may be slow, mistaken or a liar."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import Final
from urllib.request import (
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    Request,
)

from ostiary.errors import FetchError, JournalError, TamperedError
from ostiary.journal import JOURNAL_LIMITS, cosigned_at, dump_growth, read_note
from ostiary.journal.note import read_number
from ostiary.journal.policy import Witness
from ostiary.journal.witnessing import Refusal, only_of
from ostiary.storage.journal import JournalReader

TIMEOUT_SECONDS: Final = 10.0
"""How long a silent witness is waited for, and how long it may take in all."""

_BLOCK: Final = 4_096


def ask_witness(witness: Witness, reader: JournalReader, known: int) -> bytes:
    """The newest checkpoint with the witness's signature, checked.

    Args:
        witness: with its address.
        reader: of the journal.
        known: entries of which the witness is thought to know; it says where it knows
            of others.

    Raises:
        FetchError: it cannot be reached, is too slow, or answers nothing of use.
        JournalError: it refuses; the message says why.
        TamperedError: it knows of more entries than there are, or of others.
    """
    growth = reader.growth_since(known)
    status, answer = _post(witness, dump_growth(growth))
    if status == Refusal.CONFLICT:
        size = _told_size(witness, answer)
        if size == known:
            raise TamperedError(f"{witness.name} signed another tree of {size} entries")
        growth = reader.growth_since(size)
        status, answer = _post(witness, dump_growth(growth))
    if status != HTTPStatus.OK:
        _refuse(witness, status)
    try:
        # A liar may have added signatures of others.
        signed = only_of(growth.checkpoint + answer, (reader.key, witness.key))
    except JournalError:
        raise FetchError(f"{witness.name} answers what is no signature") from None
    if cosigned_at(read_note(signed), witness.key) is None:
        raise JournalError(f"{witness.name} answered without a signature of its key")
    return signed


def _told_size(witness: Witness, answer: bytes) -> int:
    try:
        return read_number(answer.decode().removesuffix("\n"))
    except (UnicodeDecodeError, JournalError):
        raise FetchError(f"{witness.name} says a size that is none") from None


def _refuse(witness: Witness, status: int) -> None:
    if status == Refusal.REWRITTEN:
        raise TamperedError(f"{witness.name} finds that the journal was rewritten")
    reasons = {
        Refusal.UNKNOWN: "does not follow this journal",
        Refusal.NOT_SIGNED: "does not take the journal's key",
        Refusal.CONFLICT: "says another size each time",
    }
    told = {int(refusal): reason for refusal, reason in reasons.items()}
    raise JournalError(f"{witness.name} {told.get(status, f'answers {status}')}")


def _post(witness: Witness, body: bytes) -> tuple[int, bytes]:
    """What it answers. No redirect is followed, and no proxy asked."""
    opener = OpenerDirector()
    opener.add_handler(HTTPHandler())
    opener.add_handler(HTTPSHandler())
    url = f"{witness.url.rstrip('/')}/add-checkpoint"
    with _failures(witness):
        request = Request(url, data=body, method="POST")  # noqa: S310 - the policy's
        with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
            return response.status, _read(witness, response)


def _read(witness: Witness, response: HTTPResponse) -> bytes:
    until = time.monotonic() + TIMEOUT_SECONDS
    answer = b""
    while block := response.read1(_BLOCK):
        answer += block
        if len(answer) > JOURNAL_LIMITS.note_bytes or time.monotonic() > until:
            raise FetchError(f"{witness.name} answers too much, or too slowly")
    return answer


@contextmanager
def _failures(witness: Witness) -> Iterator[None]:
    try:
        yield
    except (OSError, HTTPException, ValueError) as error:
        told = getattr(error, "reason", None) or type(error).__name__
        raise FetchError(f"{witness.name} cannot be asked: {told}") from error
