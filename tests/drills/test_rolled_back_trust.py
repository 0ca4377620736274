"""A drill: a trust list is rolled back (docs/how-to/look-after-keys.md)."""

import shutil

from ostiary.errors import TrustListError
from ostiary.reasons import Reason
from tests.drills.company import DAY, HOUR, Company


def test_an_older_trust_list_lets_nobody_in_until_the_newest_lies_there(
    company: Company,
) -> None:
    gate = company.new_gate("north-door")
    old = company.folder / "old"
    shutil.copytree(company.stick, old)
    text = company.issue()
    company.wait(HOUR)
    company.done("trust", "sign")
    company.fill_stick()
    assert gate.sync(company.stick).exit_code == 0
    assert gate.refusal(text) is None

    refused = gate.sync(old)
    assert isinstance(refused.exception, TrustListError)
    assert gate.refusal(text) is None, "sync does not take it"

    shutil.copy(old / "trust.cose", gate.folder)
    assert gate.refusal(text) is Reason.TRUST_ROLLED_BACK
    gate.start()
    assert gate.refusal(text) is Reason.TRUST_ROLLED_BACK

    assert gate.sync(company.stick).exit_code == 0
    assert gate.refusal(text) is None


def test_an_owner_who_went_back_to_a_copy_signs_past_the_gates_or_recovers_them(
    company: Company,
) -> None:
    gate = company.new_gate("north-door")
    copy = company.folder / "copy"
    shutil.copytree(company.home.path, copy)
    text = company.issue()
    for _ in range(2):
        company.wait(HOUR)
        company.done("trust", "sign")
    company.fill_stick()
    assert gate.sync(company.stick).exit_code == 0

    shutil.rmtree(company.home.path)
    shutil.copytree(copy, company.home.path)
    company.wait(HOUR)
    for _ in range(2):
        company.done("trust", "sign")
        company.fill_stick()
        # The first is older, the second another one of the gate's version.
        assert isinstance(gate.sync(company.stick).exception, TrustListError)
    company.done("trust", "sign")
    company.fill_stick()
    assert gate.sync(company.stick).exit_code == 0
    assert gate.refusal(text) is None


def test_recovering_anew_is_the_other_way(company: Company) -> None:
    gate = company.new_gate("north-door")
    old = company.folder / "old"
    shutil.copytree(company.stick, old)
    text = company.issue()
    company.wait(DAY / 2)
    company.done("trust", "sign")
    company.fill_stick()
    gate.sync(company.stick)
    assert gate.refusal(text) is None
    for name in ("trust.cose", "acme.cwt"):
        shutil.copy(old / name, gate.folder)
    words = ("gate", "recover", "--config", gate.config, "--by", "Ada Lovelace")
    assert "nothing lies ahead" in gate.done(*words)
    gate.start()
    assert gate.refusal(text) is Reason.TRUST_ROLLED_BACK
    assert "begin a new record" in gate.done(*words, "--anew")
    gate.start()
    assert gate.refusal(text) is None
    assert "Ada Lovelace" in (gate.folder / "high-water.json.acts").read_text()
