"""What Home Assistant is told, through a real broker that may hang or die."""

import json
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from ostiary.broker import Broker
from ostiary.capture.qr import qr_image
from ostiary.config import HomeAssistantSettings
from ostiary.gate.displays import Several
from ostiary.gate.home_assistant import IN_ORDER, HomeAssistant
from ostiary.reasons import Reason
from ostiary.terms import AccessDecision, Image, Outcome
from ostiary.transaction.passage import ALARMS
from tests.actuators.mqtt_peers import MOSQUITTO, Mosquitto, Peer, free_port, until

World = Any
"""The fixture's type; test modules import nothing from one another."""

NOON: Final = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
GRANTED: Final = AccessDecision(Outcome.GRANT, Reason.HOLDER_VERIFIED)
REFUSED: Final = AccessDecision(Outcome.REFUSE, Reason.NON_MATCH)
SETTINGS: Final = HomeAssistantSettings(topic="ostiary/north", name="North door")
UNSAFE: Final = ("unsafe_accept_unsealed",)
CONFIG: Final = "homeassistant/device/ostiary_north/config"

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.skipif(
        MOSQUITTO is None, reason="mosquitto is not installed: make mosquitto"
    ),
]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path)
    yield made
    made.kill()


@pytest.fixture
def home(broker: Mosquitto) -> Iterator[Peer]:
    """What Home Assistant hears, also of what was said before it came."""
    made = Peer(broker.port, "#")
    yield made
    made.stop()


@pytest.fixture
def told(broker: Mosquitto) -> Iterator[HomeAssistant]:
    made = HomeAssistant(Broker("127.0.0.1", broker.port), SETTINGS, UNSAFE)
    yield made
    made.close()


def latest(home: Peer, name: str) -> str | None:
    topic = name if "/" in name else f"ostiary/north/{name}"
    said = [payload for heard, payload, _ in home.heard if heard == topic]
    return said[-1].decode() if said else None


def hears(home: Peer, name: str, payload: str) -> None:
    until(lambda: latest(home, name) == payload, 20.0)


def test_the_device_is_found_and_every_sensor_is_shaped_as_asked_for(
    home: Peer, told: HomeAssistant
) -> None:
    until(lambda: latest(home, CONFIG) and latest(home, "camera"))
    device = json.loads(latest(home, CONFIG) or "")
    assert device["device"]["identifiers"] == ["ostiary_north"]
    assert device["device"]["name"] == "North door"
    assert device["origin"]["name"]
    parts = device["components"]
    assert len({part["unique_id"] for part in parts.values()}) == len(parts)
    assert len(parts) == 4 + len(ALARMS) + len(Outcome)
    for part in parts.values():
        assert part["platform"] in {"sensor", "binary_sensor"}
        assert part["availability_topic"] == "ostiary/north/availability"
        assert part["state_topic"].startswith("ostiary/north/")
        assert not any("command" in key for key in part)
    for name in ("door", "camera", "reader"):
        assert latest(home, name) in parts[name]["options"]


def test_nothing_is_listened_to(broker: Mosquitto, told: HomeAssistant) -> None:
    until(lambda: told._connection.stands)
    assert told._connection._topics == ()


def test_alarms_and_the_camera_are_told_and_passages_are_not(
    home: Peer, told: HomeAssistant
) -> None:
    hears(home, "availability", "online")
    hears(home, "door", IN_ORDER)
    before = len(home.heard)
    for _ in range(50):
        told.announce(GRANTED, NOON, {})
        told.pass_time(NOON)
    told.alarm(Reason.DOOR_HELD_OPEN, NOON)
    hears(home, "door", Reason.DOOR_HELD_OPEN)
    hears(home, Reason.DOOR_HELD_OPEN, "ON")
    told.alarm_over(Reason.DOOR_HELD_OPEN, NOON)
    hears(home, "door", IN_ORDER)
    hears(home, Reason.DOOR_HELD_OPEN, "OFF")
    told.camera(Reason.CAMERA_FAULT, NOON)
    hears(home, "camera", Reason.CAMERA_FAULT)
    told.camera(None, NOON)
    hears(home, "camera", IN_ORDER)
    told.reader(Reason.READER_FAULT, NOON)
    hears(home, "reader", Reason.READER_FAULT)
    told.reader(None, NOON)
    hears(home, "reader", IN_ORDER)
    assert len(home.heard) - before <= 8


def test_unsafe_settings_are_told_with_their_names(
    home: Peer, told: HomeAssistant
) -> None:
    until(lambda: latest(home, "unsafe"))
    said = json.loads(latest(home, "unsafe") or "")
    assert said == {"count": 1, "settings": [*UNSAFE]}


def test_whether_the_broker_hears_is_known(
    broker: Mosquitto, told: HomeAssistant
) -> None:
    until(lambda: told.is_heard)
    broker.kill()
    until(lambda: not told.is_heard)


def test_a_blank_picture_is_told_when_it_lasts(home: Peer, told: HomeAssistant) -> None:
    hears(home, "camera", IN_ORDER)
    told.camera(Reason.CAMERA_BLANK, NOON)
    told.pass_time(NOON + timedelta(seconds=59))
    told.alarm(Reason.SENSOR_STUCK, NOON)
    hears(home, Reason.SENSOR_STUCK, "ON")
    assert latest(home, "camera") == IN_ORDER
    told.pass_time(NOON + timedelta(seconds=60))
    hears(home, "camera", Reason.CAMERA_BLANK)


def test_counts_come_with_the_end_of_the_hour_and_by_the_clock(
    home: Peer, told: HomeAssistant
) -> None:
    told.pass_time(NOON)
    for decision in (GRANTED, GRANTED, REFUSED):
        told.announce(decision, NOON, {})
    told.alarm(Reason.DOOR_FAULT, NOON)
    hears(home, "door", Reason.DOOR_FAULT)
    assert latest(home, "hour") is None
    told.pass_time(NOON + timedelta(hours=1))
    until(lambda: latest(home, "hour"))
    hour = json.loads(latest(home, "hour") or "")
    assert hour == {"begins": NOON.isoformat(), "grant": 2, "refuse": 1, "refer": 0}
    told.pass_time(NOON + timedelta(hours=2))
    until(lambda: '"grant": 0' in (latest(home, "hour") or ""))


def test_who_comes_later_hears_it_too_and_a_goodbye_is_said(
    broker: Mosquitto, told: HomeAssistant
) -> None:
    until(lambda: told._sent.get("ostiary/north/availability"))
    later = Peer(broker.port, "ostiary/#")
    hears(later, "availability", "online")
    hears(later, "door", IN_ORDER)
    told.close()
    hears(later, "availability", "offline")
    later.stop()


def test_a_gate_that_dies_is_unavailable(home: Peer, told: HomeAssistant) -> None:
    hears(home, "availability", "online")
    sock: Any = told._connection._client.socket()
    sock.shutdown(2)
    hears(home, "availability", "offline")


def test_a_broker_that_hangs_keeps_nobody_waiting_and_nothing_piles_up(
    broker: Mosquitto,
    told: HomeAssistant,
    world: World,
    empty_scene: Callable[[], Image],
) -> None:
    until(lambda: told._sent.get("ostiary/north/availability"))
    kinds = len(told._wanted)
    broker.hang()
    try:
        for number in range(2000):
            told.alarm(Reason.DOOR_FORCED, NOON)
            told.alarm_over(Reason.DOOR_FORCED, NOON)
            told.pass_time(NOON + timedelta(hours=number))
        assert len(told._wanted) == kinds + 1
        passing = [qr_image(world.issue().text), *(empty_scene() for _ in range(4))]
        decisions, world.display = world.display, Several(world.display, told)
        world.gate().run(world.film(*passing))
        assert decisions.reasons == [Reason.HOLDER_VERIFIED]
    finally:
        broker.go_on()


def test_a_broker_that_dies_and_returns_is_told_how_it_is_now(
    broker: Mosquitto, told: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ostiary.gate.home_assistant.RETRY_SECONDS", 0.5)
    until(lambda: told._sent.get("ostiary/north/availability"))
    broker.kill()
    until(lambda: told._connection.ended)
    told.alarm(Reason.DOOR_FORCED, NOON)
    broker.start()
    later = Peer(broker.port, "ostiary/#")
    hears(later, "door", Reason.DOOR_FORCED)
    hears(later, "availability", "online")
    later.stop()


def test_a_broker_that_takes_calls_and_never_answers_stops_no_gate() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        alone = HomeAssistant(Broker("127.0.0.1", mute.getsockname()[1]), SETTINGS)
        alone.alarm(Reason.DOOR_FORCED, NOON)
        alone.pass_time(NOON)
        alone.close()
        assert not alone._sent
        assert alone._connection.ended


def test_no_broker_at_all_stops_no_gate() -> None:
    alone = HomeAssistant(Broker("127.0.0.1", free_port()), SETTINGS)
    alone.announce(GRANTED, NOON, {})
    until(lambda: alone._connection.ended)
    alone.close()
