"""A door behind an MQTT broker: orders that carry a ticket, and answers to them.

The door's device tells its state about once a second, each time with a new ticket. An
order to open carries the newest one, and the device takes only its latest two: so an
order that a broker held back opens nothing when it comes at last. An order is done when
the device itself says so, not when the broker has it. The rules for devices are in
docs/how-to/install-a-door.md, the reasons in docs/adr/0040.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ostiary.broker import CONNECT_SECONDS, Broker, Connection, Message
from ostiary.errors import ActuatorError, ConfigurationError
from ostiary.terms import Contact, Doorway, ReleaseCause

ANSWER_SECONDS: Final = 2.5
"""How long an answer to an order is waited for: longer than a ticket is good for."""

SILENT_SECONDS: Final = 3.0
"""A device that tells nothing for so long does not answer."""

RETRY_SECONDS: Final = 2.0
"""Between two connections."""

MOST_BYTES: Final = 1024
"""Longest state, in bytes."""

MOST_TICKET: Final = 64
"""Longest ticket, in characters."""


class Lock(StrEnum):
    """What a lock is told to be, and says that it is."""

    LOCKED = "locked"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class DeviceState:
    """What a device tells.

    Attributes:
        ticket: what an order has to carry.
        lock: what the lock is.
        answer: number of the latest order that was carried out; 0: none yet.
        contact: of the door.
        passages: people through since the device began; None: it does not count.
        blocked: whether something is in the passage.
        release: by what the door is released past the gate; None: by nothing.
    """

    ticket: str
    lock: Lock
    answer: int
    contact: Contact
    passages: int | None
    blocked: bool
    release: ReleaseCause | None


def parse_state(payload: bytes) -> DeviceState | None:
    """What a device's message says; None where it is not written as it has to be."""
    if len(payload) > MOST_BYTES:
        return None
    try:
        said = json.loads(payload)
        if not isinstance(said, dict):
            return None
        return DeviceState(
            ticket=_text(said["ticket"]),
            lock=Lock(said["lock"]),
            answer=_number(said["answer"]),
            contact=Contact(said.get("contact", Contact.UNKNOWN)),
            passages=_number(said["passages"]) if "passages" in said else None,
            blocked=_truth(said.get("blocked", False)),
            release=ReleaseCause(said["release"]) if "release" in said else None,
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MOST_TICKET:
        raise ValueError
    return value


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise ValueError
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError  # noqa: TRY004 - one kind of error for whatever is malformed
    return value


class MqttDoor:
    """A door whose device listens to `TOPIC/order` and tells `TOPIC/state`.

    Args:
        broker: the broker between.
        topic: what both topics begin with.
        seconds: how long the device keeps the door open without another order.
        randomness: that many random bytes; where the numbers of orders begin.

    Raises:
        ActuatorError: the broker or the device does not answer.
        ConfigurationError: the broker's certificates cannot be used.
    """

    def __init__(
        self,
        broker: Broker,
        topic: str,
        seconds: float,
        randomness: Callable[[int], bytes],
    ) -> None:
        self._broker = broker
        self._topic = topic
        self._seconds = seconds
        self._name = f"ostiary-door-{randomness(4).hex()}"
        # An answer that was meant for another process is none to this one.
        self._number = int.from_bytes(randomness(4), "big")
        self._heard = threading.Condition()
        self._state: DeviceState | None = None
        self._told_at = 0.0
        self._passages = 0
        self._tried_at = time.monotonic()
        self._connection = self._connect()
        self._wait_for_device()
        self.close()

    def open(self) -> None:
        """Release the door, for `seconds` at most.

        Raises:
            ActuatorError: the device did not say that it did.
        """
        self._order(Lock.RELEASED)

    def close(self) -> None:
        """Lock the door.

        Raises:
            ActuatorError: the device did not say that it did.
        """
        self._order(Lock.LOCKED)

    def look(self) -> Doorway:
        """What the device told last, if that was just now.

        Raises:
            ActuatorError: it was not.
        """
        self._revive()
        with self._heard:
            state = self._newest()
            passages = None if state.passages is None else self._passages
            return Doorway(state.contact, passages, state.blocked, state.release)

    def let_go(self) -> None:
        """Lock the door, and end the connection.

        Raises:
            ActuatorError: the device did not say that it locked.
        """
        if not self._connection.ended:
            try:
                self.close()
            finally:
                self._connection.end()

    def _connect(self) -> Connection:
        with self._heard:
            self._state = None
        return Connection(
            self._broker,
            self._name,
            # If this process dies, the broker orders the door shut.
            self._last_word,
            (f"{self._topic}/state",),
            self._hear,
        )

    @property
    def _order_topic(self) -> str:
        return f"{self._topic}/order"

    @property
    def _last_word(self) -> Message:
        return Message(self._order_topic, _order(Lock.LOCKED, number=0))

    def _wait_for_device(self) -> None:
        stood = self._connection.wait(CONNECT_SECONDS)
        with self._heard:
            told = stood and self._heard.wait_for(
                lambda: self._state is not None, SILENT_SECONDS
            )
        if told:
            return
        self._connection.end()
        where = f"broker {self._broker.host}:{self._broker.port}"
        raise ActuatorError(
            f"{where}: nothing is told of the door under {self._topic}/state"
            if stood
            else f"{where}: it does not let the gate in; look at its address, at "
            "passwords and certificates, and whether it runs"
        )

    def _revive(self) -> None:
        """Begin a new connection where the last one ended, now and then."""
        now = time.monotonic()
        if self._connection.ended and now - self._tried_at >= RETRY_SECONDS:
            self._tried_at = now
            try:
                self._connection = self._connect()
            except ConfigurationError as error:
                # The certificates, which are read anew: they may be put in order again.
                raise ActuatorError(str(error)) from None

    def _newest(self) -> DeviceState:
        silent = time.monotonic() - self._told_at > SILENT_SECONDS
        if self._state is None or silent or self._connection.ended:
            raise ActuatorError(
                f"nothing is told of the door under {self._topic}/state"
            )
        return self._state

    def _order(self, lock: Lock) -> None:
        self._revive()
        with self._heard:
            ticket = self._newest().ticket
        self._number += 1
        number = self._number
        order = _order(lock, number=number, ticket=ticket, seconds=self._seconds)
        sent = self._connection.publish(Message(self._order_topic, order), expires=1)
        with self._heard:
            done = sent and self._heard.wait_for(
                lambda: self._is_done(lock, number), ANSWER_SECONDS
            )
        if not done:
            # Nothing of it is sent again, or counts as done when it is answered late;
            # and a door that heard it all the same is not left open.
            self._connection.end(self._last_word)
            raise ActuatorError(f"the door did not answer the order to be {lock}")

    def _is_done(self, lock: Lock, number: int) -> bool:
        state = self._state
        return state is not None and state.answer == number and state.lock is lock

    def _hear(self, _topic: str, payload: bytes) -> None:
        state = parse_state(payload)
        if state is None:
            return
        with self._heard:
            former = None if self._state is None else self._state.passages
            self._passages += _gone_through(former, state.passages)
            self._state, self._told_at = state, time.monotonic()
            self._heard.notify_all()


def _gone_through(former: int | None, now: int | None) -> int:
    """How many more; a device that began anew counts from 0."""
    if former is None or now is None:
        return 0
    return now - former if now >= former else now


def _order(lock: Lock, *, number: int, ticket: str = "", seconds: float = 0.0) -> bytes:
    order: Mapping[str, object] = {"order": lock, "number": number}
    if lock is Lock.RELEASED:
        order = {**order, "ticket": ticket, "seconds": seconds}
    return json.dumps(order).encode()
