"""A running gate and its trust list: expiry, rollback, a new root, what it is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ostiary.capture.qr import qr_image
from ostiary.credential import (
    AnyEntry,
    Entry,
    LifeCycle,
    new_root_key,
)
from ostiary.errors import StorageError, TrustListError
from ostiary.reasons import Reason
from ostiary.storage.owner import sign_root, sign_trust
from tests.owner import OWNER, put_in_force, root_document, signed_trust, trust_list

World = Any
"""The fixture's type; test modules import nothing from one another."""

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def entries(world: World) -> list[AnyEntry]:
    return list(world.home.draft())


def told(world: World, at: datetime = AT) -> str:
    knowledge = world.knowledge()
    knowledge.at(at)
    return "\n".join(knowledge.notices(at))


def test_a_list_that_expires_refuses_everyone(world: World) -> None:
    text = world.issue().text
    put_in_force(world.home, *entries(world), expires_at=AT)
    assert world.run(qr_image(text)).reasons == [Reason.TRUST_EXPIRED]


def test_an_older_trust_list_is_refused_over_a_restart(world: World) -> None:
    text, older = world.issue().text, world.home.trust_path.read_bytes()
    put_in_force(world.home, *entries(world))
    world.knowledge().at(AT)
    world.home.trust_path.write_bytes(older)
    assert world.run(qr_image(text)).reasons == [Reason.TRUST_ROLLED_BACK]
    assert "older than a list that was used before" in told(world)


def test_another_list_of_the_same_version_is_refused(world: World) -> None:
    text = world.issue().text
    world.knowledge().at(AT)
    other = trust_list(*entries(world), expires_at=AT + DAY)
    world.home.trust_path.write_bytes(signed_trust(other))
    assert world.run(qr_image(text)).reasons == [Reason.TRUST_ROLLED_BACK]


def test_an_older_root_document_is_refused(world: World) -> None:
    text, older = world.issue().text, world.home.root_path.read_bytes()
    sign_root(world.home, root_document(OWNER, version=2), [OWNER])
    world.knowledge().at(AT)
    world.home.root_path.write_bytes(older)
    assert world.run(qr_image(text)).reasons == [Reason.TRUST_ROLLED_BACK]


def test_a_new_root_document_and_its_list_are_taken_up(world: World) -> None:
    knowledge = world.knowledge()
    assert knowledge.at(AT).trust.version == 1
    other = new_root_key("other", world.randomness)
    sign_root(world.home, root_document(other, version=2), [OWNER, other])
    with pytest.raises(TrustListError, match="signed by 0 of the 1"):
        knowledge.at(AT)
    sign_trust(world.home, [other], AT, AT + DAY)
    held = knowledge.at(AT)
    assert held.trust.root_version == 2
    assert held.high_water.root == 2


def test_the_record_is_written_before_a_list_is_relied_upon(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageError("no room")

    monkeypatch.setattr("ostiary.storage.high_water.write_atomically", full)
    with pytest.raises(StorageError, match="no room"):
        world.knowledge().at(AT)


def test_a_list_of_the_future_is_not_recorded(world: World) -> None:
    put_in_force(world.home, *entries(world), at=AT + DAY)
    assert world.knowledge().at(AT).high_water.trust is None


def test_a_key_that_is_ending_goes_on_opening(world: World) -> None:
    text = world.issue().text
    cut = [
        replace(entry, life=replace(entry.life, ending_from=AT + timedelta(seconds=1)))
        for entry in entries(world)
    ]
    put_in_force(world.home, *cut)
    knowledge = world.knowledge().at(AT + DAY)
    assert knowledge.trust.version == 2
    # The pass waits for a face: nothing was wrong with it.
    assert Reason.NO_FACE not in world.run(qr_image(text)).reasons


def test_a_compromised_issuer_ends_its_passes(world: World) -> None:
    text = world.issue().text
    issuer, zone = entries(world)
    stolen = replace(issuer, life=replace(issuer.life, compromised_at=AT))
    put_in_force(world.home, stolen, zone)
    assert world.run(qr_image(text)).reasons == [Reason.ISSUER_COMPROMISED]


def test_the_owner_is_told_what_ends_and_what_is_not_listed(world: World) -> None:
    assert told(world) == ""
    put_in_force(world.home, *entries(world), expires_at=AT + 10 * DAY)
    assert "expires on 2026-12-01" in told(world)
    put_in_force(world.home, *entries(world), expires_at=AT)
    assert "nothing is verified" in told(world)
    issuer, _ = entries(world)
    put_in_force(world.home, issuer)
    assert "does not name the key of zone north epoch 1" in told(world)


def test_a_zone_that_is_not_listed_opens_nothing(world: World) -> None:
    text = world.issue().text
    [issuer], [zone] = world.home.draft().issuers, world.home.draft().zones
    put_in_force(world.home, issuer)
    assert world.run(qr_image(text)).reasons == [Reason.ZONE_KEY_UNLISTED]
    ended = Entry(zone.key, LifeCycle(AT - 9 * DAY, AT - 2 * DAY, AT - DAY))
    put_in_force(world.home, issuer, ended)
    world.display.all.clear()
    assert world.run(qr_image(text)).reasons == [Reason.ZONE_KEY_ENDED]
