"""Status lists, root documents, trust lists: what a gate has to take and to refuse."""

import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import cbor2

from tests.vectors.generate import (
    AT,
    DAY,
    ISSUERS,
    STATUS_BITS,
    STATUS_TOKENS,
    URI,
    claims,
    seconds,
    signed,
)
from tests.vectors.owners import FileVector, root_vectors, trust_vectors

FRESH: Final = STATUS_TOKENS["fresh"]
TYPE: Final = "application/statuslist+cwt"


def every_file() -> Iterator[FileVector]:
    yield from good_tokens()
    yield from bad_messages()
    yield from bad_lists()
    yield from root_vectors()
    yield from trust_vectors()


def token(
    changes: Mapping[Any, Any] | None = None,
    header: Mapping[Any, Any] | None = None,
    *,
    signer: str = "desk.example",
    payload: bytes | None = None,
) -> bytes:
    """A token with those claims and header parameters changed; None leaves one out."""
    content = {
        2: URI,
        4: seconds(AT + 30 * DAY),
        6: seconds(AT),
        65533: {"bits": 1, "lst": zlib.compress(STATUS_BITS, 0)},
        65534: 86_400,
    } | dict(changes or {})
    key = ISSUERS[signer]
    parameters = {1: -8, 4: key.public.identifier, 16: TYPE} | dict(header or {})
    protected = cbor2.dumps({k: v for k, v in parameters.items() if v is not None})
    if payload is None:
        kept = {claim: value for claim, value in content.items() if value is not None}
        payload = cbor2.dumps(kept, canonical=True)
    signature = key.key.sign(cbor2.dumps(["Signature1", protected, b"", payload]))
    return cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, signature]))


def status(
    name: str,
    description: str,
    content: bytes,
    expected: Mapping[str, object] | None = None,
) -> FileVector:
    return FileVector("status", name, description, content.hex(), expected)


def good_tokens() -> Iterator[FileVector]:
    def says(revoked: list[int], entries: int = 8 * len(STATUS_BITS)) -> dict[str, Any]:
        return {
            "issuer": "desk.example",
            "uri": URI,
            "entries": entries,
            "revoked": revoked,
        }

    one = {65533: {"bits": 1, "lst": zlib.compress(b"\x81", 0)}}
    yield status("accepted", "The common form.", token(), says([7]))
    yield status("accepted-ed25519", "Under label -19.", token({}, {1: -19}), says([7]))
    description = "The least significant bit is entry 0."
    yield status("accepted-bit-order", description, token(one), says([0, 7], 8))


def bad_messages() -> Iterator[FileVector]:
    protected, unprotected, payload, signature = cbor2.loads(FRESH).value
    forged = signature[:-1] + bytes([signature[-1] ^ 1])
    other = cbor2.dumps({2: URI}, canonical=True)

    def message(tag: int, *parts: object) -> bytes:
        return cbor2.dumps(cbor2.CBORTag(tag, list(parts)))

    for name, description, content in (
        ("empty", "No bytes.", b""),
        ("cut", "Its last byte is missing.", FRESH[:-1]),
        ("long", "One byte after it.", FRESH + b"\0"),
        ("twice", "The token twice.", FRESH + FRESH),
        ("untagged", "No tag.", FRESH[1:]),
        ("mac0", "COSE_Mac0.", message(17, protected, {}, payload, signature)),
        ("reordered", "Parts.", message(18, unprotected, protected, payload, forged)),
        ("forged", "A bit changed.", message(18, protected, {}, payload, forged)),
        ("payload", "Others' claims.", message(18, protected, {}, other, signature)),
        ("no-type", "No type in its header.", token({}, {16: None})),
        ("other-type", "The type of a credential.", token({}, {16: "cwt"})),
        ("algorithm", "ES256.", token({}, {1: -7})),
        ("no-key", "No key is named.", token({}, {4: None})),
        ("stranger", "A signer not trusted.", token(signer="stranger.example")),
        ("former", "A signer trusted no longer.", token(signer="former.example")),
        ("credential", "A credential.", bytes(signed(claims("status")))),
    ):
        yield status(name, description, content)


def bad_lists() -> Iterator[FileVector]:
    packed = zlib.compress(STATUS_BITS, 0)
    dictionary = b"\x78\x20" + zlib.adler32(b"x").to_bytes(4) + packed[2:]

    def bits(lst: object, size: object = 1) -> dict[int, Any]:
        return {65533: {"bits": size, "lst": lst}}

    for name, description, changes in (
        ("two-bits", "Two bits an entry.", bits(packed, 2)),
        ("no-bits", "A list of no bytes.", bits(zlib.compress(b"", 0))),
        ("list-cut", "A list cut short.", bits(packed[:-1])),
        ("list-long", "A byte after the list.", bits(packed + b"\0")),
        ("list-raw", "Not zlib.", bits(STATUS_BITS)),
        ("list-checksum", "A wrong checksum.", bits(packed[:-1] + b"\xff")),
        ("list-dictionary", "A dictionary.", bits(dictionary)),
        ("list-text", "A list that is a text.", bits("00")),
        ("list-more", "More.", {65533: {"bits": 1, "lst": packed, "more": 1}}),
        ("unknown-claim", "A claim too many.", {1: "desk.example"}),
        ("no-subject", "Claim 2 is missing.", {2: None}),
        ("no-expiry", "Claim 4 is missing.", {4: None}),
        ("no-issue", "Claim 6 is missing.", {6: None}),
        ("no-ttl", "Claim 65534 is missing.", {65534: None}),
        ("no-list", "Claim 65533 is missing.", {65533: None}),
        ("ttl-zero", "No time to live.", {65534: 0}),
        ("ttl-negative", "A time to live below 0.", {65534: -1}),
        ("ttl-endless", "One of 300,000 years.", {65534: 1 << 63}),
        ("backwards", "Expires before it is issued.", {4: seconds(AT - DAY)}),
        ("uri", "An address with a space.", {2: "a b"}),
        ("uri-long", "An address of 257 characters.", {2: "x" * 257}),
        ("year-10000", "A moment out of range.", {4: 253_402_300_800}),
    ):
        yield status(name, description, token(changes))
    unsorted = cbor2.dumps({4: 1, 2: URI})
    description = "Its claims unsorted."
    yield status("not-canonical", description, token(payload=unsorted))
    description = "Nine arrays for claims."
    yield status("too-deep", description, token(payload=b"\x81" * 9 + b"\0"))


def file_json(vector: FileVector) -> dict[str, object]:
    """How a vector is written: the file in hexadecimal."""
    what = "token" if vector.folder == "status" else "file"
    expected = {"refused": True} if vector.expected is None else dict(vector.expected)
    return {
        "name": vector.name,
        "description": vector.description,
        what: vector.content,
        **vector.more,
        "at": AT.isoformat(),
        "expected": expected,
    }
