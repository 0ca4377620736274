"""Where a gate tells its owner what is to be known: lines of text, or JSON objects.

Nothing in them tells of a person or of a single passage: what is counted is counted by
the hour, and what is said at once is not about anybody who stands there.
"""

import json
from datetime import datetime
from typing import TextIO

from typing_extensions import override

from ostiary.gate.displays import say


class Log:
    """Lines of text.

    Args:
        page: where they are written; a full disk does not stop the gate.
    """

    def __init__(self, page: TextIO) -> None:
        self._page = page

    @property
    def is_read_along(self) -> bool:
        """Whether it is a terminal, which keeps no line for later."""
        return self._page.isatty()

    def tell(
        self,
        kind: str,
        text: str,
        hour: datetime | None = None,
        **fields: str | int | None,
    ) -> None:
        """Write something down.

        Args:
            kind: what it is about, in one word.
            text: for people.
            hour: the hour it belongs to; the log gives no time that is finer.
            fields: for machines, which need not read the text.
        """
        del kind, fields
        say(self._page, text if hour is None else f"{hour:%Y-%m-%d %H}h  {text}")


class JsonLog(Log):
    """A JSON object in each line: `kind`, `hour`, `text`, and what else is known."""

    @override
    def tell(
        self,
        kind: str,
        text: str,
        hour: datetime | None = None,
        **fields: str | int | None,
    ) -> None:
        when = {} if hour is None else {"hour": hour.isoformat(timespec="hours")}
        say(self._page, json.dumps({"kind": kind, **when, "text": text, **fields}))
