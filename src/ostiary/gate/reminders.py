"""Reminders of status lists that are overdue: at the start, then once an hour at most.

By the clock, never with a passage: a line with its time would be a history.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TextIO

from ostiary.gate.counts import hour_of
from ostiary.gate.displays import Display, say
from ostiary.gate.knowledge import KnowledgeFiles
from ostiary.gate.loop import Equipment
from ostiary.presentation.challenge import Move
from ostiary.reasons import Reason
from ostiary.terms import AccessDecision


def reminding(gear: Equipment, at: datetime, page: TextIO) -> Equipment:
    """The same equipment, with a reminder now and by the hour.

    Args:
        gear: a gate's equipment; its files have been read.
        at: now, on the gate's civil clock.
        page: where reminders are printed.
    """
    display = Reminding(gear.display, gear.knowledge, page)
    display.remind(at)
    return replace(gear, display=display)


class Reminding:
    """A display that reminds the owner of status lists before it shows anything.

    Args:
        display: what shows everything else.
        knowledge: the gate's files.
        page: where reminders are printed.
    """

    def __init__(
        self, display: Display, knowledge: KnowledgeFiles, page: TextIO
    ) -> None:
        self._display = display
        self._knowledge = knowledge
        self._page = page
        self._reminded: datetime | None = None

    def remind(self, at: datetime) -> None:
        """Print what is to be known, unless it was printed in this hour."""
        hour = hour_of(at)
        if hour == self._reminded:
            return
        self._reminded = hour
        for notice in self._knowledge.notices(at):
            say(self._page, f"{hour:%Y-%m-%d %H}h  {notice}")

    def pass_time(self, at: datetime) -> None:
        """Remind, if the hour is a new one; then pass it on."""
        self.remind(at)
        self._display.pass_time(at)

    def announce(
        self, decision: AccessDecision, at: datetime, stages: Mapping[str, float]
    ) -> None:
        """Pass it on."""
        self._display.announce(decision, at, stages)

    def guide(self, reason: Reason) -> None:
        """Pass it on."""
        self._display.guide(reason)

    def prompt(self, move: Move) -> None:
        """Pass it on."""
        self._display.prompt(move)

    def call_attendant(self, reason: Reason) -> None:
        """Pass it on."""
        self._display.call_attendant(reason)

    def camera(self, fault: Reason | None, at: datetime) -> None:
        """Pass it on."""
        self._display.camera(fault, at)

    def close(self) -> None:
        """Pass it on."""
        self._display.close()
