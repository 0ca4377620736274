"""A door on an OSDP bus: libosdp's peripheral device answers over pipes."""

import errno
import os
import pty
import termios
from collections.abc import Iterator
from typing import Any, Final

import pytest

from ostiary.actuators import osdp as driver
from ostiary.actuators.osdp import OsdpDoor, Peripheral, SerialChannel
from ostiary.errors import ActuatorError, ConfigurationError
from ostiary.terms import Contact, Doorway, ReleaseCause
from tests.actuators.mqtt_peers import until

osdp = pytest.importorskip("osdp", reason="the extra osdp is not there")

ADDRESS: Final = 5
KEY: Final = bytes(range(16))
PERIPHERAL: Final = Peripheral(ADDRESS, output=0, contact=1, beam=2)


class Wire:
    """One end of a bus made of two pipes."""

    def __init__(self, reads: int, writes: int) -> None:
        self.id = 0
        self._reads, self._writes = reads, writes

    def read(self, most: int) -> bytes:
        try:
            return os.read(self._reads, most)
        except BlockingIOError:
            return b""

    def write(self, data: bytes) -> int:
        try:
            return os.write(self._writes, data)
        except BlockingIOError:
            return 0

    def flush(self) -> None:
        while self.read(4096):
            pass

    def close(self) -> None:
        pass


class Bus:
    """A bus with a device on it, which can be unplugged."""

    def __init__(self, key: bytes = KEY) -> None:
        here, there = os.pipe(), os.pipe()
        self._pipes = (*here, *there)
        for end in self._pipes:
            os.set_blocking(end, False)
        self.orders: list[dict[str, int]] = []
        self.refuses = False
        self._panel_end = (there[0], here[1])
        self._device_end = Wire(here[0], there[1])
        self._key = key
        self.device: Any = None
        self.plug()

    def plug(self) -> None:
        self._device_end.flush()
        self.device = osdp.PeripheralDevice(
            osdp.PDInfo(
                ADDRESS,
                self._device_end,
                scbk=self._key,
                flags=[osdp.LibFlag.EnforceSecure],
            ),
            osdp.PDCapabilities(
                [
                    (osdp.Capability.OutputControl, 1, 1),
                    (osdp.Capability.ContactStatusMonitoring, 1, 4),
                ]
            ),
            log_level=osdp.LogLevel.Emergency,
            command_handler=self._take,
        )
        self.device.start()

    def unplug(self) -> None:
        if self.device is not None:
            self.device.teardown()
            self.device = None

    def tell(self, *inputs: int) -> None:
        self.device.submit_event(
            {
                "event": osdp.Event.Status,
                "type": osdp.StatusReportType.Input,
                "report": bytes(inputs),
            }
        )

    def wire(self) -> Wire:
        return Wire(*self._panel_end)

    def close(self) -> None:
        self.unplug()
        for end in self._pipes:
            os.close(end)

    def _take(self, command: dict[str, int]) -> tuple[int, None]:
        if self.refuses:
            return -1, None
        self.orders.append(command)
        return 0, None


@pytest.fixture
def bus() -> Iterator[Bus]:
    made = Bus()
    yield made
    made.close()


@pytest.fixture
def door(bus: Bus) -> Iterator[OsdpDoor]:
    made = OsdpDoor(PERIPHERAL, KEY, 4.25, bus.wire)
    yield made
    made._give_up()


def codes(bus: Bus) -> list[tuple[int, int]]:
    return [(order["control_code"], order["timer_count"]) for order in bus.orders]


def test_a_door_opens_for_a_time_and_locks_and_is_locked_at_the_start(
    bus: Bus, door: OsdpDoor
) -> None:
    door.open()
    door.close()
    door.let_go()
    door.let_go()
    assert codes(bus) == [(1, 0), (5, 43), (1, 0), (1, 0)]


def test_a_gate_that_ends_early_is_not_kept_from_it(door: OsdpDoor) -> None:
    assert door._link is not None
    assert door._link._panel.thread.daemon


def test_what_its_inputs_tell_is_seen(bus: Bus, door: OsdpDoor) -> None:
    assert door.look() == Doorway(Contact.SHUT, 0)
    bus.tell(0, 1, 1, 0)
    until(lambda: door.look() == Doorway(Contact.OPEN, 0, blocked=True))
    bus.tell(0, 0, 0, 0)
    until(lambda: door.look() == Doorway(Contact.SHUT, 1))
    door._hear(b"\x01")
    assert door.look() == Doorway(Contact.SHUT, 1)


def test_what_its_inputs_tell_of_a_release_is_seen(bus: Bus) -> None:
    peripheral = Peripheral(ADDRESS, release=0, supply=3)
    door = OsdpDoor(peripheral, KEY, 4.25, bus.wire)
    try:
        door._hear(b"\x00\x00\x00\x01")
        assert door.look().release is ReleaseCause.SUPPLY
        door._hear(b"\x01\x00\x00\x01")
        assert door.look().release is ReleaseCause.WIRED
        # A short report says nothing of the others.
        door._hear(b"\x00")
        assert door.look().release is ReleaseCause.SUPPLY
        door._hear(bytes(4))
        assert door.look().release is None
    finally:
        door._give_up()


def answers(door: OsdpDoor) -> bool:
    try:
        door.look()
    except ActuatorError:
        return False
    return True


def test_a_device_that_is_unplugged_and_plugged_in_serves_again_and_nothing_is_late(
    bus: Bus, door: OsdpDoor
) -> None:
    bus.unplug()
    with pytest.raises(ActuatorError):
        door.open()
    until(lambda: not answers(door))
    with pytest.raises(ActuatorError):
        door.open()
    bus.plug()
    until(lambda: answers(door))
    door.close()
    assert codes(bus) == [(1, 0), (1, 0)]


def test_an_order_that_the_device_refuses_failed(bus: Bus, door: OsdpDoor) -> None:
    bus.refuses = True
    with pytest.raises(ActuatorError, match="did not acknowledge"):
        door.open()
    bus.refuses = False
    until(lambda: answers(door))
    door.open()
    assert codes(bus) == [(1, 0), (5, 43)]


def test_another_key_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(driver, "LINK_SECONDS", 1.0)
    bus = Bus(bytes(16))
    try:
        with pytest.raises(ActuatorError, match="does not answer, or has another key"):
            OsdpDoor(PERIPHERAL, KEY, 5.0, bus.wire)
        assert not bus.orders
    finally:
        bus.close()


def test_a_key_of_another_length_is_misuse(bus: Bus) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        OsdpDoor(PERIPHERAL, KEY[:-1], 5.0, bus.wire)


def test_a_serial_port_carries_bytes_until_it_is_pulled_out() -> None:
    far, near = pty.openpty()
    channel = SerialChannel(os.ttyname(near), 9600)
    assert channel.write(b"to the bus") == 10
    assert os.read(far, 10) == b"to the bus"
    os.write(far, b"from the bus\n")
    until(lambda: channel.read(64))
    channel.flush()
    os.close(far)
    os.close(near)
    assert channel.read(64) == b""
    assert channel.write(b"x") in {0, 1}
    channel.close()
    assert channel.read(64) == b""


def test_a_serial_port_that_is_pulled_out_while_it_is_opened_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def pulled(_descriptor: int, _queue: int) -> None:
        raise termios.error(errno.EIO, "Input/output error")

    far, near = pty.openpty()
    name = os.ttyname(near)
    with pytest.raises(ActuatorError, match="no serial port to use"):
        SerialChannel(name, 1 << 40)
    monkeypatch.setattr(termios, "tcflush", pulled)
    with pytest.raises(ActuatorError, match="no serial port to use"):
        SerialChannel(name, 9600)
    os.close(far)
    os.close(near)


def test_no_serial_port_is_refused_at_the_start(bus: Bus) -> None:
    def absent() -> SerialChannel:
        return SerialChannel("/dev/ttyOstiaryAbsent", 9600)

    with pytest.raises(ActuatorError, match="no serial port to use"):
        OsdpDoor(PERIPHERAL, KEY, 5.0, absent)


def test_without_the_extra_it_is_said(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(driver, "import_module", absent)
    with pytest.raises(ConfigurationError, match=r"ostiary\[osdp\]"):
        OsdpDoor(PERIPHERAL, KEY, 5.0, bus.wire)
