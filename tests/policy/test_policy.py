"""The policy, over its whole domain."""

from itertools import product

import pytest

from ostiary.policy import (
    ATTENDED,
    CALLS_ATTENDANT,
    COMPARED,
    Attended,
    Compared,
    Entered,
    Evidence,
    NoProbe,
    NotVerified,
    decide,
)
from ostiary.reasons import ADVICE, Reason
from ostiary.terms import (
    ComparisonDecision,
    Confirmation,
    Outcome,
    PresentationDecision,
)

COMPARISONS = [Compared(*p) for p in product(ComparisonDecision, PresentationDecision)]
DOMAIN: list[Evidence] = [
    *(NotVerified(reason) for reason in Reason),
    *(NoProbe(reason) for reason in Reason),
    *COMPARISONS,
    *(Attended(confirmation) for confirmation in Confirmation),
    Entered(),
]


@pytest.mark.parametrize("evidence", DOMAIN, ids=repr)
def test_every_evidence_has_a_decision_with_advice(evidence: Evidence) -> None:
    decision = decide(evidence)
    assert ADVICE[decision.reason].holder
    assert ADVICE[decision.reason].attendant


def test_exactly_three_pieces_of_evidence_grant() -> None:
    granting = [e for e in DOMAIN if decide(e).outcome is Outcome.GRANT]
    assert granting == [
        Compared(ComparisonDecision.MATCH, PresentationDecision.BONA_FIDE),
        Attended(Confirmation.CONFIRMED),
        Entered(),
    ]


def test_the_tables_cover_their_domains() -> None:
    assert set(COMPARED) == set(product(ComparisonDecision, PresentationDecision))
    assert set(ATTENDED) == set(Confirmation)


def test_a_suspected_attack_never_passes_and_calls_the_attendant() -> None:
    for comparison in ComparisonDecision:
        decision = decide(Compared(comparison, PresentationDecision.SUSPECTED_ATTACK))
        assert decision.outcome is Outcome.REFUSE
        assert decision.reason in CALLS_ATTENDANT


def test_a_match_without_attack_evidence_is_referred() -> None:
    decision = decide(
        Compared(ComparisonDecision.MATCH, PresentationDecision.NOT_ASSESSED)
    )
    assert decision.outcome is Outcome.REFER
    assert decision.reason in CALLS_ATTENDANT


def test_whoever_did_not_move_is_referred_and_another_move_is_refused() -> None:
    match = ComparisonDecision.MATCH
    not_moved = decide(Compared(match, PresentationDecision.NOT_MOVED))
    other_move = decide(Compared(match, PresentationDecision.OTHER_MOVE))
    assert not_moved.outcome is Outcome.REFER
    assert other_move.outcome is Outcome.REFUSE
    assert {not_moved.reason, other_move.reason} <= CALLS_ATTENDANT


def test_every_reason_has_advice_and_nothing_else_has() -> None:
    assert set(ADVICE) == set(Reason)
