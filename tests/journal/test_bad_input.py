"""What a journal's readers are not taken in by, beside what other files try.

The whole list stands in docs/spec/journal.md, section 8.
"""

import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ostiary.credential import cbor
from ostiary.errors import JournalError
from ostiary.journal import (
    JOURNAL_LIMITS,
    Checkpoint,
    EntryProof,
    Growth,
    NoteKey,
    OwnerAct,
    OwnerActKind,
    check_growth,
    check_proof,
    dump_entry,
    dump_growth,
    dump_note,
    dump_proof,
    load_entry,
    open_checkpoint,
    read_note,
    sign_checkpoint,
)
from tests.conftest import NOW

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = NoteKey("ostiary/home/0123456789abcdef", SIGNER.public_key())
OLD = Checkpoint(KEY.name, 3, hashlib.sha256(b"3").digest())
NEW = Checkpoint(KEY.name, 4, hashlib.sha256(b"4").digest())
ACT = OwnerAct(NOW, OwnerActKind.STAFF_ADDED, bytes(32))

HOSTILE = (
    "staff-added\u202e",
    "staff-\u0430dded",
    "staff-added\u200b",
    "\ufeffstaff-added",
    "STAFF-ADDED",
    "staff-added\x00",
    "sta\ufb00-added",
    "\U0001f6a8" * 200,
)


@pytest.mark.parametrize("word", HOSTILE)
@pytest.mark.parametrize("member", ["reason", "act", "cause"])
def test_hostile_unicode_in_a_word_is_refused_and_not_repeated(
    member: str, word: str
) -> None:
    """Of another alphabet, of no width, written backwards, or simply long."""
    at = int(NOW.timestamp())
    common: dict[cbor.Key, cbor.Encodable] = {"at": at, "gate": "north"}
    assertion: dict[cbor.Key, cbor.Encodable] = {
        "authenticator_data": bytes(37),
        "client_data": b"{}",
        "signature": bytes(8),
    }
    said: dict[str, dict[cbor.Key, cbor.Encodable]] = {
        "reason": {
            **common,
            "kind": "manual-opening",
            "attendant": bytes(32),
            "commitment": bytes(32),
            "assertion": assertion,
        },
        "act": {"kind": "owner-act", "at": at, "what": bytes(32), "by": []},
        "cause": {**common, "kind": "door-released"},
    }
    good = {"reason": "other", "act": "staff-added", "cause": "wired-release"}
    load_entry(bytes(cbor.encode({**said[member], member: good[member]})))
    with pytest.raises(JournalError) as caught:
        load_entry(bytes(cbor.encode({**said[member], member: word})))
    assert word not in str(caught.value)
    assert str(caught.value).isascii()


def test_an_oversized_entry_is_refused_before_it_is_read() -> None:
    padded = dump_entry(ACT) + bytes(JOURNAL_LIMITS.entry_bytes)
    with pytest.raises(JournalError, match="at most"):
        load_entry(padded)


def test_a_forged_checkpoint_is_refused() -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(JournalError):
        open_checkpoint(sign_checkpoint(OLD, stranger), KEY)
    note = sign_checkpoint(OLD, SIGNER)
    with pytest.raises(JournalError):
        open_checkpoint(note.replace(b"\n3\n", b"\n4\n"), KEY)


def test_signatures_without_end_are_refused() -> None:
    note = read_note(sign_checkpoint(OLD, SIGNER))
    some = dump_note(replace(note, signatures=note.signatures * 16))
    assert open_checkpoint(some, KEY) == OLD
    many = dump_note(replace(note, signatures=note.signatures * 4_096))
    with pytest.raises(JournalError, match="at most"):
        open_checkpoint(many, KEY)


@pytest.mark.parametrize("hashes", [64, 1_000, 20_000])
def test_an_oversized_proof_is_refused(hashes: int) -> None:
    note, proof = sign_checkpoint(NEW, SIGNER), (bytes(32),) * hashes
    with pytest.raises(JournalError, match=r"at most 63 hashes|too long"):
        check_growth(dump_growth(Growth(3, proof, note)), KEY, OLD)
    with pytest.raises(JournalError, match=r"at most 63 hashes|too long"):
        check_proof(dump_proof(EntryProof(b"entry", 0, proof, note)), KEY)
