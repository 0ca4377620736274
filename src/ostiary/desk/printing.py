"""A pass on paper: a card of A6, alone or on a sheet of A4 with cut marks.

Beside the code stands, for people, what it opens, until when, how it is used, what it
holds, who can read it, and what to do when it is lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from types import ModuleType
from typing import TYPE_CHECKING, Final, TypeAlias

from ostiary.capture.qr import qr_png
from ostiary.credential import Hours
from ostiary.credential.windows import window_text
from ostiary.desk.issuing import IssuedPass
from ostiary.errors import ConfigurationError

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

MILLIMETRE: Final = 72 / 25.4
"""In points, which PDF counts in."""

_Size: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a card.

    Attributes:
        about: what it is about; empty where that goes on.
        text: what it says.
    """

    about: str
    text: str


A6: Final[_Size] = (105.0, 148.5)
"""Width and height in millimetres: a quarter of A4, to the half millimetre."""

A4: Final[_Size] = (210.0, 297.0)

_QR_SIDE: Final = 75.0
_MARGIN: Final = 8.0
_MARK: Final = 4.0
_TITLE: Final = 5.0
_LETTERS: Final = 3.0
_LINE: Final = 1.28
"""From one line to the next, in heights of its letters."""

_COLUMN: Final = 27.0
"""Where the second column begins: what each line says, beside what it is about."""

_FONT: Final = "Helvetica"
_BOLD: Final = "Helvetica-Bold"

_MOST_WINDOWS: Final = 2
"""Hours of one zone that are printed; of more, that there are some."""

_FACE: Final = (
    Said("Use", "Hold the code up to the gate's camera, then look there."),
    Said("Holds", "A template of your face, sealed, and no name."),
    Said("", "Only gates of these zones and their owner can read it."),
    Said("", "It is stored nowhere but in copies of this code."),
    Said("", "A pass without one opens the same doors: ask for it."),
)
_FACELESS: Final = (
    Said("Use", "Hold the code up to the gate's camera, then show an"),
    Said("", "attendant your document."),
    Said("Holds", "Nothing of your face, and no name."),
    Said("", "Only gates of these zones and their owner can read it."),
)
_LOST: Final = "Tell the desk this number, and the pass is revoked:"
_WITHDRAW: Final = "The same: the pass ends. The desk keeps no face."
_DESK: Final = "_" * 38
"""For a stamp, or a telephone number by hand: a pass has no room for an address."""


def require_printing() -> None:
    """Say how to install what printing needs, where it is missing.

    Raises:
        ConfigurationError: the extra `desk` is not installed.
    """
    _reportlab("pdfgen.canvas")


def card_pdf(issued: IssuedPass) -> bytes:
    """A PDF file of one page of A6.

    Raises:
        ConfigurationError: the extra `desk` is missing.
    """
    return _document(A6, issued)


def sheet_pdf(issued: IssuedPass) -> bytes:
    """A PDF file of one page of A4, with the card in a corner and marks to cut it by.

    Raises:
        ConfigurationError: the extra `desk` is missing.
    """
    return _document(A4, issued)


def _document(size: _Size, issued: IssuedPass) -> bytes:
    file = BytesIO()
    points = (size[0] * MILLIMETRE, size[1] * MILLIMETRE)
    # Without a date: what is printed tells nothing of when.
    canvas = _reportlab("pdfgen.canvas").Canvas(file, pagesize=points, invariant=1)
    canvas.setTitle("Pass")
    canvas.scale(MILLIMETRE, MILLIMETRE)
    if size == A4:
        _draw_marks(canvas)
        canvas.translate(0, A4[1] - A6[1])
    _draw_card(canvas, issued)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def _draw_card(canvas: "Canvas", issued: IssuedPass) -> None:
    image = _reportlab("lib.utils").ImageReader(BytesIO(qr_png(issued.text, "M")))
    width, height = A6
    y = height - _MARGIN - _QR_SIDE
    canvas.drawImage(image, (width - _QR_SIDE) / 2, y, _QR_SIDE, _QR_SIDE)
    y -= _TITLE
    canvas.setFont(_BOLD, _TITLE)
    canvas.drawString(_MARGIN, y, "Pass")
    canvas.setFont(_FONT, _LETTERS)
    canvas.drawRightString(width - _MARGIN, y, f"issued by {issued.claims.issuer}")
    lines = card_lines(issued)
    # Smaller rather than off the card, where there are many zones.
    letters = min(_LETTERS, (y - _MARGIN) / (_LINE * (len(lines) + 0.5)))
    for line in lines:
        y -= letters * _LINE
        _draw(canvas, _BOLD, letters, (_MARGIN, y, _COLUMN - 1), line.about)
        _draw(canvas, _FONT, letters, (_COLUMN, y, width - _MARGIN), line.text)


def _draw(
    canvas: "Canvas",
    font: str,
    letters: float,
    place: tuple[float, float, float],
    text: str,
) -> None:
    """Text from a left edge to no farther than a right one, smaller if need be."""
    left, y, right = place
    length = canvas.stringWidth(text, font, letters)
    canvas.setFont(font, letters * min(1.0, (right - left) / max(length, 1.0)))
    canvas.drawString(left, y, text)


def card_lines(issued: IssuedPass) -> tuple[Said, ...]:
    """What stands on a card below its title."""
    claims = issued.claims
    opens = [_opened(zone, claims.hours.get(zone, ())) for zone in claims.zones]
    return (
        *(Said("" if number else "Opens", text) for number, text in enumerate(opens)),
        Said("Valid", f"{claims.not_before:%F %R} to {claims.expires_at:%F %R} UTC"),
        *(_FACELESS if claims.reference is None else _FACE),
        Said("If it is lost", _LOST),
        Said("", claims.identifier.hex(" ", 2)),
        Said("", "Note it elsewhere, too."),
        Said("To withdraw", _WITHDRAW),
        Said("Desk", _DESK),
    )


def _opened(zone: str, windows: Sequence[Hours]) -> str:
    if not windows:
        return f"{zone}, at any hour"
    if len(windows) > _MOST_WINDOWS:
        return f"{zone}, at certain hours"
    return f"{zone}, {'; '.join(map(window_text, windows))}"


def _draw_marks(canvas: "Canvas") -> None:
    """Short lines at the edges and in the middle, where the sheet is cut."""
    (width, height), (x, y) = A4, A6
    canvas.setLineWidth(0.1)
    for line in (
        (x, 0, x, _MARK),
        (x, height - _MARK, x, height),
        (0, y, _MARK, y),
        (width - _MARK, y, width, y),
        (x - _MARK, y, x + _MARK, y),
        (x, y - _MARK, x, y + _MARK),
    ):
        canvas.line(*line)


def _reportlab(name: str) -> ModuleType:
    try:
        return import_module(f"reportlab.{name}")
    except ImportError:
        raise ConfigurationError(
            "a PDF needs the extra: pip install 'ostiary[desk]'"
        ) from None
