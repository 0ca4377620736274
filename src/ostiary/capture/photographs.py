"""Photographs from files, read under caps; nothing but the pixels is kept.

Messages leave the file's name out: photographs are often named after people.
"""

import re
import warnings
from io import BytesIO
from pathlib import Path
from stat import S_ISREG
from typing import Final

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from ostiary.errors import CaptureError
from ostiary.terms import Image

MAX_BYTES: Final = 32 * 2**20
"""Longest file read, in bytes."""

MAX_PIXELS: Final = 50_000_000
"""Largest picture decoded, in pixels: what good telephones take, and 150 MB of BGR."""

MOST_SCANS: Final = 100
"""Passes over a JPEG; encoders make about ten. Each costs a few bytes in the file, and
the decoder a walk over the whole picture."""

FORMATS: Final = ("JPEG", "PNG", "WEBP")
SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
"""Names that files of these formats end in, in lower case."""

_EIGHT_BIT_MODES: Final = frozenset(
    {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"}
)

_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""What is neither data of a scan nor filling (ITU-T T.81, B.1.1)."""

_SCAN, _END = b"\xff\xda", b"\xff\xd9"
_ALONE: Final = frozenset({b"\xff\x01", b"\xff\xd8", _END})
"""Markers that no length follows."""

_TOO_LONG: Final = f"the picture is larger than {MAX_BYTES // 2**20} MiB"


def load_photograph(path: Path) -> Image:
    """One photograph, upright, as height x width x 3, uint8, BGR, contiguous.

    JPEG, PNG and WebP. Greyscale, palette and CMYK pictures are converted; what is
    transparent is laid on white. A colour profile is ignored. Sixteen bits a colour
    are cut to eight; sixteen bits of grey are refused.

    Raises:
        CaptureError: no such file; larger than `MAX_BYTES` or `MAX_PIXELS`; of another
            format; damaged, truncated or animated.
    """
    return decode_photograph(read_photograph(path))


def decode_photograph(data: bytes | bytearray, most_pixels: int = MAX_PIXELS) -> Image:
    """As `load_photograph`, from what `read_photograph` read.

    Args:
        data: the file.
        most_pixels: what is larger is not decoded.

    Raises:
        CaptureError: larger than that; of another format; damaged, truncated or
            animated.
    """
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd EXIF data and of sizes for which we have our own cap.
            warnings.simplefilter("ignore")
            return _decode(data, most_pixels)
    except CaptureError:
        raise
    except Pillow.DecompressionBombError:
        # Far beyond our own cap, so that Pillow does not even say how large.
        raise CaptureError(_too_many(most_pixels)) from None
    except UnidentifiedImageError:
        raise CaptureError("no picture in JPEG, PNG or WebP, or damaged") from None
    except Exception as error:
        # Besides OSError, Pillow lets through whatever its decoders trip over:
        # SyntaxError, ValueError, struct.error, zlib.error.
        raise CaptureError("the picture is damaged, or no picture at all") from error


def read_photograph(path: Path) -> bytes:
    """What a photograph's file holds, not looked at yet.

    Raises:
        CaptureError: no such file, no regular one, or larger than `MAX_BYTES`.
    """
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            raise CaptureError("a photograph is a file, not a directory or a device")
        if status.st_size > MAX_BYTES:
            raise CaptureError(_TOO_LONG)
        with path.open("rb") as file:
            # As long as it says first: where freed memory is filled, as it is in the
            # command, room for the longest takes longer than a look at the picture.
            data = file.read(status.st_size + 1)
            if len(data) > status.st_size:  # It grew since it was looked at.
                data += file.read(MAX_BYTES + 1 - len(data))
    except (OSError, ValueError) as error:
        # The cause is left out: it carries the name.
        reason = error.strerror if isinstance(error, OSError) else "impossible name"
        raise CaptureError(f"the picture cannot be read: {reason}") from None
    if len(data) > MAX_BYTES:
        raise CaptureError(_TOO_LONG)
    return data


def _decode(data: bytes | bytearray, most_pixels: int) -> Image:
    with Pillow.open(BytesIO(data), formats=FORMATS) as picture:
        if picture.width * picture.height > most_pixels:
            raise CaptureError(_too_many(most_pixels))
        if picture.mode not in _EIGHT_BIT_MODES:
            raise CaptureError("the picture has more than eight bits of grey")
        if picture.format in {"JPEG", "MPO"} and _has_many_scans(data):
            raise CaptureError("the picture is made to be slow to read; save it anew")
        # A telephone's JPEG may carry a second picture (format "MPO": a gain map, a
        # depth map). The first is the photograph; that is no animation.
        if getattr(picture, "n_frames", 1) > 1 and picture.format != "MPO":
            raise CaptureError("the picture moves; a still one is needed")
        upright = ImageOps.exif_transpose(picture)
    rgb = np.asarray(_opaque(upright))
    return np.ascontiguousarray(rgb[:, :, ::-1])


def _too_many(most_pixels: int) -> str:
    return f"the picture has more than {most_pixels // 10**6} megapixels"


def _has_many_scans(data: bytes | bytearray) -> bool:
    """Whether a JPEG has more than `MOST_SCANS` up to its end."""
    scans, place = 0, 0
    while scans <= MOST_SCANS and (found := _MARKER.search(data, place)) is not None:
        marker, place = found[0], found.end()
        if marker == _END:
            break
        scans += marker == _SCAN
        if marker not in _ALONE:
            place += int.from_bytes(data[place : place + 2])
    return scans > MOST_SCANS


def _opaque(picture: Pillow.Image) -> Pillow.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layered = picture.convert("RGBA")
    white = Pillow.new("RGBA", layered.size, "white")
    return Pillow.alpha_composite(white, layered).convert("RGB")
