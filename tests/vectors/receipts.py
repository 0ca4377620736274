"""Vectors of receipts: a text, an opening, a pass, and whether the three fit."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from ostiary.credential import cbor
from ostiary.journal import (
    ManualOpening,
    Receipt,
    commit,
    dump_entry,
    write_receipt,
)
from ostiary.journal.receipt import PREFIX
from tests.vectors.openings import ADA, AT, opening

LOG: Final = "ostiary/home/0123456789abcdef"
NONCE: Final = bytes(range(32))
PASS: Final = bytes(range(16))


@dataclass(frozen=True)
class ReceiptVector:
    """One receipt, held against one entry and one pass.

    Attributes:
        name: of the file.
        description: what is particular about it.
        text: of the receipt.
        entry: the opening, as it is encoded.
        identifier: of the pass; 16 bytes.
        fits: whether they belong together; None: it is no receipt.
    """

    name: str
    description: str
    text: str
    entry: bytes
    identifier: bytes
    fits: bool | None = field(kw_only=True)

    @property
    def folder(self) -> str:
        """Where it lies."""
        return "receipt"

    def as_table(self) -> dict[str, object]:
        """The file's content."""
        refused: dict[str, object] = {"refused": True}
        return {
            "name": self.name,
            "description": self.description,
            "receipt": self.text,
            "entry": self.entry.hex(),
            "identifier": self.identifier.hex(),
            "expected": refused if self.fits is None else {"fits": self.fits},
        }


def receipt_vectors() -> Iterator[ReceiptVector]:
    """All of them."""
    drawn = replace(opening(ADA, 1), commitment=commit(NONCE, PASS))
    entry = dump_entry(ADA.open(drawn))
    receipt = Receipt(LOG, drawn.challenge, NONCE)
    text = write_receipt(receipt)
    yield ReceiptVector(
        "fits", "of this opening and pass", text, entry, PASS, fits=True
    )
    yield ReceiptVector(
        "another-pass", "of another pass", text, entry, bytes(16), fits=False
    )
    elsewhere = ADA.open(replace(drawn, gate="south"))
    yield ReceiptVector(
        "another-opening", "of an opening at another gate", text,
        dump_entry(elsewhere), PASS, fits=False,
    )  # fmt: skip
    random: ManualOpening = ADA.open(opening(ADA, 1))
    unwanted = write_receipt(replace(receipt, entry=random.opening.challenge))
    yield ReceiptVector(
        "none-wanted", "made up for an opening that had none", unwanted,
        dump_entry(random), PASS, fits=False,
    )  # fmt: skip
    yield from (
        ReceiptVector(f"refused-{number}", description, spoilt, entry, PASS, fits=None)
        for number, (description, spoilt) in enumerate(_spoilt(text), 1)
    )


def _spoilt(text: str) -> Iterator[tuple[str, str]]:
    yield "in small letters", text.lower()
    yield "without its last letter", text[:-1]
    yield "with padding", text + "="
    yield "without its beginning", text.removeprefix(PREFIX)
    yield "a further member", _spelt({"at": int(AT.timestamp())})
    yield "a nonce of 31 bytes", _spelt({"nonce": bytes(31)})


def _spelt(members: dict[cbor.Key, cbor.Encodable]) -> str:
    said: dict[cbor.Key, cbor.Encodable] = {
        "log": LOG,
        "entry": bytes(32),
        "nonce": NONCE,
    }
    octets = bytes(cbor.encode({**said, **members}))
    return PREFIX + base64.b32encode(octets).decode().rstrip("=")
