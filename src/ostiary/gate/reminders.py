"""Reminders of status lists that are overdue: at the start, then once an hour at most.

By the clock, never with a passage: a line with its time would be a history.
"""

from dataclasses import replace
from datetime import datetime
from typing import TextIO

from typing_extensions import override

from ostiary.gate.counts import hour_of
from ostiary.gate.displays import Display, Several
from ostiary.gate.knowledge import KnowledgeFiles
from ostiary.gate.logs import Log
from ostiary.gate.loop import Equipment


def reminding(
    gear: Equipment, at: datetime, page: TextIO, form: type[Log] = Log
) -> Equipment:
    """The same equipment, with a reminder now and by the hour.

    Args:
        gear: a gate's equipment; its files have been read.
        at: now, on the gate's civil clock.
        page: where reminders are written.
        form: how.
    """
    reminding = Reminding(gear.knowledge, page, form)
    reminding.pass_time(at)
    return replace(gear, display=Several(reminding, gear.display))


class Reminding(Display):
    """Reminds the owner of status lists.

    Args:
        knowledge: the gate's files.
        page: where reminders are written.
        form: how.
    """

    def __init__(
        self, knowledge: KnowledgeFiles, page: TextIO, form: type[Log] = Log
    ) -> None:
        self._knowledge = knowledge
        self._log = form(page)
        self._reminded: datetime | None = None

    @override
    def pass_time(self, at: datetime) -> None:
        """Print what is to be known, unless it was printed in this hour."""
        hour = hour_of(at)
        if hour == self._reminded:
            return
        self._reminded = hour
        for notice in self._knowledge.notices(at):
            self._log.tell("notice", notice, hour)
