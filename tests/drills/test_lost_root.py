"""A drill: a root key is lost (docs/how-to/look-after-keys.md)."""

import shutil
from pathlib import Path

from ostiary.errors import ConfigurationError, TrustListError
from ostiary.reasons import Reason
from tests.drills.company import DAY, Company, Machine


def owner(company: Company, name: str) -> tuple[Machine, Path]:
    """Another owner's machine, and the public half of their key."""
    machine = Machine(company.folder / name)
    machine.folder.mkdir()
    machine.done("keys", "new", "root", name)
    return machine, machine.home.path / "root" / f"{name}.public.json"


def signed_by_both(company: Company, other: Machine, pending: str) -> None:
    """Let what waits travel to the other owner and back."""
    path = company.home.path / pending
    for owner in (other, company):
        owner.done("trust", "sign", "--pending", path)
    path.unlink(missing_ok=True)


def test_of_three_owners_the_two_that_are_left_go_on(company: Company) -> None:
    gate, late = company.new_gate("north-door"), company.new_gate("north-yard")
    (ben, ben_key), (_, cleo_key) = owner(company, "ben"), owner(company, "cleo")
    shutil.copy(company.home.root_path, ben.home.path)
    words = ("--add", ben_key, "--add", cleo_key, "--threshold", "2")
    company.done("trust", "root", "change", *words)
    signed_by_both(company, ben, "root.pending.cose")
    company.done("trust", "sign")
    signed_by_both(company, ben, "trust.pending.cose")
    company.fill_stick()
    assert gate.sync(company.stick).exit_code == 0
    text = company.issue()
    assert gate.refusal(text) is None

    # Cleo's key is lost; Dora comes in her place.
    company.wait(DAY / 2)
    _, dora_key = owner(company, "dora")
    following = ("--remove", "cleo", "--add", dora_key)
    alone = company.done("trust", "root", "change", *following)
    assert "still to be signed" in alone
    signed_by_both(company, ben, "root.pending.cose")
    company.done("trust", "sign")
    signed_by_both(company, ben, "trust.pending.cose")
    company.fill_stick()
    # One gate has seen each root document, the other none since its installation.
    for each in (gate, late):
        assert each.sync(company.stick).exit_code == 0
        assert each.refusal(text) is None
        shown = each.done("trust", "root", "show", each.folder / "root.cose")
        assert "root document 3" in shown
        assert "dora" in shown
        assert "cleo" not in shown


def test_one_of_three_signs_nothing_alone(company: Company) -> None:
    gate = company.new_gate("north-door")
    (ben, ben_key), (_, cleo_key) = owner(company, "ben"), owner(company, "cleo")
    shutil.copy(company.home.root_path, ben.home.path)
    words = ("--add", ben_key, "--add", cleo_key, "--threshold", "2")
    company.done("trust", "root", "change", *words)
    signed_by_both(company, ben, "root.pending.cose")
    company.done("trust", "sign")
    signed_by_both(company, ben, "trust.pending.cose")
    company.fill_stick()
    gate.sync(company.stick)
    # Ben's key is stolen; the thief has everything else as well.
    company.wait(DAY / 2)
    company.done("trust", "sign")
    stolen = company.home.path / "trust.pending.cose"
    shutil.copy(stolen, company.stick / "trust.cose")
    assert isinstance(gate.sync(company.stick).exception, TrustListError)


def test_the_only_root_key_is_lost_and_each_gate_takes_a_new_root_by_hand(
    company: Company,
) -> None:
    gate = company.new_gate("north-door", status_hours=100 * 24)
    text = company.issue(days=200)
    shutil.rmtree(company.home.path / "root")
    company.wait(80 * DAY)
    refused = company.run("trust", "sign")
    assert isinstance(refused.exception, ConfigurationError)
    company.done("status", "build", "acme", "--days", "90")
    shutil.copy(company.home.path / "status" / "acme.cwt", gate.folder)
    assert gate.refusal(text) is None, "as long as the list lasts"
    company.wait(11 * DAY)
    assert gate.refusal(text) is Reason.TRUST_EXPIRED

    old = company.folder / "old"
    old.mkdir()
    for path in company.home.path.glob("*.cose"):
        path.rename(old / path.name)
    company.done("keys", "new", "root", "ada-2027")
    company.done("trust", "sign")
    company.fill_stick()
    assert isinstance(gate.sync(company.stick).exception, TrustListError)
    assert gate.refusal(text) is Reason.TRUST_EXPIRED, "no gate takes it by itself"

    for name in ("root.cose", "trust.cose", "acme.cwt"):
        shutil.copy(company.stick / name, gate.folder)
    shown = company.done("trust", "root", "show")
    assert gate.done("trust", "root", "show", gate.folder / "root.cose") == shown
    words = ("gate", "recover", "--config", gate.config, "--anew", "--by", "Ada")
    gate.done(*words)
    gate.start()
    assert gate.refusal(text) is None, "the same pass"
