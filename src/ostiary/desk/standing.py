"""What gates can know of a desk's status lists, beside what its registry knows."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from ostiary.credential import LIMITS, StatusList, read_own_status_list
from ostiary.desk.service import Desk
from ostiary.errors import TrustListError
from ostiary.storage.files import read_if_there
from ostiary.storage.home import Home
from ostiary.storage.registry.records import ListState


@dataclass(frozen=True, slots=True)
class ListStanding:
    """How one list stands.

    Attributes:
        issuer: whose it is.
        state: what the registry says of it.
        signed_until: end of the newest that was signed here; None: none was.
        unpublished: revocations that the signed one does not say.
    """

    issuer: str
    state: ListState
    signed_until: datetime | None
    unpublished: int


def last_signed(home: Home, issuer: str, number: int) -> StatusList | None:
    """The list that was signed last, unless it is gone or no key here has signed it.

    Raises:
        StorageError: a file cannot be read.
    """
    path = home.status_path(issuer, number)
    token = read_if_there(path, LIMITS.status_token_bytes)
    if token is not None:
        for key in home.issuer_public_keys(issuer):
            with suppress(TrustListError):
                return read_own_status_list(token, key)
    return None


def list_standings(desk: Desk) -> Iterator[ListStanding]:
    """Every list of every issuer here, in order.

    Raises:
        StorageError: a file or the registry cannot be read.
    """
    for issuer in desk.home.issuers():
        for state in desk.registry.lists(issuer):
            with desk.registry.held(issuer, state.number) as (_, bits):
                revoked = np.frombuffer(bits, np.uint8)
            signed = last_signed(desk.home, issuer, state.number)
            said = np.zeros_like(revoked)
            if signed is not None and len(signed.bits) == len(bits):
                said = np.frombuffer(signed.bits, np.uint8)
            unpublished = int(np.bitwise_count(revoked & ~said).sum())
            until = None if signed is None else signed.expires_at
            yield ListStanding(issuer, state, until, unpublished)
