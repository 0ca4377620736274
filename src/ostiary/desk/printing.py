"""A pass on paper: a card of A6, alone or on a sheet of A4 with cut marks.

Beside the code stands, for people, what it is, what it opens, until when, and who can
read it.
"""

from importlib import import_module
from io import BytesIO
from types import ModuleType
from typing import TYPE_CHECKING, Final, TypeAlias

from ostiary.capture.qr import qr_png
from ostiary.desk.issuing import IssuedPass
from ostiary.errors import ConfigurationError

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

MILLIMETRE: Final = 72 / 25.4
"""In points, which PDF counts in."""

_Size: TypeAlias = tuple[float, float]

A6: Final[_Size] = (105.0, 148.5)
"""Width and height in millimetres: a quarter of A4, to the half millimetre."""

A4: Final[_Size] = (210.0, 297.0)

_QR_SIDE: Final = 75.0
_MARGIN: Final = 10.0
_MARK: Final = 4.0
_LINE: Final = 4.6
_LETTERS: Final = 3.4
_FACE: Final = (
    "The code holds a template of your face, sealed.",
    "Only gates of these zones and their owner can read it.",
    "It is stored nowhere but in copies of this code.",
)
_FACELESS: Final = (
    "The code holds nothing of your face.",
    "Only gates of these zones and their owner can read it.",
    "At a gate, show an attendant your document.",
)


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
    bottom = height - _MARGIN - _QR_SIDE
    canvas.drawImage(image, (width - _QR_SIDE) / 2, bottom, _QR_SIDE, _QR_SIDE)
    canvas.setFont("Helvetica-Bold", 5)
    canvas.drawString(_MARGIN, bottom - _LINE, "Pass")
    for number, line in enumerate(card_lines(issued), 2):
        length = canvas.stringWidth(line, "Helvetica", _LETTERS)
        # Smaller rather than cut off: a name may have 32 wide letters.
        fitting = min(1.0, (width - 2 * _MARGIN) / length)
        canvas.setFont("Helvetica", _LETTERS * fitting)
        canvas.drawString(_MARGIN, bottom - number * _LINE, line)


def card_lines(issued: IssuedPass) -> tuple[str, ...]:
    """What stands on a card below its title."""
    claims = issued.claims
    return (
        *(
            f"Opens: {zone}" + (", at certain hours" if zone in claims.hours else "")
            for zone in claims.zones
        ),
        f"From {claims.not_before:%F %R} to {claims.expires_at:%F %R} UTC",
        *(_FACELESS if claims.reference is None else _FACE),
        "Hold it flat before the gate's camera.",
        "Note this number elsewhere: by it a lost pass is revoked.",
        claims.identifier.hex(),
    )


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
