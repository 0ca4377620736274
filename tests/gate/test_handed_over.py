"""A gate that was handed its keys: what it opens, and what it says is missing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from ostiary.credential import (
    Entry,
    LifeCycle,
    ZoneKey,
    dump_key,
    hand_over,
    new_gate_key,
    new_zone_key,
    verify,
)
from ostiary.errors import ConfigurationError, TrustListError
from ostiary.storage.files import write_atomically
from tests.owner import put_in_force

World: TypeAlias = Any  # tests/gate/conftest.py makes it
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def handed(world: World) -> World:
    """The gate of the world, with a key of its own and no zone key in the clear."""
    key = new_gate_key("door", world.randomness)
    path: Path = world.home.path
    write_atomically(path / "door.private.json", dump_key(key), private=True)
    config = (path / "gate.toml").read_text()
    plain = 'zone_keys = ["zones/north-1.private.json"]'
    assert plain in config
    sealed = 'gate_key = "door.private.json"\nsealed_keys = "sealed"'
    (path / "gate.toml").write_text(config.replace(plain, sealed))
    (path / "sealed").mkdir()
    world.gate_key = key
    return world


def lay(world: World, key: ZoneKey) -> None:
    name = f"{key.public.zone}-{key.public.epoch}.door.sealed"
    sealed = hand_over(key, (world.gate_key.public,), world.randomness)
    (world.home.path / "sealed" / name).write_bytes(sealed)


def test_a_pass_opens_with_a_key_that_was_handed_over(handed: World) -> None:
    text = handed.issue().text
    lay(handed, handed.home.zone_keys("north")[0])
    assert verify(text, handed.knowledge().at(NOON), NOON).issuer == "acme"


def test_without_any_key_the_gate_is_not_ready(handed: World) -> None:
    with pytest.raises(ConfigurationError, match="no key of zone 'north' is here"):
        handed.knowledge().at(NOON)


def test_a_key_that_comes_later_is_taken_up_by_the_running_gate(handed: World) -> None:
    lay(handed, handed.home.zone_keys("north")[0])
    files = handed.knowledge()
    assert len(files.at(NOON).zone_keys) == 1
    following = new_zone_key("north", 2, NOON, NOON + 90 * DAY, handed.randomness)
    life = LifeCycle.between(NOON + 9 * DAY, NOON + 90 * DAY)
    put_in_force(handed.home, *handed.home.draft(), Entry(following.public, life))
    assert len(files.at(NOON).zone_keys) == 1
    (notice,) = files.notices(NOON)
    assert "zone north epoch 2 is not here" in notice
    assert "2026-11-30" in notice
    lay(handed, following)
    assert len(files.at(NOON).zone_keys) == 2
    assert list(files.notices(NOON)) == []


def test_a_damaged_key_stops_the_gate_and_is_named(handed: World) -> None:
    lay(handed, handed.home.zone_keys("north")[0])
    path = handed.home.path / "sealed" / "north-1.door.sealed"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(TrustListError, match=r"north-1\.door\.sealed"):
        handed.knowledge().at(NOON)


def test_a_plain_key_of_another_zone_is_refused(world: World) -> None:
    key = new_zone_key("south", 0, NOON, NOON + DAY, world.randomness)
    path = world.home.zone_key_paths("north")[0]
    write_atomically(path, dump_key(key), private=True)
    with pytest.raises(ConfigurationError, match="another zone than 'north'"):
        world.knowledge().at(NOON)
