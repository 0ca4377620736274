"""A real broker on a free loopback port, and a door's device as the how-to asks for."""

import json
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from typing_extensions import override

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(holds: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


class Mosquitto:
    """A broker that can be hung, killed and started again on its port."""

    def __init__(self, folder: Path, lines: str = "allow_anonymous true") -> None:
        self.port = free_port()
        self._conf = folder / "mosquitto.conf"
        # Started as root it would become another user, who cannot read these files.
        listener = f"user root\nlistener {self.port} 127.0.0.1\n"
        self._conf.write_text(f"{listener}{lines}\n")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        assert MOSQUITTO is not None
        self._process = subprocess.Popen(  # noqa: S603 - Debian's broker
            [MOSQUITTO, "-c", str(self._conf)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(self._listens)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def hang(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Peer:
    """A client that listens and speaks; reconnects by itself."""

    def __init__(self, port: int, topic: str, name: str = "") -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self._topic = topic
        self.client = Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTv5
        )
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        until(self.client.is_connected)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.heard.append((message.topic, bytes(message.payload), message.retain))

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Device(Peer):
    """Tells its state ten times a second, and takes only its latest two tickets.

    Attributes:
        lock: what the lock is.
        deaf: whether orders go by unheard.
        mute: whether it carries orders out and does not say so.
        said: what it tells besides.
        orders: every order that was carried out.
    """

    def __init__(self, port: int, topic: str = "lane/1") -> None:
        self.lock = "locked"
        self.deaf = self.mute = self.silent = False
        self.said: dict[str, object] = {}
        self.orders: list[dict[str, object]] = []
        self.answer = 0
        self._tickets: list[str] = ["0", "0"]
        self._done = threading.Event()
        self._told = topic + "/state"
        super().__init__(port, topic + "/order")
        self._thread = threading.Thread(target=self._tell_all, daemon=True)
        self._thread.start()

    @override
    def stop(self) -> None:
        self._done.set()
        self._thread.join()
        super().stop()

    def _tell_all(self) -> None:
        while not self._done.wait(0.1):
            self._tickets = [self._tickets[-1], str(int(self._tickets[-1]) + 1)]
            self._tell()

    def _tell(self) -> None:
        state = {"ticket": self._tickets[-1], "lock": self.lock, "answer": self.answer}
        if not self.silent:
            self.client.publish(self._told, json.dumps({**state, **self.said}))

    @override
    def _on_message(self, client: Client, data: object, message: MQTTMessage) -> None:
        super()._on_message(client, data, message)
        order = json.loads(message.payload)
        fresh = order["order"] == "locked" or order["ticket"] in self._tickets
        if self.deaf or not fresh:
            return
        self.orders.append(order)
        self.lock = order["order"]
        self.answer = 0 if self.mute else order["number"]
        self._tell()
