"""QR codes: found in pictures, written for screens and for paper."""

from io import BytesIO
from typing import Final, Literal, TypeAlias

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image as Pillow

from ostiary.terms import Image

Level: TypeAlias = Literal["L", "M"]
"""How much damage a symbol survives: "L" (7%) on screens, "M" (15%) on paper."""

MODULE_DOTS: Final = 8
"""Side of one module, in dots."""

DOTS_PER_INCH: Final = 300
"""With `MODULE_DOTS`, prints a module at 0.68 mm, and a pass for one zone (97 modules
with its quiet zone, at level M) 66 mm wide."""

_QR_CODES: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)

_LARGEST_SIDE: Final = 65_535
"""What zxing takes, in pixels."""


def read_qr(image: Image) -> tuple[str, ...]:
    """The distinct texts of the QR codes in a picture, which may be none.

    Only QR codes; no other symbology, nor the Micro and rectangular kinds. A text of
    any length is returned as it is; whoever verifies it has the cap.

    Args:
        image: height x width x 3, uint8, BGR; any size, empty ones too.
    """
    if not 0 < min(image.shape[:2]) <= max(image.shape[:2]) <= _LARGEST_SIDE:
        return ()
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    try:
        # Codes turned by any angle are found without `try_rotate`, which is for bars.
        symbols = zxingcpp.read_barcodes(grey, formats=_QR_CODES, try_rotate=False)
        return tuple(dict.fromkeys(symbol.text for symbol in symbols))
    finally:
        grey.fill(0)  # There may be a face in it.


def qr_png(text: str, level: Level) -> bytes:
    """A PNG file of one QR code: black and white, quiet zone of four modules.

    Text in base45's alphabet takes the alphanumeric mode, 5.5 bits a character.

    Raises:
        ValueError: the text is empty, or longer than a QR code holds.
    """
    file = BytesIO()
    Pillow.fromarray(_dots(text, level)).convert("1").save(
        file, "PNG", optimize=True, dpi=(DOTS_PER_INCH, DOTS_PER_INCH)
    )
    return file.getvalue()


def qr_image(text: str, level: Level = "L") -> Image:
    """A picture of one QR code, as `qr_png`: side x side x 3, uint8, BGR.

    Raises:
        ValueError: the text is empty, or longer than a QR code holds.
    """
    return np.repeat(_dots(text, level)[:, :, None], 3, axis=2)


def qr_svg(text: str, level: Level) -> bytes:
    """An SVG file of one QR code, as `qr_png`, for any size.

    Raises:
        ValueError: the text is empty, or longer than a QR code holds.
    """
    svg: str = _symbol(text, level).to_svg(scale=MODULE_DOTS)
    return svg.encode()


def _dots(text: str, level: Level) -> NDArray[np.uint8]:
    return np.asarray(_symbol(text, level).to_image(scale=MODULE_DOTS), np.uint8)


def _symbol(text: str, level: Level) -> zxingcpp.Barcode:
    return zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
