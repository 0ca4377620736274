"""Root documents and trust lists, written by hand: what a gate has to make of them."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import cbor2

from ostiary.credential import Role
from tests.vectors.generate import (
    AT,
    DAY,
    ISSUERS,
    OWNERS,
    ROOT,
    ROOT_FILE,
    ZONE_KEYS,
    day,
    seconds,
)


@dataclass(frozen=True)
class FileVector:
    """One file, and what a reader at noon of the fixed day makes of it.

    Attributes:
        expected: what it says; None where it has to be refused.
        more: what else a reader has to know.
    """

    folder: str
    name: str
    description: str
    content: str
    expected: Mapping[str, object] | None
    more: Mapping[str, str] = field(default_factory=dict)


Change = Callable[[dict[str, Any]], object]


def root_content() -> dict[str, Any]:
    """The content of the root document in `context.json`, by hand."""

    def said(role: Role) -> dict[str, Any]:
        keys = {key.name: key.key.public_bytes_raw() for key in role.keys}
        return {"keys": keys, "threshold": role.threshold}

    return {
        "version": 1,
        "iat": seconds(ROOT.issued_at),
        "exp": seconds(ROOT.expires_at),
        "root": said(ROOT.root),
        "trust": said(ROOT.trust),
    }


def entry(key: dict[str, Any], **more: object) -> dict[str, Any]:
    """An entry that is active for the first half of 2026."""
    moments = {
        name: seconds(day(month, 1))
        for name, month in (("active_from", 1), ("ending_from", 6), ("ends_at", 7))
    }
    return {"key": key} | moments | more


def list_content() -> dict[str, Any]:
    """The content of a trust list with one entry of each kind, by hand."""
    desk, north = ISSUERS["desk.example"].public, ZONE_KEYS["south-0"].public
    zone_key = {
        "x": north.key.public_bytes_raw(),
        "zone": "south",
        "epoch": 0,
        "nbf": seconds(north.not_before),
        "exp": seconds(north.not_after),
    }
    return {
        "version": 7,
        "root": 1,
        "iat": seconds(AT - DAY),
        "exp": seconds(AT + 90 * DAY),
        "issuers": [
            entry(
                {"x": desk.key.public_bytes_raw(), "name": "desk.example"},
                zones=["north", "south"],
            )
        ],
        "zones": [entry(zone_key)],
        "gates": [entry({"x": public("gate"), "name": "main"}, zones=["south"])],
        "settings": [entry({"x": public("settings"), "name": "office"})],
    }


def public(label: str) -> bytes:
    """A public key that nobody holds the private half of."""
    return hashlib.shake_256(f"public {label}".encode()).digest(32)


def cose_sign(
    kind: str,
    content: bytes,
    *names: str,
    algorithm: int = -8,
    tag: int = 98,
) -> bytes:
    """A COSE_Sign by those owners, by hand."""
    body = cbor2.dumps({16: f"application/ostiary-{kind}+cbor"})
    signatures = []
    for key in sorted((OWNERS[name] for name in names), key=lambda k: k.identifier):
        header = cbor2.dumps({1: algorithm, 4: key.identifier})
        covered = cbor2.dumps(["Signature", body, header, b"", content])
        signatures.append([header, {}, key.key.sign(covered)])
    return cbor2.dumps(cbor2.CBORTag(tag, [body, {}, content, signatures]))


def changed(content: dict[str, Any], change: Change) -> bytes:
    change(content)
    return cbor2.dumps(content, canonical=True)


def signed_root(change: Change, *names: str) -> bytes:
    return cose_sign(
        "root", changed(root_content(), change), *names or ("alice", "bob")
    )


def signed_list(change: Change, *names: str) -> bytes:
    return cose_sign("trust", changed(list_content(), change), *names or ("alice",))


def as_it_is(_content: dict[str, Any]) -> None:
    """No change."""


def root_vectors() -> Iterator[FileVector]:
    def vector(
        name: str,
        description: str,
        file: bytes,
        *,
        after: bool = False,
        version: int | None = None,
        refused: str = "",
    ) -> FileVector:
        expected = {"refused": refused} if refused else {"version": version}
        more = {"after": ROOT_FILE.hex()} if after else {}
        return FileVector("root", name, description, file.hex(), expected, more)

    usual = signed_root(as_it_is)
    yield vector(
        "accepted", "Two of its three owners have signed it.", usual, version=1
    )
    file = signed_root(as_it_is, "alice", "bob", "carol", "mallory")
    yield vector("accepted-stranger", "And one more who is no owner.", file, version=1)
    following = signed_root(lambda root: root.update(version=2))
    description = "The next one, by owners of both."
    yield vector("accepted-next", description, following, after=True, version=2)

    def handed_over(root: dict[str, Any]) -> None:
        keys = {"mallory": OWNERS["mallory"].public.key.public_bytes_raw()}
        root.update(version=2, root={"keys": keys, "threshold": 1})

    file = signed_root(handed_over, "alice", "carol", "mallory")
    description = "The next one, to another owner: two of the old and the new one."
    yield vector("accepted-other-owner", description, file, after=True, version=2)

    for name, description, file, after, refused in (
        (
            "too-few",
            "One of the two whom it takes.",
            signed_root(as_it_is, "alice"),
            False,
            "signed by 1 of the 2 owners that it takes",
        ),
        (
            "old-owners-too-few",
            "The next one, by one of the two old owners.",
            signed_root(handed_over, "alice", "mallory"),
            True,
            "signed by 1 of the 2 owners that it takes",
        ),
        (
            "new-owner-missing",
            "The next one, by the old owners alone.",
            signed_root(handed_over, "alice", "bob"),
            True,
            "signed by 0 of the 1 owners that it takes",
        ),
        (
            "skipped",
            "The one after the next.",
            signed_root(lambda root: root.update(version=3)),
            True,
            "root document 3 does not follow 1",
        ),
        (
            "same-version",
            "Not the next one.",
            usual,
            True,
            "root document 1 does not follow 1",
        ),
    ):
        yield vector(name, description, file, after=after, refused=refused)
    for name, description, file, cause in bad_cose("root", usual, root_content()):
        refused = f"not a usable root document: {cause}"
        yield vector(name, description, file, refused=refused)
    member = "a root document with a member too many, too few or wrong"
    in_role = "a role with a member too many, too few or wrong"
    threshold = "a role's threshold is from one to the number of its keys"
    changes: tuple[tuple[str, str, Change, str], ...] = (
        ("member-more", "More.", lambda root: root.update(more=1), member),
        ("member-missing", "No end.", lambda root: root.pop("exp"), member),
        (
            "version-0",
            "Version 0.",
            lambda r: r.update(version=0),
            "versions count from 1",
        ),
        (
            "backwards",
            "Ends before it begins.",
            lambda root: root.update(exp=root["iat"]),
            "a validity window ends after it starts",
        ),
        ("role-more", "More.", lambda root: root["trust"].update(more=1), in_role),
        ("threshold-0", "Nobody.", lambda r: r["root"].update(threshold=0), threshold),
        ("threshold-4", "Four.", lambda r: r["root"].update(threshold=4), threshold),
        (
            "key-twice",
            "One key under two names.",
            lambda root: root["root"]["keys"].update(zoe=root["root"]["keys"]["bob"]),
            "a role has no identifier of a key twice",
        ),
        (
            "key-short",
            "A key of 31 bytes.",
            lambda root: root["root"]["keys"].update(bob=bytes(31)),
            "a role names keys of 32 bytes",
        ),
        (
            "name-space",
            "A space at the end.",
            lambda root: root["trust"]["keys"].update({"zoe ": b"\x09" * 32}),
            "a name is printable and has no space at its ends",
        ),
        (
            "key-nobodys",
            "A key of small order, for which anyone can sign.",
            lambda root: root["trust"]["keys"].update({"zoe": bytes(32)}),
            "a public key that is nobody's",
        ),
    )
    for name, description, change, cause in changes:
        refused = f"not a usable root document: {cause}"
        yield vector(name, description, signed_root(change), refused=refused)


def bad_cose(
    kind: str, usual: bytes, content: dict[str, Any]
) -> Iterator[tuple[str, str, bytes, str]]:
    """What is wrong around a content of either kind."""
    body, _, signed, signatures = cbor2.loads(usual).value
    first = signatures[0]
    other = "trust" if kind == "root" else "root"
    canonical = cbor2.dumps(content, canonical=True)

    def message(*parts: object, tag: int = 98) -> bytes:
        return cbor2.dumps(cbor2.CBORTag(tag, parts))

    malformed = "cose-malformed"
    yield "empty", "No bytes.", b"", "cbor-truncated"
    yield "cut", "Its last byte is missing.", usual[:-1], "cbor-truncated"
    yield "long", "One byte after it.", usual + b"\0", "cbor-trailing"
    yield "twice", "The file twice.", usual * 2, "cbor-trailing"
    yield "untagged", "No tag.", usual[2:], malformed
    yield (
        "sign1",
        "The tag of COSE_Sign1.",
        message(*cbor2.loads(usual).value, tag=18),
        (malformed),
    )
    yield (
        "kind",
        "Of another kind.",
        cose_sign(other, canonical, "alice", "bob"),
        malformed,
    )
    yield (
        "unprotected",
        "A parameter.",
        message(body, {4: b""}, signed, signatures),
        (malformed),
    )
    yield "unsigned", "No signature.", message(body, {}, signed, []), malformed
    yield (
        "signer-twice",
        "One twice.",
        message(body, {}, signed, [first, first]),
        malformed,
    )
    yield (
        "es256",
        "ES256.",
        cose_sign(kind, canonical, "alice", "bob", algorithm=-7),
        ("cose-algorithm"),
    )
    yield (
        "short",
        "A signature of 63 bytes.",
        (message(body, {}, signed, [[*first[:2], first[2][:-1]]])),
        malformed,
    )


def states(**changes: str) -> dict[str, str]:
    """The state at noon of the fixed day of each key of `list_content`."""
    names = ("issuer desk.example", "zone south 0", "gate main", "settings office")
    return dict.fromkeys(names, "ending") | {
        name: changes[name.partition(" ")[0]]
        for name in names
        if name.partition(" ")[0] in changes
    }


def says(said: Mapping[str, str]) -> dict[str, object]:
    """What a reader makes of a good list."""
    return {
        "version": 7,
        "root_version": 1,
        "issued_at": (AT - DAY).isoformat(),
        "expires_at": (AT + 90 * DAY).isoformat(),
        "states": said,
    }


def trust_vector(
    name: str, description: str, file: bytes, expected: Mapping[str, object] | str
) -> FileVector:
    """One list; a text says why it is refused."""
    said = {"refused": expected} if isinstance(expected, str) else expected
    return FileVector("trust", name, description, file.hex(), said)


def trust_vectors() -> Iterator[FileVector]:
    yield from good_lists_of_trust()
    usual = signed_list(as_it_is)
    for name, description, file, cause in bad_cose("trust", usual, list_content()):
        yield trust_vector(name, description, file, f"not a trust list: {cause}")
    file = cose_sign("trust", cbor2.dumps(list_content()), "alice")
    cause = "not a trust list: cbor-not-canonical"
    yield trust_vector("not-canonical", "Its members unsorted.", file, cause)
    file = cose_sign("trust", b"\x81" * 9 + b"\0", "alice")
    cause = "not a trust list: cbor-too-deep"
    yield trust_vector("too-deep", "Nine arrays.", file, cause)
    spoilt = usual[:-1] + bytes([usual[-1] ^ 1])
    cause = "the signature of 'alice' does not hold"
    yield trust_vector("forged", "A bit of its signature changed.", spoilt, cause)
    cause = "signed by 0 of the 1 owners that it takes"
    for name in ("carol", "mallory"):
        description = f"Signed by {name}, who signs no trust lists."
        file = signed_list(as_it_is, name)
        yield trust_vector(f"signer-{name}", description, file, cause)
    for name, description, change, message in bad_lists_of_trust():
        yield trust_vector(name, description, signed_list(change), message)


def good_lists_of_trust() -> Iterator[FileVector]:
    usual = signed_list(as_it_is)
    yield trust_vector("accepted", "One key of each kind.", usual, says(states()))
    file = signed_list(as_it_is, "alice", "bob", "carol")
    description = "Signed by more than it takes."
    yield trust_vector("accepted-more", description, file, says(states()))

    def emptied(said: dict[str, Any]) -> None:
        said.update(issuers=[], zones=[], gates=[], settings=[])

    file = signed_list(emptied)
    yield trust_vector("accepted-empty", "Refuses everyone.", file, says({}))

    def stolen(said: dict[str, Any]) -> None:
        said["issuers"][0]["compromised_at"] = seconds(AT)

    said = says(states(issuer="compromised"))
    description = "A key that is compromised."
    yield trust_vector("accepted-stolen", description, signed_list(stolen), said)


def bad_lists_of_trust() -> Iterator[tuple[str, str, Change, str]]:
    """What is wrong with a content that is well signed."""

    def first(kind: str, **more: object) -> Change:
        return lambda said: said[kind][0].update(more)

    def in_key(kind: str, **more: object) -> Change:
        return lambda said: said[kind][0]["key"].update(more)

    cannot, key = "an entry that cannot be one: ", "a key that cannot be one: "
    yield (
        "array",
        "An array.",
        lambda said: said.update(issuers={}),
        ("'issuers' is not an array"),
    )
    yield (
        "entry-text",
        "An entry that is a text.",
        (lambda said: said["gates"].append("x")),
        "'gates' is not an object",
    )
    yield (
        "member-missing",
        "No gates.",
        lambda said: said.pop("gates"),
        ("'gates' is missing"),
    )
    yield (
        "member-more",
        "A member too many.",
        lambda said: said.update(more=1),
        ("unknown members: 1"),
    )
    yield (
        "entry-more",
        "An entry that says more.",
        first("zones", note="x"),
        ("unknown members: 1"),
    )
    yield (
        "key-more",
        "A private half.",
        in_key("issuers", d=bytes(32)),
        ("unknown members: 1"),
    )
    yield (
        "version-0",
        "Version 0.",
        lambda said: said.update(version=0),
        ("a trust list that cannot be one: versions count from 1"),
    )
    yield (
        "root-2",
        "Of a root document to come.",
        lambda said: said.update(root=2),
        ("drawn up under root document 2, and only 1 is here"),
    )
    yield (
        "expires-first",
        "Ends before it begins.",
        lambda s: s.update(exp=s["iat"]),
        ("a trust list that cannot be one: a validity window ends after it starts"),
    )
    yield (
        "key-twice",
        "A key in two entries.",
        (lambda said: said["issuers"].append(said["issuers"][0])),
        "a key stands twice in the trust list",
    )
    yield (
        "key-in-two-kinds",
        "A key for two things.",
        (
            lambda said: said["settings"][0]["key"].update(
                x=said["issuers"][0]["key"]["x"]
            )
        ),
        "a key stands twice in the trust list",
    )
    yield (
        "epoch-twice",
        "Two keys of one epoch.",
        (
            lambda said: said["zones"].append(
                entry(said["zones"][0]["key"] | {"x": public("another")})
            )
        ),
        "an epoch of a zone has two keys in the trust list",
    )
    yield (
        "key-short",
        "A key of 31 bytes.",
        in_key("issuers", x=bytes(31)),
        ("'x' is not 32 bytes"),
    )
    yield (
        "key-text",
        "A key in base64url.",
        in_key("issuers", x="A" * 43),
        ("'x' holds something that is not bytes"),
    )
    yield (
        "key-nobodys",
        "A key of small order, with which no secret can be agreed.",
        in_key("gates", x=bytes(32)),
        (f"{key}a public key that is nobody's"),
    )
    yield (
        "name-space",
        "A space at the end.",
        in_key("gates", name="main "),
        (f"{key}a name is printable and has no space at its ends"),
    )
    yield (
        "name-long",
        "A name of 65 bytes.",
        in_key("gates", name="x" * 65),
        (f"{key}a name has at most 64 bytes in UTF-8"),
    )
    yield (
        "moments",
        "Ending before it is active.",
        first("issuers", ending_from=0),
        (f"{cannot}a key is active, then ending, then ended"),
    )
    yield (
        "moment-missing",
        "No end.",
        lambda said: said["issuers"][0].pop("ends_at"),
        ("'ends_at' is missing"),
    )
    yield (
        "moment-negative",
        "Before 1970.",
        first("issuers", active_from=-1),
        ("'active_from': a moment lies between 1970 and 9999"),
    )
    yield (
        "outside-epoch",
        "Longer than its epoch.",
        (first("zones", ends_at=seconds(day(12, 1)) + 1)),
        f"{cannot}a zone's key is used within its epoch",
    )
    yield (
        "zone-twice",
        "A zone twice.",
        first("issuers", zones=["a", "a"]),
        ("a zone stands twice"),
    )
    yield (
        "zone-number",
        "A number.",
        first("issuers", zones=[1]),
        ("'zones' holds something that is not a text"),
    )
    yield (
        "zone-of-zone",
        "Zones of a zone's key.",
        first("zones", zones=["south"]),
        ("unknown members: 1"),
    )
