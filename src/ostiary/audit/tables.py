"""An audit as tables, which every form of the report shows."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ostiary.audit.logs import Audit

SHORT: Final = 16
"""Hexadecimal digits of an identifier that are shown."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head.

    Attributes:
        title: what it shows.
        head: names of the columns.
        rows: as written.
        note: what has to be known to read it; empty: nothing.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def tables_of(audit: Audit) -> Iterator[Table]:
    """All of them, in the order of a report; empty ones are left out."""
    made = (
        _logs(audit),
        _findings(audit),
        _gates(audit),
        *_openings(audit),
        _releases(audit),
        _desks(audit),
        _changes(audit),
    )
    return (table for table in made if table.rows)


def _logs(audit: Audit) -> Table:
    rows = [
        (
            log.origin,
            f"{log.size}" if log.verified else "not verified",
            ", ".join(f"{size}" for size in log.kept) or "none",
            ", ".join(f"{who} {at:%F %T}" for who, at in log.signers.items()) or "none",
        )
        for log in audit.logs
    ]
    head = ("journal", "entries", "grown from kept checkpoints of", "witnesses")
    return Table("Journals", head, rows)


def _findings(audit: Audit) -> Table:
    rows = [
        (
            "wrong" if each.wrong else "notice",
            each.kind.value,
            each.log,
            "" if each.index is None else f"{each.index}",
            each.detail,
        )
        for each in sorted(audit.findings, key=lambda each: not each.wrong)
    ]
    return Table("Findings", ("", "what", "journal", "entry", "detail"), rows)


def _gates(audit: Audit) -> Table:
    rows = []
    for gate in audit.gates:
        low, high = gate.rate.interval
        shown = f"{gate.rate.value:.3%} ({low:.3%} to {high:.3%})"
        rows.append(
            (
                gate.name,
                f"{gate.openings}",
                f"{gate.passages}",
                f"{gate.hours}",
                f"{gate.quiet}",
                shown if gate.rate.trials else "nothing told",
            )
        )
    head = (
        "gate",
        "openings",
        "passages",
        "hours told",
        "quiet",
        "rate (95 %)",
    )
    note = (
        "Openings by hand among openings and passages, in hours that the gate tells. "
        "In a quiet hour fewer than 10 passed, and none of them is counted."
    )
    return Table("Gates", head, rows, note)


def _openings(audit: Audit) -> Iterator[Table]:
    openings = [each for log in audit.logs for each in log.openings]
    yield _counted("Openings by reason", "reason", [each.reason for each in openings])
    keys = [each.attendant.hex()[:SHORT] for each in openings]
    yield _counted("Openings by authenticator", "authenticator", keys)
    seconds = [each for log in audit.logs for each in log.seconds.values()]
    keys = [each.hex()[:SHORT] for each in seconds]
    yield _counted("Openings signed second, by authenticator", "authenticator", keys)
    hours = sorted(f"{each.at:%H} h" for each in openings)
    yield _counted("Openings by hour of the day, UTC", "hour", hours, ranked=False)


def _counted(
    title: str, column: str, values: Sequence[str], *, ranked: bool = True
) -> Table:
    counted = Counter(values)
    pairs = counted.most_common() if ranked else list(counted.items())
    return Table(title, (column, "openings"), [(key, f"{n}") for key, n in pairs])


def _releases(audit: Audit) -> Table:
    counted = Counter(
        (each.gate, each.cause.value, f"{each.at:%F %H} h")
        for log in audit.logs
        for each in log.releases
    )
    rows = [(*which, f"{count}") for which, count in sorted(counted.items())]
    head = ("gate", "cause", "hour, UTC", "times")
    note = (
        "Doors that stood open for everybody: by the wired emergency release, or for "
        "want of power at the lock. Nobody signs them; they are entered afterwards."
    )
    return Table("Emergency releases", head, rows, note)


def _desks(audit: Audit) -> Table:
    rows = [
        (
            account.hex()[:SHORT],
            f"{len(hours)}",
            f"{sum(hour.issued for hour in hours)}",
            f"{sum(hour.revoked for hour in hours)}",
            f"{max(hour.issued for hour in hours)}",
        )
        for log in audit.logs
        for account, hours in log.desks.items()
    ]
    head = ("account", "hours", "issued", "revoked", "most issued in an hour")
    return Table("Desks", head, rows)


def _changes(audit: Audit) -> Table:
    rows = [
        (log.origin, f"{each.index}", f"{each.at:%F %T}", each.what)
        for log in audit.logs
        for each in log.changes
    ]
    return Table("What owners did", ("journal", "entry", "at", "what"), rows)
