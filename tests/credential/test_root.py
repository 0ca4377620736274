"""Root documents: who may change who decides, and what of it is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import (
    LIMITS,
    Role,
    RootKey,
    draw_up_root,
    dump_cosigned,
    new_root_key,
    read_drawn_up_root,
    read_next_root,
    read_root,
)
from ostiary.errors import TrustListError
from tests.owner import FAR_OFF, LONG_AGO, root_document, signed_root

ALICE, BOB, CAROL, MALLORY = (
    new_root_key(name, lambda size: bytes([len(name)]) * size)  # noqa: B023
    for name in ("alice", "bob", "carol-", "mallory")
)
OWNERS = (ALICE, BOB, CAROL)
ROOT = root_document(*OWNERS, threshold=2)
FILE = signed_root(ROOT, [ALICE, BOB])

Change = Callable[[Any], object]


def parts_of(file: bytes) -> Any:  # noqa: ANN401 - as `thawed`
    """The four parts of a message, in lists and dicts that can be changed."""
    return thawed(cbor2.loads(file).value)


def thawed(value: Any) -> Any:  # noqa: ANN401 - whatever CBOR can hold
    if isinstance(value, tuple):
        return [thawed(item) for item in value]
    if isinstance(value, Mapping):
        return {key: thawed(item) for key, item in value.items()}
    return value


def message_of(parts: object, tag: int = 98) -> bytes:
    return cbor2.dumps(cbor2.CBORTag(tag, parts), canonical=True)


def test_what_was_drawn_up_is_read_again() -> None:
    assert read_root(FILE) == ROOT
    message, root = read_drawn_up_root(FILE)
    assert root == ROOT
    assert [key.name for key in message.signers(ROOT.root)] == ["alice", "bob"]
    assert dump_cosigned(message) == FILE


def test_the_order_of_signing_does_not_show() -> None:
    assert signed_root(ROOT, [BOB, ALICE]) == FILE


@pytest.mark.parametrize(
    "signers",
    [
        signers
        for count in range(1, 5)
        for signers in combinations((*OWNERS, MALLORY), count)
    ],
    ids=lambda signers: "-".join(key.name for key in signers),
)
def test_as_many_owners_have_to_sign_as_the_threshold_says(
    signers: Sequence[RootKey],
) -> None:
    file = signed_root(ROOT, signers)
    if len(set(signers) & set(OWNERS)) >= ROOT.root.threshold:
        assert read_root(file) == ROOT
    else:
        with pytest.raises(TrustListError, match="of the 2 owners that it takes"):
            read_root(file)


def test_an_owner_who_signs_twice_counts_once() -> None:
    message = draw_up_root(ROOT).signed_by(ALICE).signed_by(ALICE)
    with pytest.raises(TrustListError, match="signed by 1 of the 2"):
        read_root(dump_cosigned(message))
    parts = parts_of(dump_cosigned(message))
    parts[3] *= 2
    with pytest.raises(TrustListError, match="cose-malformed"):
        read_root(message_of(parts))


def test_the_next_one_takes_the_old_owners_and_the_new() -> None:
    following = replace(root_document(CAROL, MALLORY, threshold=2), version=2)
    for few in ([ALICE, BOB], [CAROL, MALLORY], [ALICE, BOB, CAROL]):
        with pytest.raises(TrustListError, match="of the 2 owners"):
            read_next_root(signed_root(following, few), ROOT)
    enough = signed_root(following, [ALICE, CAROL, MALLORY])
    assert read_next_root(enough, ROOT) == following


@pytest.mark.parametrize("version", [1, 3, 2**60])
def test_versions_rise_one_by_one(version: int) -> None:
    file = signed_root(replace(ROOT, version=version), [ALICE, BOB])
    with pytest.raises(TrustListError, match="does not follow"):
        read_next_root(file, ROOT)


def test_a_root_document_that_has_expired_still_lets_its_successor_in() -> None:
    expired = replace(ROOT, expires_at=LONG_AGO + timedelta(seconds=1))
    following = replace(ROOT, version=2)
    assert read_next_root(signed_root(following, [ALICE, BOB]), expired) == following


def test_a_signature_of_a_known_owner_has_to_hold() -> None:
    parts = parts_of(signed_root(ROOT, OWNERS))
    spoilt = parts[3][-1]
    spoilt[2] = spoilt[2][:-1] + bytes([spoilt[2][-1] ^ 1])
    with pytest.raises(TrustListError, match="does not hold"):
        read_root(message_of(parts))


def test_a_signature_covers_the_kind_of_content() -> None:
    message = draw_up_root(ROOT)
    other = replace(message, kind="application/ostiary-trust+cbor")
    signatures = other.signed_by(ALICE).signed_by(BOB).signatures
    with pytest.raises(TrustListError, match="does not hold"):
        read_root(dump_cosigned(replace(message, signatures=signatures)))


def test_a_role_is_one_that_can_be_filled() -> None:
    keys = tuple(key.public for key in OWNERS)
    for threshold in (0, -1, 4):
        with pytest.raises(ValueError, match="threshold"):
            Role(keys, threshold)
    with pytest.raises(ValueError, match="twice"):
        Role((*keys, keys[0]), 1)
    namesake = replace(MALLORY, name="alice").public
    with pytest.raises(ValueError, match="name of a key twice"):
        Role((*keys, namesake), 1)
    many = tuple(
        new_root_key(f"owner {n}", lambda size: bytes([n]) * size).public  # noqa: B023
        for n in range(LIMITS.role_keys + 1)
    )
    with pytest.raises(ValueError, match="at most"):
        Role(many, 1)


@pytest.mark.parametrize(
    "change", [{"version": 0}, {"expires_at": LONG_AGO}, {"issued_at": FAR_OFF}]
)
def test_a_document_has_a_version_and_a_window(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"version|window"):
        replace(ROOT, **change)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.pop("version"),
        lambda content: content.update(more=1),
        lambda content: content.update(version=0),
        lambda content: content.update(version="1"),
        lambda content: content.update(iat=-1),
        lambda content: content.update(exp=content["iat"]),
        lambda content: content.update(root=1),
        lambda content: content["root"].pop("threshold"),
        lambda content: content["root"].update(threshold=0),
        lambda content: content["root"].update(keys={}),
        lambda content: content["root"].update(keys={1: bytes(32)}),
        lambda content: content["root"].update(keys={" ": bytes(32)}),
        lambda content: content["root"]["keys"].update(alice=bytes(31)),
        lambda content: content["root"]["keys"].update(alice="x"),
        lambda content: content["root"]["keys"].update(alice=bytes(32)),
        lambda content: content["trust"].update(more=1),
    ],
)
def test_a_document_with_anything_wrong_is_refused(change: Change) -> None:
    message = draw_up_root(ROOT)
    content = thawed(cbor2.loads(message.content))
    change(content)
    signed = replace(message, content=cbor2.dumps(content, canonical=True))
    file = dump_cosigned(signed.signed_by(ALICE).signed_by(BOB))
    with pytest.raises(TrustListError, match="not a usable root document"):
        read_root(file)


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: parts.pop(),
        lambda parts: parts.append(0),
        lambda parts: parts.__setitem__(0, b""),
        lambda parts: parts.__setitem__(0, cbor2.dumps({16: "cwt"})),
        lambda parts: parts.__setitem__(1, {4: b"x"}),
        lambda parts: parts.__setitem__(2, "x"),
        lambda parts: parts.__setitem__(3, []),
        lambda parts: parts[3].reverse(),
        lambda parts: parts[3].extend([parts[3][0]] * 40),
        lambda parts: parts[3][0].pop(),
        lambda parts: parts[3][0].__setitem__(1, {4: b"x"}),
        lambda parts: parts[3][0].__setitem__(2, bytes(63)),
        lambda parts: parts[3].__setitem__(0, 1),
        lambda parts: parts[3][0].__setitem__(0, cbor2.dumps({1: -8})),
        lambda parts: parts[3][0].__setitem__(0, cbor2.dumps({1: -8, 4: bytes(7)})),
        lambda parts: parts[3][0].__setitem__(
            0, cbor2.dumps({1: -8, 4: bytes(8), 5: 1})
        ),
        lambda parts: parts[3][0].__setitem__(0, cbor2.dumps({1: -19, 4: bytes(8)})),
        lambda parts: parts[3][0].__setitem__(0, cbor2.dumps({1: -7, 4: bytes(8)})),
    ],
)
def test_a_message_with_anything_wrong_is_refused(change: Change) -> None:
    parts = parts_of(FILE)
    change(parts)
    with pytest.raises(TrustListError, match=r"cose-|cbor-"):
        read_root(message_of(parts))


@pytest.mark.parametrize("tag", [18, 96, 97])
def test_a_message_has_its_own_tag(tag: int) -> None:
    with pytest.raises(TrustListError, match="cose-malformed"):
        read_root(message_of(parts_of(FILE), tag))


def test_a_file_is_bounded() -> None:
    with pytest.raises(TrustListError, match="longer"):
        read_root(bytes(LIMITS.root_file_bytes + 1))


@given(st.binary(max_size=80))
def test_junk_is_no_root_document(data: bytes) -> None:
    with pytest.raises(TrustListError):
        read_root(data)
    with pytest.raises(TrustListError):
        read_next_root(data, ROOT)


@given(st.data())
def test_a_document_with_one_byte_changed_is_refused(data: st.DataObject) -> None:
    file = bytearray(FILE)
    place = data.draw(st.integers(0, len(file) - 1))
    file[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(TrustListError):
        read_root(bytes(file))


def test_no_representation_shows_a_private_key() -> None:
    assert "PrivateKey" not in repr(ALICE)
