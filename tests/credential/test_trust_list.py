"""Trust lists and their drafts: what is written is read, and only what is signed."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import (
    LIMITS,
    AnyEntry,
    AnyKey,
    Entries,
    Entry,
    IssuerPublicKey,
    LifeCycle,
    draw_up_trust,
    dump_cosigned,
    dump_entries,
    dump_key,
    load_entries,
    new_gate_key,
    new_issuer_key,
    new_root_key,
    new_settings_key,
    new_zone_key,
    read_drawn_up_trust,
    read_trust,
)
from ostiary.errors import TrustListError
from tests.owner import (
    OWNER,
    ROOT,
    in_force,
    listed,
    root_document,
    signed_trust,
    trust_list,
    trusted,
)

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LIFE = LifeCycle(AT, AT + 10 * DAY, AT + 30 * DAY)

DESK = new_issuer_key("desk.example", lambda size: b"\x01" * size)
ZONE = new_zone_key("north", 3, AT, AT + 60 * DAY, lambda size: b"\x02" * size)
GATE = new_gate_key("main", lambda size: b"\x03" * size)
SETTINGS = new_settings_key("office", lambda size: b"\x04" * size)
ENTRIES = Entries(
    issuers=(
        Entry(DESK.public, LIFE, frozenset({"north", "south"})),
        trusted(
            new_issuer_key("desk.example", lambda size: b"\x05" * size).public,
            AT,
            AT + DAY,
            (),
        ),
    ),
    zones=(Entry(ZONE.public, LIFE),),
    gates=(Entry(GATE.public, LIFE, frozenset({"north"})),),
    settings=(Entry(SETTINGS.public, replace(LIFE, compromised_at=AT)),),
)
TRUST = replace(trust_list(), entries=ENTRIES, version=7)
FILE = signed_trust(TRUST)
DRAFT = dump_entries(ENTRIES)

Change = Callable[[Any], object]


def test_a_signed_list_is_read_again() -> None:
    read = read_trust(FILE, ROOT)
    assert read == TRUST
    assert read.root == ROOT
    assert read.digest


def test_a_draft_is_read_again() -> None:
    assert load_entries(DRAFT) == ENTRIES


def test_an_empty_list_is_legal_and_finds_nobody() -> None:
    empty = in_force()
    assert list(empty.entries) == []
    assert empty.entries.issuer(DESK.public.identifier) is None


def test_an_entry_is_found_by_its_key() -> None:
    assert ENTRIES.issuer(DESK.public.identifier) is ENTRIES.issuers[0]
    assert ENTRIES.zone(ZONE.public) is ENTRIES.zones[0]
    assert ENTRIES.issuer(bytes(8)) is None


def test_a_zones_key_is_of_the_epoch_that_the_list_names() -> None:
    assert ENTRIES.zone(replace(ZONE.public, epoch=4)) is None
    assert ENTRIES.zone(replace(ZONE.public, not_after=AT + 61 * DAY)) is None


def test_a_list_of_too_few_owners_is_refused() -> None:
    other = new_root_key("other", lambda size: b"\x09" * size)
    both = root_document(OWNER, other, threshold=2)
    with pytest.raises(TrustListError, match="signed by 1 of the 2 owners"):
        read_trust(FILE, both)
    assert read_trust(signed_trust(TRUST, [OWNER, other]), both) == TRUST
    with pytest.raises(TrustListError, match="signed by 0 of the 1 owners"):
        read_trust(signed_trust(TRUST, [other]), ROOT)


def test_a_list_that_waits_for_signatures_can_be_looked_at() -> None:
    message, waiting = read_drawn_up_trust(FILE)
    assert waiting == TRUST
    assert waiting.root is None
    assert not waiting.is_in_force(AT)
    assert [key.name for key in message.signers(ROOT.trust)] == ["owner"]


def test_a_list_that_nobody_signed_is_in_force_for_nobody() -> None:
    assert not TRUST.is_in_force(AT)
    with pytest.raises(TrustListError, match="cose-malformed"):
        read_trust(dump_cosigned(draw_up_trust(TRUST)), ROOT)


def test_a_list_of_a_later_root_document_is_not_read_by_an_earlier() -> None:
    file = signed_trust(replace(TRUST, root_version=2))
    with pytest.raises(TrustListError, match="under root document 2, and only 1"):
        read_trust(file, ROOT)
    assert read_trust(file, replace(ROOT, version=3)).root_version == 2


def test_a_list_ends_with_itself_or_with_its_root() -> None:
    read = read_trust(signed_trust(replace(TRUST, expires_at=AT)), ROOT)
    assert read.is_in_force(AT - DAY)
    assert not read.is_in_force(AT)
    short = replace(ROOT, expires_at=AT)
    assert read_trust(FILE, short).is_in_force(AT - DAY)
    assert not read_trust(FILE, short).is_in_force(AT)


def test_a_list_of_the_future_says_so() -> None:
    assert not replace(TRUST, issued_at=AT + LIMITS.clock_skew).is_ahead(AT)
    assert replace(TRUST, issued_at=AT + 2 * LIMITS.clock_skew).is_ahead(AT)


def test_a_key_stands_in_one_entry_only() -> None:
    entry = ENTRIES.issuers[0]
    with pytest.raises(ValueError, match="twice"):
        Entries(issuers=(entry, entry))


def test_an_epoch_has_one_key() -> None:
    other = new_zone_key("north", 3, AT, AT + DAY, lambda size: b"\x09" * size)
    with pytest.raises(ValueError, match="two keys"):
        Entries(zones=(ENTRIES.zones[0], listed(other)))


def test_a_list_is_bounded() -> None:
    entries = tuple(
        trusted(
            new_issuer_key("x" * 64, n.to_bytes).public,
            AT,
            AT + DAY,
            {"y" * 64},
        )
        for n in range(LIMITS.trust_entries + 1)
    )
    most = replace(TRUST, entries=Entries(issuers=entries[1:]))
    assert read_trust(signed_trust(most), ROOT) == most
    assert load_entries(dump_entries(most.entries)) == most.entries
    with pytest.raises(ValueError, match="at most 512 entries"):
        Entries(issuers=entries)
    wide = replace(entries[0], zones=frozenset(f"{n:060}" for n in range(5000)))
    with pytest.raises(ValueError, match="too many"):
        draw_up_trust(replace(TRUST, entries=Entries(issuers=(wide,))))
    with pytest.raises(TrustListError, match="longer"):
        read_trust(bytes(LIMITS.trust_file_bytes + 1), ROOT)


@pytest.mark.parametrize(
    "entry",
    [
        lambda: Entry(DESK.public, LIFE, frozenset({""})),
        lambda: Entry(ZONE.public, LIFE, frozenset({"north"})),
        lambda: Entry(SETTINGS.public, LIFE, frozenset({"north"})),
        lambda: Entry(ZONE.public, LifeCycle.between(AT - DAY, AT + DAY)),
        lambda: Entry(ZONE.public, LifeCycle.between(AT, AT + 61 * DAY)),
    ],
)
def test_an_entry_that_cannot_be_one(entry: Callable[[], AnyEntry]) -> None:
    with pytest.raises(ValueError, match=r"name|zones|epoch"):
        entry()


@pytest.mark.parametrize("change", [{"version": 0}, {"root_version": 0}])
def test_versions_count_from_one(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="from 1"):
        replace(TRUST, **change)


ENTRY_CHANGES: list[Change] = [
    lambda said: said["issuers"].append(7),
    lambda said: said["issuers"].append(said["issuers"][0]),
    lambda said: said["issuers"][0].update(zones=["north", "north"]),
    lambda said: said["issuers"][0].update(zones=["north", 1]),
    lambda said: said["issuers"][0].update(zones=[""]),
    lambda said: said["issuers"][0].update(ends_at=0),
    lambda said: said["issuers"][0].update(active_from="x"),
    lambda said: said["issuers"][0].update(compromised_at=-1),
    lambda said: said["issuers"][0].pop("ending_from"),
    lambda said: said["issuers"][0].pop("zones"),
    lambda said: said["issuers"][0].update(more=1),
    lambda said: said["issuers"][0]["key"].update(more=1),
    lambda said: said["issuers"][0]["key"].pop("name"),
    lambda said: said["issuers"][0]["key"].update(name=""),
    lambda said: said["issuers"][0].update(key=said["zones"][0]["key"]),
    lambda said: said["zones"][0].update(zones=["north"]),
    lambda said: said["zones"][0].update(ends_at=said["zones"][0]["key"]["exp"] + 1),
    lambda said: said["zones"].append(said["zones"][0]),
    lambda said: said["gates"].extend(said["zones"]),
    lambda said: said["settings"][0].update(zones=[]),
    lambda said: said.update(issuers={}),
    lambda said: said.pop("gates"),
    lambda said: said.update(extra=1),
    lambda said: said.update(version=0),
    lambda said: said.update(version="7"),
]


@pytest.mark.parametrize("change", ENTRY_CHANGES)
def test_a_draft_with_anything_wrong_is_refused(change: Change) -> None:
    content = json.loads(DRAFT)
    change(content)
    with pytest.raises(TrustListError):
        load_entries(json.dumps(content).encode())


@pytest.mark.parametrize("key", [DESK, ZONE.public, OWNER.public])
def test_a_draft_holds_public_keys_of_their_kind(key: AnyKey) -> None:
    content = json.loads(DRAFT)
    content["issuers"][0]["key"] = json.loads(dump_key(key))
    with pytest.raises(TrustListError, match="public key of its list's kind"):
        load_entries(json.dumps(content).encode())


def signed_content(change: Change) -> bytes:
    message = draw_up_trust(TRUST)
    content = json.loads(json.dumps(cbor2.loads(message.content), default=bytes.hex))
    change(content)
    for kind in ("issuers", "zones", "gates", "settings"):
        for entry in content.get(kind, ()):
            if isinstance(entry, dict):
                unhex(entry["key"])
    changed = replace(message, content=cbor2.dumps(content, canonical=True))
    return dump_cosigned(changed.signed_by(OWNER))


def unhex(key: dict[str, Any]) -> None:
    if isinstance(key.get("x"), str):
        key["x"] = bytes.fromhex(key["x"])


LIST_CHANGES: list[Change] = [
    lambda said: said.pop("version"),
    lambda said: said.update(root=0),
    lambda said: said.pop("root"),
    lambda said: said.update(exp=said["iat"]),
    lambda said: said.update(iat=-1),
    lambda said: said["issuers"][0]["key"].update(x="00" * 31),
    lambda said: said["issuers"][0]["key"].update(x=1),
    lambda said: said["issuers"][0]["key"].update(d="00" * 32),
]


@pytest.mark.parametrize("change", [*ENTRY_CHANGES, *LIST_CHANGES])
def test_a_signed_list_with_anything_wrong_is_refused(change: Change) -> None:
    with pytest.raises(TrustListError):
        read_trust(signed_content(change), ROOT)


def test_a_signed_list_that_was_not_changed_is_read() -> None:
    assert read_trust(signed_content(lambda said: said), ROOT) == TRUST


@pytest.mark.parametrize("content", [b"", b"\x80", b"\xff", b"\xa1\x01\x01"])
def test_what_is_signed_is_a_list(content: bytes) -> None:
    message = replace(draw_up_trust(TRUST), content=content)
    with pytest.raises(TrustListError):
        read_trust(dump_cosigned(message.signed_by(OWNER)), ROOT)


@given(st.binary(max_size=80))
def test_junk_is_no_trust_list(data: bytes) -> None:
    with pytest.raises(TrustListError):
        read_trust(data, ROOT)
    with pytest.raises(TrustListError):
        load_entries(data)


@given(st.data())
def test_a_list_with_one_byte_changed_is_refused(data: st.DataObject) -> None:
    file = bytearray(FILE)
    place = data.draw(st.integers(0, len(file) - 1))
    file[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(TrustListError):
        read_trust(bytes(file), ROOT)


LIVES = st.lists(st.integers(0, 10**6), min_size=3, max_size=3, unique=True).map(
    lambda gaps: LifeCycle(*(AT + timedelta(seconds=gap) for gap in sorted(gaps)))
)


@given(st.lists(LIVES, max_size=4), st.sets(st.sampled_from("abc")))
def test_any_list_travels(lives: list[LifeCycle], zones: set[str]) -> None:
    issuers = tuple(
        Entry(issuer(n), life, frozenset(zones)) for n, life in enumerate(lives)
    )
    trust = replace(TRUST, entries=Entries(issuers=issuers))
    assert read_trust(signed_trust(trust), ROOT) == trust
    assert load_entries(dump_entries(trust.entries)) == trust.entries


def issuer(number: int) -> IssuerPublicKey:
    return new_issuer_key("x", lambda size: bytes([number]) * size).public
