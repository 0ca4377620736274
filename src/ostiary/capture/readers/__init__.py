"""Credential readers: the gate's own camera, another one, scanners, tags.

Each driver is one `ports.CodeReader`, in a file of its own. A reader hands over texts
as they are; whoever verifies them says what is wrong. One that is unplugged is opened
again until it is back.
"""

from ostiary.capture.readers.drivers import DRIVERS, open_reader
from ostiary.capture.readers.own_camera import OwnCamera

__all__ = ["DRIVERS", "OwnCamera", "open_reader"]
