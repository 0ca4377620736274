"""Whether a camera is a piece of hardware, as Linux describes it.

A virtual camera (v4l2loopback and its kind) looks like any other, and shows whatever a
program writes into it: the plainest way to feed a video of the holder to a gate. The
kernel knows better: a device that no hardware stands behind lies below
`/sys/devices/virtual`, and drivers that make up pictures have names.

Whoever commands the kernel can lie here too, and a box that plays a video into a real
capture card is real hardware: docs/threat-model.md.
"""

import os
import stat
from pathlib import Path
from typing import Final

from ostiary.errors import CaptureError, UnfitSourceError

SYSTEM: Final = Path("/sys")

INVENTING_DRIVERS: Final = frozenset(
    {"akvcam", "v4l2loopback", "v4l2 loopback", "vicodec", "vim2m", "vimc", "vivid"}
)
"""Drivers of Linux whose devices take or make up pictures without any optics."""


def refuse_virtual(device: str, system: Path = SYSTEM) -> None:
    """See to it that a camera is hardware.

    Args:
        device: its file, such as "/dev/video0" or a link to it.
        system: where sysfs is mounted.

    Raises:
        UnfitSourceError: it is no device, or no hardware stands behind it.
        CaptureError: it is not there, or nothing tells what it is.
    """
    place = _place(device, system)
    driver = (place / "device" / "driver").resolve().name
    virtual = system.resolve() / "devices" / "virtual"
    if place.is_relative_to(virtual) or driver in INVENTING_DRIVERS:
        raise UnfitSourceError(
            "the camera is no hardware: a program writes its pictures; name a camera "
            "that is wired to this machine, best by /dev/v4l/by-id/"
        )


def _place(device: str, system: Path) -> Path:
    """Where the kernel describes it."""
    try:
        status = Path(device).stat()
        if not stat.S_ISCHR(status.st_mode):
            raise UnfitSourceError("the camera does not open: it is no device")
        number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
        return (system / "dev" / "char" / number).resolve(strict=True)
    except (OSError, ValueError):  # ValueError: a name that no file can have.
        raise CaptureError(
            "the camera does not open: it is not there, or /sys does not describe it"
        ) from None
