"""Cameras as Linux describes them, in a folder laid out as sysfs is."""

import os
from pathlib import Path

import pytest

from ostiary.capture.devices import open_device
from ostiary.capture.hardware import INVENTING_DRIVERS, refuse_virtual
from ostiary.errors import CaptureError

DEVICE = "/dev/null"
"""Any device file will do: sysfs is asked by its number."""


def describe(system: Path, place: str, driver: str | None) -> None:
    """Put the device at a place below the system, with that driver."""
    folder = system / "devices" / place / "video4linux" / "video0"
    folder.mkdir(parents=True)
    if driver is not None:
        (system / "drivers" / driver).mkdir(parents=True)
        hardware = system / "devices" / place
        (hardware / "driver").symlink_to(system / "drivers" / driver)
        (folder / "device").symlink_to(hardware)
    status = Path(DEVICE).stat()
    number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    (system / "dev" / "char").mkdir(parents=True)
    (system / "dev" / "char" / number).symlink_to(folder)


@pytest.mark.parametrize("driver", ["uvcvideo", "bcm2835-unicam", None])
def test_a_wired_camera_is_taken(tmp_path: Path, driver: str | None) -> None:
    describe(tmp_path, "pci0000:00/usb1/1-2", driver)
    refuse_virtual(DEVICE, tmp_path)


def test_a_device_without_hardware_is_refused(tmp_path: Path) -> None:
    describe(tmp_path, "virtual", None)
    with pytest.raises(CaptureError, match=r"no hardware.*by-id"):
        refuse_virtual(DEVICE, tmp_path)


@pytest.mark.parametrize("driver", sorted(INVENTING_DRIVERS))
def test_a_driver_that_makes_up_pictures_is_refused_wherever_it_sits(
    tmp_path: Path, driver: str
) -> None:
    describe(tmp_path, "platform/somewhere", driver)
    with pytest.raises(CaptureError, match="no hardware"):
        refuse_virtual(DEVICE, tmp_path)


def test_a_link_to_a_virtual_camera_is_one(tmp_path: Path) -> None:
    describe(tmp_path, "virtual", None)
    link = tmp_path / "usb-Trusted_Camera"
    link.symlink_to(DEVICE)
    with pytest.raises(CaptureError, match="no hardware"):
        refuse_virtual(str(link), tmp_path)


def test_what_nothing_describes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="does not describe it"):
        refuse_virtual(DEVICE, tmp_path)


@pytest.mark.parametrize("name", ["missing", "nul\0", ""])
def test_what_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CaptureError, match="does not open"):
        refuse_virtual(str(tmp_path / name), tmp_path)


def test_it_is_asked_before_a_device_is_opened() -> None:
    # The real /sys, which has this device among those without hardware.
    with pytest.raises(CaptureError):
        open_device(DEVICE)
