"""Tells Home Assistant how a gate is, through an MQTT broker; hears nothing from it.

What is told is the state of things, never an event: a recorder that keeps every change
with its time must not become a passage history. So the door is in order for as long as
it opens and shuts as it was told, and passages are counts of hours that are over. The
gate leaves what is new in a table, and a thread carries it to the broker when it can.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from typing_extensions import override

from ostiary.broker import Broker, Connection, Message
from ostiary.config import GateConfig, HomeAssistantSettings, unsafe_settings
from ostiary.errors import ConfigurationError
from ostiary.gate.counts import hour_of
from ostiary.gate.displays import Display
from ostiary.gate.doors import broker_of, check_topic
from ostiary.reasons import ADVICE, Reason
from ostiary.terms import AccessDecision, Outcome
from ostiary.transaction.passage import ALARMS

DISCOVERY: Final = "homeassistant"
"""Where Home Assistant looks for devices, unless it was told otherwise."""

RETRY_SECONDS: Final = 5.0
"""Between two connections."""

CLOSING_SECONDS: Final = 2.0
"""How long the end of a gate waits for the last word."""

BLANK_FOR: Final = timedelta(minutes=1)
"""A picture that is blank for less may be a pass that was held over the lens."""

IN_ORDER: Final = "in-order"

_DOOR: Final = (
    Reason.DOOR_FAULT,
    Reason.WIRED_RELEASE,
    Reason.LOCK_UNPOWERED,
    Reason.DOOR_FORCED,
    Reason.DOOR_HELD_OPEN,
)
"""What a door can be instead; the first that stands is told."""

_READER: Final = (Reason.READER_FAULT,)

_CAMERA: Final = (
    Reason.CAMERA_FAULT,
    Reason.CAMERA_BLANK,
    Reason.CAMERA_REPEATS,
    Reason.CAMERA_CHANGED,
)


def open_home_assistant(config: GateConfig) -> "HomeAssistant | None":
    """Home Assistant, where the configuration names it; None: it does not.

    Raises:
        ConfigurationError: there is no broker to tell it through, or a setting of it is
            out of range.
        StorageError: the file of the broker's user and password cannot be read.
        TrustListError: others than its owner can read it.
    """
    settings = config.home_assistant
    if settings is None:
        return None
    check_topic("home_assistant.topic", settings.topic)
    return HomeAssistant(broker_of(config), settings, unsafe_settings(config))


_BY_THE_HOUR: Final = (*Outcome, Reason.SECOND_PERSON)
"""What is told as counts of hours that are over: a recorder keeps the minute of
whatever it is told, and this would be the minute of a passage."""

_AT_ONCE: Final = tuple(sorted(set(ALARMS) - set(_BY_THE_HOUR)))
"""Alarms that are told when they begin and end."""


class HomeAssistant(Display):
    """A device of Home Assistant that can be read and not operated.

    Args:
        broker: the broker between.
        settings: name and topic of the gate there.
        unsafe: names of the weakening settings that are on.

    Raises:
        ConfigurationError: the broker's certificates cannot be used.
    """

    def __init__(
        self,
        broker: Broker,
        settings: HomeAssistantSettings,
        unsafe: Sequence[str] = (),
    ) -> None:
        self._broker = broker
        self._topic = settings.topic
        self._alarms: set[Reason] = set()
        self._blank_since: datetime | None = None
        self._hour: datetime | None = None
        self._counted: Counter[Outcome | Reason] = Counter()
        self._changed = threading.Condition()
        self._closing = False
        self._wanted: dict[str, bytes] = {}
        self._tell_of_device(settings)
        self._tell_of_door()
        self._tell("camera", IN_ORDER)
        self._tell("reader", IN_ORDER)
        self._tell("unsafe", json.dumps({"count": len(unsafe), "settings": [*unsafe]}))
        self._began = time.monotonic()
        self._sent: dict[str, bytes] = {}
        self._connection = self._connect()
        self._thread = threading.Thread(target=self._run, name="home", daemon=True)
        self._thread.start()

    @property
    def is_heard(self) -> bool:
        """Whether the broker takes what is told, as far as is known."""
        return self._connection.stands

    @override
    def pass_time(self, at: datetime) -> None:
        """Tell of the hour that is over, by the clock, whether anybody came or not."""
        if self._blank_since is not None and at - self._blank_since >= BLANK_FOR:
            self._tell("camera", Reason.CAMERA_BLANK)
        hour = hour_of(at)
        if self._hour is not None and hour != self._hour:
            self._tell_of_hour(self._hour)
            self._counted.clear()
        self._hour = hour

    @override
    def announce(
        self, decision: AccessDecision, at: datetime, stages: Mapping[str, float]
    ) -> None:
        """Count it; nothing is told now."""
        self._counted[decision.outcome] += 1

    @override
    def camera(self, fault: Reason | None, at: datetime) -> None:
        """Tell whether the camera serves; of a blank picture when it lasts."""
        blank = fault is Reason.CAMERA_BLANK
        self._blank_since = at if blank else None
        if not blank:
            self._tell("camera", IN_ORDER if fault is None else fault)

    @override
    def reader(self, fault: Reason | None, at: datetime) -> None:
        """Tell whether the reader of passes serves."""
        self._tell("reader", IN_ORDER if fault is None else fault)

    @override
    def alarm(self, reason: Reason, at: datetime) -> None:
        """Tell that it stands; of what keeps the minute of a passage, by the hour."""
        self._counted[reason] += 1
        self._alarms.add(reason)
        self._tell_of_door()

    @override
    def alarm_over(self, reason: Reason, at: datetime) -> None:
        """Tell that it does not stand any more."""
        self._alarms.discard(reason)
        self._tell_of_door()

    @override
    def close(self) -> None:
        """Say goodbye, if the broker hears it soon."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(CLOSING_SECONDS)

    def _tell(self, name: str, payload: str) -> None:
        """Leave it for the thread; the newest of a name takes the place of the last."""
        with self._changed:
            self._wanted[f"{self._topic}/{name}"] = payload.encode()
            self._changed.notify()

    def _tell_of_door(self) -> None:
        standing = [reason for reason in _DOOR if reason in self._alarms]
        self._tell("door", standing[0] if standing else IN_ORDER)
        for reason in _AT_ONCE:
            self._tell(reason, "ON" if reason in self._alarms else "OFF")

    def _tell_of_hour(self, hour: datetime) -> None:
        counts = {each.value: self._counted[each] for each in _BY_THE_HOUR}
        self._tell("hour", json.dumps({"begins": hour.isoformat(), **counts}))

    def _tell_of_device(self, settings: HomeAssistantSettings) -> None:
        identifier = _identifier(settings.topic)
        device = {
            "device": {
                "identifiers": [identifier],
                "name": settings.name,
                "manufacturer": "Ostiary",
            },
            "origin": {"name": "Ostiary"},
            "components": {
                name: {
                    "unique_id": f"{identifier}_{name}",
                    "availability_topic": self._available,
                    **component,
                }
                for name, component in _components(settings.topic).items()
            },
        }
        topic = f"{DISCOVERY}/device/{identifier}/config"
        self._wanted[topic] = json.dumps(device).encode()

    @property
    def _available(self) -> str:
        return f"{self._topic}/availability"

    def _connect(self) -> Connection:
        self._began = time.monotonic()
        self._sent = {}
        will = Message(self._available, b"offline", retain=True)
        name = f"ostiary-{_identifier(self._topic)}"
        return Connection(self._broker, name, will)

    def _run(self) -> None:
        while not self._closing:
            with self._changed:
                wanted = dict(self._wanted)
            self._carry(wanted)
            with self._changed:
                if not self._closing:
                    self._changed.wait(1.0)
        self._connection.end(Message(self._available, b"offline", retain=True))

    def _carry(self, wanted: Mapping[str, bytes]) -> None:
        """Hand over what this connection was not handed yet, as far as it takes it."""
        waited = time.monotonic() - self._began >= RETRY_SECONDS
        if self._connection.ended and waited:
            # Certificates are read anew; they may be put in order again.
            with suppress(ConfigurationError):
                self._connection = self._connect()
        for topic, payload in [*wanted.items(), (self._available, b"online")]:
            new = self._sent.get(topic) != payload
            if new and self._connection.publish(Message(topic, payload, retain=True)):
                self._sent[topic] = payload


def _identifier(topic: str) -> str:
    """What Home Assistant calls the gate; letters, digits and underscores."""
    plain = "".join(each if each.isalnum() else "_" for each in topic)
    return plain.encode("ascii", "replace").decode().replace("?", "_")


def _components(topic: str) -> dict[str, dict[str, object]]:
    """Every sensor, by its name."""
    return {
        "door": _states("Door", f"{topic}/door", _DOOR),
        "camera": _states("Camera", f"{topic}/camera", _CAMERA),
        "reader": _states("Reader of passes", f"{topic}/reader", _READER),
        "unsafe": _unsafe(f"{topic}/unsafe"),
        **{f"alarm_{reason}": _alarm(topic, reason) for reason in _AT_ONCE},
        **{f"hour_{each}": _count(topic, each) for each in _BY_THE_HOUR},
    }


def _states(name: str, topic: str, faults: tuple[Reason, ...]) -> dict[str, object]:
    return {
        "platform": "sensor",
        "name": name,
        "state_topic": topic,
        "device_class": "enum",
        "options": [IN_ORDER, *faults],
        "entity_category": "diagnostic",
    }


def _alarm(topic: str, reason: Reason) -> dict[str, object]:
    return {
        "platform": "binary_sensor",
        "name": ADVICE[reason].attendant.partition(".")[0].partition(":")[0],
        "state_topic": f"{topic}/{reason}",
        "device_class": "problem",
    }


def _unsafe(topic: str) -> dict[str, object]:
    """How many weakening settings are on; their names are its attributes."""
    return {
        "platform": "sensor",
        "name": "Unsafe settings",
        "state_topic": topic,
        "value_template": "{{ value_json.count }}",
        "json_attributes_topic": topic,
        "entity_category": "diagnostic",
    }


def _count(topic: str, counted: Outcome | Reason) -> dict[str, object]:
    return {
        "platform": "sensor",
        "name": f"{counted.value.capitalize()} in the last full hour",
        "state_topic": f"{topic}/hour",
        "value_template": f"{{{{ value_json['{counted}'] }}}}",
        "unit_of_measurement": "decisions",
    }
