"""A desk with a registry: the order of issuing, and what the journal says."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ostiary.credential import (
    BiometricReference,
    Coding,
    inspect_opened,
    new_issuer_key,
    new_zone_key,
)
from ostiary.desk.issuing import Draft, IssuedPass, PassRequest, draft_pass
from ostiary.desk.service import Desk, Order
from ostiary.errors import (
    RegistryError,
    StorageError,
    TrustListError,
    WriteFailedError,
)
from ostiary.journal import DeskHour, load_entry
from ostiary.storage.home import Home
from ostiary.storage.journal import Journal
from ostiary.storage.registry.records import (
    Consent,
    ConsentMeans,
    PassState,
    Place,
    RevocationReason,
)
from tests.owner import listed, put_in_force, trusted

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")

from ostiary.storage.registry.hours import LATE
from ostiary.storage.registry.registry import Registry

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
AFTER = AT + HOUR + LATE
CONSENT = Consent("2026-11", AT, ConsentMeans.PAGE)


@pytest.fixture
def desk(tmp_path: Path, randomness: Callable[[int], bytes]) -> Desk:
    home = Home(tmp_path / "home")
    issuer = new_issuer_key("acme", randomness)
    home.add_issuer(issuer, "urn:acme")
    zone = new_zone_key("north", 1, AT - DAY, AT + 60 * DAY, randomness)
    home.add_zone_key(zone)
    signer = trusted(issuer.public, AT - DAY, AT + 90 * DAY, {"north"})
    put_in_force(home, signer, listed(zone))
    place = Place.make(home, None, "main", bytes(32))
    registry = Registry.create(place)
    place.connect(home)
    assert registry.adopt("acme", home.register("acme"))
    return Desk.open(home, randomness)


@pytest.fixture
def draft(desk: Desk) -> Draft:
    ends = AT + 30 * DAY
    request = PassRequest(
        issuer="acme", zones=("north",), not_before=AT, expires_at=ends
    )
    return draft_pass(request, desk.home, AT)


def keep(_: IssuedPass) -> None:
    """A hand-over that succeeds."""


def face() -> BiometricReference:
    return BiometricReference("test/1", Coding.INT8, bytearray(range(1, 65)))


def hours(desk: Desk) -> Iterator[DeskHour]:
    for entry in map(load_entry, desk.journal.reader.entries()):
        if isinstance(entry, DeskHour):
            yield entry


def test_a_pass_is_on_record_before_it_exists_and_confirmed_when_handed_over(
    desk: Desk, draft: Draft
) -> None:
    seen: list[PassState] = []

    def hand_over(issued: IssuedPass) -> None:
        seen.append(desk.registry.record(issued.claims.identifier).state)

    reference = face()
    order = Order(draft, reference, CONSENT, "staff 7")
    issued = desk.issue(order, hand_over, desk.by(AT), os.urandom)
    record = desk.registry.record(issued.claims.identifier)
    assert (seen, record.state) == ([PassState.RESERVED], PassState.ISSUED)
    assert bytes(reference.data) == bytes(64)
    opened = inspect_opened(issued.text, desk.home.zone_keys("north"))
    assert opened.identifier == record.identifier
    assert opened.status is not None
    assert (opened.status.uri, opened.status.index) == (record.uri, record.index)


@pytest.mark.parametrize("kind", [StorageError, KeyboardInterrupt])
def test_what_could_not_be_handed_over_is_revoked(
    desk: Desk, draft: Draft, kind: type[BaseException]
) -> None:
    signed: list[IssuedPass] = []

    def fail(issued: IssuedPass) -> None:
        signed.append(issued)
        raise kind

    reference = face()
    with pytest.raises(kind):
        desk.issue(Order(draft, reference, CONSENT), fail, desk.by(AT), os.urandom)
    record = desk.registry.record(signed[0].claims.identifier)
    assert record.reason is RevocationReason.NEVER_HANDED_OVER
    assert bytes(reference.data) == bytes(64)


def test_a_failed_renewal_leaves_the_old_pass_alone(desk: Desk, draft: Draft) -> None:
    order, by = Order(draft, None), desk.by(AT)
    old = desk.issue(order, keep, by, os.urandom).claims.identifier

    def fail(_: IssuedPass) -> None:
        raise StorageError("full")

    renewal = replace(order, renews=old)
    with pytest.raises(StorageError):
        desk.issue(renewal, fail, by, os.urandom)
    assert desk.registry.record(old).state is PassState.ISSUED
    desk.issue(renewal, keep, by, os.urandom)
    assert desk.registry.record(old).reason is RevocationReason.RENEWED
    with pytest.raises(RegistryError, match="cannot be renewed"):
        desk.issue(renewal, keep, by, os.urandom)


def test_a_pass_that_another_desk_renewed_meanwhile_has_one_heir(
    desk: Desk, draft: Draft
) -> None:
    order, by = Order(draft, None), desk.by(AT)
    old = desk.issue(order, keep, by, os.urandom).claims.identifier
    late: list[IssuedPass] = []

    def hand_over(issued: IssuedPass) -> None:
        late.append(issued)
        desk.issue(replace(order, renews=old), keep, by, os.urandom)

    with pytest.raises(RegistryError, match="revoked before"):
        desk.issue(replace(order, renews=old), hand_over, by, os.urandom)
    record = desk.registry.record(late[0].claims.identifier)
    assert record.reason is RevocationReason.NEVER_HANDED_OVER


def test_a_face_comes_with_a_consent(draft: Draft) -> None:
    with pytest.raises(ValueError, match="consent"):
        Order(draft, face())
    with pytest.raises(ValueError, match="consent"):
        Order(draft, None, CONSENT)


def test_the_file_register_hands_out_nothing_beside_the_registry(desk: Desk) -> None:
    register = desk.home.register("acme")
    with pytest.raises(TrustListError, match="taken this over"):
        register.hand_out(os.urandom)
    with pytest.raises(TrustListError, match="taken this over"):
        register.revoke([0])
    assert not any(register.bits())


def test_an_hour_is_entered_with_the_next_act_after_it(
    desk: Desk, draft: Draft
) -> None:
    order, clerk = Order(draft, None), b"c" * 32
    first = desk.issue(order, keep, desk.by(AT, clerk), os.urandom)
    desk.issue(order, keep, desk.by(AT), os.urandom)
    assert list(hours(desk)) == []
    identifier = first.claims.identifier
    later = desk.by(AFTER, clerk)
    desk.revoke(identifier, RevocationReason.LOST, later)
    expected = {DeskHour(AT, clerk, 1, 0), DeskHour(AT, desk.name, 1, 0)}
    assert set(hours(desk)) == expected
    assert desk.settle(AFTER) == 0
    assert desk.settle(AFTER + HOUR) == 1
    assert set(hours(desk)) == expected | {DeskHour(AT + HOUR, clerk, 0, 1)}
    assert desk.settle(AFTER + 2 * HOUR) == 0


@pytest.mark.parametrize("entered", [False, True])
def test_an_hour_stands_once_wherever_it_is_cut_short(
    desk: Desk, draft: Draft, monkeypatch: pytest.MonkeyPatch, *, entered: bool
) -> None:
    desk.issue(Order(draft, None), keep, desk.by(AT), os.urandom)
    append = Journal.append

    def cut(journal: Journal, entry: bytes) -> None:
        if entered:
            append(journal, entry)
        raise WriteFailedError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", cut)
        with pytest.raises(WriteFailedError):
            desk.settle(AFTER)
    assert len(list(hours(desk))) == entered
    assert desk.settle(AFTER) == 1
    assert list(hours(desk)) == [DeskHour(AT, desk.name, 1, 0)]


def test_nothing_is_done_that_the_journal_cannot_take(
    desk: Desk, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = desk.issue(Order(draft, None), keep, desk.by(AT), os.urandom)
    identifier = issued.claims.identifier

    def refuse(_: Journal, __: bytes) -> None:
        raise WriteFailedError("full")

    monkeypatch.setattr(Journal, "append", refuse)
    with pytest.raises(WriteFailedError):
        desk.revoke(identifier, RevocationReason.LOST, desk.by(AFTER))
    assert desk.registry.record(identifier).state is PassState.ISSUED
