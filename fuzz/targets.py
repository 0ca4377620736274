"""What is fed to what. Each target takes any bytes and lets documented errors pass."""

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from base45 import b45encode

from ostiary.calibration import load_calibration
from ostiary.capture.nfc import read_ndef
from ostiary.credential import (
    Cosigned,
    GateKnowledge,
    IssuerKey,
    RootKey,
    ZoneKey,
    cbor,
    decode_template,
    dump_cosigned,
    load_entries,
    load_key,
    new_gate_key,
    new_journal_key,
    read_drawn_up_root,
    read_file_signature,
    read_next_root,
    read_root,
    read_status_list,
    read_trust,
    take_over,
    verify,
)
from ostiary.credential.checks import moment_of
from ostiary.credential.claims import read_claims
from ostiary.credential.sealing import read_sealed, seal, unseal
from ostiary.credential.signing import Headers, is_unsealed, read_signed, sign
from ostiary.credential.text import read_base45, read_text, write_text
from ostiary.errors import (
    CaptureError,
    ConfigurationError,
    CredentialError,
    JournalError,
    TrustListError,
)
from ostiary.journal import (
    EMPTY_ROOT,
    Checkpoint,
    Tile,
    check_growth,
    check_proof,
    load_entry,
    note_key,
    open_checkpoint,
    read_receipt,
)
from ostiary.journal.tiles import ENTRIES, read_bundle

VECTORS: Final = Path(__file__).parents[1] / "tests/vectors"
CONTEXT: Final[dict[str, Any]] = json.loads(
    (VECTORS / "context.json").read_text(encoding="utf-8")
)
DOCUMENTED: Final = (
    CaptureError,
    ConfigurationError,
    CredentialError,
    JournalError,
    TrustListError,
)
AT: Final = moment_of(1_780_315_200)  # noon of 1 June 2026, the day of the vectors
ROOT: Final = read_root(bytes.fromhex(CONTEXT["root"]))
TRUST: Final = read_trust(bytes.fromhex(CONTEXT["trust_lists"]["usual"]), ROOT)
STATUS_HEADERS: Final[Headers] = {16: "application/statuslist+cwt"}


def _key(folder: str, name: str) -> object:
    return load_key(json.dumps(CONTEXT[folder][name]).encode())


def _issuer_key() -> IssuerKey:
    key = _key("issuer_keys", "desk.example")
    if not isinstance(key, IssuerKey):
        raise TypeError("the vectors' desk has a private key")
    return key


def zone_keys() -> tuple[ZoneKey, ...]:
    """All zones' keys of the vectors."""
    keys = [_key("zone_keys", name) for name in CONTEXT["zone_keys"]]
    return tuple(key for key in keys if isinstance(key, ZoneKey))


DESK: Final = _issuer_key()
GATE: Final = new_gate_key("door", lambda size: b"\x2a" * size)
JOURNAL: Final = new_journal_key("home", lambda size: b"\x2c" * size)
JOURNAL_KEY: Final = note_key(JOURNAL.public)
BUNDLE: Final = Tile(ENTRIES, 0, 2)
NORTH: Final = tuple(key for key in zone_keys() if key.public.zone == "north")
KNOWLEDGE: Final = GateKnowledge(
    zone="north",
    zone_keys=NORTH,
    trust=TRUST,
    status_lists=(
        read_status_list(bytes.fromhex(CONTEXT["status_tokens"]["fresh"]), TRUST, AT),
    ),
    max_status_age=timedelta(days=7),
    extractor=CONTEXT["extractor"],
    dimensions=CONTEXT["dimensions"],
    unsafe_accept_unsealed=True,
)


def as_is(data: bytes) -> bytes:
    """What a reader is given, where nothing lies around it."""
    return data


def signed_pass(data: bytes) -> bytes:
    """The text of an unsealed pass whose claims are those bytes, well signed."""
    return write_text(sign(bytearray(data), DESK)).encode()


def signed_list(data: bytes) -> bytes:
    """A status list token whose claims are those bytes, well signed."""
    return bytes(sign(bytearray(data), DESK, STATUS_HEADERS))


def file_signature(data: bytes) -> bytes:
    """The signature of a file whose protected header is those bytes."""
    header = bytes(cbor.encode(data))
    return b"\xd2\x84" + header + b"\xa0\xf6\x58\x40" + bytes(64)


def sealed_key(data: bytes) -> bytes:
    """Those bytes as a zone's key that was handed over to the gate."""
    headers: Headers = {
        16: "application/ostiary-zone-key+cose",
        "zone": "north",
        "epoch": 1,
        "gate": GATE.name,
    }
    fixed = b"\x2b" * 32
    sealed = seal(bytearray(data), (GATE.public,), lambda size: fixed[:size], headers)
    return bytes(sealed)


def _root_key(name: str) -> RootKey:
    key = _key("root_keys", name)
    if not isinstance(key, RootKey):
        raise TypeError("the vectors' owners have private keys")
    return key


def _cosigned(kind: str, data: bytes) -> bytes:
    message = Cosigned(f"application/ostiary-{kind}+cbor", data)
    for name in ("alice", "bob"):
        message = message.signed_by(_root_key(name))
    return dump_cosigned(message)


def signed_document(data: bytes) -> bytes:
    """A root document of those bytes, signed by enough owners of the vectors."""
    return _cosigned("root", data)


def signed_entries(data: bytes) -> bytes:
    """A trust list of those bytes, signed by enough owners of the vectors."""
    return _cosigned("trust", data)


def read_any_root(data: bytes) -> object:
    """A root document in every place where one may stand."""
    for read in (read_root, read_drawn_up_root):
        with contextlib.suppress(*DOCUMENTED):
            read(data)
    return read_next_root(data, ROOT)


def read_cose(data: bytes) -> object:
    """A message in every place where one may stand."""
    for read in (is_unsealed, read_signed):
        with contextlib.suppress(*DOCUMENTED):
            read(data)
    sealed = read_sealed(data)
    return unseal(sealed, sealed.recipients[0], NORTH[0].key)


def read_payload(data: bytes) -> object:
    """Claims, and the template in them."""
    reference = read_claims(memoryview(data)).reference
    if reference is None:
        return None
    return decode_template(reference, KNOWLEDGE.extractor, KNOWLEDGE.dimensions)


def read_proof(data: bytes) -> object:
    """A checkpoint, or a proof, in every place where one may stand."""
    with contextlib.suppress(*DOCUMENTED):
        open_checkpoint(data, JOURNAL_KEY)
    with contextlib.suppress(*DOCUMENTED):
        check_growth(data, JOURNAL_KEY, Checkpoint(JOURNAL_KEY.name, 0, EMPTY_ROOT))
    return check_proof(data, JOURNAL_KEY)


@dataclass(frozen=True)
class Target:
    """A reader of foreign bytes.

    Attributes:
        read: what is tried.
        wrap: what is put around an input first, so that a reader gets as far as it;
            neither timed nor measured.
    """

    read: Callable[[bytes], object]
    wrap: Callable[[bytes], bytes] = as_is


TARGETS: Final[Mapping[str, Target]] = MappingProxyType(
    {
        "base45": Target(lambda data: read_base45(data.decode("latin-1"))),
        "zlib": Target(lambda data: read_text(data.decode()), b45encode),
        "cbor": Target(cbor.decode),
        "cose": Target(read_cose),
        "claims": Target(read_payload),
        "gate": Target(lambda data: verify(data.decode(), KNOWLEDGE, AT), signed_pass),
        "tokens": Target(lambda data: read_status_list(data, TRUST, AT)),
        "lists": Target(lambda data: read_status_list(data, TRUST, AT), signed_list),
        "draft": Target(load_entries),
        "root": Target(read_any_root),
        "roots": Target(read_any_root, signed_document),
        "trust": Target(lambda data: read_trust(data, ROOT)),
        "entries": Target(lambda data: read_trust(data, ROOT), signed_entries),
        "keys": Target(load_key),
        "files": Target(read_file_signature),
        "headers": Target(read_file_signature, file_signature),
        "handover": Target(lambda data: take_over(data, GATE)),
        "sealed": Target(lambda data: take_over(data, GATE), sealed_key),
        "ndef": Target(read_ndef),
        "calibrations": Target(load_calibration),
        "acts": Target(load_entry),
        "proofs": Target(read_proof),
        "receipts": Target(lambda data: read_receipt(data.decode("latin-1"))),
        "bundles": Target(lambda data: read_bundle(data, BUNDLE)),
    }
)


def feed(target: Target, wrapped: bytes) -> None:
    """One input; whatever else comes out is a finding."""
    with contextlib.suppress(*DOCUMENTED):
        target.read(wrapped)
