"""A drill: a clock is set back or lost (docs/how-to/look-after-keys.md)."""

import errno
import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from ostiary.credential import LIMITS, HighWater
from ostiary.errors import ConfigurationError, StorageError, TrustListError
from ostiary.reasons import Reason
from ostiary.storage.high_water import HighWaterFile
from tests.drills.company import DAY, HOUR, MINUTE, START, Company, Gate

LOST = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def gate(company: Company) -> Gate:
    return company.new_gate("north-door")


def noted(gate: Gate) -> HighWater:
    return HighWaterFile(gate.record).read()


def recover(gate: Gate, *more: str) -> str:
    words = ("gate", "recover", "--config", gate.config, "--by", "Ada Lovelace")
    return gate.done(*words, *more)


def let_frames_come(gate: Gate, minutes: int) -> None:
    """A frame a minute, and nobody with a pass."""
    for _ in range(minutes):
        gate.see_frames()
        gate.hand.at += MINUTE


@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
@pytest.mark.parametrize("back", [LOST, START - HOUR, START - DAY])
def test_a_clock_that_went_back_lets_nobody_in_until_it_is_right(
    company: Company, gate: Gate, back: datetime, *, restarted: bool
) -> None:
    text = company.issue()
    assert gate.refusal(text) is None
    right, company.hand.at = company.hand.at, back
    if restarted:
        gate.start()
    assert gate.refusal(text) is Reason.CLOCK_BEHIND
    assert any("clock" in line for line in gate.files.notices(back))
    company.hand.at = right + MINUTE
    assert gate.refusal(text) is None


def test_a_pass_that_has_ended_is_not_brought_back_by_the_clock(
    company: Company, gate: Gate
) -> None:
    text = company.issue(days=1)
    company.wait(DAY - HOUR)
    company.fill_stick()
    gate.sync(company.stick)
    assert gate.refusal(text) is None
    # Nobody comes for two hours; only frames do.
    let_frames_come(gate, 120)
    assert gate.refusal(text) is Reason.EXPIRED
    company.hand.at -= 2 * HOUR
    assert gate.refusal(text) is Reason.CLOCK_BEHIND
    gate.start()
    assert gate.refusal(text) is Reason.CLOCK_BEHIND


def test_a_power_cut_forgets_less_than_a_step(company: Company, gate: Gate) -> None:
    text = company.issue()
    assert gate.refusal(text) is None
    let_frames_come(gate, 45)
    gate.start()
    seen = company.hand.at - MINUTE
    least = seen - LIMITS.clock_step - LIMITS.clock_setback
    company.hand.at = least
    assert gate.refusal(text) is Reason.CLOCK_BEHIND


def test_a_small_step_back_is_what_clocks_do(company: Company, gate: Gate) -> None:
    text = company.issue()
    company.wait(HOUR)
    assert gate.refusal(text) is None
    company.hand.at -= LIMITS.clock_setback
    assert gate.refusal(text) is None
    company.hand.at -= SECOND
    assert gate.refusal(text) is Reason.CLOCK_BEHIND


@pytest.mark.parametrize("ahead", [2 * DAY, 91 * DAY, 20_000 * DAY])
def test_a_wild_clock_leaves_no_trace(
    company: Company, gate: Gate, ahead: timedelta
) -> None:
    text = company.issue()
    assert gate.refusal(text) is None
    before = noted(gate)
    company.hand.at += ahead
    assert gate.refusal(text) in {Reason.STATUS_STALE, Reason.TRUST_EXPIRED}
    gate.start()
    assert gate.refusal(text) in {Reason.STATUS_STALE, Reason.TRUST_EXPIRED}
    assert noted(gate) == before
    company.hand.at -= ahead - MINUTE
    assert gate.refusal(text) is None


def test_a_clock_that_was_ahead_for_a_while_takes_the_owner(
    company: Company, gate: Gate
) -> None:
    text = company.issue()
    right = company.hand.at
    company.hand.at += 12 * HOUR
    assert gate.refusal(text) is None
    company.hand.at = right + MINUTE
    for _ in range(2):
        assert gate.refusal(text) is Reason.CLOCK_BEHIND
        gate.start()

    before = noted(gate)
    said = recover(gate)
    assert "from 2026-12-01 21:00 to 2026-12-01 09:01 UTC" in said
    gate.start()
    assert gate.refusal(text) is None
    assert noted(gate).trust == before.trust, "only the time is lowered"
    (line,) = (gate.folder / "high-water.json.acts").read_text().splitlines()
    act = json.loads(line)
    assert (act["by"], len(act["what"])) == ("Ada Lovelace", 1)


def test_a_list_from_a_wrong_clock_is_forgotten_too(
    company: Company, gate: Gate
) -> None:
    right = company.hand.at
    company.hand.at += 12 * HOUR
    company.fill_stick()
    gate.sync(company.stick)
    text = company.issue()
    assert gate.refusal(text) is None
    # All clocks are put right, and the desk signs again.
    company.hand.at = right + MINUTE
    company.fill_stick()
    text = company.issue()
    assert "forget a list of acme at urn:ostiary:acme" in recover(gate)
    gate.start()
    assert gate.sync(company.stick).exit_code == 0
    assert gate.refusal(text) is None


def test_a_gate_without_a_mark_notes_the_time_at_once(
    company: Company, gate: Gate
) -> None:
    assert not gate.record.exists()
    gate.files.at(company.hand.at)
    assert noted(gate).time == company.hand.at


def test_the_time_is_written_every_ten_minutes_at_most(
    company: Company, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.files.at(company.hand.at)
    written: list[HighWater] = []

    def raise_to(_: HighWaterFile, wanted: HighWater) -> HighWater:
        written.append(wanted)
        return wanted

    monkeypatch.setattr(HighWaterFile, "raise_to", raise_to)
    let_frames_come(gate, 8 * 60)
    assert len(written) == 8 * 6 - 1


def test_what_is_noted_does_not_tell_when_somebody_came(
    company: Company, gate: Gate
) -> None:
    other = company.new_gate("north-yard")
    for each in (gate, other):
        each.start()
        each.see_frames()
        each.files.at(company.hand.at)
    text = company.issue()
    for minute in range(60):
        if minute == 33:
            company.fill_stick()
            for each in (gate, other):
                each.sync(company.stick)
        if minute in {7, 34, 47}:
            assert gate.refusal(text) is None
        gate.see_frames()
        other.see_frames()
        assert noted(gate).time == noted(other).time
        company.wait(MINUTE)


def test_a_time_that_cannot_be_noted_lets_nobody_in(
    company: Company, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    text = company.issue()
    assert gate.refusal(text) is None
    company.wait(LIMITS.clock_step)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="No space left"):
            gate.refusal(text)
        for _ in range(3):
            gate.see_frames()
    assert gate.refusal(text) is None


def test_a_damaged_record_takes_the_owner(company: Company, gate: Gate) -> None:
    text = company.issue()
    assert gate.refusal(text) is None
    gate.record.write_text("{")
    gate.start()
    with pytest.raises(TrustListError, match="damaged"):
        gate.refusal(text)
    words = ("gate", "recover", "--config", gate.config, "--by", "Ada Lovelace")
    assert isinstance(gate.run(*words).exception, TrustListError)
    assert gate.record.read_text() == "{"
    assert "begin a new record" in recover(gate, "--anew")
    gate.start()
    assert gate.refusal(text) is None


def test_nobody_recovers_without_a_name(company: Company, gate: Gate) -> None:
    company.issue()
    gate.files.at(company.hand.at)
    company.hand.at -= HOUR
    words = ("gate", "recover", "--config", gate.config)
    before = gate.record.read_bytes()
    assert gate.run(*words).exit_code == 1, "asked, and nobody answered"
    assert isinstance(gate.run(*words, "--by", " ").exception, ConfigurationError)
    assert gate.record.read_bytes() == before
    assert not (gate.folder / "high-water.json.acts").exists()


def test_an_act_that_cannot_be_noted_is_not_done(company: Company, gate: Gate) -> None:
    gate.files.at(company.hand.at)
    company.hand.at -= HOUR
    before = gate.record.read_bytes()
    (gate.folder / "high-water.json.acts").mkdir()
    words = ("gate", "recover", "--config", gate.config, "--by", "Ada Lovelace")
    assert isinstance(gate.run(*words).exception, StorageError)
    assert gate.record.read_bytes() == before
