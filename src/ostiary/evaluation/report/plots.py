"""Plots as SVG that stands inside a page: no script, no font, nothing from elsewhere.

Colours are those of Okabe and Ito, which people who see colours differently can tell
apart; lines differ in their dashes too, for paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, TypeAlias

from ostiary.evaluation.report.scales import Linear, Scale, percent

BLUE: Final = "#0072B2"
ORANGE: Final = "#D55E00"
GREEN: Final = "#009E73"
PURPLE: Final = "#AA4499"
GREY: Final = "#666666"

Point: TypeAlias = tuple[float, float]

_WIDTH: Final = 640
_HEIGHT: Final = 400
_LEFT: Final = 76
_RIGHT: Final = 20
_TOP: Final = 40
_BOTTOM: Final = 56
_CHARACTER: Final = 6.6
"""Usual width of a character at the size of the text, in pixels."""


@dataclass(frozen=True, slots=True)
class Line:
    """Points joined up.

    Attributes:
        points: x and y, in order.
        label: for the legend; empty: not in it.
        colour: of the line.
        dashes: lengths of strokes and gaps; empty: unbroken.
    """

    points: Sequence[Point]
    label: str
    colour: str
    dashes: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """Everything between two lines, such as an interval.

    Attributes:
        lower: x and y, in order.
        upper: likewise.
        label: for the legend.
        colour: of the area.
    """

    lower: Sequence[Point]
    upper: Sequence[Point]
    label: str
    colour: str


@dataclass(frozen=True, slots=True)
class Dots:
    """Single points.

    Attributes:
        points: x and y.
        label: for the legend.
        colour: of the dots.
    """

    points: Sequence[Point]
    label: str
    colour: str


@dataclass(frozen=True, slots=True)
class Upright:
    """A line across the whole plot at one x.

    Attributes:
        x: where.
        label: written along it.
    """

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Shade:
    """A stretch of x that is greyed.

    Attributes:
        start: where it begins.
        end: where it ends.
        label: written in it.
    """

    start: float
    end: float
    label: str


Mark: TypeAlias = Line | Band | Dots | Upright | Shade


def plot(title: str, x: Scale, y: Scale, marks: Sequence[Mark]) -> str:
    """One plot.

    Args:
        title: said to those who do not see it; a caption is the page's.
        x: the axis below.
        y: the axis at the left.
        marks: what is drawn, the first at the bottom.
    """
    frame = _Frame(x, y)
    drawn = [frame.draw(mark) for mark in marks]
    body = [_grid(frame), *drawn, _axes(frame), _legend(marks)]
    return _svg(title, _HEIGHT, body)


@dataclass(frozen=True, slots=True)
class _Frame:
    """Turns values into pixels."""

    x: Scale
    y: Scale

    def across(self, value: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * self.x.at(value)

    def down(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * self.y.at(value)

    def path(self, points: Sequence[Point]) -> str:
        return " ".join(f"{self.across(x):.1f},{self.down(y):.1f}" for x, y in points)

    def draw(self, mark: Mark) -> str:
        match mark:
            case Line(points, _, colour, dashes):
                return (
                    f'<polyline points="{self.path(points)}" fill="none" '
                    f'stroke="{colour}" stroke-width="2" stroke-linejoin="round" '
                    f'stroke-dasharray="{dashes or "none"}"/>'
                )
            case Band(lower, upper, _, colour):
                outline = self.path([*lower, *reversed(upper)])
                return f'<polygon points="{outline}" fill="{colour}" opacity="0.2"/>'
            case Dots(points, _, colour):
                return "".join(
                    f'<circle cx="{self.across(x):.1f}" cy="{self.down(y):.1f}" '
                    f'r="4" fill="{colour}" stroke="#fff"/>'
                    for x, y in points
                )
            case Upright(value, label):
                return self._upright(self.across(value), label)
            case Shade(start, end, label):
                return self._shade(self.across(start), self.across(end), label)

    def _upright(self, across: float, label: str) -> str:
        return (
            f'<line x1="{across:.1f}" x2="{across:.1f}" y1="{_TOP}" '
            f'y2="{_HEIGHT - _BOTTOM}" stroke="{GREY}" stroke-dasharray="2 3"/>'
            + _text(across - 5, _TOP + 8, label, turned=True, anchor="end", colour=GREY)
        )

    def _shade(self, left: float, right: float, label: str) -> str:
        rectangle = (
            f'<rect x="{left:.1f}" y="{_TOP}" width="{max(right - left, 0):.1f}" '
            f'height="{_HEIGHT - _TOP - _BOTTOM}" fill="#000" opacity="0.07"/>'
        )
        wide = right - left > _CHARACTER * 2
        middle = (left + right) / 2 + 4
        inside = _TOP + 8
        text = _text(middle, inside, label, turned=True, anchor="end", colour=GREY)
        return rectangle + (text if wide else "")


def _grid(frame: _Frame) -> str:
    upright = (
        f'<line x1="{frame.across(value):.1f}" x2="{frame.across(value):.1f}" '
        f'y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>'
        for value, _ in frame.x.ticks()
    )
    level = (
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" '
        f'y1="{frame.down(value):.1f}" y2="{frame.down(value):.1f}"/>'
        for value, _ in frame.y.ticks()
    )
    return f'<g stroke="#ddd">{"".join(upright)}{"".join(level)}</g>'


def _axes(frame: _Frame) -> str:
    bottom = _HEIGHT - _BOTTOM
    below = (
        _text(frame.across(value), bottom + 18, written, anchor="middle")
        for value, written in frame.x.ticks()
    )
    beside = (
        _text(_LEFT - 8, frame.down(value) + 4, written, anchor="end")
        for value, written in frame.y.ticks()
    )
    corner = f'<path d="M{_LEFT} {_TOP}V{bottom}H{_WIDTH - _RIGHT}"'
    middle = (_TOP + bottom) / 2
    return (
        f'{corner} fill="none" stroke="#333"/>{"".join(below)}{"".join(beside)}'
        + _text(
            (_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 12, frame.x.label, anchor="middle"
        )
        + _text(14, middle, frame.y.label, turned=True, anchor="middle")
    )


def _legend(marks: Sequence[Mark]) -> str:
    """One row above the plot."""
    entries, across = [], float(_LEFT)
    for mark in marks:
        if isinstance(mark, Upright | Shade) or not mark.label:
            continue
        entries.append(_key(mark, across))
        entries.append(_text(across + 30, 22, mark.label))
        across += 30 + _CHARACTER * len(mark.label) + 22
    return "".join(entries)


def _key(mark: Line | Band | Dots, across: float) -> str:
    match mark:
        case Line(_, _, colour, dashes):
            return (
                f'<line x1="{across:.1f}" x2="{across + 24:.1f}" y1="18" y2="18" '
                f'stroke="{colour}" stroke-width="2" '
                f'stroke-dasharray="{dashes or "none"}"/>'
            )
        case Band(_, _, _, colour):
            return (
                f'<rect x="{across:.1f}" y="12" width="24" height="12" '
                f'fill="{colour}" opacity="0.2"/>'
            )
        case Dots(_, _, colour):
            return f'<circle cx="{across + 12:.1f}" cy="18" r="4" fill="{colour}"/>'


@dataclass(frozen=True, slots=True)
class Bar:
    """One rate with its interval.

    Attributes:
        name: written beside it.
        value: its length.
        low: lower bound.
        high: upper bound.
        note: written at its end.
    """

    name: str
    value: float
    low: float
    high: float
    note: str = ""


_BAR_LEFT: Final = 190
_BAR_RIGHT: Final = 110
_BAR_STEP: Final = 26


def bars(title: str, label: str, rows: Sequence[Bar], whole: float) -> str:
    """Rates side by side, each with its interval, against that of the whole.

    Args:
        title: said to those who do not see it.
        label: what stands below the axis.
        rows: the bars, from the top.
        whole: where a line is drawn across all of them.
    """
    most = max([whole, *(row.high for row in rows)]) * 1.05 or 1.0
    scale = Linear(label, 0.0, most, percent=True)
    bottom = 16 + _BAR_STEP * len(rows)

    def across(value: float) -> float:
        return _BAR_LEFT + (_WIDTH - _BAR_LEFT - _BAR_RIGHT) * scale.at(value)

    def row_at(number: int, row: Bar) -> str:
        middle = 16 + _BAR_STEP * (number + 0.5)
        return (
            f'<rect x="{_BAR_LEFT}" y="{middle - 8:.1f}" height="16" '
            f'width="{across(row.value) - _BAR_LEFT:.1f}" '
            f'fill="{BLUE}" opacity="0.75"/>'
            f'<path d="M{across(row.low):.1f} {middle:.1f}H{across(row.high):.1f}'
            f"M{across(row.low):.1f} {middle - 4:.1f}v8"
            f'M{across(row.high):.1f} {middle - 4:.1f}v8" stroke="#222" fill="none"/>'
            + _text(_BAR_LEFT - 8, middle + 4, row.name, anchor="end")
            + _text(_WIDTH - _BAR_RIGHT + 10, middle + 4, row.note)
        )

    ticks = "".join(
        f'<line x1="{across(value):.1f}" x2="{across(value):.1f}" y1="16" '
        f'y2="{bottom}" stroke="#ddd"/>'
        + _text(across(value), bottom + 18, written, anchor="middle")
        for value, written in scale.ticks()
    )
    line = (
        f'<line x1="{across(whole):.1f}" x2="{across(whole):.1f}" y1="10" '
        f'y2="{bottom}" stroke="{ORANGE}" stroke-width="1.5" stroke-dasharray="5 3"/>'
    )
    drawn = "".join(row_at(number, row) for number, row in enumerate(rows))
    caption = f"{label}; dashed: everybody, {percent(whole)}"
    below = _text(_WIDTH / 2, bottom + 40, caption, anchor="middle")
    return _svg(title, bottom + 52, [ticks, drawn, line, below])


def _text(
    across: float,
    down: float,
    text: str,
    *,
    anchor: str = "start",
    turned: bool = False,
    colour: str = "#222",
) -> str:
    turn = f' transform="rotate(-90 {across:.1f} {down:.1f})"' if turned else ""
    return (
        f'<text x="{across:.1f}" y="{down:.1f}" text-anchor="{anchor}" '
        f'fill="{colour}"{turn}>{escape(text)}</text>'
    )


def _svg(title: str, height: float, body: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" '
        f'viewBox="0 0 {_WIDTH} {height:.0f}" font-size="12">'
        f"<title>{escape(title)}</title>{''.join(body)}</svg>"
    )
