"""Audits of journals that keep the rules, and of each way of not keeping them."""

import base64
import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.audit import (
    Audit,
    Evidence,
    FindingKind,
    audit_logs,
    to_html,
    to_json,
    to_text,
)
from ostiary.audit.findings import NOTICES
from ostiary.audit.gates import common_rate
from ostiary.audit.rates import Rate, least_by_chance, most_by_chance
from ostiary.audit.trail import Trail
from ostiary.credential import Hours
from ostiary.journal import (
    Answer,
    AuthenticatorSuspended,
    Checkpoint,
    ClockSet,
    DeskHour,
    GateHour,
    JournalEntry,
    ManualOpening,
    Opening,
    OpeningHours,
    OpeningReason,
    OpeningRules,
    OwnerAct,
    OwnerActKind,
    UserCheck,
    Visit,
    dump_entry,
)
from ostiary.storage.journal import Journal, JournalReader
from tests.authenticator import ORIGIN, PARTY, Authenticator
from tests.conftest import NOW, drawn

HOUR = NOW.replace(minute=0, second=0)
LATER = NOW + timedelta(days=365)
RULES = OpeningRules(NOW, PARTY, (ORIGIN,), UserCheck.VERIFIED, 6, 30)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


def minute(number: float) -> datetime:
    return NOW + timedelta(seconds=round(60 * number))


def opening(key: Authenticator, at: datetime, gate: str = "north") -> Opening:
    reason = OpeningReason.ACCESSIBILITY
    return Opening(at, gate, reason, key.attendant, drawn(b"%r" % at)(32))


def found(entries: Sequence[JournalEntry]) -> list[tuple[FindingKind, int | None]]:
    trail = Trail("somewhere")
    for entry in entries:
        trail.see(dump_entry(entry))
    trail.find_gaps()
    return [(each.kind, each.index) for each in trail.findings]


def begun(key: Authenticator) -> list[JournalEntry]:
    return [RULES, key.added(NOW, LATER)]


def test_nothing_is_found_where_the_rules_are_kept() -> None:
    key = Authenticator(b"ada")
    opened = [key.open(opening(key, minute(each))) for each in (1, 2, 3)]
    assert found([*begun(key), *opened]) == []


def test_an_opening_needs_rules_and_an_authenticator_that_is_known() -> None:
    key = Authenticator(b"ada")
    opened = key.open(opening(key, NOW))
    assert found([key.added(NOW, LATER), opened]) == [(FindingKind.NO_RULES, 1)]
    assert found([RULES, opened]) == [(FindingKind.UNKNOWN, 1)]
    # What is entered afterwards is not in force before.
    late = found([RULES, opened, key.added(NOW, LATER)])
    assert late == [(FindingKind.UNKNOWN, 1)]


def test_a_reason_that_was_not_offered_is_found() -> None:
    key = Authenticator(b"ada")
    narrow = replace(RULES, reasons=(OpeningReason.EMERGENCY,))
    opened = key.open(opening(key, minute(1)))
    assert found([narrow, key.added(NOW, LATER), opened]) == [(FindingKind.REASON, 2)]


def test_a_suspended_authenticator_is_found_until_it_is_added_again() -> None:
    key = Authenticator(b"ada")
    entries = [
        *begun(key),
        AuthenticatorSuspended(NOW, key.attendant),
        key.open(opening(key, minute(1))),
        key.added(minute(2), LATER),
        key.open(opening(key, minute(3))),
    ]
    assert found(entries) == [(FindingKind.SUSPENDED, 3)]
    assert found([AuthenticatorSuspended(NOW, bytes(32))]) == [(FindingKind.UNKNOWN, 0)]


def test_an_authenticator_serves_until_its_end() -> None:
    key = Authenticator(b"ada")
    at = minute(5)
    assert found([RULES, key.added(NOW, at), key.open(opening(key, at))]) == [
        (FindingKind.ENDED, 2)
    ]


def test_an_assertion_is_judged_by_the_rules_of_its_time() -> None:
    key = Authenticator(b"ada")
    elsewhere = replace(RULES, at=minute(2), origins=("https://new.example",))
    before, after = (key.open(opening(key, minute(each))) for each in (1, 3))
    assert found([*begun(key), before, elsewhere, after]) == [
        (FindingKind.ASSERTION, 4)
    ]


def test_an_assertion_cannot_be_used_for_another_entry() -> None:
    key = Authenticator(b"ada")
    one = key.open(opening(key, minute(1)))
    other = ManualOpening(opening(key, minute(2)), one.assertion)
    assert found([*begun(key), one, other]) == [(FindingKind.ASSERTION, 3)]


def test_an_entry_twice_is_found_even_where_no_counter_counts() -> None:
    key = Authenticator(b"ada", counter=None)
    one = key.open(opening(key, minute(1)))
    kinds = [kind for kind, _ in found([*begun(key), one, one])]
    assert FindingKind.REPLAYED in kinds


def test_a_copied_authenticator_is_found_by_its_counter() -> None:
    key, copy = Authenticator(b"ada"), Authenticator(b"ada")
    entries = [
        *begun(key),
        key.open(opening(key, minute(1))),
        key.open(opening(key, minute(2))),
        copy.open(opening(key, minute(3))),
    ]
    assert found(entries) == [(FindingKind.ASSERTION, 4)]
    # Adding the same key again does not forget what it counted.
    again = key.added(minute(3), LATER)
    assert found([*entries[:4], again, entries[4]]) == [(FindingKind.ASSERTION, 5)]


def test_many_openings_and_hurried_ones_are_found() -> None:
    key = Authenticator(b"ada")
    seven = [key.open(opening(key, minute(each))) for each in range(1, 8)]
    assert found([*begun(key), *seven]) == [(FindingKind.TOO_MANY, 8)]
    hurried = [key.open(opening(key, minute(each))) for each in (10, 10.25)]
    assert found([*begun(key), *hurried]) == [(FindingKind.TOO_SOON, 3)]


def test_a_clock_that_goes_back_is_found() -> None:
    act = OwnerAct(minute(5), OwnerActKind.CONFIGURATION_LOADED, bytes(32))
    entries: list[JournalEntry] = [
        act,
        replace(act, at=minute(2)),
        gate_hour(0),
        replace(act, at=minute(6)),
    ]
    assert found(entries) == [(FindingKind.CLOCK_BACK, 1)]


def test_a_clock_that_an_owner_set_right_stands_out_and_breaks_no_rule() -> None:
    key = Authenticator(b"ada")
    ahead = OwnerAct(LATER, OwnerActKind.CONFIGURATION_LOADED, bytes(32))
    opened = key.open(opening(key, minute(2)))
    entries = [*begun(key), ahead, ClockSet(minute(1)), opened]
    assert found(entries) == [(FindingKind.CLOCK_SET, 3)]
    assert FindingKind.CLOCK_SET in NOTICES
    assert found([*begun(key), ahead, opened]) == [(FindingKind.CLOCK_BACK, 3)]


def test_an_opening_that_was_drawn_up_before_the_clock_was_set_is_found() -> None:
    key = Authenticator(b"ada")
    wrong = LATER - timedelta(minutes=1)
    ahead = OwnerAct(wrong, OwnerActKind.CONFIGURATION_LOADED, bytes(32))
    late = key.open(opening(key, wrong))
    entries = [*begun(key), ahead, ClockSet(minute(1)), late]
    later = key.open(opening(key, minute(2)))
    assert found([*entries, later]) == [
        (FindingKind.CLOCK_SET, 3),
        (FindingKind.AHEAD, 4),
    ]


def by_two(first: Authenticator, second: Authenticator, at: datetime) -> ManualOpening:
    opened = first.open(opening(first, at))
    other = second.open(opened.opening)
    return replace(opened, second=Answer(second.attendant, other.assertion))


def test_openings_that_one_signed_where_two_have_to_are_found() -> None:
    ada, kim = Authenticator(b"ada"), Authenticator(b"kim")
    two = replace(RULES, at=minute(2), signers=2)
    known = [*begun(ada), kim.added(NOW, LATER)]
    alone = [ada.open(opening(ada, minute(each))) for each in (1, 3)]
    # By the rules of its time: the first one was enough.
    entries = [*known, alone[0], two, alone[1]]
    assert found(entries) == [(FindingKind.ALONE, 5)]
    both = [by_two(ada, kim, minute(4)), by_two(kim, ada, minute(5))]
    assert found([*known, two, *both]) == []
    kinds = [kind for kind, _ in found([*known, two, by_two(ada, ada, minute(4))])]
    assert FindingKind.TWICE in kinds
    unknown = by_two(ada, Authenticator(b"eve"), minute(4))
    assert found([*known, two, unknown]) == [(FindingKind.UNKNOWN, 4)]


def test_openings_outside_of_hours_are_found() -> None:
    key = Authenticator(b"ada")
    window = Hours(frozenset(range(7)), 0, 60)
    night = replace(RULES, hours=OpeningHours("Europe/Berlin", (window,)))
    nowhere = replace(RULES, hours=OpeningHours("Nowhere/At_All", (window,)))
    added, opened = key.added(NOW, LATER), key.open(opening(key, minute(1)))
    assert found([night, added, opened]) == [(FindingKind.HOURS, 2)]
    assert found([nowhere, added, opened]) == [(FindingKind.ZONE, 2)]


def gate_hour(hours: int, passages: int = 100, gate: str = "north") -> GateHour:
    return GateHour(HOUR + timedelta(hours=hours), gate, passages, 0, 0, 0)


def test_hours_told_twice_or_not_at_all_are_found() -> None:
    told = [gate_hour(0), gate_hour(1), gate_hour(1, 200), gate_hour(5)]
    assert found(told) == [(FindingKind.HOUR_TWICE, 2), (FindingKind.GAP, None)]
    desk = DeskHour(HOUR, bytes(32), 3, 0)
    assert found([desk, desk]) == [(FindingKind.HOUR_TWICE, 1)]


def test_an_entry_that_is_none_is_found_and_the_rest_is_read() -> None:
    trail = Trail("somewhere")
    trail.see(b"\xf6")
    trail.see(dump_entry(RULES))
    assert [each.kind for each in trail.findings] == [FindingKind.UNREADABLE]
    assert len(trail.changes) == 1


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_any_entries_are_audited(entries: list[bytes]) -> None:
    trail = Trail("somewhere")
    for entry in entries:
        trail.see(entry)
    assert trail.count == len(entries)


# Journals on the disk.


def written(path: Path, entries: Sequence[JournalEntry]) -> Journal:
    journal = Journal.begin(path, path.name, drawn(path.name.encode()))
    for entry in entries:
        journal.append(dump_entry(entry))
    return journal


def told(journal: Journal, *kept: bytes) -> Audit:
    reader = journal.reader
    return audit_logs([reader.path], Evidence({reader.key.name: reader.key}, kept))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    key = Authenticator(b"ada")
    opened = [key.open(opening(key, minute(each))) for each in (1, 2)]
    desk = DeskHour(HOUR, bytes(32), 12, 1)
    return written(tmp_path / "gates", [*begun(key), *opened, gate_hour(0), desk])


def test_a_whole_audit_says_what_it_saw_and_what_it_could_not(journal: Journal) -> None:
    audit = told(journal)
    assert not audit.wrong
    assert audit.logs[0].size == 6
    assert any("nobody kept" in each for each in audit.unchecked)
    assert any("no policy was given" in each for each in audit.unchecked)
    (gate,) = audit.gates
    assert (gate.rate.count, gate.rate.trials, gate.uncovered) == (2, 102, 0)
    text = to_text(audit)
    for line in ("accessibility  2", "break a rule: 0", "Not checked"):
        assert line in text


def test_who_signed_second_is_told(tmp_path: Path) -> None:
    ada, kim = Authenticator(b"ada"), Authenticator(b"kim")
    known = [*begun(ada), kim.added(NOW, LATER)]
    opened = [ada.open(opening(ada, minute(1))), by_two(ada, kim, minute(2))]
    audit = told(written(tmp_path / "gates", [*known, *opened]))
    assert not audit.wrong
    assert "Openings signed second, by authenticator" in to_text(audit)
    (log,) = json.loads(to_json(audit))["logs"]
    seconds = [each["second"] for each in log["openings"]]
    assert seconds == [None, kim.attendant.hex()]


def test_a_kept_checkpoint_is_grown_from_or_the_log_is_not_believed(
    journal: Journal, tmp_path: Path
) -> None:
    before = shutil.copytree(journal.path, tmp_path / "before")
    kept = journal.reader.note()
    assert told(journal, kept).logs[0].kept == (6,)
    journal.append(dump_entry(gate_hour(1)))
    cut = told(Journal.open(before), journal.reader.note())
    assert cut.wrong
    assert cut.logs[0].openings == ()
    (finding,) = cut.findings
    assert finding.kind is FindingKind.NOT_VERIFIED
    assert "had 7 entries and has 6" in finding.detail


def test_a_log_that_is_put_back_after_it_was_verified_is_not_believed(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = Journal.open(shutil.copytree(journal.path, tmp_path / "cut"))
    journal.append(dump_entry(gate_hour(1)))
    verify = JournalReader.verify

    def verify_and_put_back(reader: JournalReader, visit: Visit) -> Checkpoint:
        checkpoint = verify(reader, visit)
        shutil.copytree(journal.reader.path, reader.path, dirs_exist_ok=True)
        return checkpoint

    monkeypatch.setattr(JournalReader, "verify", verify_and_put_back)
    (log,) = told(cut, journal.reader.note()).logs
    assert [each.kind for each in log.findings] == [FindingKind.NOT_VERIFIED]
    assert log.kept == ()


def test_a_log_that_grows_while_it_is_audited_is_as_it_was_verified(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, size = journal.reader.note(), journal.reader.checkpoint().size
    verify = JournalReader.verify

    def verify_and_grow(reader: JournalReader, visit: Visit) -> Checkpoint:
        checkpoint = verify(reader, visit)
        journal.append(dump_entry(gate_hour(1)))
        reader.keep_cosigned(reader.note())
        return checkpoint

    monkeypatch.setattr(JournalReader, "verify", verify_and_grow)
    (log,) = told(journal, kept).logs
    assert (log.size, log.kept, log.verified) == (size, (size,), True)


def test_what_a_forged_log_says_it_is_cannot_steer_a_terminal(tmp_path: Path) -> None:
    signature = base64.b64encode(bytes(68)).decode()
    root = base64.b64encode(bytes(32)).decode()
    note = f"ostiary/\x9b2Jx\n1\n{root}\n\n\N{EM DASH} x {signature}\n"
    (tmp_path / "checkpoint").write_text(note)
    audit = audit_logs([tmp_path], Evidence({}))
    assert audit.wrong
    assert "\x9b" not in to_text(audit) + to_html(audit)


def test_a_log_without_its_key_or_twice_is_not_believed(journal: Journal) -> None:
    reader = journal.reader
    stranger = audit_logs([reader.path], Evidence({}))
    assert "no key of it is given" in stranger.findings[0].detail
    keys = {reader.key.name: reader.key}
    twice = audit_logs([reader.path, Path(f"{reader.path}/")], Evidence(keys))
    assert twice.wrong
    assert len(twice.gates) == 1


def test_an_opening_that_was_copied_into_another_journal_is_found(
    tmp_path: Path,
) -> None:
    ada = Authenticator(b"ada")
    opened = ada.open(opening(ada, minute(1)))
    own = ada.open(opening(ada, minute(2)))
    logs = [written(tmp_path / "north", [*begun(ada), opened, opened])]
    logs += [written(tmp_path / "south", [*begun(ada), opened, own])]
    readers = [each.reader for each in logs]
    keys = {reader.key.name: reader.key for reader in readers}
    audit = audit_logs([reader.path for reader in readers], Evidence(keys))
    replayed = [each for each in audit.findings if each.kind is FindingKind.REPLAYED]
    # In one journal as before, and then in the other one, once.
    assert [each.index for each in replayed] == [3, None]
    assert replayed[1].log == readers[1].key.name
    assert readers[0].key.name in replayed[1].detail


def test_one_log_that_is_spoilt_does_not_hide_the_others(
    journal: Journal, tmp_path: Path
) -> None:
    other = written(tmp_path / "other", [gate_hour(0, gate="south")])
    (other.path / "log/tile/entries/000.p/1").write_bytes(b"")
    readers = [journal.reader, other.reader]
    keys = {reader.key.name: reader.key for reader in readers}
    audit = audit_logs([reader.path for reader in readers], Evidence(keys))
    assert [log.verified for log in audit.logs] == [True, False]
    assert audit.wrong
    assert [gate.name for gate in audit.gates] == ["north"]


def test_a_gate_that_is_opened_too_often_stands_out(tmp_path: Path) -> None:
    key = Authenticator(b"ada")
    rules = replace(RULES, most_an_hour=1_000, pause=0)
    gates = [gate_hour(0, 1_000, f"{name}") for name in range(8)]
    often = [key.open(opening(key, minute(n / 2), "7")) for n in range(1, 30)]
    few = [key.open(opening(key, minute(20), f"{n}")) for n in range(7)]
    journal = written(
        tmp_path / "gates", [rules, key.added(NOW, LATER), *often, *few, *gates]
    )
    audit = told(journal)
    assert [each.detail[:6] for each in audit.unusual] == ["gate 7"]
    page = to_html(audit)
    assert page.count("<circle") == 8
    assert page.count("<polyline") == 4


def test_openings_in_hours_that_are_not_told_are_no_part_of_a_rate(
    tmp_path: Path,
) -> None:
    key = Authenticator(b"ada")
    opened = [key.open(opening(key, minute(each))) for each in (1, 60 * 5)]
    audit = told(written(tmp_path / "gates", [*begun(key), *opened, gate_hour(0, 0)]))
    (gate,) = audit.gates
    assert (gate.openings, gate.uncovered, gate.quiet) == (2, 1, 1)
    assert any("1 openings in hours" in each for each in audit.unchecked)


def test_a_page_is_whole_and_quotes_nothing_as_markup(tmp_path: Path) -> None:
    key = Authenticator(b"ada")
    name = '<script>alert("x")</script>'
    opened = key.open(opening(key, NOW, name))
    journal = written(tmp_path / "gates", [*begun(key), opened, gate_hour(0, 50, name)])
    page = to_html(told(journal))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"(src|href)=", page)
    assert "http" not in page.replace(ORIGIN, "").replace("http-equiv", "")


def test_json_holds_what_was_counted_and_no_commitment(journal: Journal) -> None:
    said = json.loads(to_json(told(journal)))
    assert said["wrong"] is False
    assert len(said["logs"][0]["openings"]) == 2
    assert said["gates"][0]["passages"] == 100
    assert "commitment" not in to_json(told(journal))


def test_an_empty_journal_is_audited(tmp_path: Path) -> None:
    audit = told(written(tmp_path / "gates", []))
    assert not audit.wrong
    assert "entries: 0" in to_text(audit)
    assert "<svg" not in to_html(audit)
    assert common_rate(audit.gates).trials == 0


def test_intervals_hold_what_they_should() -> None:
    assert Rate(0, 0).interval == (0.0, 1.0)
    low, high = Rate(0, 100).interval
    assert low == 0
    assert high == pytest.approx(0.0370, abs=1e-4)
    # Newcombe, Statistics in Medicine 1998, table I: 81 of 263.
    assert Rate(81, 263).interval == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert Rate(5, 5).interval[1] == 1.0


@given(st.integers(1, 3_000), st.floats(0.0001, 0.9), st.sampled_from([0.001, 0.025]))
def test_limits_lie_around_what_is_expected(
    trials: int, rate: float, beyond: float
) -> None:
    low = least_by_chance(trials, rate, beyond)
    high = most_by_chance(trials, rate, beyond)
    assert 0 <= low <= trials * rate + 1
    assert trials * rate - 1 <= high <= trials


def test_limits_are_those_of_the_binomial_distribution() -> None:
    # 10 throws of a coin: P(X <= 1) = 11/1024, P(X <= 2) = 56/1024.
    assert least_by_chance(10, 0.5, 0.025) == 2
    assert most_by_chance(10, 0.5, 0.025) == 8
    assert (least_by_chance(5, 0.0, 0.025), most_by_chance(5, 1.0, 0.025)) == (0, 5)
