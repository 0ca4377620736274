"""Inputs to start from: the vectors taken apart, and the worst ones that we know."""

import contextlib
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from fuzz.targets import (
    CONTEXT,
    DOCUMENTED,
    GATE,
    JOURNAL,
    JOURNAL_KEY,
    STATUS_HEADERS,
    TRUST,
    VECTORS,
    zone_keys,
)
from ostiary.calibration import (
    Calibration,
    DataSet,
    Fusion,
    dump_calibration,
)
from ostiary.capture.nfc import ndef_message
from ostiary.credential import (
    LIMITS,
    Coding,
    Entries,
    Entry,
    FileKind,
    Hours,
    LifeCycle,
    cbor,
    draw_up_trust,
    dump_entries,
    hand_over,
    new_issuer_key,
    new_settings_key,
    read_drawn_up_root,
    read_drawn_up_trust,
    sign_file,
)
from ostiary.credential.checks import moment_of
from ostiary.credential.sealing import read_sealed, unseal
from ostiary.credential.signing import read_signed
from ostiary.credential.text import read_base45, read_text
from ostiary.journal import (
    JOURNAL_LIMITS,
    Answer,
    Assertion,
    Checkpoint,
    ClockSet,
    DeskHour,
    Edge,
    EntryProof,
    Growth,
    JournalEntry,
    ManualOpening,
    Opening,
    OpeningHours,
    OpeningReason,
    OpeningRules,
    OwnerAct,
    OwnerActKind,
    UserCheck,
    dump_entry,
    dump_growth,
    dump_proof,
    sign_checkpoint,
)

Seed = tuple[str, bytes]

NESTED: Final = (b"{},", b"[],", b"[[]],", b'{"":0},', b"0,")
_ZONES: Final = frozenset({"y" * 64})
ITEMS: Final = (b"\x00", b"\x40", b"\x60", b"\x80", b"\xa0", b"\xc0\x00")


CALIBRATION: Final = Calibration(
    extractor="retail-0095/2",
    coding=Coding.INT4,
    fusion=Fusion(enrolment_images=3, probe_images=3),
    target_fmr=0.01,
    threshold=0.625,
    measured=0.5,
    upper=0.625,
    data=DataSet(name="hall", people=30, images=240, mated=600, non_mated=17_400),
    made_at=moment_of(1_780_315_200),
    tool="ostiary",
)


def seeds() -> Iterator[Seed]:
    """Target, bytes; taken from the vectors."""
    for path in sorted(VECTORS.glob("*/*.json")):
        vector = json.loads(path.read_text(encoding="utf-8"))
        yield from _of_vector(path.parent.name, vector)
    yield "draft", dump_entries(TRUST.entries)
    for folder in ("issuer_keys", "zone_keys", "root_keys"):
        for key in CONTEXT[folder].values():
            yield "keys", json.dumps(key).encode()
            yield "sealed", json.dumps(key).encode()
    for key in zone_keys():
        yield "handover", hand_over(key, (GATE.public,), lambda size: b"\x2b" * size)
    yield "calibrations", dump_calibration(CALIBRATION)
    yield from _of_settings()
    yield from _of_journal()


def _of_vector(folder: str, vector: dict[str, Any]) -> Iterator[Seed]:
    match vector:
        case {"text": text}:
            yield from _of_text(text)
        case {"token": token}:
            yield from _of_token(bytes.fromhex(token))
        case {"entries": entries}:
            yield from (("acts", bytes.fromhex(entry)) for entry in entries)
        case {"receipt": receipt}:
            yield "receipts", receipt.encode()
        case _:
            yield from _of_file(folder, bytes.fromhex(vector["file"]))


def _of_settings() -> Iterator[Seed]:
    key = new_settings_key("owner", lambda size: b"\x2b" * size)
    for kind, gate in ((FileKind.CONFIGURATION, "north"), (FileKind.CALIBRATION, None)):
        signed = sign_file(b"", kind, gate, moment_of(1_780_315_200), key)
        yield "files", signed
        # Between the tag with the array, and what stands after the header.
        if isinstance(header := cbor.decode(signed[2:-68]), memoryview):
            yield "headers", bytes(header)


def _of_journal() -> Iterator[Seed]:
    at, digest = moment_of(1_780_315_200), bytes(32)
    opening = Opening(at, "north", OpeningReason.OTHER, digest, digest)
    said = Assertion(bytes(37), b"{}", bytes(70))
    hours = OpeningHours("Europe/Berlin", (Hours(frozenset(range(5)), 480, 1080),))
    origins = ("https://gate.example",)
    entries: tuple[JournalEntry, ...] = (
        ManualOpening(opening, said),
        ManualOpening(opening, said, Answer(digest, said)),
        OpeningRules(at, "gate.example", origins, UserCheck.VERIFIED, 6, 30, 2, hours),
        ClockSet(at),
        OwnerAct(at, OwnerActKind.TRUST_SIGNED, digest, (bytes(8),)),
        DeskHour(at, digest, 12, 1),
    )
    edge = Edge()
    for data in map(dump_entry, entries):
        edge, files = edge.appended(data)
        yield "acts", data
        yield "bundles", files[f"tile/entries/000.p/{edge.size}"]
    data = dump_entry(entries[0])
    one = Edge().appended(data)[0]
    checkpoint = Checkpoint(JOURNAL_KEY.name, one.size, one.root)
    note = sign_checkpoint(checkpoint, JOURNAL.key)
    yield "proofs", note
    yield "proofs", dump_proof(EntryProof(data, 0, (), note))
    yield "proofs", dump_growth(Growth(0, (), note))


def _of_text(text: str) -> Iterator[Seed]:
    yield "base45", text.encode("latin-1", "replace")
    try:
        yield "zlib", read_base45(text)
        yield "ndef", ndef_message(text)
        message = read_text(text)
        yield "cbor", message
        yield "cose", message
        for payload in _opened(message):
            yield "cbor", payload
            yield "claims", payload
            yield "gate", payload
    except DOCUMENTED:
        return


def _opened(message: bytes) -> Iterator[bytes]:
    held = {key.public.identifier: key for key in zone_keys()}
    sealed = read_sealed(message)
    for recipient in sealed.recipients:
        if recipient.key_identifier in held:
            content = unseal(sealed, recipient, held[recipient.key_identifier].key)
            yield bytes(read_signed(content).payload)


def _of_token(token: bytes) -> Iterator[Seed]:
    yield "tokens", token
    with contextlib.suppress(*DOCUMENTED):
        yield "lists", bytes(read_signed(token, STATUS_HEADERS).payload)


def _of_file(kind: str, file: bytes) -> Iterator[Seed]:
    yield kind, file
    with contextlib.suppress(*DOCUMENTED):
        if kind == "root":
            yield "roots", read_drawn_up_root(file)[0].content
        else:
            yield "entries", read_drawn_up_trust(file)[0].content


def worst() -> Iterator[Seed]:
    """As much work and memory as each limit lets a reader be given."""
    yield "base45", b"A" * (LIMITS.text_characters + 1)
    yield "base45", b"0" * LIMITS.text_characters
    for item in ITEMS:
        inflated = b"\x99\xff\xf0" + item * (0xFFF0 // len(item))
        yield "zlib", zlib.compress(inflated, 9)
        yield "cbor", inflated
        yield "cose", inflated
        yield "gate", inflated
    pairs = b"".join(b"\x19" + key.to_bytes(2) + b"\x00" for key in range(256, 16_000))
    yield "claims", b"\xb9" + (16_000 - 256).to_bytes(2) + pairs
    yield "zlib", zlib.compress(bytes(LIMITS.inflated_bytes + 1), 9)
    for item in NESTED:
        room = LIMITS.trust_file_bytes - 32
        entries = (item * (room // len(item)))[:-1]
        yield "draft", b'{"version":2,"issuers":[' + entries + b"]}"
    yield "draft", b"[" * LIMITS.trust_file_bytes
    yield "draft", b'{"version":' + b"1" * 100_000 + b"}"
    for item in ITEMS:
        count = LIMITS.trust_items - 1
        items = b"\x99" + count.to_bytes(2) + item * (count // len(item))
        yield "entries", items
        yield "trust", items
    yield "entries", _longest_list()
    yield "keys", b"[" * LIMITS.key_file_bytes
    many = b"\x9a" + (4_000_000).to_bytes(4) + b"\xa0" * 4_000_000
    yield "tokens", many
    yield "acts", b"\x99\x0f\xfc" + b"\x00" * 0xFFC
    yield "proofs", b"x\n\n" + "\u2014 a AAAAAAA=\n".encode() * 7_000
    yield "proofs", b"\n" * JOURNAL_LIMITS.note_bytes
    for size in (LIMITS.status_list_bytes, LIMITS.status_list_bytes + 1):
        yield "lists", _list_claims(zlib.compress(bytes(size), 9))
    shaken = hashlib.shake_256(b"status").digest(LIMITS.status_token_bytes - 1024)
    yield "lists", _list_claims(zlib.compress(shaken, 0))


def _longest_list() -> bytes:
    """As many entries as a trust list may have, each with a key of its own."""
    life = LifeCycle.between(TRUST.issued_at, TRUST.expires_at)
    entries = [
        Entry(new_issuer_key("x" * 64, number.to_bytes).public, life, _ZONES)
        for number in range(1, LIMITS.trust_entries + 1)
    ]
    longest = replace(TRUST, entries=Entries.of(entries))
    return draw_up_trust(longest).content


def _list_claims(packed: bytes) -> bytes:
    content: dict[cbor.Key, cbor.Encodable] = {
        2: "https://status.example/1",
        4: 1_782_907_200,
        6: 1_780_315_200,
        65533: {"bits": 1, "lst": packed},
        65534: 86_400,
    }
    return bytes(cbor.encode(content))


def write_seeds(target: str, folder: Path) -> None:
    """The seeds of one target, one file each."""
    folder.mkdir(parents=True)
    for name, data in seeds():
        if name == target:
            (folder / hashlib.sha256(data).hexdigest()).write_bytes(data)
