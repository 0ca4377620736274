"""Whether an authenticator answered for one opening (WebAuthn level 2, section 7.2).

It shows that the authenticator's key signed the hash of exactly this entry, on a page
of that origin, with somebody present. It does not show who that was, or that they knew
what they signed: the authenticator displays nothing of it.
"""

import hashlib
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ostiary.credential.jsonfile import Members, read_object
from ostiary.errors import TrustListError
from ostiary.journal.entry import Assertion
from ostiary.journal.register import (
    AuthenticatorAdded,
    OpeningRules,
    PublicKeys,
    UserCheck,
)

_CLIENT_DATA_BYTES: Final = 1_024
_HASH_BYTES: Final = 32
_FLAGS: Final = 32
_LENGTH: Final = 37
_GET: Final = "webauthn.get"
_SHA256: Final = ec.ECDSA(hashes.SHA256())


class AssertionFault(StrEnum):
    """Why an assertion is refused."""

    CLIENT_DATA = "client-data-malformed"
    TYPE = "another-ceremony"
    CHALLENGE = "another-entry"
    ORIGIN = "another-origin"
    CROSS_ORIGIN = "inside-another-page"
    RELYING_PARTY = "another-relying-party"
    AUTHENTICATOR_DATA = "authenticator-data-malformed"
    NOT_PRESENT = "nobody-present"
    NOT_VERIFIED = "user-not-verified"
    SIGNATURE = "signature-invalid"
    CLONED = "counter-went-back"


class _Flag(IntFlag):
    """Of authenticator data (WebAuthn level 3, section 6.1)."""

    PRESENT = 0x01
    VERIFIED = 0x04
    MAY_BE_SYNCED = 0x08
    IS_SYNCED = 0x10
    ATTESTED = 0x40
    EXTENDED = 0x80


@dataclass(frozen=True, slots=True)
class Judged:
    """What an assertion came to.

    Attributes:
        fault: why it is refused; None where it holds.
        counter: the authenticator's count of signatures; 0 where it keeps none.
    """

    fault: AssertionFault | None
    counter: int


def judge_assertion(
    challenge: bytes,
    assertion: Assertion,
    authenticator: AuthenticatorAdded,
    rules: OpeningRules,
    counted: int,
) -> Judged:
    """Whether the authenticator answered for this opening, under these rules.

    Args:
        challenge: of the opening; 32 bytes.
        assertion: what is said to it.
        authenticator: of whoever is to have said it.
        rules: in force at the time.
        counted: the counter of the authenticator's last assertion; 0 at first.
    """
    counter = int.from_bytes(assertion.authenticator_data[_FLAGS + 1 : _LENGTH])
    fault = (
        _client_fault(challenge, assertion, rules)
        or _authenticator_fault(assertion.authenticator_data, rules)
        or _signature_fault(assertion, authenticator.public)
        or _counter_fault(counted, counter)
    )
    return Judged(fault, counter)


def _client_fault(
    challenge: bytes, assertion: Assertion, rules: OpeningRules
) -> AssertionFault | None:
    """What the browser says of the ceremony (WebAuthn level 2, section 5.8.1)."""
    try:
        said = read_object(assertion.client_data, _CLIENT_DATA_BYTES)
        kind, origin = said.text("type"), said.text("origin")
        answered = said.octets("challenge", _HASH_BYTES)
    except TrustListError:
        return AssertionFault.CLIENT_DATA
    faults = {
        AssertionFault.TYPE: kind != _GET,
        AssertionFault.CHALLENGE: answered != challenge,
        AssertionFault.ORIGIN: origin not in rules.origins,
        AssertionFault.CROSS_ORIGIN: _is_framed(said),
    }
    return next((fault for fault, found in faults.items() if found), None)


def _is_framed(said: Members) -> bool:
    """Whether another site's page asked."""
    return said.left.get("crossOrigin", False) is not False or "topOrigin" in said


def _authenticator_fault(data: bytes, rules: OpeningRules) -> AssertionFault | None:
    party = hashlib.sha256(rules.relying_party.encode()).digest()
    flags = _Flag(data[_FLAGS])
    synced = _Flag.MAY_BE_SYNCED | _Flag.IS_SYNCED
    # Neither a key nor extensions were asked for, so neither may stand there.
    other = flags & (_Flag.ATTESTED | _Flag.EXTENDED) or len(data) != _LENGTH
    faults = {
        AssertionFault.RELYING_PARTY: data[:_FLAGS] != party,
        AssertionFault.AUTHENTICATOR_DATA: other or flags & synced == _Flag.IS_SYNCED,
        AssertionFault.NOT_PRESENT: not flags & _Flag.PRESENT,
        AssertionFault.NOT_VERIFIED: rules.user is UserCheck.VERIFIED
        and not flags & _Flag.VERIFIED,
    }
    return next((fault for fault, found in faults.items() if found), None)


def _signature_fault(assertion: Assertion, key: PublicKeys) -> AssertionFault | None:
    digest = hashlib.sha256(assertion.client_data).digest()
    message = assertion.authenticator_data + digest
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(assertion.signature, message)
        else:
            key.verify(assertion.signature, message, _SHA256)
    except InvalidSignature:
        return AssertionFault.SIGNATURE
    return None


def _counter_fault(before: int, now: int) -> AssertionFault | None:
    """A counter grows, unless it is 0 for ever, as those of synced passkeys are.

    One that does not may mean that the authenticator's key has been copied (WebAuthn
    level 2, section 6.1.1).
    """
    grows = now > before or now == before == 0
    return None if grows else AssertionFault.CLONED
