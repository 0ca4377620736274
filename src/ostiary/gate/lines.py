"""What a gate prints: hourly counts in service, a line per decision for trying it out.

A service shows hourly counts only. A line per decision is for trying the gate out and
for the demo; it names the outcome and the reason, never a holder or a score.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TextIO

from typing_extensions import override

from ostiary.gate.counts import Counted, HourlyCounts, Hours, hour_of
from ostiary.gate.displays import Display, say
from ostiary.gate.logs import Log
from ostiary.presentation.challenge import OR_WAIT, PROMPTS, Move
from ostiary.reasons import ADVICE, Reason
from ostiary.terms import AccessDecision
from ostiary.transaction.passage import ALARMS


class HourlyDisplay(Display):
    """One line for each outcome and reason of each hour, written when it is over.

    When the clock says so, not when somebody comes: a log keeps the time of each line,
    and would otherwise know the first passage of every hour.
    """

    def __init__(self, page: TextIO, form: type[Log] = Log) -> None:
        self._log = form(page)
        self._page = page
        self._counts = HourlyCounts[Counted]()
        self._fault: Reason | None = None

    @override
    def pass_time(self, at: datetime) -> None:
        """Print the hours that are over."""
        self._print(self._counts.take_before(at))

    @override
    def announce(
        self, decision: AccessDecision, at: datetime, stages: Mapping[str, float]
    ) -> None:
        """Count the decision."""
        del stages
        self._counts.add(decision, at)

    @override
    def prompt(self, move: Move) -> None:
        """Say it to whoever stands at a terminal; a log would keep the minute of it."""
        if self._page.isatty():
            say(self._page, f"{PROMPTS[move]} {OR_WAIT}")

    @override
    def call_attendant(self, reason: Reason) -> None:
        """Tell whoever sits at a terminal; a log would keep the minute of it."""
        if self._page.isatty():
            say(self._page, f"attendant: {ADVICE[reason].attendant}")

    @override
    def camera(self, fault: Reason | None, at: datetime) -> None:
        """Count it, and say it.

        A blank picture is said on a terminal alone: a log would keep the minute, and it
        may be a pass that was held over the lens.
        """
        if fault is not None:
            self._counts.add(fault, at)
        if self._page.isatty() or Reason.CAMERA_BLANK not in {fault, self._fault}:
            line = _device_line("camera", fault)
            self._log.tell("camera", line, hour_of(at), fault=fault)
        self._fault = fault

    @override
    def reader(self, fault: Reason | None, at: datetime) -> None:
        """Count it, and say it."""
        if fault is not None:
            self._counts.add(fault, at)
        line = _device_line("reader", fault)
        self._log.tell("reader", line, hour_of(at), fault=fault)

    @override
    def alarm(self, reason: Reason, at: datetime) -> None:
        """Count it, and say it."""
        self._counts.add(reason, at)
        self._say_alarm(reason, at, _alarm_line(reason))

    @override
    def alarm_over(self, reason: Reason, at: datetime) -> None:
        """Say it."""
        self._say_alarm(reason, at, f"{reason} is over")

    def _say_alarm(self, reason: Reason, at: datetime, line: str) -> None:
        """Who went through on whose heels is said on a terminal alone: see `camera`."""
        if self._page.isatty() or reason is not Reason.SECOND_PERSON:
            self._log.tell("alarm", line, hour_of(at), reason=reason)

    @override
    def close(self) -> None:
        """Print the hours that are left."""
        self._print(self._counts.take_all())

    def _print(self, hours: Hours) -> None:
        for hour, counts in hours.items():
            for counted, count in sorted(counts.items(), key=lambda item: -item[1]):
                line = f"{_counted_line(counted)}  {count}"
                self._log.tell("count", line, hour, **_fields(counted), count=count)


def _fields(counted: Counted) -> Mapping[str, str]:
    match counted:
        case AccessDecision(outcome, reason):
            return {"outcome": outcome, "reason": reason}
        case Reason() as reason:
            return {"outcome": _kind(reason), "reason": reason}


def _counted_line(counted: Counted) -> str:
    match counted:
        case AccessDecision(outcome, reason):
            return f"{outcome:<7}{reason}"
        case Reason() as reason:
            return f"{_kind(reason):<7}{reason}"


def _kind(reason: Reason) -> str:
    return "alarm" if reason in ALARMS else "outage"


def _device_line(device: str, fault: Reason | None) -> str:
    if fault is None:
        return f"the {device} serves again"
    return f"{fault}: {ADVICE[fault].attendant}"


def _alarm_line(reason: Reason) -> str:
    return f"{reason}: {ADVICE[reason].attendant}"


class DecisionLines(Display):
    """A readable line for each decision, with the advice for the person."""

    def __init__(self, page: TextIO) -> None:
        self._page = page
        self._guidance: Reason | None = None

    @override
    def announce(
        self, decision: AccessDecision, at: datetime, stages: Mapping[str, float]
    ) -> None:
        """Print outcome, reason, advice and the time that the stages took."""
        self._guidance = None
        spent = ", ".join(f"{name} {ms:.1f} ms" for name, ms in stages.items())
        advice = ADVICE[decision.reason].holder
        line = f"{at:%H:%M:%S}  {decision.outcome:<7}{decision.reason}: {advice}"
        say(self._page, f"{line}  ({spent})")

    @override
    def guide(self, reason: Reason) -> None:
        """Print what the person can do, when it is something new."""
        if reason is not self._guidance:
            say(self._page, f"          {ADVICE[reason].holder}")
        self._guidance = reason

    @override
    def prompt(self, move: Move) -> None:
        """Print what the person is asked for."""
        self._guidance = None
        say(self._page, f"          {PROMPTS[move]} {OR_WAIT}")

    @override
    def call_attendant(self, reason: Reason) -> None:
        """Print what the attendant is called for."""
        say(self._page, f"attendant: {ADVICE[reason].attendant}")

    @override
    def camera(self, fault: Reason | None, at: datetime) -> None:
        """Print what is wrong with it, or that it serves again."""
        say(self._page, f"{at:%H:%M:%S}  {_device_line('camera', fault)}")

    @override
    def reader(self, fault: Reason | None, at: datetime) -> None:
        """Print what is wrong with it, or that it serves again."""
        say(self._page, f"{at:%H:%M:%S}  {_device_line('reader', fault)}")

    @override
    def alarm(self, reason: Reason, at: datetime) -> None:
        """Print what is wrong."""
        say(self._page, f"{at:%H:%M:%S}  alarm  {_alarm_line(reason)}")

    @override
    def alarm_over(self, reason: Reason, at: datetime) -> None:
        """Print what is over."""
        say(self._page, f"{at:%H:%M:%S}  alarm  {reason} is over")


class JsonLines(Display):
    """A JSON object for each decision, and for each move that is asked for."""

    def __init__(self, page: TextIO) -> None:
        self._page = page

    @override
    def announce(
        self, decision: AccessDecision, at: datetime, stages: Mapping[str, float]
    ) -> None:
        """Print one object: time, outcome, reason, milliseconds by stage."""
        line = {
            "at": at.isoformat(timespec="seconds"),
            "outcome": decision.outcome,
            "reason": decision.reason,
            "milliseconds": {name: round(ms, 2) for name, ms in stages.items()},
        }
        say(self._page, json.dumps(line))

    @override
    def prompt(self, move: Move) -> None:
        """Print one object: the move that the person is asked for."""
        say(self._page, json.dumps({"prompt": move}))

    @override
    def camera(self, fault: Reason | None, at: datetime) -> None:
        """Print one object: time, and what is wrong with it or null."""
        self._device("camera", fault, at)

    @override
    def reader(self, fault: Reason | None, at: datetime) -> None:
        """Print one object, as of the camera."""
        self._device("reader", fault, at)

    def _device(self, device: str, fault: Reason | None, at: datetime) -> None:
        line = {"at": at.isoformat(timespec="seconds"), device: fault}
        say(self._page, json.dumps(line))

    @override
    def alarm(self, reason: Reason, at: datetime) -> None:
        """Print one object: time, the alarm, and that it stands."""
        self._print_alarm(reason, at, stands=True)

    @override
    def alarm_over(self, reason: Reason, at: datetime) -> None:
        """Print one object: time, the alarm, and that it does not stand any more."""
        self._print_alarm(reason, at, stands=False)

    def _print_alarm(self, reason: Reason, at: datetime, *, stands: bool) -> None:
        line = {
            "at": at.isoformat(timespec="seconds"),
            "alarm": reason,
            "stands": stands,
        }
        say(self._page, json.dumps(line))
