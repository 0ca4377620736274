"""A drill: a gate is stolen (docs/how-to/look-after-keys.md)."""

from ostiary.errors import TrustListError
from ostiary.reasons import Reason
from tests.drills.company import DAY, Company


def test_a_stolen_gates_zone_key_opens_nothing_and_it_is_given_no_other(
    company: Company,
) -> None:
    stolen, left = company.new_gate("north-door"), company.new_gate("north-yard")
    before = company.issue()
    assert stolen.refusal(before) is left.refusal(before) is None

    company.wait(DAY)
    company.done("trust", "remove", "north-door", "--compromised")
    company.done("trust", "remove", "north-0", "--compromised")
    company.done("keys", "rotate", "zone", "north", "--lead", "0")
    company.done("trust", "sign")
    refused = company.run(
        *("keys", "hand-over", "north", "--to", "north-door"),
        *("--out", company.stick),
    )
    assert isinstance(refused.exception, TrustListError)
    assert "compromised" in str(refused.exception)

    company.fill_stick("north-yard")
    assert left.refusal(before) is None, "until it has the list"
    assert left.sync(company.stick).exit_code == 0
    assert left.refusal(before) is Reason.ZONE_KEY_COMPROMISED
    again = company.issue()
    assert left.refusal(again) is None

    del company.gates["north-door"]
    # Whoever has the stolen gate may sync it too: it cannot open the new pass.
    stolen.sync(company.stick)
    assert stolen.refusal(again) is Reason.NO_RECIPIENT
    assert stolen.refusal(before) is Reason.ZONE_KEY_COMPROMISED

    new = company.new_gate("north-door-2")
    assert new.refusal(again) is None
    assert new.refusal(before) is Reason.NO_RECIPIENT
