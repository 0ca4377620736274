"""A page in one file: its style inside, no script, nothing fetched from anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, TypeAlias

_STYLE: Final = """
:root { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.7rem; line-height: 1.2; margin-bottom: .3rem }
h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid #ccc }
table { border-collapse: collapse; width: 100%; font-size: .82rem; margin: 1rem 0;
  font-variant-numeric: tabular-nums }
th, td { text-align: right; padding: .25rem .5rem; border-bottom: 1px solid #ddd;
  vertical-align: bottom }
td { white-space: nowrap }
th:first-child, td:first-child { text-align: left; padding-left: 0 }
th { border-bottom: 1px solid #333; font-weight: 600 }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem }
figure { margin: 1.4rem 0; break-inside: avoid }
figcaption { font-size: .85rem; color: #444 }
svg { width: 100%; height: auto; font-family: inherit }
.notice { border-left: 4px solid #D55E00; padding: .2rem 1rem; background: #fbf3ee }
ul { overflow-wrap: anywhere }
@media (max-width: 46rem) { table { display: block; overflow-x: auto } }
@page { margin: 18mm }
@media print {
  :root { font-size: 10.5pt; print-color-adjust: exact }
  body { max-width: none; margin: 0; padding: 0 }
  h2 { break-after: avoid }
  tr { break-inside: avoid }
}
"""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text.

    Attributes:
        text: plain.
        notice: whether it is to be seen first.
    """

    text: str
    notice: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; the first column is text, the others numbers.

    Attributes:
        caption: what it shows.
        head: names of the columns.
        rows: as written.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot.

    Attributes:
        svg: as `plots` draws it.
        caption: how to read it.
    """

    svg: str
    caption: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of plain lines."""

    lines: Sequence[str]


Part: TypeAlias = Paragraph | Table | Figure | Bullets


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what is under it."""

    heading: str
    parts: Sequence[Part]


def page(title: str, subtitle: str, sections: Sequence[Section]) -> bytes:
    """The whole page, HTML in UTF-8; names that cannot be written in it are marked."""
    body = "".join(_section(section) for section in sections)
    text = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # Whatever a name might smuggle in: nothing runs, nothing is fetched.
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><h1>{escape(title)}</h1><p>{escape(subtitle)}</p>{body}</body></html>\n"
    )
    return text.encode("utf-8", "replace")


def _section(section: Section) -> str:
    parts = "\n".join(_part(part) for part in section.parts)
    return f"\n<h2>{_text(section.heading)}</h2>\n{parts}"


def _part(part: Part) -> str:
    match part:
        case Paragraph(text, notice):
            return f'<p class="{"notice" if notice else "text"}">{_text(text)}</p>'
        case Table(caption, head, rows):
            return (
                f"<table><caption>{_text(caption)}</caption>"
                f"<thead>{_row(head, 'th')}</thead>"
                f"<tbody>{''.join(_row(row, 'td') for row in rows)}</tbody></table>"
            )
        case Figure(svg, caption):
            return f"<figure>{svg}<figcaption>{_text(caption)}</figcaption></figure>"
        case Bullets(lines):
            items = "".join(f"<li>{_text(line)}</li>" for line in lines)
            return f"<ul>{items}</ul>"


def _row(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{_text(cell)}</{tag}>' for cell in cells)}</tr>"


def _text(text: str) -> str:
    """No line ends between a number and its sign."""
    return escape(text).replace(" %", "\u00a0%")
