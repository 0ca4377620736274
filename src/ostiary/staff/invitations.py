"""Codes with which somebody chooses a password of their own, so that no owner knows it.

They are kept in memory alone, serve once, and end after a day or with the process.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ostiary.staff.accounts import Account, Accounts

CODE_BYTES: Final = 15
"""120 bits: nobody guesses one. In base 32 they are 24 letters and digits."""

SERVES_SECONDS: Final = 24 * 3600.0

MOST_CODES: Final = 64
"""At once; one more ends the oldest."""

_GROUP: Final = 4


@dataclass(frozen=True, slots=True)
class _Invitation:
    account: Account
    since: float


class Invitations:
    """All codes of one process; of each the digest alone.

    Args:
        randomness: that many random bytes, unpredictable to anyone.
    """

    def __init__(self, randomness: Callable[[int], bytes]) -> None:
        self._randomness = randomness
        self._invited: dict[bytes, _Invitation] = {}

    def invite(self, account: Account, seconds: float) -> str:
        """A code for that account, in groups to be read out; former ones end.

        Args:
            account: as it is now.
            seconds: now, on a clock that never runs backwards.
        """
        kept = {
            digest: each
            for digest, each in self._invited.items()
            if each.account.name != account.name
        }
        text = base64.b32encode(self._randomness(CODE_BYTES)).decode().lower()
        newest = list(kept.items())[-(MOST_CODES - 1) :]
        self._invited = {**dict(newest), _digest(text): _Invitation(account, seconds)}
        return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))

    def invited(self, code: str, accounts: Accounts, seconds: float) -> Account | None:
        """Who is to choose a password with that code; None: nobody, or not any more.

        A code ends with any other password of its account, and so with its own use.

        Args:
            code: as it was typed; anything.
            accounts: as they are now.
            seconds: now.
        """
        invitation = self._invited.get(_digest(_plain(code)))
        if invitation is None:
            return None
        if not 0 <= seconds - invitation.since < SERVES_SECONDS:
            return None
        account = accounts.find(invitation.account.name)
        if account is None or account.verifier != invitation.account.verifier:
            return None
        return account


def _plain(code: str) -> str:
    """One form of what was typed, whatever stands between the groups."""
    text = "".join(code.split()).replace("-", "")
    try:
        octets = base64.b32decode(text, casefold=True)
    except (binascii.Error, ValueError):
        return ""
    return base64.b32encode(octets).decode().lower()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
