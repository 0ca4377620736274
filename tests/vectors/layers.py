"""Each layer of a credential broken in each way; written with `cbor2`, not our encoder.

What is signed or sealed here is signed and sealed with the right keys, so that a reader
gets as far as the layer that is broken.
"""

import zlib
from collections.abc import Iterator
from typing import Any, Final

import cbor2

from ostiary.credential.sealing import seal
from ostiary.credential.text import write_text
from ostiary.reasons import Reason
from tests.vectors.generate import (
    DESK,
    ISSUERS,
    NORTH,
    URI,
    ZONE_KEYS,
    Map,
    Vector,
    accepted,
    biometric,
    claims,
    drawn,
    refused,
    sealed,
    signed,
    spell,
    template,
)

SIGN1, SIGN, ENCRYPT, MAC, CWT = 18, 98, 96, 97, 61
HEADER: Final[dict[int, Any]] = {1: -8, 4: DESK.public.identifier}
SOUTH: Final = ZONE_KEYS["south-0"]


def unusual() -> Iterator[Vector]:
    """What looks wrong and is right."""
    name = "recipients-in-other-order"
    changes: Map = {3: ["north", "south"]}
    keys = [NORTH.public, SOUTH.public]
    message = seal(signed(claims(name, changes)), keys, drawn(f"seal {name}"))
    *before, others = parts(message)
    text = write_text(tagged(ENCRYPT, [*before, others[::-1]]))
    description = "The list of recipients is not authenticated."
    yield accepted("edge", name, description, changes, text=text)


def broken() -> Iterator[Vector]:
    yield from base45_and_zlib()
    yield from seal_parts()
    yield from seal_headers()
    yield from recipients()
    yield from opened_with_other_keys()
    yield from signature_parts()
    yield from signature_headers()
    yield from signed_over_other_bytes()
    yield from claims_in_other_cbor()
    yield from claims_past_their_limits()
    yield from identities()


def base45_and_zlib() -> Iterator[Vector]:
    message = sealed("layers", signed(claims("layers")))
    packed = zlib.compress(message, 0)
    text = spell(packed)
    one_left = text[: len(text) // 3 * 3 - 2]
    for suffix, description, letters in (
        ("pair", "A pair that stands for 2,024.", "::"),
        ("triple", "A triple that stands for 91,124.", ":::"),
        ("alphabet", "A letter that base45 has not.", "#" + text[1:]),
        ("not-ascii", "A digit of another script.", "\N{FULLWIDTH DIGIT ZERO}00"),
        ("cut", "One character less, so that one is left over.", one_left),
    ):
        reason = Reason.TEXT_NOT_BASE45
        yield refused(reason, description, suffix=suffix, text=letters)
    body, checksum = packed[2:-4], packed[-4:]
    dictionary = zlib.adler32(message).to_bytes(4)
    crc = zlib.crc32(message).to_bytes(4, "little")
    size = len(message).to_bytes(4, "little")
    gzip = b"\x1f\x8b\x08" + bytes(7) + body + crc + size
    for suffix, description, stream in (
        ("empty", "No text at all.", b""),
        ("dictionary", "A dictionary.", b"\x78\x20" + dictionary + body + checksum),
        ("raw", "Deflate without the frame of zlib.", body),
        ("gzip", "The frame of gzip.", gzip),
        ("header", "A header whose check fails.", b"\x78\x00" + body + checksum),
    ):
        reason = Reason.ZLIB_DAMAGED
        yield refused(reason, description, suffix=suffix, text=spell(stream))
    twice = spell(packed + packed)
    yield refused(Reason.ZLIB_TRAILING, "The stream twice.", suffix="twice", text=twice)


def parts(message: bytes | bytearray) -> list[Any]:
    """The elements of a COSE message."""
    found: list[Any] = cbor2.loads(bytes(message)).value
    return found


def tagged(number: int, content: object) -> bytes:
    return cbor2.dumps(cbor2.CBORTag(number, content))


def seal_parts() -> Iterator[Vector]:
    message = sealed("parts", signed(claims("parts")))
    protected, unprotected, ciphertext, others = parts(message)
    for suffix, description, broken in (
        ("mac", "Tagged as COSE_Mac.", tagged(MAC, parts(message))),
        ("untagged", "No tag.", cbor2.dumps(parts(message))),
        ("three-parts", "No recipients.", tagged(ENCRYPT, parts(message)[:3])),
        ("five-parts", "A part twice.", tagged(ENCRYPT, [*parts(message), others])),
        (
            "reordered",
            "The headers in the wrong order.",
            tagged(ENCRYPT, [unprotected, protected, ciphertext, others]),
        ),
        (
            "short-ciphertext",
            "A ciphertext shorter than its tag.",
            tagged(ENCRYPT, [protected, unprotected, bytes(15), others]),
        ),
    ):
        text = write_text(broken)
        yield refused(Reason.COSE_MALFORMED, description, suffix=suffix, text=text)
    text = write_text(b"\x99\x04\x00" + b"\xa0" * 1024)
    yield refused(Reason.CBOR_TOO_MANY, "1,024 empty maps in an array.", text=text)
    text = write_text(b"\xd8\x3d" + message)
    yield refused(Reason.NOT_SEALED, "Tag 61 around it.", suffix="tag-61", text=text)
    text = write_text(tagged(ENCRYPT, [protected, unprotected, None, others]))
    reason = Reason.CBOR_UNSUPPORTED
    yield refused(reason, "A ciphertext elsewhere.", suffix="detached", text=text)


def seal_headers() -> Iterator[Vector]:
    protected, unprotected, ciphertext, others = parts(
        sealed("headers", signed(claims("headers")))
    )
    malformed, iv = Reason.COSE_MALFORMED, unprotected[5]
    for reason, suffix, description, header, parameters in (
        (malformed, "no-algorithm", "No algorithm.", b"\xa0", unprotected),
        (
            malformed,
            "algorithm-text",
            "An algorithm by name.",
            cbor2.dumps({1: "A256GCM"}),
            unprotected,
        ),
        (malformed, "open-algorithm", "Not protected.", b"", {1: 3, 5: iv}),
        (malformed, "two-algorithms", "In both.", protected, {1: 3, 5: iv}),
        (
            Reason.CBOR_TRUNCATED,
            "empty-header",
            "A header of no bytes.",
            b"",
            unprotected,
        ),
        (Reason.CBOR_TRUNCATED, "header", "A header cut.", b"\xa1\x01", unprotected),
        (
            Reason.CBOR_TRAILING,
            "header",
            "A byte after the header.",
            protected + b"\0",
            unprotected,
        ),
        (
            Reason.CBOR_DUPLICATE_KEY,
            "header",
            "The algorithm twice.",
            b"\xa2\x01\x03\x01\x03",
            unprotected,
        ),
        (
            Reason.CBOR_NOT_CANONICAL,
            "header",
            "A 3 in two bytes.",
            b"\xa1\x01\x18\x03",
            unprotected,
        ),
    ):
        text = write_text(tagged(ENCRYPT, [header, parameters, ciphertext, others]))
        yield refused(reason, description, suffix=suffix, text=text)


def recipients() -> Iterator[Vector]:
    *before, others = parts(sealed("recipients", signed(claims("recipients"))))
    [[protected, unprotected, wrapped]] = others
    identifier, sender = unprotected[4], unprotected[-1]

    def shown(recipient: list[Any]) -> str:
        return write_text(tagged(ENCRYPT, [*before, [recipient]]))

    def keyed(key: dict[int, Any]) -> list[Any]:
        return [protected, {4: identifier, -1: key}, wrapped]

    malformed = Reason.COSE_MALFORMED
    short = {4: identifier[:7], -1: sender}
    backwards = {-1: sender, 4: identifier}
    direct = cbor2.dumps({1: -25})
    for reason, suffix, description, recipient in (
        (malformed, "wrapped-cut", "39 bytes.", [protected, unprotected, wrapped[:-1]]),
        (malformed, "wrapped-long", "41.", [protected, unprotected, wrapped + b"\0"]),
        (malformed, "layered", "A recipient of its own.", [*others[0], others]),
        (malformed, "short-identifier", "7 bytes.", [protected, short, wrapped]),
        (malformed, "key-type", "An EC2 key.", keyed({**sender, 1: 2})),
        (malformed, "key-type-symmetric", "A symmetric key.", keyed({1: 4, -1: b"k"})),
        (malformed, "curve", "A point of X448.", keyed({**sender, -1: 5})),
        (malformed, "curve-ed25519", "A point of Ed25519.", keyed({**sender, -1: 6})),
        (malformed, "private", "A private key.", keyed({**sender, -4: bytes(32)})),
        (Reason.COSE_ALGORITHM, "direct", "ECDH-ES.", [direct, unprotected, wrapped]),
        (
            Reason.CBOR_NOT_CANONICAL,
            "recipient",
            "Its parameters unsorted.",
            [protected, backwards, wrapped],
        ),
    ):
        text = shown(recipient)
        yield refused(reason, description, suffix=suffix, text=text)


def opened_with_other_keys() -> Iterator[Vector]:
    def resealed(change: dict[int, Any]) -> str:
        """A pass with some of its parts, by their place, changed."""
        kept = parts(sealed("open", signed(claims("open"))))
        return write_text(
            tagged(ENCRYPT, [change.get(at, part) for at, part in enumerate(kept)])
        )

    _, unprotected, ciphertext, [mine] = parts(sealed("open", signed(claims("open"))))
    [another] = parts(sealed("another", signed(claims("another"))))[3]
    [theirs] = parts(sealed("open", signed(claims("open")), SOUTH))[3]
    of_north = [theirs[0], {**theirs[1], 4: NORTH.public.identifier}, theirs[2]]
    of_south = [mine[0], {**mine[1], 4: SOUTH.public.identifier}, mine[2]]
    crossed = [[mine[0], mine[1], theirs[2]], [theirs[0], theirs[1], mine[2]]]
    iv = bytes([unprotected[5][0] ^ 1]) + unprotected[5][1:]
    reason = Reason.CANNOT_UNSEAL
    for suffix, description, change in (
        ("cut", "The ciphertext's last byte is missing.", {2: ciphertext[:-1]}),
        ("long", "One byte after the ciphertext.", {2: ciphertext + b"\0"}),
        ("iv", "One bit of the IV changed.", {1: {5: iv}}),
        ("another-pass", "The recipient of another pass.", {3: [another]}),
        ("other-zone", "Wrapped for south, named north.", {3: [of_north]}),
        ("swapped", "Two zones' wrapped keys swapped.", {3: crossed}),
        ("swapped-names", "Two zones' names swapped.", {3: [of_south, of_north]}),
    ):
        yield refused(reason, description, suffix=suffix, text=resealed(change))
    text = resealed({3: [of_south]})
    reason = Reason.NO_RECIPIENT
    yield refused(reason, "Wrapped for north, named south.", suffix="named", text=text)


def signature_parts() -> Iterator[Vector]:
    message = bytes(signed(claims("sign1")))
    protected, unprotected, payload, signature = parts(message)
    malformed = Reason.COSE_MALFORMED
    for reason, suffix, description, inner in (
        (Reason.CBOR_TRUNCATED, "signed", "Its last byte is missing.", message[:-1]),
        (Reason.CBOR_TRAILING, "signed", "One byte after it.", message + b"\0"),
        (malformed, "sign1-untagged", "No tag.", cbor2.dumps(parts(message))),
        (malformed, "sign", "COSE_Sign.", tagged(SIGN, parts(message))),
        (malformed, "tag-61-twice", "61 in 61.", b"\xd8\x3d\xd8\x3d" + message),
        (malformed, "sign1-five", "5 parts.", tagged(SIGN1, [*parts(message), b""])),
        (
            malformed,
            "sign1-reordered",
            "Signature before payload.",
            tagged(SIGN1, [protected, unprotected, signature, payload]),
        ),
        (
            malformed,
            "signature-cut",
            "A signature of 63 bytes.",
            tagged(SIGN1, [protected, unprotected, payload, signature[:-1]]),
        ),
        (
            malformed,
            "signature-long",
            "A signature of 65 bytes.",
            tagged(SIGN1, [protected, unprotected, payload, signature + b"\0"]),
        ),
        (
            malformed,
            "sign1-open-header",
            "A parameter that is not signed.",
            tagged(SIGN1, [protected, {99: 1}, payload, signature]),
        ),
        (
            Reason.CBOR_UNSUPPORTED,
            "payload-detached",
            "A payload elsewhere.",
            tagged(SIGN1, [protected, unprotected, None, signature]),
        ),
    ):
        text = write_text(sealed(suffix, inner))
        yield refused(reason, description, suffix=suffix, text=text)


def signing(
    label: str,
    header: dict[Any, Any],
    over: list[Any] | None = None,
    signer: str = "desk.example",
) -> str:
    """A sealed COSE_Sign1 with that header, signed over those bytes."""
    protected = cbor2.dumps(header)
    payload = cbor2.dumps(claims(label), canonical=True)
    right = ["Signature1", protected, b"", payload]
    signature = ISSUERS[signer].key.sign(cbor2.dumps(right if over is None else over))
    inner = tagged(SIGN1, [protected, {}, payload, signature])
    return write_text(sealed(label, inner))


def signature_headers() -> Iterator[Vector]:
    identifier = DESK.public.identifier
    malformed, algorithm = Reason.COSE_MALFORMED, Reason.COSE_ALGORITHM
    cases: list[tuple[Reason, str, str, dict[int, Any]]] = [
        (
            algorithm,
            "hs256",
            "HMAC, for which a public key would be known.",
            {1: 5, 4: identifier},
        ),
        (algorithm, "ed448", "Ed448.", {1: -53, 4: identifier}),
        (malformed, "sign1-algorithm-text", "By name.", {1: "EdDSA", 4: identifier}),
        (malformed, "sign1-no-algorithm", "No algorithm.", {4: identifier}),
        (malformed, "sign1-no-key", "No key is named.", {1: -8}),
        (malformed, "sign1-short-key", "A key of 7 bytes.", {1: -8, 4: identifier[:7]}),
        (malformed, "sign1-critical", "Critical.", {1: -8, 2: [16], 4: identifier}),
        (malformed, "sign1-type", "A type.", HEADER | {16: "application/cwt"}),
    ]
    for reason, suffix, description, header in cases:
        text = signing(suffix, header)
        yield refused(reason, description, suffix=suffix, text=text)


def signed_over_other_bytes() -> Iterator[Vector]:
    protected = cbor2.dumps(HEADER)
    other = cbor2.dumps(claims("other"), canonical=True)

    def own(label: str) -> bytes:
        return cbor2.dumps(claims(label), canonical=True)

    reason = Reason.SIGNATURE_INVALID
    for suffix, description, over in (
        ("payload", "Over another payload.", ["Signature1", protected, b"", other]),
        ("header", "Over no header.", ["Signature1", b"", b"", own("header")]),
        ("context", "As COSE_Sign.", ["Signature", protected, b"", own("context")]),
        ("aad", "Over more data.", ["Signature1", protected, b"x", own("aad")]),
    ):
        text = signing(suffix, HEADER, over)
        yield refused(reason, description, suffix=suffix, text=text)
    text = signing("impostor", HEADER, signer="fair.example")
    yield refused(reason, "By another's key.", suffix="impostor", text=text)
    kept = parts(signed(claims("zeros")))
    text = write_text(sealed("zeros", tagged(SIGN1, [*kept[:3], bytes(64)])))
    yield refused(reason, "All zeros.", suffix="zeros", text=text)


def saying(label: str, payload: bytes) -> str:
    """A pass whose claims are those bytes, properly signed."""
    protected = cbor2.dumps(HEADER)
    over = cbor2.dumps(["Signature1", protected, b"", payload])
    inner = tagged(SIGN1, [protected, {}, payload, DESK.key.sign(over)])
    return write_text(sealed(label, inner))


def claims_in_other_cbor() -> Iterator[Vector]:
    right = cbor2.dumps(claims("bytes"), canonical=True)
    malformed = Reason.CLAIMS_MALFORMED
    for reason, suffix, description, payload in (
        (Reason.CBOR_TRUNCATED, "claims", "Their last byte is missing.", right[:-1]),
        (Reason.CBOR_TRUNCATED, "no-claims", "No bytes.", b""),
        (Reason.CBOR_DUPLICATE_KEY, "claims", "Claim 1 twice.", b"\xa2\1\0\1\0"),
        (Reason.CBOR_INDEFINITE, "claims", "A map without length.", b"\xbf\1\0\xff"),
        (
            Reason.CBOR_NOT_CANONICAL,
            "integer",
            "A claim's label in two bytes.",
            b"\xa1\x18\x01\x00",
        ),
        (
            Reason.CBOR_TOO_MANY,
            "claims",
            "1,024 zeros in an array.",
            b"\x99\x04\x00" + bytes(1024),
        ),
        (Reason.CBOR_TOO_DEEP, "claims", "Nine arrays.", b"\x81" * 9 + b"\0"),
        (Reason.CBOR_UNSUPPORTED, "float", "A float.", b"\xa1\x04\xf9\x7e\x00"),
        (Reason.CBOR_UNSUPPORTED, "null", "Nil.", b"\xa1\x03\xf6"),
        (Reason.CBOR_UNSUPPORTED, "utf-8", "Not UTF-8.", b"\xa1\x01\x61\xff"),
        (Reason.CBOR_UNSUPPORTED, "label", "A label of bytes.", b"\xa1\x41\1\0"),
        (malformed, "array", "An array.", b"\x80"),
        (malformed, "tagged", "Tag 61 around the claims.", b"\xd8\x3d" + right),
        (malformed, "signed-twice", "A signature.", bytes(signed(claims("inner")))),
        (malformed, "empty", "No claim.", b"\xa0"),
    ):
        text = saying(suffix, payload)
        yield refused(reason, description, suffix=suffix, text=text)


def claims_past_their_limits() -> Iterator[Vector]:
    def status(index: int, uri: str) -> Map:
        return {65535: {"status_list": {"idx": index, "uri": uri}}}

    def hours(*windows: list[int]) -> Map:
        return {-65537: {"north": list(windows)}}

    nested: Map = {65535: {"status_list": {"idx": 1, "uri": URI, "x": 1}}}
    changes: list[tuple[str, str, Map]] = [
        ("issuer-name", "A name of 65 bytes.", {1: "x" * 65}),
        ("zone-name", "A zone of 65 bytes.", {3: ["north", "\N{SNOWMAN}" * 22]}),
        ("zone-space", "A space at the end.", {3: "north "}),
        ("zone-control", "A control character.", {3: "north\n"}),
        ("five-zones", "Five zones.", {3: ["north", "a", "b", "c", "d"]}),
        ("no-zones", "An audience of none.", {3: []}),
        ("zone-number", "A zone that is a number.", {3: ["north", 1]}),
        ("fifteen-windows", "15 windows.", hours(*[[1, n, n + 1] for n in range(15)])),
        ("no-weekday", "A window on no day.", hours([0, 0, 1])),
        ("eighth-weekday", "A window on an eighth day.", hours([128, 0, 1])),
        ("backwards", "A window that ends first.", hours([1, 60, 60])),
        ("window-of-two", "A window without an end.", hours([1, 60])),
        ("hours-map", "No hours for no zone.", {-65537: {}}),
        ("uri", "An address of 257 characters.", status(1, "x" * 257)),
        ("uri-space", "An address with a space.", status(1, "a b")),
        ("index", "An index past all lists.", status(8 * 16_777_216, URI)),
        ("negative-index", "An index below 0.", status(-1, URI)),
        ("status-more", "A status that says more.", nested),
        ("before-1970", "A moment below 0.", {5: -1}),
        ("long-identifier", "An identifier of 17 bytes.", {7: bytes(17)}),
        ("no-identifier", "Claim 7 is missing.", {7: None}),
        ("no-identity", "Claim 169 is missing.", {169: None}),
        ("text-label", "A claim with a text for a label.", {"exp": 1}),
    ]
    for suffix, description, change in changes:
        reason = Reason.CLAIMS_MALFORMED
        yield refused(reason, description, change, suffix=suffix)


def identities() -> Iterator[Vector]:
    def faces(**changes: Any) -> Map:  # noqa: ANN401 - whatever is wrong
        return {169: {62: [biometric(**changes)]}}

    wrapped = cbor2.dumps({62: [biometric()]}, canonical=True)
    malformed, incompatible = Reason.REFERENCE_MALFORMED, Reason.REFERENCE_INCOMPATIBLE
    claims_malformed = Reason.CLAIMS_MALFORMED
    changes: list[tuple[Reason, str, str, Map]] = [
        (Reason.CBOR_TRAILING, "identity", "A byte after it.", {169: wrapped + b"\0"}),
        (Reason.CBOR_TRUNCATED, "identity", "Its end missing.", {169: wrapped[:-1]}),
        (claims_malformed, "identity-version", "Version 2.", {169: {2: "2"}}),
        (claims_malformed, "photo", "A photograph.", {169: {16: b"x"}}),
        (
            claims_malformed,
            "wrapped-twice",
            "Wrapped twice.",
            {169: cbor2.dumps(wrapped)},
        ),
        (malformed, "none", "No face in the array.", {169: {62: []}}),
        (malformed, "long", "129 bytes.", faces(data=template("int4") + b"\1")),
        (malformed, "empty", "No bytes.", faces(data=b"")),
        (malformed, "text", "A text.", faces(data="template")),
        (malformed, "more", "A fifth key.", faces(more=1)),
        (incompatible, "sub-format", "Sub-format 1.", faces(sub_format=1)),
        (incompatible, "version", "Version 2.", faces(issuer="retail-0095/2/int4")),
    ]
    for reason, suffix, description, change in changes:
        yield refused(reason, description, change, suffix=suffix)
