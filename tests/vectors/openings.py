"""Vectors of openings by hand: entries in order, and what is wrong with the last."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from ostiary.credential import Hours, cbor
from ostiary.journal import (
    Answer,
    AuthenticatorSuspended,
    ClockSet,
    DoorReleased,
    JournalEntry,
    KeyAlgorithm,
    ManualOpening,
    Opening,
    OpeningHours,
    OpeningReason,
    OpeningRules,
    OwnerAct,
    OwnerActKind,
    UserCheck,
    dump_entry,
)
from ostiary.terms import ReleaseCause
from tests.authenticator import ORIGIN, PARTY, Authenticator

AT: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
UNTIL: Final = AT + timedelta(days=365)
RULES: Final = OpeningRules(AT, PARTY, (ORIGIN,), UserCheck.VERIFIED, 10, 20)
TWO: Final = replace(RULES, signers=2)

# EdDSA, so that the same entries make the same bytes (RFC 8032).
ADA: Final = Authenticator(b"ada", None, KeyAlgorithm.EDDSA)
KIM: Final = Authenticator(b"kim", None, KeyAlgorithm.EDDSA)
ADDED: Final = (ADA.added(AT, UNTIL), KIM.added(AT, UNTIL))


@dataclass(frozen=True)
class OpeningVector:
    """Entries from the first one of a journal on.

    Attributes:
        name: of the file.
        description: what is particular about the last one.
        entries: in order, as they are encoded.
        faults: what an auditor finds wrong with the last one, in this order; None: it
            is no entry at all.
    """

    name: str
    description: str
    entries: tuple[bytes, ...]
    faults: tuple[str, ...] | None

    @property
    def folder(self) -> str:
        """Where it lies."""
        return "opening"

    def as_table(self) -> dict[str, object]:
        """The file's content."""
        entries = [entry.hex() for entry in self.entries]
        refused: dict[str, object] = {"refused": True}
        faults = self.faults
        expected = refused if faults is None else {"faults": list(faults)}
        return {
            "name": self.name,
            "description": self.description,
            "entries": entries,
            "expected": expected,
        }


def opening_vectors() -> Iterator[OpeningVector]:
    """All of them."""
    yield from _signed()
    yield from _hours()
    yield from _moments()
    yield from _refused()


def _signed() -> Iterator[OpeningVector]:
    one, both = _by_one(1), _by(KIM, 1)
    yield _vector("one", "one signs, where one has to", [RULES, *ADDED, one])
    yield _vector("two", "two sign, where two have to", [TWO, *ADDED, both])
    yield _vector("two-unasked", "two sign, where one has to", [RULES, *ADDED, both])
    yield _vector(
        "alone", "one signs, where two have to", [TWO, *ADDED, one],
        "signed-by-one-alone",
    )  # fmt: skip
    yield _vector(
        "twice", "one signs twice, where two have to", [TWO, *ADDED, _by(ADA, 1)],
        "signed-twice-by-one",
    )  # fmt: skip
    yield _vector(
        "second-unknown", "the second one was never added", [TWO, ADDED[0], both],
        "authenticator-unknown",
    )  # fmt: skip
    suspended = AuthenticatorSuspended(AT, KIM.attendant)
    yield _vector(
        "second-suspended", "the second one is suspended",
        [TWO, *ADDED, suspended, both], "authenticator-suspended",
    )  # fmt: skip
    assert both.second is not None
    elsewhere = KIM.open(replace(both.opening, gate="south")).assertion
    yield _vector(
        "second-elsewhere", "the second one signed for another gate",
        [TWO, *ADDED, replace(both, second=replace(both.second, assertion=elsewhere))],
        "another-entry",
    )  # fmt: skip
    lee = Authenticator(b"lee", None, KeyAlgorithm.EDDSA)
    yield _vector(
        "second-too-soon", "the second one signed another one 19 seconds before",
        [TWO, *ADDED, lee.added(AT, UNTIL), both, _by(KIM, 20, lee)],
        "too-soon-after-another",
    )  # fmt: skip


def _hours() -> Iterator[OpeningVector]:
    office = Hours(frozenset({5}), 13 * 60, 13 * 60 + 1)
    berlin = replace(RULES, hours=OpeningHours("Europe/Berlin", (office,)))
    yield _vector(
        "hours", "a Saturday in Berlin, in the last second of the window",
        [berlin, *ADDED, _by_one(59)],
    )  # fmt: skip
    yield _vector(
        "hours-over", "the second after it, in an emergency",
        [berlin, *ADDED, _by_one(60)], "outside-hours",
    )  # fmt: skip
    nowhere = replace(RULES, hours=OpeningHours("Nowhere/At_All", (office,)))
    yield _vector(
        "hours-unknown", "a time zone that is in no database",
        [nowhere, *ADDED, _by_one(1)], "hours-not-judged",
    )  # fmt: skip


def _moments() -> Iterator[OpeningVector]:
    act = OwnerAct(AT + timedelta(seconds=121), OwnerActKind.KEY_ROTATED, bytes(32))
    far = replace(act, at=AT + timedelta(days=3650))
    yield _vector(
        "behind", "an owner did something 120 seconds later, which was entered first",
        [RULES, *ADDED, act, _by_one(1)],
    )  # fmt: skip
    yield _vector(
        "behind-too-far", "the same, 121 seconds later",
        [RULES, *ADDED, act, _by_one(0)], "clock-went-back",
    )  # fmt: skip
    yield _vector(
        "ahead", "an entry before it has a moment ten years ahead",
        [RULES, *ADDED, far, _by_one(1)], "clock-went-back",
    )  # fmt: skip
    released = DoorReleased(AT - timedelta(days=1), "north", ReleaseCause.WIRED)
    yield _vector(
        "released", "a door was released past its gate, and entered a day later",
        [RULES, *ADDED, released],
    )  # fmt: skip
    clock = ClockSet(AT + timedelta(seconds=1))
    yield _vector(
        "clock-set", "the same, and an owner has said since which time it is",
        [RULES, *ADDED, far, clock, _by_one(2)],
    )  # fmt: skip


def _refused() -> Iterator[OpeningVector]:
    said: dict[cbor.Key, cbor.Encodable] = {
        "kind": "opening-rules",
        "at": int(AT.timestamp()),
        "relying_party": PARTY,
        "origins": [ORIGIN],
        "user": "verified",
        "most_an_hour": 10,
        "pause": 20,
    }
    spoilt: Mapping[str, dict[cbor.Key, cbor.Encodable]] = {
        "one signer, written down": {"signers": 1},
        "three signers": {"signers": 3},
        "hours without a window": {"hours": {"time_zone": "UTC", "windows": []}},
        "hours without a time zone": {"hours": {"windows": []}},
    }
    for number, (description, members) in enumerate(spoilt.items(), 1):
        data = _encoded({**said, **members})
        yield OpeningVector(f"refused-{number}", description, (data,), None)
    at = int(AT.timestamp())
    leaned: dict[cbor.Key, cbor.Encodable] = {
        "kind": "door-released",
        "at": at,
        "gate": "north",
        "cause": "leaned-on",
    }
    yield OpeningVector(
        "refused-cause", "a cause that is not of the list", (_encoded(leaned),), None
    )


def _encoded(members: Mapping[cbor.Key, cbor.Encodable]) -> bytes:
    return bytes(cbor.encode(dict(members)))


def _vector(
    name: str, description: str, entries: list[JournalEntry], *faults: str
) -> OpeningVector:
    data = tuple(dump_entry(entry) for entry in entries)
    return OpeningVector(name, description, data, faults)


def opening(key: Authenticator, seconds: int) -> Opening:
    """One in an emergency, so long after noon."""
    at = AT + timedelta(seconds=seconds)
    return Opening(at, "north", OpeningReason.EMERGENCY, key.attendant, bytes(32))


def _by_one(seconds: int) -> ManualOpening:
    return ADA.open(opening(ADA, seconds))


def _by(
    second: Authenticator, seconds: int, first: Authenticator = ADA
) -> ManualOpening:
    """Signed by two."""
    opened = first.open(opening(first, seconds))
    answer = Answer(second.attendant, second.open(opened.opening).assertion)
    return replace(opened, second=answer)
