"""The self-check: what a holder is told, and what nobody is."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")

from ostiary.credential import (
    BiometricReference,
    Coding,
    Hours,
    StatusReference,
    issue,
    new_issuer_key,
)
from ostiary.demo.desk_home import make_desk
from ostiary.desk.checking import SIGNED, check_pass
from ostiary.desk.issuing import IssuedPass, PassRequest, draft_pass
from ostiary.desk.service import Desk, Order
from ostiary.errors import CredentialError, MalformedError
from ostiary.reasons import Reason
from ostiary.storage.registry.records import (
    Consent,
    ConsentMeans,
    RevocationReason,
)

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SATURDAY = {"north": (Hours(frozenset({5}), 0, 24 * 60),)}
WANTED = PassRequest(
    issuer="desk", zones=("north", "south"), not_before=AT, expires_at=AT + 30 * DAY
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk") / "home", AT, os.urandom)


def issued(
    desk: Desk, *, face: bool = True, wanted: PassRequest = WANTED
) -> IssuedPass:
    draft = draft_pass(wanted, desk.home, AT)
    reference = BiometricReference("test/1", Coding.INT8, bytearray(b"\x01" * 128))
    consent = Consent("2026-11", AT, ConsentMeans.PAPER)
    order = Order(draft, reference if face else None, consent if face else None)
    return desk.issue(order, lambda _: None, desk.by(AT), os.urandom)


def told(desk: Desk, text: str, at: datetime = AT) -> list[Reason | None]:
    return [each.refused for each in check_pass(text, desk, at).zones]


@pytest.mark.parametrize("face", [True, False])
def test_a_pass_in_order_is_told_whole(desk: Desk, *, face: bool) -> None:
    found = check_pass(
        issued(desk, face=face, wanted=replace(WANTED, hours=SATURDAY)).text, desk, AT
    )
    assert [(each.zone, each.refused) for each in found.zones] == [
        ("north", None),
        ("south", None),
    ]
    assert [each.key.zone for each in found.readers] == ["north", "south"]
    assert found.strangers == 0
    assert found.content is not None
    assert found.content.zones == ("north", "south")
    assert found.content.hours == SATURDAY
    assert found.content.template_bytes == (128 if face else 0)
    assert found.content.extractor == ("test/1" if face else None)


def test_nothing_of_a_template_is_in_what_is_told(desk: Desk) -> None:
    found = check_pass(issued(desk).text, desk, AT)
    assert b"\x01\x01" not in repr(found).encode()
    assert "\\x01" not in repr(found)


@pytest.mark.parametrize(
    ("at", "wanted", "reason"),
    [
        (AT + 31 * DAY, WANTED, Reason.EXPIRED),
        (AT, replace(WANTED, not_before=AT + DAY), Reason.NOT_YET_VALID),
        (
            AT + DAY,
            replace(WANTED, zones=("north",), hours=SATURDAY),
            Reason.OUTSIDE_HOURS,
        ),
    ],
)
def test_what_gates_would_refuse_is_said_and_the_rest_as_well(
    desk: Desk, at: datetime, wanted: PassRequest, reason: Reason
) -> None:
    found = check_pass(issued(desk, wanted=wanted).text, desk, at)
    assert {each.refused for each in found.zones} == {reason}
    assert found.content is not None


def test_a_revoked_pass_is_called_so_before_the_next_list(desk: Desk) -> None:
    made = issued(desk)
    assert told(desk, made.text) == [None, None]
    desk.revoke(made.claims.identifier, RevocationReason.LOST, desk.by(AT))
    assert told(desk, made.text) == [Reason.REVOKED] * 2


def test_a_pass_that_was_erased_is_as_its_list_says(desk: Desk) -> None:
    made = issued(desk)
    desk.registry.erase(made.claims.identifier, desk.by(AT))
    assert told(desk, made.text) == [None, None]


def test_without_a_list_it_is_said_that_none_is_there(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "home", AT, os.urandom)
    made = issued(desk)
    [path] = desk.home.status_paths()
    path.write_bytes(b"torn")
    assert told(desk, made.text) == [Reason.STATUS_UNKNOWN] * 2


def test_what_nobody_believed_signed_is_not_told(desk: Desk) -> None:
    forger = new_issuer_key("desk", os.urandom)
    claims = replace(
        issued(desk, face=False).claims, status=StatusReference("urn:x", 1)
    )
    keys = [desk.home.zone_public_keys(zone)[-1] for zone in claims.zones]
    found = check_pass(issue(claims, forger, keys, os.urandom), desk, AT)
    assert {each.refused for each in found.zones} == {Reason.ISSUER_UNKNOWN}
    assert found.content is None


def test_a_desk_without_the_keys_tells_who_has_them(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "home", AT, os.urandom)
    text = issued(desk).text
    for path in (desk.home.path / "zones").glob("*.private.json"):
        path.unlink()
    found = check_pass(text, desk, AT)
    assert (found.zones, found.content) == ((), None)
    assert [each.key.zone for each in found.readers] == ["north", "south"]


def test_a_pass_of_elsewhere_is_sealed_to_strangers(desk: Desk, tmp_path: Path) -> None:
    other = make_desk(tmp_path / "home", AT, os.urandom)
    found = check_pass(issued(other).text, desk, AT)
    assert (found.readers, found.zones, found.strangers) == ((), (), 2)


@given(st.text(max_size=60) | st.text("0123456789ABC $%*+-./:", max_size=60))
def test_rubbish_is_no_pass(desk: Desk, text: str) -> None:
    with pytest.raises(MalformedError):
        check_pass(text, desk, AT)


def test_what_comes_after_the_signature_is_counted_by_the_order_of_reasons() -> None:
    assert Reason.SIGNATURE_INVALID not in SIGNED
    assert Reason.CLAIMS_MALFORMED not in SIGNED
    assert Reason.CANNOT_UNSEAL not in SIGNED
    assert Reason.NOT_SEALED not in SIGNED
    assert {Reason.EXPIRED, Reason.REVOKED, Reason.REFERENCE_MALFORMED} <= SIGNED
    assert Reason.NO_FACE not in SIGNED


def test_a_torn_seal_is_told_by_its_zone(desk: Desk) -> None:
    made = issued(desk)
    with pytest.raises(CredentialError):
        check_pass(made.text[:-9], desk, AT)
