"""A gate never goes back to an older status list than one it has used."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest

from ostiary.capture.qr import qr_image
from ostiary.credential import (
    GateKnowledge,
    StatusList,
    TrustList,
    read_status_list,
    verify,
)
from ostiary.errors import StatusError, StorageError, TrustListError
from ostiary.reasons import Reason

World: TypeAlias = Any  # tests/gate/conftest.py makes it
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def text(world: World) -> str:
    """A pass, while the list of two hours ago lies there."""
    issued = world.issue()
    world.publish(NOON - 2 * HOUR)
    text: str = issued.text
    return text


def opens(text: str, knowledge: GateKnowledge, at: datetime) -> bool:
    return verify(text, knowledge, at).issuer == "acme"


def test_an_older_list_in_a_newer_ones_place_is_refused_over_a_restart(
    world: World, text: str
) -> None:
    world.publish(NOON - HOUR)
    assert world.knowledge().at(NOON).status_lists
    world.publish(NOON - 2 * HOUR)
    assert world.run(qr_image(text)).reasons == [Reason.STATUS_ROLLED_BACK]
    assert not world.vision.looked_at


def test_the_same_gate_refuses_it_while_it_runs(world: World, text: str) -> None:
    files = world.knowledge()
    world.publish(NOON - HOUR)
    assert opens(text, files.at(NOON), NOON)
    world.publish(NOON - 2 * HOUR)
    with pytest.raises(StatusError, match=Reason.STATUS_ROLLED_BACK):
        verify(text, files.at(NOON), NOON)
    world.publish(NOON)
    assert opens(text, files.at(NOON), NOON)


def test_the_same_list_stays_good(world: World, text: str) -> None:
    world.knowledge().at(NOON)
    assert opens(text, world.knowledge().at(NOON), NOON)


def test_a_removed_record_is_written_again_by_the_running_gate(
    world: World, text: str
) -> None:
    files = world.knowledge()
    files.at(NOON)
    (world.home.path / "high-water.json").unlink()
    world.publish(NOON - HOUR)
    files.at(NOON)
    world.publish(NOON - 2 * HOUR)
    with pytest.raises(StatusError, match=Reason.STATUS_ROLLED_BACK):
        verify(text, world.knowledge().at(NOON), NOON)


def test_a_list_of_the_future_raises_the_record_only_once_it_counts(
    world: World, text: str
) -> None:
    files = world.knowledge()
    world.publish(NOON + HOUR)
    files.at(NOON)
    world.publish(NOON)
    assert opens(text, files.at(NOON), NOON)
    world.publish(NOON + HOUR)
    files.at(NOON)
    files.at(NOON + HOUR)
    world.publish(NOON)
    with pytest.raises(StatusError, match=Reason.STATUS_ROLLED_BACK):
        verify(text, files.at(NOON + HOUR), NOON + HOUR)


def test_a_damaged_record_stops_the_gate_at_its_start(world: World) -> None:
    (world.home.path / "high-water.json").write_text("{")
    with pytest.raises(TrustListError, match="damaged"):
        world.knowledge().at(NOON)


def test_removing_the_damaged_record_is_the_owners_way_back(
    world: World, text: str
) -> None:
    record = world.home.path / "high-water.json"
    record.write_text("{")
    record.unlink()
    assert opens(text, world.knowledge().at(NOON), NOON)
    assert record.exists()


def test_a_record_that_cannot_be_written_lets_nobody_pass_until_it_can(
    world: World, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.replace", fail)
        with pytest.raises(StorageError):
            world.knowledge().at(NOON)
        assert world.run(qr_image(text)).reasons == [Reason.GATE_NOT_READY]
    assert opens(text, world.knowledge().at(NOON), NOON)


def test_lists_are_read_when_they_change_and_not_for_each_pass(
    world: World, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[datetime] = []

    def counting(token: bytes, trust: TrustList, at: datetime) -> StatusList:
        read.append(at)
        return read_status_list(token, trust, at)

    monkeypatch.setattr("ostiary.gate.knowledge.read_status_list", counting)
    files = world.knowledge()
    for _ in range(5):
        assert opens(text, files.at(NOON), NOON)
    assert len(read) == 1
    world.publish(NOON - HOUR)
    for _ in range(5):
        assert opens(text, files.at(NOON), NOON)
    assert len(read) == 2
