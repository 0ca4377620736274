"""A door at a reader or input-output module on an OSDP bus (IEC 60839-11-5).

The gate is the control panel. Orders go through the secure channel alone; an order to
open carries its time, so that the other end locks again by itself. An order is done
when the other end has acknowledged it. libosdp waits for minutes before it speaks again
to a device that failed once: so a link that failed is given up, with all that waits in
it, and a new one is begun. Needs the extra `osdp`.
"""

import math
import termios
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Final, Protocol

import serial

from ostiary.actuators.counting import PassageCounter
from ostiary.errors import ActuatorError, ConfigurationError
from ostiary.terms import Contact, Doorway, ReleaseCause

KEY_BYTES: Final = 16
"""Of the secure channel's base key (AES-128)."""

LINK_SECONDS: Final = 3.0
"""How long a link may take to stand; one that has not by then is given up."""

ANSWER_SECONDS: Final = 1.0
"""How long an acknowledgement is waited for; on a bus it takes 50 ms."""

_STEADY_OFF: Final = 1
_ON_FOR_A_TIME: Final = 5
"""Control codes of osdp_OUT: off at once; on, and back by itself when time is up."""

_TICKS: Final = 10
"""The time of osdp_OUT is in tenths of a second."""


@dataclass(frozen=True, slots=True)
class Peripheral:
    """The other end.

    Attributes:
        address: on the bus, 0 to 126.
        output: number of the output that releases the door, from 0 on.
        contact: number of the input that is active while the door stands open; None:
            there is none.
        beam: number of the input that is active while somebody is in the passage; None:
            there is none.
        release: number of the input that is active when the wired emergency release was
            used; None: there is none.
        supply: number of the input that is active while the lock has no power; None:
            there is none.
    """

    address: int
    output: int = 0
    contact: int | None = None
    beam: int | None = None
    release: int | None = None
    supply: int | None = None


class Channel(Protocol):
    """Bytes to and from the bus; none of it waits."""

    id: int

    def read(self, most: int) -> bytes:
        """What has come, at most so many bytes."""
        ...

    def write(self, data: bytes) -> int:
        """Send, and say how many bytes were sent."""
        ...

    def flush(self) -> None:
        """Let go of what has come and was not read."""
        ...

    def close(self) -> None:
        """Give the bus back."""
        ...


class SerialChannel:
    """An RS-485 adapter.

    Args:
        device: its file, such as `/dev/ttyUSB0`.
        speed: bits a second.

    Raises:
        ActuatorError: it cannot be opened.
    """

    def __init__(self, device: str, speed: int) -> None:
        self.id = 0
        try:
            self._port = serial.Serial(device, speed, timeout=0, write_timeout=0.2)
        except (OSError, ValueError, OverflowError, termios.error) as error:
            # The last is no OSError: of an adapter that is pulled while it is opened.
            raise ActuatorError(f"{device}: no serial port to use: {error}") from None

    def read(self, most: int) -> bytes:
        """What has come; nothing from an adapter that was pulled out."""
        try:
            return bytes(self._port.read(most))
        except (OSError, TypeError):
            return b""

    def write(self, data: bytes) -> int:
        """Send; an adapter that was pulled out takes nothing."""
        try:
            return self._port.write(data) or 0
        except (OSError, TypeError):
            return 0

    def flush(self) -> None:
        """Let go of what has come."""
        self.read(4096)

    def close(self) -> None:
        """Give the port back."""
        self._port.close()


class OsdpDoor:
    """A door at an output of a peripheral device.

    Args:
        peripheral: which one.
        key: base key of its secure channel, 16 bytes.
        seconds: how long the output stays on without another order.
        open_channel: opens the bus; asked again whenever a link failed.

    Raises:
        ActuatorError: the device does not answer, or has another key.
        ConfigurationError: the extra is not installed.
    """

    def __init__(
        self,
        peripheral: Peripheral,
        key: bytes,
        seconds: float,
        open_channel: Callable[[], Channel],
    ) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key of a secure channel has {KEY_BYTES} bytes")
        self._library = _library()
        self._peripheral = peripheral
        self._key = key
        self._seconds = seconds
        self._open_channel = open_channel
        self._counter = PassageCounter(0 if peripheral.beam is None else 1)
        # Devices tell what changes: until then a door is taken to be shut.
        self._contact = _without(peripheral.contact)
        self._releases: dict[ReleaseCause, bool] = {}
        self._link: _Link | None = self._new_link()
        try:
            self._wait_for_link()
            self.close()
        except ActuatorError:
            self._give_up()
            raise

    def open(self) -> None:
        """Turn the output on, for `seconds`.

        Raises:
            ActuatorError: it was not acknowledged.
        """
        self._order(_ON_FOR_A_TIME, math.ceil(self._seconds * _TICKS))

    def close(self) -> None:
        """Turn the output off.

        Raises:
            ActuatorError: it was not acknowledged.
        """
        self._order(_STEADY_OFF, 0)

    def look(self) -> Doorway:
        """What its inputs told last.

        Raises:
            ActuatorError: it does not answer.
        """
        self._standing()
        passages = None if self._peripheral.beam is None else self._counter.count
        told = [cause for cause, active in self._releases.items() if active]
        release = next(iter(told), None)
        return Doorway(self._contact, passages, self._counter.blocked, release)

    def let_go(self) -> None:
        """Turn the output off, and give the bus back.

        Raises:
            ActuatorError: it was not acknowledged.
        """
        if self._link is not None:
            try:
                self.close()
            finally:
                self._give_up()

    def _new_link(self) -> "_Link":
        return _Link(
            self._library,
            self._peripheral.address,
            self._key,
            self._open_channel(),
            self._hear,
        )

    def _wait_for_link(self) -> None:
        link, end = self._link, time.monotonic() + LINK_SECONDS
        while link is not None and not link.stands():
            if time.monotonic() > end:
                raise ActuatorError(
                    f"OSDP device {self._peripheral.address} does not answer, or has "
                    "another key: look at wires, address, speed and key"
                )
            time.sleep(0.02)

    def _standing(self) -> "_Link":
        """The link, if it stands; begins a new one, now and then, if it does not."""
        link = self._link
        if link is not None and link.stands():
            return link
        if link is None or link.is_hopeless():
            self._give_up()
            self._link = self._new_link()
        raise ActuatorError(f"OSDP device {self._peripheral.address} does not answer")

    def _order(self, control: int, ticks: int) -> None:
        order = {
            "command": self._library.Command.Output,
            "output_no": self._peripheral.output,
            "control_code": control,
            "timer_count": ticks,
        }
        if not self._standing().carries_out(order):
            self._give_up()
            raise ActuatorError(
                f"OSDP device {self._peripheral.address} did not acknowledge an order"
            )

    def _give_up(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.end()

    def _hear(self, report: bytes) -> None:
        contact, beam = self._peripheral.contact, self._peripheral.beam
        if contact is not None and contact < len(report):
            self._contact = Contact.OPEN if report[contact] else Contact.SHUT
        if beam is not None and beam < len(report):
            self._counter.tell(0, broken=bool(report[beam]))
        for cause, number in (
            (ReleaseCause.WIRED, self._peripheral.release),
            (ReleaseCause.SUPPLY, self._peripheral.supply),
        ):
            if number is not None and number < len(report):
                self._releases[cause] = bool(report[number])


class _Link:
    """A control panel with one device, in libosdp's thread, until it fails once."""

    def __init__(
        self,
        library: ModuleType,
        address: int,
        key: bytes,
        channel: Channel,
        hear: Callable[[bytes], None],
    ) -> None:
        self._library = library
        self._address = address
        self._channel = channel
        self._hear = hear
        self._began = time.monotonic()
        self._stood = False
        self._answered = threading.Condition()
        self._answer: int | None = None
        self._panel = library.ControlPanel(
            [
                library.PDInfo(
                    address, channel, scbk=key, flags=[library.LibFlag.EnforceSecure]
                )
            ],
            log_level=library.LogLevel.Emergency,
            event_handler=self._on_event,
            command_completion_handler=self._on_completion,
        )
        # Its thread is a daemon if the one that starts it is: else a gate that fails
        # before it serves would never end.
        starter = threading.Thread(target=self._panel.start, daemon=True)
        starter.start()
        starter.join()

    def stands(self) -> bool:
        """Whether the device answers, in the secure channel."""
        online = self._panel.is_online(self._address)
        stands = bool(online and self._panel.is_sc_active(self._address))
        self._stood = self._stood or stands
        return stands

    def is_hopeless(self) -> bool:
        """Whether it failed, or has had its time to stand."""
        return self._stood or time.monotonic() - self._began > LINK_SECONDS

    def carries_out(self, order: Mapping[str, int]) -> bool:
        """Whether the device acknowledges an order."""
        with self._answered:
            self._answer = None
        # Not under the lock: libosdp tells of the answer under a lock of its own.
        if not self._panel.submit_command(self._address, dict(order)):
            return False
        with self._answered:
            told = self._answered.wait_for(
                lambda: self._answer is not None, ANSWER_SECONDS
            )
            return told and self._answer == self._library.CompletionStatus.Ok

    def end(self) -> None:
        """Let go of all that waits, and of the bus."""
        self._panel.teardown()
        self._channel.close()

    def _on_event(self, _device: int, event: Mapping[str, object]) -> int:
        report = event.get("report")
        inputs = event.get("type") == self._library.StatusReportType.Input
        if inputs and isinstance(report, bytes):
            self._hear(report)
        return 0

    def _on_completion(self, _address: int, _order: object, status: int) -> None:
        with self._answered:
            self._answer = status
            self._answered.notify_all()


def _without(number: int | None) -> Contact:
    return Contact.UNKNOWN if number is None else Contact.SHUT


def _library() -> ModuleType:
    try:
        return import_module("osdp")
    except ImportError:
        raise ConfigurationError(
            "a door on an OSDP bus needs the extra: pip install 'ostiary[osdp]'"
        ) from None
