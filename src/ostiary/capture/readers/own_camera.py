"""Codes in the pictures of the gate's own camera."""

from collections.abc import Sequence

from ostiary.capture.qr import read_qr
from ostiary.reasons import Reason
from ostiary.terms import Image


class OwnCamera:
    """Reads the QR codes that are held before the camera that sees faces."""

    @property
    def fault(self) -> Reason | None:
        """Always None: what is wrong with the camera is told as such."""
        return None

    def read(self, image: Image | None) -> Sequence[str] | None:
        """The codes in the picture."""
        return None if image is None else read_qr(image)

    def close(self) -> None:
        """Nothing is held."""
