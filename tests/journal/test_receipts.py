"""Receipts: one form, and what they show to whom."""

import base64
import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.capture.qr import qr_image, read_qr
from ostiary.credential import cbor
from ostiary.errors import JournalError
from ostiary.journal import (
    Assertion,
    ManualOpening,
    Opening,
    OpeningReason,
    Receipt,
    commit,
    dump_entry,
    load_entry,
    read_receipt,
    write_receipt,
)
from ostiary.journal.receipt import MOST_CHARACTERS, PREFIX
from tests.conftest import NOW

LOG = "ostiary/home/0123456789abcdef"
ASSERTION = Assertion(bytes(37), b"{}", bytes(70))
OPENING = Opening(NOW, "north", OpeningReason.OTHER, bytes(32), bytes(32))

words = st.binary(min_size=32, max_size=32)
identifiers = st.binary(min_size=16, max_size=16)
receipts = st.builds(Receipt, st.just(LOG), words, words)


def given_for(nonce: bytes, identifier: bytes) -> tuple[Receipt, Opening]:
    opening = replace(OPENING, commitment=commit(nonce, identifier))
    return Receipt(LOG, opening.challenge, nonce), opening


@given(receipts)
def test_every_receipt_comes_back_from_its_one_text(receipt: Receipt) -> None:
    text = write_receipt(receipt)
    assert read_receipt(text) == receipt
    assert read_receipt(f"  {text}\n") == receipt
    assert text.startswith(PREFIX)
    assert len(text) < MOST_CHARACTERS


def test_a_code_shows_it_in_one_piece() -> None:
    text = write_receipt(Receipt(LOG, bytes(range(32)), bytes(32)))
    assert read_qr(qr_image(text, "M")) == (text,)


@given(nonce=words, identifier=identifiers)
def test_the_commitment_is_the_mac_of_the_identifier_under_the_nonce(
    nonce: bytes, identifier: bytes
) -> None:
    """RFC 2104, written out."""
    key = nonce.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(each ^ 0x36 for each in key) + identifier).digest()
    outer = hashlib.sha256(bytes(each ^ 0x5C for each in key) + inner).digest()
    assert commit(nonce, identifier) == outer


@given(nonce=words, identifier=identifiers, random=words)
def test_an_entry_does_not_show_whether_there_is_a_receipt(
    nonce: bytes, identifier: bytes, random: bytes
) -> None:
    """Same kind, same members, same length: only 32 bytes differ, as they always do."""
    _, wanted = given_for(nonce, identifier)
    unwanted = replace(OPENING, commitment=random)
    with_one, without = (
        dump_entry(ManualOpening(each, ASSERTION)) for each in (wanted, unwanted)
    )
    assert len(with_one) == len(without)
    place = with_one.index(wanted.commitment)
    assert with_one[:place] == without[:place]
    assert with_one[place + 32 :] == without[place + 32 :]
    assert isinstance(load_entry(with_one), ManualOpening)
    # Two openings for one pass have nothing in common.
    assert (commit(random, identifier) == wanted.commitment) is (random == nonce)


@given(nonce=words, identifier=identifiers, other=words, another=identifiers)
def test_it_fits_one_opening_and_one_pass(
    nonce: bytes, identifier: bytes, other: bytes, another: bytes
) -> None:
    receipt, opening = given_for(nonce, identifier)
    assert receipt.fits(opening, identifier)
    assert receipt.fits(opening, another) is (another == identifier)
    assert not receipt.fits(replace(opening, gate="south"), identifier)
    assert replace(receipt, nonce=other).fits(opening, identifier) is (other == nonce)


def test_a_receipt_shows_no_nonce() -> None:
    assert "nonce" not in repr(Receipt(LOG, bytes(32), bytes(32)))


@given(st.text(max_size=300))
def test_any_text_is_a_receipt_or_a_documented_error(text: str) -> None:
    for each in (text, PREFIX + text):
        try:
            read_receipt(each)
        except JournalError:
            continue


@given(receipt=receipts, place=st.integers(0, 400), letter=st.characters())
def test_a_changed_letter_makes_another_receipt_or_none(
    receipt: Receipt, place: int, letter: str
) -> None:
    text = write_receipt(receipt)
    place %= len(text)
    spoilt = text[:place] + letter + text[place + 1 :]
    try:
        other = read_receipt(spoilt)
    except JournalError:
        return
    assert (other == receipt) is (spoilt.strip() == text)


def spelt(members: dict[cbor.Key, cbor.Encodable]) -> str:
    return PREFIX + base64.b32encode(bytes(cbor.encode(members))).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "",
        PREFIX,
        write_receipt(Receipt(LOG, bytes(32), bytes(32)))[:-1],
        write_receipt(Receipt(LOG, bytes(32), bytes(32))).lower(),
        write_receipt(Receipt(LOG, bytes(32), bytes(32))) + "======",
        spelt({"log": LOG, "entry": bytes(32), "nonce": bytes(31)}),
        spelt({"log": LOG, "entry": bytes(32)}),
        spelt({"log": LOG, "entry": bytes(32), "nonce": bytes(32), "name": "Ada"}),
        spelt({"log": "", "entry": bytes(32), "nonce": bytes(32)}),
        spelt({"log": "a\u202eb", "entry": bytes(32), "nonce": bytes(32)}),
        PREFIX + "A" * MOST_CHARACTERS,
        PREFIX + "\u0661" * 8,
    ],
)
def test_what_is_no_receipt_is_refused(text: str) -> None:
    with pytest.raises(JournalError):
        read_receipt(text)
