"""Which credential readers there are, and how each is opened."""

import stat
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

from ostiary.capture.attention import Attention
from ostiary.capture.pace import Pace
from ostiary.capture.readers.attached import AttachedReader
from ostiary.capture.readers.keyboard import KeyboardScanner
from ostiary.capture.readers.own_camera import OwnCamera
from ostiary.capture.readers.second_camera import SecondCamera
from ostiary.capture.readers.serial_line import SerialScanner
from ostiary.capture.readers.tags import SimulatedField, TagScanner
from ostiary.capture.sources import open_lasting_source
from ostiary.capture.wanted import USUAL
from ostiary.errors import ConfigurationError, UnfitSourceError
from ostiary.ports import Clock, CodeReader

_Opener: TypeAlias = Callable[[str, int, Clock], CodeReader]


def open_reader(driver: str, device: str, baud: int, clock: Clock) -> CodeReader:
    """Begin to read with a driver; a device that is not there yet is awaited.

    Args:
        driver: one of `DRIVERS`.
        device: what it reads from; empty for the gate's own camera.
        baud: speed of a serial line, in bits a second.
        clock: the gate's.

    Raises:
        ConfigurationError: no such driver, or a device that does not go with it.
        UnfitSourceError: the device is there, and can never be one.
    """
    if driver not in DRIVERS:
        known = ", ".join(DRIVERS)
        raise ConfigurationError(f"reader.driver {driver!r} is none of: {known}")
    if bool(device) is (driver == OWN_CAMERA):
        raise ConfigurationError(
            f"reader.device names what every driver but {OWN_CAMERA!r} reads from"
        )
    if baud <= 0:
        raise ConfigurationError("reader.baud is to be above 0")
    return DRIVERS[driver](device, baud, clock)


def _own_camera(device: str, baud: int, clock: Clock) -> CodeReader:
    del device, baud, clock
    return OwnCamera()


def _second_camera(device: str, baud: int, clock: Clock) -> CodeReader:
    del baud
    pace = Pace()
    source = open_lasting_source(device, clock, USUAL, pace)
    return SecondCamera(source, Attention(pace), clock)


def _keyboard(device: str, baud: int, clock: Clock) -> CodeReader:
    del baud
    _refuse_other_than_device(device)
    return AttachedReader(partial(KeyboardScanner, device, clock), clock)


def _serial(device: str, baud: int, clock: Clock) -> CodeReader:
    _refuse_other_than_device(device)
    return AttachedReader(partial(SerialScanner, device, baud, clock), clock)


def _simulated_nfc(device: str, baud: int, clock: Clock) -> CodeReader:
    del baud
    field = partial(SimulatedField, Path(device))
    return AttachedReader(lambda: TagScanner(field()), clock)


def _refuse_other_than_device(path: str) -> None:
    """Refuse a file or folder in a device's place; one not there yet may come."""
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError):
        mode = 0
    if not stat.S_ISCHR(mode):
        raise UnfitSourceError(f"reader.device {path!r} is no device")


OWN_CAMERA: Final = "camera"

DRIVERS: Final[Mapping[str, _Opener]] = MappingProxyType(
    {
        OWN_CAMERA: _own_camera,
        "second-camera": _second_camera,
        "keyboard": _keyboard,
        "serial": _serial,
        "nfc-simulated": _simulated_nfc,
    }
)
