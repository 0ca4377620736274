"""An audit on a terminal."""

from collections.abc import Iterator, Sequence

from ostiary.audit.logs import Audit
from ostiary.audit.tables import Table, tables_of


def verdict(audit: Audit) -> str:
    """All of it in a sentence."""
    wrong = sum(each.wrong for each in audit.findings)
    notices = len(audit.findings) - wrong
    entries = sum(log.size for log in audit.logs)
    return (
        f"Journals: {len(audit.logs)}, entries: {entries}. Findings that break a rule: "
        f"{wrong}; that stand out: {notices}."
    )


def to_text(audit: Audit) -> str:
    """The whole report, for a terminal."""
    blocks = [verdict(audit), *map(_block, tables_of(audit))]
    unchecked = "\n".join(f"- {each}" for each in audit.unchecked)
    return "\n\n".join([*blocks, f"Not checked\n{unchecked}"]) + "\n"


def _block(table: Table) -> str:
    rows = [tuple(table.head), *map(tuple, table.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    note = f"\n{table.note}" if table.note else ""
    return "\n".join([table.title, *_lines(rows, widths)]) + note


def _lines(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield ("  " + "  ".join(cells)).rstrip()
