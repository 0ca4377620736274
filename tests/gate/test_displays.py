"""What the gate shows, and what it never shows."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import TextIO

import pytest

from ostiary.gate.displays import Display
from ostiary.gate.lines import DecisionLines, HourlyDisplay, JsonLines
from ostiary.presentation.challenge import OR_WAIT, PROMPTS, Move
from ostiary.reasons import Reason
from ostiary.terms import AccessDecision, Outcome

GRANTED = AccessDecision(Outcome.GRANT, Reason.HOLDER_VERIFIED)
REFUSED = AccessDecision(Outcome.REFUSE, Reason.NON_MATCH)


def at(hour: int, minute: int) -> datetime:
    return datetime(2026, 11, 21, hour, minute, 59, tzinfo=UTC)


def test_hours_are_counted_and_nothing_finer_is_shown() -> None:
    page = StringIO()
    display = HourlyDisplay(page)
    for minute in (1, 17, 43):
        display.announce(GRANTED, at(8, minute), {})
    display.announce(REFUSED, at(8, 44), {})
    display.pass_time(at(8, 59))
    assert page.getvalue() == ""
    display.pass_time(at(9, 0))
    assert page.getvalue().splitlines() == [
        "2026-11-21 08h  grant  holder-verified  3",
        "2026-11-21 08h  refuse non-match  1",
    ]
    display.announce(GRANTED, at(9, 1), {})
    display.close()
    assert page.getvalue().splitlines()[2:] == [
        "2026-11-21 09h  grant  holder-verified  1"
    ]


def test_a_clock_set_back_loses_no_count() -> None:
    page = StringIO()
    display = HourlyDisplay(page)
    display.announce(GRANTED, at(9, 0), {})
    display.announce(GRANTED, at(8, 0), {})
    display.close()
    assert len(page.getvalue().splitlines()) == 2


def test_an_attendant_is_called_on_a_terminal_and_in_no_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A log stamps its lines, and so would keep when somebody stood there."""
    page, log = StringIO(), StringIO()
    monkeypatch.setattr(page, "isatty", lambda: True)
    for each in (page, log):
        HourlyDisplay(each).call_attendant(Reason.ATTACK_SUSPECTED)
    assert page.getvalue().startswith("attendant: ")
    assert log.getvalue() == ""


@pytest.mark.parametrize("kind", [HourlyDisplay, DecisionLines, JsonLines])
def test_a_page_that_cannot_be_written_stops_no_gate(
    kind: Callable[[TextIO], Display],
) -> None:
    with Path("/dev/full").open("w") as full:
        display = kind(full)
        display.announce(GRANTED, at(8, 0), {})
        display.guide(Reason.NO_FACE)
        display.call_attendant(Reason.DOOR_FAULT)
        display.announce(GRANTED, at(9, 0), {})
        display.close()
        with suppress(OSError):
            full.close()


def test_guidance_is_given_once_until_it_changes() -> None:
    page = StringIO()
    display = DecisionLines(page)
    for reason in (Reason.NO_FACE, Reason.NO_FACE, Reason.FACE_TURNED, Reason.NO_FACE):
        display.guide(reason)
    assert len(page.getvalue().splitlines()) == 3


def test_decision_lines_give_advice() -> None:
    page = StringIO()
    display = DecisionLines(page)
    display.announce(REFUSED, at(8, 0), {"detect": 12.3456})
    display.guide(Reason.FACE_TOO_SMALL)
    display.call_attendant(Reason.DOOR_FAULT)
    lines = page.getvalue().splitlines()
    assert lines[0].startswith("08:00:59  refuse non-match: The face and the pass")
    assert lines[0].endswith("(detect 12.3 ms)")
    assert lines[1].strip() == "Come closer, please."
    assert lines[2].startswith("attendant: ")


def test_json_lines_say_what_was_asked_for() -> None:
    page = StringIO()
    JsonLines(page).prompt(Move.TURN_LEFT)
    assert json.loads(page.getvalue()) == {"prompt": "turn-left"}


@pytest.mark.parametrize("move", Move)
def test_whoever_cannot_make_a_move_reads_what_to_do(move: Move) -> None:
    page = StringIO()
    DecisionLines(page).prompt(move)
    assert page.getvalue().strip() == f"{PROMPTS[move]} {OR_WAIT}"


def test_prompts_are_told_at_a_terminal_and_in_no_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log, terminal = StringIO(), StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    for page in (log, terminal):
        HourlyDisplay(page).prompt(Move.NOD)
    assert not log.getvalue()
    assert OR_WAIT in terminal.getvalue()


def test_json_lines_are_one_object_a_decision() -> None:
    page = StringIO()
    display = JsonLines(page)
    display.guide(Reason.NO_FACE)
    display.call_attendant(Reason.DOOR_FAULT)
    display.announce(GRANTED, at(8, 0), {"detect": 1.234})
    assert json.loads(page.getvalue()) == {
        "at": "2026-11-21T08:00:59+00:00",
        "outcome": "grant",
        "reason": "holder-verified",
        "milliseconds": {"detect": 1.23},
    }


def test_alarms_are_said_at_once_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    page, log = StringIO(), StringIO()
    monkeypatch.setattr(page, "isatty", lambda: True)
    for each in (page, log):
        display = HourlyDisplay(each)
        for reason in (Reason.DOOR_FORCED, Reason.SECOND_PERSON):
            display.alarm(reason, at(8, 1))
            display.alarm_over(reason, at(8, 2))
        display.close()
    assert "08h  door-forced: " in log.getvalue()
    assert "08h  door-forced is over\n" in log.getvalue()
    assert "08h  alarm  door-forced  1\n" in log.getvalue()
    assert "08h  alarm  second-person  1\n" in log.getvalue()
    # The rest of it would keep the minute of a passage.
    assert log.getvalue().count("second-person") == 1
    assert page.getvalue().count("second-person") == 3


def test_alarms_are_shown_while_trying() -> None:
    page, lines = StringIO(), StringIO()
    for display in (DecisionLines(page), JsonLines(lines)):
        display.alarm(Reason.DOOR_HELD_OPEN, at(8, 1))
        display.alarm_over(Reason.DOOR_HELD_OPEN, at(8, 2))
    begins, over = page.getvalue().splitlines()
    assert begins.startswith("08:01:59  alarm  door-held-open: The door stands open.")
    assert over == "08:02:59  alarm  door-held-open is over"
    assert [json.loads(line)["stands"] for line in lines.getvalue().splitlines()] == [
        True,
        False,
    ]
