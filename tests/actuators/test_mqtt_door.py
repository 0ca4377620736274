"""A door behind a real broker."""

import gc
import json
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.actuators.mqtt import Lock, MqttDoor, parse_state
from ostiary.broker import Broker, Connection, Message
from ostiary.errors import ActuatorError, ConfigurationError
from ostiary.gate.watched_door import WatchedDoor
from ostiary.terms import Contact, Doorway, ReleaseCause
from ostiary.transaction import DoorOpened, Rules
from tests.actuators.mqtt_peers import MOSQUITTO, Device, Mosquitto, free_port, until

SECONDS: Final = 5.0
pytestmark = pytest.mark.enable_socket
needs_mosquitto = pytest.mark.skipif(
    MOSQUITTO is None, reason="mosquitto is not installed: make mosquitto"
)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path)
    yield made
    made.kill()


@pytest.fixture
def device(broker: Mosquitto) -> Iterator[Device]:
    made = Device(broker.port)
    yield made
    made.stop()


@pytest.fixture
def door(broker: Mosquitto, device: Device) -> Iterator[MqttDoor]:
    made = opened(broker)
    yield made
    made._connection.end()


def opened(broker: Mosquitto) -> MqttDoor:
    return MqttDoor(
        Broker("127.0.0.1", broker.port), "lane/1", SECONDS, secrets.token_bytes
    )


@needs_mosquitto
def test_a_door_opens_and_locks_as_told_and_is_locked_at_the_start(
    device: Device, door: MqttDoor
) -> None:
    assert [order["order"] for order in device.orders] == ["locked"]
    door.open()
    assert device.lock == "released"
    assert device.orders[-1]["seconds"] == SECONDS
    door.close()
    assert device.lock == "locked"
    door.let_go()
    door.let_go()


@needs_mosquitto
def test_what_its_sensors_tell_is_seen_and_a_device_may_begin_anew(
    device: Device, door: MqttDoor
) -> None:
    assert door.look() == Doorway()
    device.said = {"contact": "shut", "passages": 7, "blocked": True}
    until(lambda: door.look() == Doorway(Contact.SHUT, 0, blocked=True))
    device.said = {"contact": "open", "passages": 9}
    until(lambda: door.look() == Doorway(Contact.OPEN, 2))
    device.said = {"contact": "open", "passages": 1}
    until(lambda: door.look() == Doorway(Contact.OPEN, 3))
    device.said = {"release": "supply-failed"}
    until(lambda: door.look().release is ReleaseCause.SUPPLY)


@needs_mosquitto
def test_an_order_that_is_not_answered_failed_and_is_not_sent_again(
    device: Device, door: MqttDoor
) -> None:
    device.deaf = True
    with pytest.raises(ActuatorError, match="did not answer"):
        door.open()
    device.deaf = False
    with pytest.raises(ActuatorError):
        door.look()
    until(lambda: answers(door))
    assert device.lock == "locked"
    assert "released" not in [order["order"] for order in device.orders]


@needs_mosquitto
def test_a_door_that_opens_and_does_not_say_so_is_told_to_lock_at_once(
    device: Device, door: MqttDoor
) -> None:
    device.mute = True
    with pytest.raises(ActuatorError, match="did not answer"):
        door.open()
    # Without a new connection, which takes seconds.
    until(lambda: device.lock == "locked", 1.0)
    assert [order["order"] for order in device.orders][-2:] == ["released", "locked"]


def answers(door: MqttDoor) -> bool:
    try:
        door.look()
    except ActuatorError:
        return False
    return True


@needs_mosquitto
def test_an_order_that_a_hung_broker_held_back_opens_nothing_later(
    broker: Mosquitto, device: Device, door: MqttDoor
) -> None:
    broker.hang()
    try:
        with pytest.raises(ActuatorError):
            door.open()
    finally:
        broker.go_on()
    until(lambda: any(b"released" in payload for _, payload, _ in device.heard))
    until(lambda: answers(door))
    door.close()
    # It came, late, and its ticket had gone.
    assert "released" not in [order["order"] for order in device.orders]


@needs_mosquitto
def test_a_broker_that_dies_and_returns_is_found_again_and_nothing_opens(
    broker: Mosquitto, device: Device, door: MqttDoor
) -> None:
    broker.kill()
    until(lambda: not answers(door))
    with pytest.raises(ActuatorError):
        door.open()
    broker.start()
    until(lambda: answers(door))
    door.close()
    assert "released" not in [order["order"] for order in device.orders]
    door.open()
    assert device.lock == "released"


@needs_mosquitto
@pytest.mark.parametrize("during", ["rest", "passage"])
def test_the_gate_finds_a_door_again_whose_broker_died_and_returned(
    broker: Mosquitto, device: Device, door: MqttDoor, during: str
) -> None:
    watched = WatchedDoor(door, Rules(0.5))
    if during == "passage":
        assert watched.open(0.0) == DoorOpened()
    broker.kill()
    until(lambda: is_faulty(watched))
    broker.start()
    # It is told to shut before it is looked at, with each frame.
    until(lambda: not is_faulty(watched))
    assert device.lock == "locked"
    assert watched.open(9.0) == DoorOpened()


def is_faulty(watched: WatchedDoor) -> bool:
    watched.look(1.0)
    return watched.fault


@needs_mosquitto
def test_a_device_that_falls_silent_does_not_answer(
    device: Device, door: MqttDoor
) -> None:
    device.silent = True
    until(lambda: not answers(door))


@needs_mosquitto
def test_the_broker_orders_the_door_shut_when_the_gate_dies(
    device: Device, door: MqttDoor
) -> None:
    door.open()
    sock = door._connection._client.socket()
    assert isinstance(sock, socket.socket)
    sock.shutdown(socket.SHUT_RDWR)
    until(lambda: device.lock == "locked")
    assert device.orders[-1]["number"] == 0


@needs_mosquitto
def test_a_broker_without_a_device_is_refused_at_the_start(broker: Mosquitto) -> None:
    with pytest.raises(ActuatorError, match="nothing is told of the door"):
        opened(broker)


def test_no_broker_is_refused_at_the_start() -> None:
    address = Broker("127.0.0.1", free_port())
    with pytest.raises(ActuatorError, match="does not let the gate in"):
        MqttDoor(address, "lane/1", SECONDS, secrets.token_bytes)


def test_a_broker_that_takes_calls_and_never_answers_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ostiary.actuators.mqtt.CONNECT_SECONDS", 0.2)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        address = Broker("127.0.0.1", mute.getsockname()[1])
        with pytest.raises(ActuatorError, match="does not let the gate in"):
            MqttDoor(address, "lane/1", SECONDS, secrets.token_bytes)


@needs_mosquitto
def test_a_connection_that_was_ended_while_it_was_dialled_never_stands(
    broker: Mosquitto,
) -> None:
    will = Message("lane/1/order", b"")
    for _ in range(5):
        connection = Connection(Broker("127.0.0.1", broker.port), "gate", will)
        connection.end()
        assert not connection.wait(0.2)
        assert not connection.publish(will)


@needs_mosquitto
def test_a_goodbye_that_is_not_taken_any_more_is_left_unsaid(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    will = Message("lane/1/order", b"")
    connection = Connection(Broker("127.0.0.1", broker.port), "gate", will)
    assert connection.wait(5.0)
    broker.kill()
    until(lambda: connection.ended)
    # As if it had not been told of yet.
    monkeypatch.setattr(connection, "_ended", False)
    connection.end(will)
    assert connection.ended


ODD: Final[Mapping[str, bytes]] = {
    "a topic that is no text": b"\x30\x06\x00\x02\xff\xfe\x00x",
    "properties cut short": b"\x30\x05\x00\x01t\x7f\x26",
    "a kind of packet that there is not": b"\xf0\x00",
    "a topic longer than its packet": b"\x30\x03\xff\xff\x00",
}


@pytest.mark.parametrize("packet", ODD.values(), ids=ODD.keys())
def test_whatever_a_broker_sends_ends_the_connection_and_nothing_else(
    packet: bytes,
) -> None:
    will = Message("lane/1/order", b"")
    with socket.create_server(("127.0.0.1", 0)) as broker:
        broker.settimeout(5.0)
        address = Broker("127.0.0.1", broker.getsockname()[1])
        connection = Connection(address, "gate", will, ("lane/1/state",))
        caller, _ = broker.accept()
        with caller:
            caller.recv(4096)
            caller.sendall(b"\x20\x03\x00\x00\x00")
            caller.recv(4096)
            caller.sendall(b"\x90\x04\x00\x01\x00\x01")
            assert connection.wait(5.0)
            caller.sendall(packet)
            until(lambda: connection.ended)
    assert not connection.publish(will)


def test_connections_that_ended_leave_no_descriptor_behind() -> None:
    counts = []
    gc.collect()
    gc.disable()
    try:
        with socket.create_server(("127.0.0.1", 0)) as broker:
            for _ in range(4):
                assert dropped(broker).ended
                counts.append(len(list(Path("/proc/self/fd").iterdir())))
    finally:
        gc.enable()
    assert len(set(counts)) == 1


def dropped(broker: socket.socket) -> Connection:
    """One that stood, and whose broker hung up."""
    broker.settimeout(5.0)
    address = Broker("127.0.0.1", broker.getsockname()[1])
    connection = Connection(address, "gate", Message("lane/1/order", b""))
    caller, _ = broker.accept()
    with caller:
        caller.recv(4096)
        caller.sendall(b"\x20\x03\x00\x00\x00")
        assert connection.wait(5.0)
    until(lambda: connection.ended)
    # Told of by the library's thread, which holds the sockets until it is over.
    thread = connection._client._thread
    if thread is not None:
        thread.join(5.0)
    return connection


def test_certificates_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for authority in (tmp_path / "ca.pem", tmp_path / "absent.pem"):
        address = Broker("127.0.0.1", free_port(), authority)
        with pytest.raises(ConfigurationError, match=r"\.pem: no certificates"):
            MqttDoor(address, "lane/1", SECONDS, secrets.token_bytes)


@needs_mosquitto
def test_certificates_that_are_torn_while_the_gate_runs_are_a_door_that_is_silent(
    broker: Mosquitto, device: Device, door: MqttDoor, tmp_path: Path
) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("half a certifi")
    whole, door._broker = door._broker, replace(door._broker, authority=authority)
    door._connection.end()
    until(lambda: authority.name in fault(door))
    door._broker = whole
    until(lambda: answers(door))


def fault(door: MqttDoor) -> str:
    try:
        door.look()
    except ActuatorError as error:
        return str(error)
    return ""


GOOD: Final[dict[str, object]] = {
    "ticket": "7",
    "lock": "locked",
    "answer": 3,
    "contact": "shut",
    "passages": 4,
    "blocked": False,
}


def test_a_state_is_read() -> None:
    state = parse_state(json.dumps(GOOD).encode())
    assert state is not None
    assert (state.lock, state.passages) == (Lock.LOCKED, 4)


@pytest.mark.parametrize(
    "changed",
    [
        {"ticket": ""},
        {"ticket": "x" * 65},
        {"ticket": 7},
        {"lock": "open"},
        {"answer": True},
        {"answer": -1},
        {"contact": "ajar"},
        {"passages": 1.5},
        {"passages": None},
        {"blocked": 1},
        {"release": True},
        {"release": "pressed"},
        {"more": "x" * 1024},
    ],
)
def test_a_state_that_is_not_as_it_has_to_be_is_none(
    changed: dict[str, object],
) -> None:
    assert parse_state(json.dumps({**GOOD, **changed}).encode()) is None


@pytest.mark.parametrize("member", ["ticket", "lock", "answer"])
def test_what_a_state_has_to_say_is_asked_for(member: str) -> None:
    rest = {name: value for name, value in GOOD.items() if name != member}
    assert parse_state(json.dumps(rest).encode()) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner, max_size=6)
    ),
    max_leaves=8,
)
ANY: Final[list[Callable[[], st.SearchStrategy[bytes]]]] = [
    lambda: st.binary(max_size=80),
    lambda: JSON.map(lambda value: json.dumps(value).encode()),
    lambda: st.just(b"[" * 900),
]


@given(st.one_of(*(make() for make in ANY)))
def test_no_message_gets_past_the_parser_as_anything_else(payload: bytes) -> None:
    state = parse_state(payload)
    assert state is None or state.answer >= 0
