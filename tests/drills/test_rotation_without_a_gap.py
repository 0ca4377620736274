"""Keys of issuer, zone and gate follow one another for half a year, and nobody notices.

The walk goes day by day. Every pass that has been issued is shown at every gate every
day: it is taken as long as it lasts, and then refused for that reason alone.
"""

from dataclasses import dataclass, field
from datetime import datetime

import pytest

from ostiary.credential import Act, State
from ostiary.reasons import Reason
from tests.drills.company import DAY, Company, Gate

LIFE = 30
"""Days that a pass lasts."""


@dataclass
class Walk:
    """What happens day by day, with the passes that are about."""

    company: Company
    rhythms: dict[str, int]
    passes: list[tuple[str, datetime]] = field(default_factory=list)
    refusals: list[tuple[int, str, Reason]] = field(default_factory=list)
    day: int = 0

    def go(self, days: int) -> None:
        for _ in range(days):
            self.spend_a_day()

    def spend_a_day(self) -> None:
        if self.day % 6 == 0:
            ends = self.company.hand.at + LIFE * DAY
            self.passes.append((self.company.issue(days=LIFE), ends))
        for name, rhythm in self.rhythms.items():
            if self.day % rhythm == 0:
                self.company.fill_stick(name)
                self.company.gates[name].sync(self.company.stick)
        for gate in self.company.gates.values():
            self.show_all(gate)
        self.company.wait(DAY)
        self.day += 1

    def show_all(self, gate: Gate) -> None:
        at = self.company.hand.at
        for text, ends in self.passes:
            refusal = gate.refusal(text)
            if at >= ends:
                assert refusal is not None
            elif refusal is not None:
                self.refusals.append((self.day, gate.name, refusal))
        self.passes = [each for each in self.passes if at < each[1]]


def walk(company: Company, **rhythms: int) -> Walk:
    """Gates that sync every so many days."""
    company.found(zone_days=120)
    for name, rhythm in rhythms.items():
        company.new_gate(name, status_hours=24 * (rhythm + 1))
    return Walk(company, rhythms)


@pytest.fixture(autouse=True)
def long_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Status lists last as long as the slowest gate's way."""
    done = Company.done

    def build_longer(self: Company, *words: str) -> str:
        more = ("--days", "30") if words[:2] == ("status", "build") else ()
        return done(self, *words, *more)

    monkeypatch.setattr(Company, "done", build_longer)


def states(company: Company) -> dict[str, list[State]]:
    """Of issuer's and zone's keys, in the order in which they were made."""
    entries, at = company.home.trust().entries, company.hand.at
    return {
        "issuer": [entry.life.state(at) for entry in entries.issuers],
        "zone": [entry.life.state(at) for entry in entries.zones],
    }


def rotate_the_gates_key(company: Company, name: str) -> None:
    """The gate makes its next key; the owner lists it; the gate takes it up."""
    gate = company.gates[name]
    gate.done("keys", "new", "gate", name)
    public = gate.home.path / "gates" / f"{name}.2.public.json"
    company.done("trust", "add", public, "--zone", "north", "--another-key")
    company.done("trust", "sign")
    company.fill_stick(name)
    gate.sync(company.stick)
    gate.configure(f"{name}.2")
    gate.see_frames()
    gate.files.at(company.hand.at)
    # Now the old one can go.
    old = gate.home.path / "gates" / f"{name}.private.json"
    old.unlink()
    (former, _) = company.home.trust().entries.gates[-2:]
    company.done("trust", "remove", former.key.identifier.hex(), "--now")
    company.done("trust", "sign")


def test_issuer_zone_and_gate_keys_follow_one_another_and_nobody_notices(
    unfounded: Company,
) -> None:
    company = unfounded
    days = walk(company, weekly=7)
    days.go(13)
    company.done("keys", "rotate", "issuer", "acme", "--lead", "14")
    company.done("trust", "sign")
    assert states(company)["issuer"] == [State.ACTIVE, State.NEW]
    days.go(20)
    assert states(company)["issuer"] == [State.ENDING, State.ACTIVE]
    rotate_the_gates_key(company, "weekly")
    days.go(30)
    company.done("keys", "rotate", "zone", "north", "--lead", "14", "--days", "365")
    company.done("trust", "sign")
    assert states(company)["zone"] == [State.ACTIVE, State.NEW]
    days.go(20)
    assert states(company)["zone"] == [State.ENDING, State.ACTIVE]
    days.go(40)
    assert states(company)["zone"] == [State.ENDED, State.ACTIVE]
    assert states(company)["issuer"] == [State.ENDED, State.ACTIVE]
    assert days.day == 123
    assert days.refusals == []
    in_use = company.home.issuer_key("acme", Act.ISSUE, company.hand.at)
    assert in_use.identifier == company.home.issuer_keys("acme")[1].identifier


def test_a_gate_that_syncs_less_often_than_the_lead_does_notice(
    unfounded: Company,
) -> None:
    """The walk can fail: it is the lead that keeps the gap away."""
    company = unfounded
    days = walk(company, rarely=21)
    days.go(2)
    company.done("keys", "rotate", "issuer", "acme", "--lead", "5")
    company.done("keys", "rotate", "zone", "north", "--lead", "5")
    company.done("trust", "sign")
    days.go(24)
    refused = {day for day, _, _ in days.refusals}
    reasons = {reason for _, _, reason in days.refusals}
    assert refused == set(range(12, 21))
    assert reasons == {Reason.NO_RECIPIENT}


def test_a_gates_next_key_need_not_open_a_zone_key_that_has_ended(
    unfounded: Company,
) -> None:
    company = unfounded
    company.found(zone_days=20)
    gate = company.new_gate("north-door")
    old = company.issue(days=3)
    company.done("keys", "rotate", "zone", "north", "--lead", "1")
    company.done("trust", "sign")
    company.fill_stick()
    assert gate.sync(company.stick).exit_code == 0
    company.wait(21 * DAY)
    assert gate.run("keys", "new", "gate", "north-door").exit_code == 0
    public = gate.home.path / "gates" / "north-door.2.public.json"
    company.done("trust", "add", public, "--zone", "north", "--another-key")
    company.done("trust", "sign")
    company.fill_stick()
    assert gate.sync(company.stick).exit_code == 0

    gate.configure("north-door.2")
    # What was handed over for epoch 0 still lies there, for the old key alone.
    assert (gate.folder / "north-0.north-door.sealed").exists()
    assert gate.refusal(company.issue()) is None
    assert gate.refusal(old) is Reason.NO_RECIPIENT
