"""A connection to an MQTT broker, once: nothing is queued, nothing is sent again.

The client library keeps what was not acknowledged and sends it when the broker is
back. An order to open that comes late opens an empty lane; so a connection that ended
is never used again, and whoever wants to go on makes a new one.
"""

import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from paho.mqtt.client import (
    Client,
    ConnectFlags,
    DisconnectFlags,
    MQTTMessage,
    MQTTv5,
)
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from typing_extensions import override

from ostiary.errors import ConfigurationError

KEEP_ALIVE: Final = 5
"""Seconds: a broker that says nothing for one and a half times as long is gone."""

CONNECT_SECONDS: Final = 3.0
"""How long a connection may take to stand."""

MOST_WAITING: Final = 64
"""Messages that wait for a slow broker; what comes on top is dropped."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where a broker is, and how it is spoken to.

    Attributes:
        host: name or address.
        port: TCP port.
        authority: certificates, PEM, of whom its own is signed by; None: no TLS.
        user: name of the account; empty: none.
        password: of that account.
    """

    host: str
    port: int
    authority: Path | None = None
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """What is published.

    Attributes:
        topic: under which name.
        payload: what.
        retain: whether the broker keeps it for those who come later.
    """

    topic: str
    payload: bytes
    retain: bool = False


class Connection:
    """One connection, in a thread of its own. It ends once and for all.

    Args:
        broker: the broker.
        name: the client's name there; the broker lets one client of a name in.
        will: what the broker publishes when the connection ends without a goodbye.
        topics: what is listened to.
        hear: told of each message, by the thread: topic and payload. Retained messages
            are not told of: they are of the past.

    Raises:
        ConfigurationError: the certificates cannot be used.
    """

    def __init__(
        self,
        broker: Broker,
        name: str,
        will: Message,
        topics: Sequence[str] = (),
        hear: Callable[[str, bytes], None] = lambda _topic, _payload: None,
    ) -> None:
        self._broker = broker
        self._topics = topics
        self._hear = hear
        self._stands = False
        self._ended = False
        self._settled = threading.Event()
        self._client = _client(broker, name, self._lose)
        self._client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.on_disconnect = self._on_disconnect
        # Names are looked up, and brokers dialled, without anybody waiting for it.
        threading.Thread(target=self._run, name="mqtt-connect", daemon=True).start()

    @property
    def stands(self) -> bool:
        """Whether messages can be published and are heard."""
        return self._stands and not self._ended

    @property
    def ended(self) -> bool:
        """Whether it is over, for good."""
        return self._ended

    def wait(self, seconds: float) -> bool:
        """Wait for it to stand, or to end; whether it stands."""
        self._settled.wait(seconds)
        return self.stands

    def publish(self, message: Message, expires: int | None = None) -> bool:
        """Hand a message over, at least once (QoS 1), without waiting.

        Args:
            message: the message.
            expires: seconds after which the broker delivers it to nobody.

        Returns:
            Whether it was taken: not if there is no connection, or too much waits.
        """
        if not self.stands:
            return False
        # The library leaves this one call without types.
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if expires is not None:
            properties.MessageExpiryInterval = expires
        taken = self._client.publish(
            message.topic,
            message.payload,
            qos=1,
            retain=message.retain,
            properties=properties,
        )
        return taken.rc == 0

    def end(self, goodbye: Message | None = None) -> None:
        """End it; harmless when done twice.

        Args:
            goodbye: published first, if there is a connection.
        """
        if goodbye is not None and self.stands:
            sent = self._client.publish(
                goodbye.topic, goodbye.payload, qos=1, retain=goodbye.retain
            )
            # The connection may just have been lost, or have too much to send.
            with suppress(RuntimeError, ValueError):
                sent.wait_for_publish(1.0)
        self._settle(ended=True)
        # The library's thread ends by itself, a keep-alive later if the broker hangs.
        self._client.disconnect()

    def _settle(self, *, ended: bool) -> None:
        self._stands, self._ended = True, self._ended or ended
        self._settled.set()

    def _run(self) -> None:
        try:
            self._client.connect(
                self._broker.host,
                self._broker.port,
                keepalive=KEEP_ALIVE,
                clean_start=True,
            )
        except (OSError, ValueError):
            # Nobody there, no such name, or a certificate that is not to be trusted.
            self._settle(ended=True)
        else:
            self._client.loop_start()

    def _on_connect(
        self,
        client: Client,
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        # It may have been ended while it was still being dialled.
        if reason.is_failure or self._ended:
            self._settle(ended=True)
            client.disconnect()
        elif self._topics:
            client.subscribe([(topic, 1) for topic in self._topics])
        else:
            self._settle(ended=False)

    def _on_subscribe(
        self,
        client: Client,
        _data: object,
        _number: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self._settle(ended=True)
            client.disconnect()
        else:
            self._settle(ended=False)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        if not message.retain:
            self._hear(message.topic, bytes(message.payload))

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        _flags: DisconnectFlags,
        _reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._lose()

    def _lose(self) -> None:
        self._settle(ended=True)


class _Client(Client):
    """The library's client, whose thread tells when it ends, for whatever reason."""

    def __init__(self, name: str, lost: Callable[[], None]) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=name,
            protocol=MQTTv5,
            reconnect_on_failure=False,
        )
        self._lost = lost

    @override
    def loop_forever(
        self, timeout: float = 1.0, retry_first_connection: bool = False
    ) -> MQTTErrorCode:
        try:
            return super().loop_forever(timeout, retry_first_connection)
        except Exception:  # noqa: BLE001 - the library raises all kinds at odd packets
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        finally:
            self._lost()
            self._let_go()

    def _let_go(self) -> None:
        """Hold nobody who holds this: sockets are shut with the last who does.

        Else they would stay open until the next collection of garbage, and a broker
        that hangs for a night would use up the process's descriptors.
        """
        self._lost = lambda: None
        self.on_connect = self.on_subscribe = None
        self.on_message = self.on_disconnect = None


def _client(broker: Broker, name: str, lost: Callable[[], None]) -> Client:
    client = _Client(name, lost)
    client.connect_timeout = CONNECT_SECONDS
    client.max_queued_messages_set(MOST_WAITING)
    if broker.user:
        client.username_pw_set(broker.user, broker.password)
    if broker.authority is not None:
        try:
            client.tls_set(
                ca_certs=str(broker.authority),
                tls_version=ssl.PROTOCOL_TLS_CLIENT,
            )
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"{broker.authority}: no certificates that can be used: {error}"
            ) from None
    return client
