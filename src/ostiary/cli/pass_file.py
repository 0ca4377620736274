"""The text of a pass, from a picture of its code, an NDEF message or a text file."""

from pathlib import Path
from typing import Final

from ostiary.capture.nfc import LONGEST_MESSAGE, read_ndef
from ostiary.capture.photographs import SUFFIXES, load_photograph
from ostiary.capture.qr import read_qr
from ostiary.credential import LIMITS
from ostiary.errors import CaptureError
from ostiary.storage.files import read_limited

_SVG_HINT: Final = "an SVG file is for printing; give the PNG or the text of the pass"


def read_pass(path: Path) -> str:
    """The text of the one pass in a file.

    Args:
        path: a picture that shows its QR code, an NDEF message, or a text file.

    Raises:
        CaptureError: no code in the picture, or several; no pass in the message; not a
            text.
        StorageError: the file cannot be read.
    """
    if path.suffix == ".svg":
        raise CaptureError(f"{path}: {_SVG_HINT}")
    if path.suffix.lower() in SUFFIXES:
        return _from_picture(path)
    if path.suffix.lower() == ".ndef":
        return read_ndef(read_limited(path, LONGEST_MESSAGE))
    try:
        return (
            read_limited(path, LIMITS.text_characters + 2).decode("ascii").strip("\r\n")
        )
    except UnicodeDecodeError:
        raise CaptureError(
            f"{path}: neither a picture nor the text of a pass"
        ) from None


def _from_picture(path: Path) -> str:
    texts = read_qr(load_photograph(path))
    if len(texts) != 1:
        raise CaptureError(f"{path}: shows {len(texts) or 'no'} QR codes, not one")
    return texts[0]
