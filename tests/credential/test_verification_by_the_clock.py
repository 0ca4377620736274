"""A clock that cannot be right lets nobody in, whatever else is in order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ostiary.credential import (
    LIMITS,
    Claims,
    GateKnowledge,
    HighWater,
    StatusList,
    StatusReference,
    issue,
    new_issuer_key,
    new_zone_key,
    read_trust,
    verify,
)
from ostiary.errors import TrustError
from ostiary.reasons import Reason
from tests.conftest import drawn
from tests.owner import ROOT, listed, signed_trust, trust_list, trusted

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
DRAW = drawn(b"clock")
ISSUER = new_issuer_key("acme", DRAW)
ZONE = new_zone_key("north", 0, AT - 400 * DAY, AT + 90 * DAY, DRAW)
SIGNER = trusted(ISSUER.public, AT - 400 * DAY, AT + 90 * DAY, {"north"})
TRUST = read_trust(
    signed_trust(
        trust_list(
            SIGNER,
            listed(ZONE),
            issued_at=AT - 10 * DAY,
            expires_at=AT + 80 * DAY,
        )
    ),
    ROOT,
)
STATUS = StatusList(
    "acme", "urn:acme", AT - HOUR, AT + 7 * DAY, HOUR, bytes(8), signer=SIGNER
)
KNOWLEDGE = GateKnowledge(
    zone="north",
    zone_keys=(ZONE,),
    trust=TRUST,
    status_lists=(STATUS,),
    max_status_age=2 * DAY,
    extractor="test/1",
    dimensions=4,
)
TEXT = issue(
    Claims(
        issuer="acme",
        zones=("north",),
        issued_at=AT - 300 * DAY,
        not_before=AT - 300 * DAY,
        expires_at=AT + DAY,
        identifier=bytes(16),
        status=StatusReference("urn:acme", 0),
        hours={},
        reference=None,
    ),
    ISSUER,
    (ZONE.public,),
    DRAW,
)


def refused(knowledge: GateKnowledge, at: datetime) -> bool:
    """Whether the clock is what keeps a good pass out."""
    try:
        verify(TEXT, knowledge, at)
    except TrustError as error:
        return error.reason is Reason.CLOCK_BEHIND
    return False


def test_nobody_is_let_in_while_the_clock_stands_behind_what_was_seen() -> None:
    seen = replace(KNOWLEDGE, high_water=HighWater(time=AT + LIMITS.clock_setback))
    assert not refused(seen, AT)
    assert refused(seen, AT - SECOND)


def test_nor_while_it_stands_behind_a_list_that_was_used() -> None:
    used = HighWater({("other", "urn:other"): AT + LIMITS.clock_setback})
    knowledge = replace(KNOWLEDGE, high_water=used)
    assert not refused(knowledge, AT)
    assert refused(knowledge, AT - SECOND)


def test_nor_while_it_stands_behind_the_trust_list() -> None:
    at = TRUST.issued_at - LIMITS.clock_skew
    unsafe = replace(KNOWLEDGE, unsafe_accept_without_status=True)
    assert refused(unsafe, at - SECOND)
    assert refused(unsafe, datetime(1970, 1, 1, tzinfo=UTC))


def test_the_clock_is_believed_as_long_as_trust_and_a_list_let_somebody_in() -> None:
    assert KNOWLEDGE.believed_until == STATUS.issued_at + 2 * DAY
    patient = replace(KNOWLEDGE, max_status_age=30 * DAY)
    assert patient.believed_until == STATUS.expires_at
    older = replace(STATUS, issued_at=AT - DAY)
    assert replace(KNOWLEDGE, status_lists=(older,)).believed_until == AT + DAY
    both = replace(KNOWLEDGE, status_lists=(older, STATUS))
    assert both.believed_until == KNOWLEDGE.believed_until


def test_without_a_list_no_moment_is_believed() -> None:
    assert replace(KNOWLEDGE, status_lists=()).believed_until <= TRUST.issued_at


@pytest.mark.parametrize("days", [40, 100])
def test_without_lists_by_the_owners_will_trust_and_root_say_how_long(
    days: int,
) -> None:
    root = replace(ROOT, expires_at=AT + days * DAY)
    trust = replace(TRUST, root=root)
    unsafe = replace(KNOWLEDGE, trust=trust, unsafe_accept_without_status=True)
    assert unsafe.believed_until == min(AT + days * DAY, TRUST.expires_at)
