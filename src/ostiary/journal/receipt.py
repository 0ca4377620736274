"""Receipts: what connects an opening by hand with a pass, for its holder alone.

An entry holds a commitment and says nothing of a pass. Whoever has the nonce, and
learns the pass's identifier from whoever may open it, can show that the two belong
together. So a receipt holds the nonce, and not the identifier, which leaves no gate.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from typing import Final

from ostiary.credential import cbor
from ostiary.credential.jsonfile import expect_object
from ostiary.errors import JournalError, MalformedError, TrustListError
from ostiary.journal.entry import COMMITMENT_BYTES, Opening
from ostiary.journal.merkle import HASH_BYTES
from ostiary.journal.note import check_key_name

PREFIX: Final = "OSTIARY-RECEIPT:"
"""Like all of a receipt in the alphabet of QR codes' alphanumeric mode."""

NONCE_BYTES: Final = 32
"""As long as the hash's output: HMAC keys need no more (RFC 2104 section 3)."""

MOST_CHARACTERS: Final = 1_024


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the person is given.

    Attributes:
        log: origin of the journal, which the gate enters its openings in.
        entry: hash of the entry without its assertion: the opening's challenge, which
            is known before it is signed; 32 bytes.
        nonce: key of the commitment; 32 bytes that nobody else keeps.
    """

    log: str
    entry: bytes
    nonce: bytes = field(repr=False)

    def fits(self, opening: Opening, identifier: bytes) -> bool:
        """Whether the opening was for the pass of that identifier.

        Args:
            opening: as it was entered.
            identifier: of the pass, 16 bytes.
        """
        same = opening.challenge == self.entry
        made = commit(self.nonce, identifier)
        return same and hmac.compare_digest(made, opening.commitment)


def commit(nonce: bytes, identifier: bytes | bytearray) -> bytes:
    """The commitment of an entry: HMAC-SHA-256 of a pass's identifier (RFC 2104).

    Args:
        nonce: the key; 32 bytes, unpredictable to anyone.
        identifier: of the pass, 16 bytes.

    Returns:
        32 bytes, which nobody can tell from random ones without the nonce.
    """
    return hmac.digest(nonce, identifier, "sha256")[:COMMITMENT_BYTES]


def write_receipt(receipt: Receipt) -> str:
    """The text of a receipt: its members in strict CBOR, in base32 without padding."""
    members: dict[cbor.Key, cbor.Encodable] = {
        "log": receipt.log,
        "entry": receipt.entry,
        "nonce": receipt.nonce,
    }
    return PREFIX + _base32(bytes(cbor.encode(members)))


def read_receipt(text: str) -> Receipt:
    """Read the text of a receipt, with nothing before or after it but blanks.

    Raises:
        JournalError: anything but what `write_receipt` writes.
    """
    text = text.strip()
    encoded = text.removeprefix(PREFIX)
    if len(text) > MOST_CHARACTERS or encoded == text:
        raise JournalError(f"not a receipt: one begins with {PREFIX}")
    try:
        octets = base64.b32decode(encoded + "=" * (-len(encoded) % 8))
        members = expect_object("the receipt", cbor.decode(octets))
        receipt = Receipt(
            members.text("log"),
            members.raw("entry", HASH_BYTES),
            members.raw("nonce", NONCE_BYTES),
        )
        members.finish()
        check_key_name(receipt.log)
    except (binascii.Error, ValueError, MalformedError, TrustListError) as error:
        name = type(error).__name__
        raise JournalError(f"a receipt that was changed or cut off: {name}") from None
    if _base32(octets) != encoded:
        raise JournalError("a receipt that was changed: it has one spelling")
    return receipt


def _base32(octets: bytes) -> str:
    return base64.b32encode(octets).decode().rstrip("=")
