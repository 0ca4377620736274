"""The door that a configuration names. Nothing falls back on another."""

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from ostiary.actuators import SimulatedDoor
from ostiary.actuators.gpio import GpioDoor, Wiring
from ostiary.actuators.mqtt import MqttDoor
from ostiary.actuators.osdp import KEY_BYTES, OsdpDoor, Peripheral, SerialChannel
from ostiary.broker import Broker
from ostiary.config import SIMULATED, GateConfig, Unpowered
from ostiary.errors import ConfigurationError
from ostiary.ports import Door
from ostiary.storage.files import read_private

_MOST_SECRET: Final = 1024
"""Longest file of a password or key, in bytes."""

_LAST_ADDRESS: Final = 126
"""Of an OSDP bus; 127 is everybody."""

_LAST_INPUT: Final = 255

_MOST_BEAMS: Final = 2

_MOST_TOPIC: Final = 128
"""Longest topic, in characters."""

_Section = TypeVar("_Section")


def _simulated(_config: GateConfig) -> Door:
    return SimulatedDoor()


def _gpio(config: GateConfig) -> Door:
    pins = _section(config.gpio, "gpio")
    if len(pins.beam_pins) > _MOST_BEAMS:
        raise ConfigurationError("gpio.beam_pins names more than two beams")
    wiring = Wiring(
        relay=pins.relay_pin,
        relay_active_high=pins.relay_active_high,
        contact=pins.contact_pin,
        beams=pins.beam_pins,
        release=pins.release_pin,
        supply=pins.supply_pin,
    )
    return GpioDoor(wiring, config.passage.open_seconds)


def _mqtt(config: GateConfig) -> Door:
    topic = _section(config.mqtt_door, "mqtt_door").topic
    check_topic("mqtt_door.topic", topic)
    seconds = config.passage.open_seconds
    return MqttDoor(broker_of(config), topic, seconds, secrets.token_bytes)


def _osdp(config: GateConfig) -> Door:
    bus = _section(config.osdp, "osdp")
    inputs = (bus.contact_input, bus.beam_input, bus.release_input, bus.supply_input)
    numbers = (bus.output, *(each for each in inputs if each is not None))
    if not 0 <= bus.address <= _LAST_ADDRESS or not all(
        0 <= n <= _LAST_INPUT for n in numbers
    ):
        raise ConfigurationError(
            "osdp.address, or the number of an input, is too large"
        )
    peripheral = Peripheral(bus.address, bus.output, *inputs)
    return OsdpDoor(
        peripheral,
        _osdp_key(bus.key),
        config.passage.open_seconds,
        lambda: SerialChannel(bus.device, bus.speed),
    )


DRIVERS: Final[Mapping[str, Callable[[GateConfig], Door]]] = MappingProxyType(
    {SIMULATED: _simulated, "gpio": _gpio, "mqtt": _mqtt, "osdp": _osdp}
)
"""Every driver by its name in `passage.door`."""

_WITHOUT_POWER: Final[Mapping[Unpowered, str]] = MappingProxyType(
    {
        Unpowered.LOCKED: "without power it stays locked",
        Unpowered.RELEASED: "without power it is released",
        Unpowered.UNSTATED: "what it does without power is not stated",
    }
)


def open_door(config: GateConfig) -> Door:
    """The door of a gate, locked.

    Raises:
        ConfigurationError: there is no such driver, its section is missing or out of
            range, or its extra is not installed.
        ActuatorError: the door does not answer.
        StorageError: a file of a password or key cannot be read.
        TrustListError: others than its owner can read it.
    """
    driver = config.passage.door
    if driver not in DRIVERS:
        raise ConfigurationError(
            f"no door driver is called {driver!r}; there is: {', '.join(DRIVERS)}"
        )
    return DRIVERS[driver](config)


def describe_door(config: GateConfig) -> str:
    """Which door it is, and what its lock does without power, in a line."""
    without_power = _WITHOUT_POWER[Unpowered(config.passage.without_power)]
    return f"door {config.passage.door}: {without_power}"


def broker_of(config: GateConfig) -> Broker:
    """The broker that a configuration names.

    Raises:
        ConfigurationError: none is named, or its file of user and password is not two
            lines.
        StorageError: that file cannot be read.
        TrustListError: others than its owner can read it.
    """
    named = _section(config.broker, "broker")
    user, password = ("", "")
    if named.credentials is not None:
        user, password = _login(named.credentials)
    if not 0 < named.port < 1 << 16:
        raise ConfigurationError("broker.port is out of range")
    return Broker(named.host, named.port, named.authority, user, password)


def check_topic(name: str, topic: str) -> None:
    """Refuse what is no topic to publish to.

    Raises:
        ConfigurationError: it is empty, too long, or holds what brokers keep for
            themselves.
    """
    plain = topic.isprintable() and not set(topic) & set("+#$")
    sized = 0 < len(topic) <= _MOST_TOPIC
    if not (plain and sized and topic == topic.strip("/")):
        raise ConfigurationError(f"{name} {topic!r} is no topic; write one like lane/1")


def _login(path: Path) -> tuple[str, str]:
    try:
        user, password = read_private(path, _MOST_SECRET).decode().splitlines()
    except ValueError:
        raise ConfigurationError(
            f"{path} is to hold two lines: user and password of the broker"
        ) from None
    return user, password


def _osdp_key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(read_private(path, _MOST_SECRET).decode())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES or not any(key):
        raise ConfigurationError(
            f"{path} is to hold the key of the OSDP device: {2 * KEY_BYTES} "
            "hexadecimal digits"
        )
    return key


def _section(section: _Section | None, name: str) -> _Section:
    if section is None:
        raise ConfigurationError(f"this door needs the section [{name}]")
    return section
