"""What test vectors are made of, and the plain ones; `write.py` writes them all.

Everything is derived from the names in this file, so a second run writes the same
bytes. The templates are digests, not faces. The keys are public: never trust them.
"""

import hashlib
import json
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from base45 import b45encode

from ostiary.credential import (
    AnyEntry,
    Cosigned,
    Entries,
    Entry,
    IssuerKey,
    LifeCycle,
    Role,
    RootDocument,
    TrustList,
    ZoneKey,
    draw_up_root,
    draw_up_trust,
    dump_cosigned,
    dump_key,
    new_issuer_key,
    new_root_key,
    new_zone_key,
    read_trust,
)
from ostiary.credential.cbor import Encodable, Key, encode
from ostiary.credential.cose import Tag
from ostiary.credential.sealing import seal
from ostiary.credential.signing import sign
from ostiary.credential.text import write_text
from ostiary.reasons import Reason

Map: TypeAlias = dict[Key, Encodable]

AT: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)  # a Monday
SECOND: Final = timedelta(seconds=1)
DAY: Final = timedelta(days=1)
EXTRACTOR: Final = "retail-0095/1"
DIMENSIONS: Final = 256
MAX_STATUS_AGE: Final = 7 * DAY
URI: Final = "https://status.example/1"
REVOKED_INDEX: Final = 7
STATUS_BITS: Final = bytes([1 << REVOKED_INDEX]) + bytes(124)


def drawn(label: str) -> Callable[[int], bytes]:
    """Randomness that depends on nothing but the label."""
    count = iter(range(1 << 32))
    return lambda size: hashlib.shake_256(f"{label} {next(count)}".encode()).digest(
        size
    )


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def day(month: int, day_of_month: int) -> datetime:
    return datetime(2026, month, day_of_month, tzinfo=UTC)


ISSUERS: Final = {
    name: new_issuer_key(name, drawn(f"issuer {name}"))
    for name in ("desk.example", "fair.example", "former.example", "stranger.example")
}
DESK: Final = ISSUERS["desk.example"]

ZONE_KEYS: Final = {
    f"{zone}-{epoch}": new_zone_key(zone, epoch, start, end, drawn(f"{zone} {epoch}"))
    for zone, epoch, start, end in (
        ("north", 0, day(1, 1), day(5, 1)),
        ("north", 1, day(4, 1), day(12, 1)),
        ("north", 2, day(4, 1), day(12, 1)),
        ("south", 0, day(1, 1), day(12, 1)),
        ("east", 0, day(1, 1), day(12, 1)),
        ("west", 0, day(1, 1), day(12, 1)),
    )
}
NORTH: Final = ZONE_KEYS["north-1"]
EVERYWHERE: Final = frozenset({"north", "south", "east", "west"})

OWNERS: Final = {
    name: new_root_key(name, drawn(f"owner {name}"))
    for name in ("alice", "bob", "carol", "mallory")
}
ALICE: Final = OWNERS["alice"]


def role(threshold: int, *names: str) -> Role:
    return Role(tuple(OWNERS[name].public for name in names), threshold)


ROOT: Final = RootDocument(
    version=1,
    issued_at=day(1, 1),
    expires_at=day(12, 1),
    root=role(2, "alice", "bob", "carol"),
    trust=role(1, "alice", "bob"),
)


def cosigned(message: Cosigned, *names: str) -> bytes:
    """The file of a root document or trust list, signed by those owners."""
    for name in names:
        message = message.signed_by(OWNERS[name])
    return dump_cosigned(message)


ROOT_FILE: Final = cosigned(draw_up_root(ROOT), "alice", "bob")


def issuer(
    name: str, zones: Iterable[str], *moments: datetime, found: datetime | None = None
) -> AnyEntry:
    life = LifeCycle(*(moments or (day(1, 1), day(11, 1), day(12, 1))))
    life = replace(life, compromised_at=found)
    return Entry(ISSUERS[name].public, life, frozenset(zones))


def zone(name: str, **changes: datetime) -> AnyEntry:
    key = ZONE_KEYS[name].public
    life = LifeCycle.between(key.not_before, key.not_after)
    return Entry(key, replace(life, **changes))


ZONE_NAMES: Final = ("north-0", "north-1", "south-0", "east-0", "west-0")
"""Of the keys that the usual list names; it leaves out north-2."""
OTHERS: Final = (
    issuer("fair.example", {"south"}),
    issuer("former.example", EVERYWHERE, day(1, 1), day(2, 1), day(3, 1)),
)
USUAL: Final = Entries.of(
    [issuer("desk.example", EVERYWHERE), *OTHERS, *map(zone, ZONE_NAMES)]
)


def with_desk(*moments: datetime, found: datetime | None = None) -> Entries:
    """The usual list but for the life of the desk's key."""
    return USUAL.having(issuer("desk.example", EVERYWHERE, *moments, found=found))


TRUST_ENDS: Final = day(12, 1)


def trust_file(
    entries: Entries, version: int = 1, expires_at: datetime = TRUST_ENDS
) -> bytes:
    trust = TrustList(version, 1, day(1, 1), expires_at, entries)
    return cosigned(draw_up_trust(trust), "alice")


# A pass is issued at noon of the day before; see `claims`.
TRUST_FILES: Final = {
    "usual": trust_file(USUAL),
    "newer": trust_file(USUAL, version=2),
    "other": trust_file(USUAL, expires_at=day(11, 1)),
    "last-second": trust_file(USUAL, expires_at=AT + SECOND),
    "expired": trust_file(USUAL, expires_at=AT),
    "desk-new": trust_file(with_desk(AT, AT + DAY, AT + 60 * DAY)),
    "desk-first-second": trust_file(with_desk(AT - DAY, AT, AT + 60 * DAY)),
    "desk-last-second": trust_file(
        with_desk(AT - 9 * DAY, AT - DAY + SECOND, AT + SECOND)
    ),
    "desk-ending": trust_file(with_desk(AT - 9 * DAY, AT - DAY, AT + 60 * DAY)),
    "desk-stolen": trust_file(
        with_desk(AT - 9 * DAY, AT + DAY, AT + 60 * DAY, found=AT)
    ),
    "north-stolen": trust_file(USUAL.having(zone("north-1", compromised_at=AT))),
    "north-ending": trust_file(USUAL.having(zone("north-1", ending_from=AT))),
}
TRUST: Final = read_trust(TRUST_FILES["usual"], ROOT)


def status_token(
    issued: datetime, expires: datetime, signer: str = "desk.example", uri: str = URI
) -> bytes:
    """A status list token whose bytes do not depend on the zlib at hand."""
    payload: Map = {
        2: uri,
        4: seconds(expires),
        6: seconds(issued),
        65533: {"bits": 1, "lst": zlib.compress(STATUS_BITS, 0)},
        65534: 86_400,
    }
    headers: Map = {16: "application/statuslist+cwt"}
    return bytes(sign(encode(payload), ISSUERS[signer], headers))


STATUS_TOKENS: Final = {
    "fresh": status_token(AT - timedelta(hours=1), AT + 30 * DAY),
    "a-week-old": status_token(AT - MAX_STATUS_AGE, AT + 30 * DAY),
    "too-old": status_token(AT - MAX_STATUS_AGE - SECOND, AT + 30 * DAY),
    "expired": status_token(AT - DAY, AT),
    "in-future": status_token(AT + timedelta(seconds=61), AT + 30 * DAY),
    "of-another-issuer": status_token(AT, AT + 30 * DAY, signer="fair.example"),
    "elsewhere": status_token(AT, AT + 30 * DAY, uri="https://status.example/2"),
}


def template(coding: str) -> bytes:
    """Digest bytes in the shape of a template; no illegal element."""
    digest = hashlib.shake_256(b"template " + coding.encode()).digest(DIMENSIONS)
    if coding == "int8":
        return bytes(byte if byte != 0x80 else 1 for byte in digest)
    halves = [byte % 15 - 7 & 0x0F for byte in digest]
    return bytes(
        high << 4 | low for high, low in zip(halves[::2], halves[1::2], strict=True)
    )


def biometric(coding: str = "int4", **changes: Encodable) -> Encodable:
    """One face entry; changes are named data, format, sub_format, issuer."""
    fields: dict[str, Encodable] = {
        "data": template(coding),
        "format": 1,
        "sub_format": 100,
        "issuer": f"{EXTRACTOR}/{coding}",
    }
    return dict(enumerate((fields | changes).values()))


def claims(label: str, changes: Map | None = None) -> Map:
    """A pass for the north zone; a claim changed to None is left out."""
    content: Map = {
        1: "desk.example",
        3: "north",
        4: seconds(AT + 30 * DAY),
        5: seconds(AT - DAY),
        6: seconds(AT - DAY),
        7: drawn(f"identifier {label}")(16),
        169: {62: [biometric()]},
        65535: {"status_list": {"idx": 5, "uri": URI}},
    }
    content |= changes or {}
    return {claim: value for claim, value in content.items() if value is not None}


def signed(content: Map, issuer: IssuerKey = DESK) -> bytearray:
    return sign(encode(content), issuer)


def sealed(label: str, message: bytes | bytearray, zone_key: ZoneKey = NORTH) -> bytes:
    return bytes(seal(bytearray(message), [zone_key.public], drawn(f"seal {label}")))


def pass_text(label: str, changes: Map | None = None) -> str:
    """The text of a pass for the north zone with those claims changed."""
    return write_text(sealed(label, signed(claims(label, changes))))


def spell(packed: bytes) -> str:
    """Base45 alone."""
    text: str = b45encode(packed).decode("ascii")
    return text


@dataclass(frozen=True)
class Gate:
    """What the gate knows, by the names that `context.json` gives."""

    zone: str = "north"
    zone_keys: Sequence[str] = ("north-0", "north-1")
    status_list: str = "fresh"
    used_status_list: str | None = None
    trust_list: str = "usual"
    used_trust_list: str | None = None
    highest_time: datetime | None = None
    unsafe_accept_unsealed: bool = False
    unsafe_accept_without_status: bool = False


@dataclass(frozen=True)
class Vector:
    """One text, the gate that reads it, and what has to come of it."""

    folder: str
    name: str
    description: str
    text: str
    expected: dict[str, object]
    at: datetime = AT
    gate: Gate = field(default_factory=Gate)


def accepted(
    folder: str,
    name: str,
    description: str,
    changes: Map | None = None,
    *,
    text: str | None = None,
    at: datetime = AT,
    gate: Gate | None = None,
) -> Vector:
    content = claims(name, changes)
    audience, expires, identifier = content[3], content[4], content[7]
    assert isinstance(expires, int)
    assert isinstance(identifier, bytes)
    expected: dict[str, object] = {
        "issuer": content[1],
        "zones": [audience] if isinstance(audience, str) else audience,
        "expires_at": datetime.fromtimestamp(expires, UTC).isoformat(),
        "identifier": identifier.hex(),
        "face": content[169] != {2: "1"},
    }
    text = pass_text(name, changes) if text is None else text
    return Vector(folder, name, description, text, expected, at, gate or Gate())


def refused(
    reason: Reason,
    description: str,
    changes: Map | None = None,
    *,
    suffix: str = "",
    text: str | None = None,
    at: datetime = AT,
    gate: Gate | None = None,
) -> Vector:
    name = f"{reason}-{suffix}" if suffix else f"{reason}"
    text = pass_text(name, changes) if text is None else text
    expected: dict[str, object] = {"reason": reason}
    return Vector("invalid", name, description, text, expected, at, gate or Gate())


def several(label: str, *names: str) -> str:
    """A pass sealed to several zones."""
    keys = [ZONE_KEYS[name].public for name in names]
    content = claims(label, {3: [key.zone for key in keys]})
    return write_text(seal(signed(content), keys, drawn(f"seal {label}")))


def resigned(label: str, protected: Encodable) -> bytes:
    """A signed message under another protected header."""
    header = encode(protected)
    payload = encode(claims(label))
    signature = DESK.key.sign(encode(["Signature1", header, b"", payload]))
    return bytes(encode([header, {}, payload, signature], tag=Tag.SIGN1))


INT8: Final[Map] = {169: {62: [biometric("int8")]}}
FACELESS: Final[Map] = {169: {2: "1"}}
OFFICE_HOURS: Final[Map] = {-65537: {"north": [[0b11111, 480, 1080]]}}


def good(
    name: str,
    description: str,
    changes: Map | None = None,
    *,
    text: str | None = None,
    gate: Gate | None = None,
) -> Vector:
    return accepted("valid", name, description, changes, text=text, gate=gate)


def valid() -> Iterator[Vector]:
    yield good("one-zone-int4", "The common form: 128-byte template, one zone.")
    yield good("one-zone-int8", "A 256-byte template.", INT8)
    names = ("north-1", "south-0", "east-0", "west-0")
    for count, word in ((2, "two"), (4, "four")):
        name = f"{word}-zones"
        zones = [ZONE_KEYS[key].public.zone for key in names[:count]]
        text = several(name, *names[:count])
        yield good(name, f"Sealed to {word} zones.", {3: zones}, text=text)
    yield good("faceless", "For the lane without a face.", FACELESS)
    yield good("hours", "Monday to Friday, 8 to 18.", OFFICE_HOURS)

    name = "algorithm-ed25519"
    text = write_text(sealed(name, resigned(name, {1: -19, 4: DESK.public.identifier})))
    yield good(name, "Signed under label -19 (RFC 9864).", text=text)
    name = "double-tag"
    text = write_text(sealed(name, b"\xd8\x3d" + signed(claims(name))))
    yield good(name, "Tag 61 around tag 18, as in claim 169's example.", text=text)
    wrapped: Map = {169: bytes(encode({62: [biometric()]}))}
    yield good("identity-wrapped", "Claim 169 in a byte string.", wrapped)
    face_map: Map = {169: {62: biometric()}}
    yield good("face-as-map", "Key 62 holds a map and no array.", face_map)


def unsafe() -> Iterator[Vector]:
    description = "Taken by an unsafe setting only."
    gate = Gate(unsafe_accept_unsealed=True)
    everything = INT8 | OFFICE_HOURS | {3: ["north", "south"]}
    for name, changes in (
        ("unsafe-unsealed", {}),
        ("unsafe-unsealed-faceless", FACELESS),
        ("unsafe-unsealed-int8", everything),
    ):
        text = write_text(signed(claims(name, changes)))
        yield good(name, description, changes, text=text, gate=gate)
    name, gate = "unsafe-without-status", Gate(unsafe_accept_without_status=True)
    yield good(name, description, {65535: None}, gate=gate)


def edge() -> Iterator[Vector]:
    def just(
        name: str,
        description: str,
        changes: Map | None = None,
        *,
        at: datetime = AT,
        gate: Gate | None = None,
    ) -> Vector:
        return accepted("edge", name, description, changes, at=at, gate=gate)

    yield just("first-second", "Valid from this second on.", {5: seconds(AT)})
    yield just("last-second", "Expires next second.", {4: seconds(AT + SECOND)})
    skewed: Map = {6: seconds(AT) + 60}
    yield just("issuer-clock-ahead", "Issued 60 seconds from now.", skewed)
    for name, description in (
        ("last-second", "The trust list expires next second."),
        ("newer", "A later trust list than any used."),
        ("desk-first-second", "Issued in the first second of its issuer's key."),
        ("desk-last-second", "Issued in the last; the key ends next second."),
        ("north-ending", "Sealed to a key that is ending."),
    ):
        used = "usual" if name == "newer" else None
        gate = Gate(trust_list=name, used_trust_list=used)
        yield just(f"trust-{name}", description, gate=gate)
    slow = Gate(highest_time=AT + timedelta(seconds=300))
    yield just("clock-at-its-slowest", "The gate has seen 12:05 already.", gate=slow)
    ending: Map = {4: seconds(NORTH.public.not_after)}
    yield just("ends-with-zone-key", "Expires as its zone's key does.", ending)
    week = Gate(status_list="a-week-old")
    yield just("status-at-its-oldest", "The list is as old as allowed.", gate=week)
    hours: Map = {-65537: {"north": [[0b0000001, 840, 841]]}}
    local = datetime.fromisoformat("2026-06-01T14:00:59+02:00")
    name = "hour-on-the-gates-clock"
    yield just(name, "Monday 14:00, where the gate stands.", hours, at=local)
    night: Map = {-65537: {"north": [[0b1000000, 1320, 1440], [0b0000001, 0, 360]]}}
    midnight = datetime.fromisoformat("2026-05-31T23:59:59+00:00")
    name = "hour-before-midnight"
    changes = night | {5: seconds(AT - 2 * DAY), 6: seconds(AT - 2 * DAY)}
    yield just(name, "Sunday 23:59:59.", changes, at=midnight, gate=week)
    last: Map = {65535: {"status_list": {"idx": 999, "uri": URI}}}
    yield just("last-status-index", "The list's last entry.", last)


def invalid() -> Iterator[Vector]:
    yield from invalid_text()
    yield from invalid_cbor()
    yield from invalid_cose()
    yield from invalid_trust()
    yield from invalid_origin()
    yield from invalid_claims()
    yield from invalid_time_and_place()
    yield from invalid_status()
    yield from invalid_reference()


def bomb(size: int) -> bytes:
    """A zlib stream of that many zeros, written bit by bit: the same with any zlib."""
    repeats, rest = divmod(size - 1, 258)
    repeat = "11000101" + "00000"  # length 258, distance 1
    bits = "1" + "10" + "00110000" + repeat * repeats + "00110000" * rest + "0000000"
    padded = bits + "0" * (-len(bits) % 8)
    body = bytes(int(padded[at : at + 8][::-1], 2) for at in range(0, len(padded), 8))
    return b"\x78\x01" + body + struct.pack(">I", zlib.adler32(bytes(size)))


def invalid_text() -> Iterator[Vector]:
    text = pass_text("text")
    packed = zlib.compress(sealed("text", signed(claims("text"))), 0)
    reason = Reason.TEXT_TOO_LONG
    yield refused(reason, "One character more than a QR code holds.", text="0" * 4297)
    reason = Reason.TEXT_NOT_BASE45
    yield refused(reason, "A lone letter.", suffix="lone", text="A")
    yield refused(reason, "Lower case.", suffix="lower-case", text=text.lower())
    yield refused(reason, "A line feed after it.", suffix="line-feed", text=text + "\n")
    yield refused(reason, "65536 in three letters.", suffix="overflow", text="GGW")
    reason = Reason.ZLIB_DAMAGED
    yield refused(reason, "No zlib stream.", text=spell(b"ostiary"))
    cut = spell(packed[:-1])
    yield refused(reason, "Its last byte is missing.", suffix="cut", text=cut)
    changed = spell(packed[:-1] + bytes([packed[-1] ^ 1]))
    yield refused(reason, "Its checksum is wrong.", suffix="checksum", text=changed)
    reason = Reason.ZLIB_TRAILING
    yield refused(reason, "One byte after the stream.", text=spell(packed + b"\0"))
    reason = Reason.INFLATES_TOO_FAR
    yield refused(reason, "65,537 zeros.", text=spell(bomb(65_537)))


def invalid_cbor() -> Iterator[Vector]:
    message = sealed("cbor", signed(claims("cbor")))
    inner = bytes(encode(claims("cbor")))
    for reason, description, broken in (
        (Reason.CBOR_TRUNCATED, "The last byte is missing.", message[:-1]),
        (Reason.CBOR_TRAILING, "One byte after the message.", message + b"\0"),
        (Reason.CBOR_INDEFINITE, "An array without a length.", b"\xd8\x60\x9f\xff"),
        (Reason.CBOR_NOT_CANONICAL, "A 5 in two bytes.", b"\xd8\x60\x81\x18\x05"),
        (Reason.CBOR_DUPLICATE_KEY, "{1: 0, 1: 0}", b"\xd8\x60\xa2\1\0\1\0"),
        (Reason.CBOR_TOO_DEEP, "Nine arrays.", b"\x81" * 9 + b"\0"),
        (Reason.CBOR_UNSUPPORTED, "A boolean.", b"\xd8\x60\x81\xf5"),
    ):
        yield refused(reason, description, text=write_text(broken))
    # The claims, which only a trusted issuer can get wrong.
    unsorted = b"\xa2\x05\x00\x01\x00"
    for reason, suffix, description, payload in (
        (Reason.CBOR_TRAILING, "claims", "A byte after the claims.", inner + b"\0"),
        (Reason.CBOR_NOT_CANONICAL, "order", "Claim 5 before claim 1.", unsorted),
    ):
        text = write_text(sealed(suffix, sign(bytearray(payload), DESK)))
        yield refused(reason, description, suffix=suffix, text=text)


def recipient(
    algorithm: int = -31,
    identifier: bytes = NORTH.public.identifier,
    point: bytes = NORTH.public.key.public_bytes_raw(),
) -> Encodable:
    """A recipient as it has to look; there is nothing in it."""
    ephemeral: Encodable = {1: 1, -1: 4, -2: point}
    header: Encodable = {4: identifier, -1: ephemeral}
    return [encode({1: algorithm}), header, bytes(40)]


def envelope(**changes: Encodable) -> str:
    """A COSE_Encrypt with one part changed; there is nothing in it."""
    parts: dict[str, Encodable] = {
        "protected": encode({1: 3}),
        "unprotected": {5: bytes(12)},
        "ciphertext": bytes(32),
        "recipients": [recipient()],
    }
    return write_text(encode(list((parts | changes).values()), tag=Tag.ENCRYPT))


def invalid_cose() -> Iterator[Vector]:
    five = [recipient(identifier=bytes([n] * 8)) for n in range(5)]
    critical = encode({1: 3, 2: [99]})
    encrypt0 = write_text(encode([encode({1: 3}), {5: bytes(12)}, bytes(32)], tag=16))
    short = envelope(recipients=[recipient(point=bytes(31))])
    bare = envelope(recipients=[[encode({1: -31}), {}, bytes(40)]])
    unsigned = write_text(sealed("bare", encode([b"", {}, b""], tag=Tag.SIGN1)))
    point = envelope(recipients=[recipient(point=b"\xff" * 32)])
    twice = write_text(sealed("outer", sealed("inner", signed(claims("inner")))))
    for suffix, description, text in (
        ("encrypt0", "COSE_Encrypt0.", encrypt0),
        ("no-recipient", "No recipient.", envelope(recipients=[])),
        ("five-recipients", "Five recipients.", envelope(recipients=five)),
        ("same-key", "One key twice.", envelope(recipients=[recipient()] * 2)),
        ("short-iv", "An IV of 8 bytes.", envelope(unprotected={5: bytes(8)})),
        ("critical", "A critical header.", envelope(protected=critical)),
        ("bare", "A recipient without a key.", bare),
        ("unsigned", "A COSE_Sign1 without a signature.", unsigned),
        ("short-point", "A coordinate of 31 bytes.", short),
        ("point", "A coordinate past the field.", point),
        ("sealed-twice", "A seal in a seal.", twice),
    ):
        yield refused(Reason.COSE_MALFORMED, description, suffix=suffix, text=text)
    a128kw = envelope(recipients=[recipient(algorithm=-29)])
    header: Map = {1: -7, 4: DESK.public.identifier}
    es256 = write_text(sealed("es256", resigned("es256", header)))
    for suffix, description, text in (
        ("content", "Content under A128GCM.", envelope(protected=encode({1: 1}))),
        ("recipient", "Its key under A128KW.", a128kw),
        ("signature", "Signed under ES256.", es256),
    ):
        yield refused(Reason.COSE_ALGORITHM, description, suffix=suffix, text=text)


def invalid_trust() -> Iterator[Vector]:
    reason = Reason.CLOCK_BEHIND
    gate = Gate(highest_time=AT + timedelta(seconds=301))
    yield refused(reason, "The gate has seen 12:05:01 already.", gate=gate)
    before = day(1, 1) - timedelta(seconds=61)
    description = "The trust list comes from 61 seconds ahead."
    yield refused(reason, description, suffix="trust-list", at=before)
    for reason, suffix, description, gate in (
        (
            Reason.TRUST_EXPIRED,
            "",
            "Expired in this second.",
            Gate(trust_list="expired"),
        ),
        (
            Reason.TRUST_ROLLED_BACK,
            "older",
            "Older than a list that the gate has used.",
            Gate(used_trust_list="newer"),
        ),
        (
            Reason.TRUST_ROLLED_BACK,
            "other",
            "Another list of the version that the gate has used.",
            Gate(used_trust_list="other"),
        ),
    ):
        yield refused(reason, description, suffix=suffix, gate=gate)
    reason = Reason.ZONE_KEY_UNLISTED
    message = sealed("unlisted", signed(claims("unlisted")), ZONE_KEYS["north-2"])
    gate = Gate(zone_keys=("north-2",))
    description = "Sealed to a key of the gate's that the trust list does not name."
    yield refused(reason, description, text=write_text(message), gate=gate)
    gate = Gate(trust_list="north-stolen")
    description = "Sealed to a key that is marked as compromised."
    yield refused(Reason.ZONE_KEY_COMPROMISED, description, gate=gate)
    for reason, suffix, description in (
        (Reason.ISSUER_COMPROMISED, "desk-stolen", "Its key is marked as compromised."),
        (Reason.ISSUER_NOT_CURRENT, "desk-new", "Issued before its key was active."),
        (Reason.ISSUER_NOT_CURRENT, "desk-ending", "Issued when its key was ending."),
    ):
        gate = Gate(trust_list=suffix)
        yield refused(reason, description, suffix=suffix, gate=gate)


def invalid_origin() -> Iterator[Vector]:
    reason = Reason.NOT_SEALED
    text = write_text(signed(claims("unsealed")))
    yield refused(reason, "Signed and not sealed.", text=text)
    reason = Reason.NO_RECIPIENT
    yield refused(reason, "Sealed to another zone.", text=several("far", "south-0"))
    reason = Reason.ZONE_KEY_ENDED
    message = sealed("ended", signed(claims("ended")), ZONE_KEYS["north-0"])
    yield refused(reason, "Sealed to an epoch past.", text=write_text(message))
    reason = Reason.CANNOT_UNSEAL
    message = sealed("tampered", signed(claims("tampered")))
    at = 200  # within the ciphertext
    changed = message[:at] + bytes([message[at] ^ 1]) + message[at + 1 :]
    yield refused(reason, "One bit of it changed.", text=write_text(changed))
    text = envelope(recipients=[recipient(point=bytes(32))])
    yield refused(reason, "An all-zero shared secret.", suffix="zero", text=text)
    for reason, signer in (
        (Reason.ISSUER_UNKNOWN, "stranger.example"),
        (Reason.ISSUER_NOT_CURRENT, "former.example"),
    ):
        content = claims(reason, {1: signer})
        text = write_text(sealed(reason, signed(content, ISSUERS[signer])))
        yield refused(reason, f"Signed by {signer}.", text=text)
    reason = Reason.ISSUER_UNKNOWN
    text = pass_text("alias", {1: "fair.example"})
    yield refused(reason, "In another's name.", suffix="other-name", text=text)
    reason = Reason.SIGNATURE_INVALID
    forged = signed(claims("forged"))
    forged[-1] ^= 1
    yield refused(reason, "A bit of it changed.", text=write_text(sealed("f", forged)))


def invalid_claims() -> Iterator[Vector]:
    reason = Reason.CLAIMS_MALFORMED
    changes: Sequence[tuple[str, str, Map]] = (
        ("no-expiry", "Claim 4 is missing.", {4: None}),
        ("unknown-claim", "Claim 2 (subject) is not in the closed set.", {2: "x"}),
        ("text-time", "Claim 4 is a text.", {4: "2026"}),
        ("year-10000", "A moment out of range.", {4: 253_402_300_800}),
        ("window", "Expires before it starts.", {4: seconds(AT - 2 * DAY)}),
        ("identifier", "An identifier of 8 bytes.", {7: bytes(8)}),
        ("name", "Identity data with a name.", {169: {4: "x", 62: [biometric()]}}),
        ("identity", "Empty identity data.", {169: {}}),
        ("audience-of-one", "One zone in an array.", {3: ["north"]}),
        ("zone-twice", "A zone twice.", {3: ["north", "north"]}),
        (
            "hours-elsewhere",
            "Hours of no zone of its.",
            {-65537: {"moon": [[1, 0, 1]]}},
        ),
        (
            "hours-past-1440",
            "A day of 1441 minutes.",
            {-65537: {"north": [[1, 0, 1441]]}},
        ),
        ("hours-empty", "No window at all.", {-65537: {"north": []}}),
    )
    for suffix, description, change in changes:
        yield refused(reason, description, change, suffix=suffix)


def invalid_time_and_place() -> Iterator[Vector]:
    changes: Sequence[tuple[Reason, str, Map]] = (
        (Reason.ISSUED_IN_FUTURE, "Issued 61 seconds from now.", {6: seconds(AT) + 61}),
        (Reason.NOT_YET_VALID, "Valid next second.", {5: seconds(AT + SECOND)}),
        (Reason.EXPIRED, "Expired this second.", {4: seconds(AT)}),
        (
            Reason.OUTLIVES_ZONE_KEY,
            "Expires one second after its zone's key.",
            {4: seconds(NORTH.public.not_after + SECOND)},
        ),
        (Reason.AUDIENCE_MISSING, "No audience.", {3: None}),
        (Reason.WRONG_ZONE, "Sealed to this zone, meant for another.", {3: "south"}),
        (Reason.OUTSIDE_HOURS, "Tuesday only.", {-65537: {"north": [[2, 0, 1440]]}}),
    )
    for reason, description, change in changes:
        yield refused(reason, description, change)
    reason = Reason.ISSUER_NOT_FOR_ZONE
    content = claims("fair", {1: "fair.example", 3: ["north", "south"]})
    text = write_text(sealed("fair", signed(content, ISSUERS["fair.example"])))
    yield refused(reason, "The issuer may issue for south only.", text=text)


def invalid_status() -> Iterator[Vector]:
    def entry(index: int, uri: str = URI) -> Map:
        return {65535: {"status_list": {"idx": index, "uri": uri}}}

    for reason, suffix, description, name in (
        (Reason.STATUS_STALE, "old", "A list too old.", "too-old"),
        (Reason.STATUS_STALE, "expired", "A list that expired.", "expired"),
        (Reason.STATUS_IN_FUTURE, "", "A list of tomorrow.", "in-future"),
        (Reason.STATUS_INVALID, "issuer", "Another's list.", "of-another-issuer"),
        (Reason.STATUS_UNKNOWN, "", "A list not held.", "elsewhere"),
    ):
        gate = Gate(status_list=name)
        yield refused(reason, description, suffix=suffix, gate=gate)
    gate = Gate(status_list="a-week-old", used_status_list="fresh")
    reason = Reason.STATUS_ROLLED_BACK
    yield refused(reason, "Older than a list that the gate has used.", gate=gate)
    yield refused(Reason.STATUS_MISSING, "No status.", {65535: None})
    reason = Reason.STATUS_INVALID
    yield refused(reason, "Past the list's end.", entry(1000), suffix="index")
    yield refused(Reason.REVOKED, "Its bit is set.", entry(REVOKED_INDEX))


def invalid_reference() -> Iterator[Vector]:
    reason = Reason.REFERENCE_MALFORMED
    for suffix, description, data in (
        ("length", "127 bytes.", template("int4")[:-1]),
        ("element", "An element of -8.", b"\x80" + template("int4")[1:]),
        ("zero", "All zero.", bytes(128)),
        ("too-long", "1,025 bytes.", b"\1" * 1025),
    ):
        face: Map = {169: {62: [biometric(data=data)]}}
        yield refused(reason, description, face, suffix=suffix)
    two: Map = {169: {62: [biometric(), biometric()]}}
    yield refused(reason, "Two faces.", two, suffix="two")
    reason = Reason.REFERENCE_INCOMPATIBLE
    for suffix, description, entry in (
        ("extractor", "Another extractor.", biometric(issuer="dlib-resnet/1/int4")),
        ("coding", "A coding not known.", biometric(issuer=f"{EXTRACTOR}/int2")),
        ("image", "A picture and no template.", biometric(format=0)),
    ):
        yield refused(reason, description, {169: {62: [entry]}}, suffix=suffix)


def context() -> dict[str, object]:
    return {
        "comment": "Test keys, private halves included. Never trust them.",
        "issuer_keys": {
            name: json.loads(dump_key(key)) for name, key in ISSUERS.items()
        },
        "zone_keys": {
            name: json.loads(dump_key(key)) for name, key in ZONE_KEYS.items()
        },
        "root_keys": {name: json.loads(dump_key(key)) for name, key in OWNERS.items()},
        "root": ROOT_FILE.hex(),
        "trust_lists": {name: file.hex() for name, file in TRUST_FILES.items()},
        "status_tokens": {name: token.hex() for name, token in STATUS_TOKENS.items()},
        "max_status_age_seconds": int(MAX_STATUS_AGE.total_seconds()),
        "extractor": EXTRACTOR,
        "dimensions": DIMENSIONS,
    }


def as_json(content: dict[str, object]) -> str:
    return json.dumps(content, indent=2) + "\n"


def used_before(gate: Gate) -> dict[str, object]:
    """The newest lists that the gate has used, and the highest time seen, if any."""
    seen = gate.highest_time
    used = {
        "used_status_list": gate.used_status_list,
        "used_trust_list": gate.used_trust_list,
        "highest_time": None if seen is None else seen.isoformat(),
    }
    return {what: name for what, name in used.items() if name is not None}


def vector_json(vector: Vector) -> str:
    return as_json(
        {
            "name": vector.name,
            "description": vector.description,
            "text": vector.text,
            "at": vector.at.isoformat(),
            "gate": {
                "zone": vector.gate.zone,
                "zone_keys": list(vector.gate.zone_keys),
                "trust_list": vector.gate.trust_list,
                "status_list": vector.gate.status_list,
                **used_before(vector.gate),
                "unsafe_accept_unsealed": vector.gate.unsafe_accept_unsealed,
                "unsafe_accept_without_status": (
                    vector.gate.unsafe_accept_without_status
                ),
            },
            "expected": vector.expected,
        }
    )
