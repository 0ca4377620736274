"""A drill: an issuer's key leaks (docs/how-to/look-after-keys.md)."""

from ostiary.credential import LIMITS, Claims, StatusReference, issue
from ostiary.reasons import Reason
from tests.conftest import drawn
from tests.drills.company import DAY, Company


def forged(company: Company) -> str:
    """A pass by whoever has the key, dated back to before the leak was noticed."""
    issued_at = company.hand.at - DAY
    claims = Claims(
        issuer="acme",
        zones=("north",),
        issued_at=issued_at,
        not_before=issued_at,
        expires_at=issued_at + 90 * DAY,
        identifier=bytes(16),
        status=StatusReference("urn:ostiary:acme", 7),
        hours={},
        reference=None,
    )
    key, zone_keys = company.home.issuer_keys("acme")[0], ("north",)
    zones = [company.home.zone_public_keys(zone)[0] for zone in zone_keys]
    return issue(claims, key, zones, drawn(b"forged"))


def test_nothing_counts_that_a_leaked_key_has_signed_whenever_it_says(
    company: Company,
) -> None:
    gate = company.new_gate("north-door")
    good = company.issue()
    company.wait(10 * DAY)
    company.fill_stick()
    gate.sync(company.stick)
    forgery = forged(company)
    assert gate.refusal(good) is gate.refusal(forgery) is None

    company.done("trust", "remove", "acme", "--compromised")
    company.done("keys", "rotate", "issuer", "acme", "--lead", "0")
    company.done("trust", "sign")
    company.fill_stick()
    assert gate.sync(company.stick).exit_code == 0
    for text in (good, forgery, forged(company)):
        assert gate.refusal(text) is Reason.ISSUER_COMPROMISED

    again = company.issue()
    assert gate.refusal(again) is None
    company.wait(LIMITS.clock_skew)
    gate.start()
    assert gate.refusal(again) is None
    assert gate.refusal(forgery) is Reason.ISSUER_COMPROMISED


def test_a_stolen_list_of_the_leaked_key_withdraws_nothing(company: Company) -> None:
    gate = company.new_gate("north-door")
    before = (company.home.path / "status" / "acme.cwt").read_bytes()
    company.wait(DAY / 2)
    company.done("trust", "remove", "acme", "--compromised")
    company.done("keys", "rotate", "issuer", "acme", "--lead", "0")
    company.done("trust", "sign")
    company.fill_stick()
    gate.sync(company.stick)
    again = company.issue()
    assert gate.refusal(again) is None
    (gate.folder / "acme.cwt").write_bytes(before)
    assert gate.refusal(again) is Reason.STATUS_UNKNOWN
