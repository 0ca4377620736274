"""Files that change, tear or go back under a running gate, and a clock that jumps.

Each time nobody is let in by it, the cause is told, and the gate serves again by itself
once it is mended.
"""

import os
import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from ostiary.capture.photographs import load_photograph
from ostiary.config import load_config
from ostiary.errors import ConfigurationError, ModelError
from ostiary.gate.stopwatch import StageTimes
from ostiary.reasons import Reason
from ostiary.storage.files import write_atomically
from ostiary.terms import Probe
from ostiary.transaction import Rules
from ostiary.vision.chain import open_attack_detector, open_chain
from ostiary.vision.store import ModelStore
from tests.gate.visits import Visit, serve
from tests.owner import put_in_force

World: TypeAlias = Any  # tests/gate/conftest.py makes it
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STRANGER = (0, 1, 0, 0)


@pytest.fixture
def world(world: World) -> World:
    world.rules = Rules(0.5, passage_seconds=0.2, rest_seconds=0.2)
    return world


def torn(path: Path, share: float) -> Callable[[], object]:
    """Writes the first part of what a file holds over it, as a copy does that ends."""
    content = path.read_bytes()
    return lambda: path.write_bytes(content[: int(len(content) * share)])


def again(path: Path) -> Callable[[], None]:
    """Puts the whole of it back."""
    content = path.read_bytes()
    return lambda: write_atomically(path, content, private=True)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("status/acme.cwt", Reason.STATUS_UNKNOWN),
        ("trust.cose", Reason.GATE_NOT_READY),
        ("root.cose", Reason.GATE_NOT_READY),
        ("zones/north-1.private.json", Reason.GATE_NOT_READY),
    ],
)
def test_a_file_that_is_replaced_by_half_of_it(
    world: World, name: str, reason: Reason, share: float
) -> None:
    text, path = world.issue().text, world.home.path / name
    reasons = serve(
        world,
        Visit(text),
        Visit(text, before=torn(path, share)),
        Visit(text),
        Visit(text, before=again(path)),
    )
    assert reasons == [
        Reason.HOLDER_VERIFIED,
        reason,
        reason,
        Reason.HOLDER_VERIFIED,
    ]
    assert world.door.openings == 2


@pytest.mark.parametrize("name", ["status/acme.cwt", "trust.cose", "root.cose"])
def test_a_file_that_is_gone_for_a_while(world: World, name: str) -> None:
    text, path = world.issue().text, world.home.path / name
    reasons = serve(
        world,
        Visit(text),
        Visit(text, before=path.unlink),
        Visit(text, before=again(path)),
    )
    assert reasons[0] is reasons[2] is Reason.HOLDER_VERIFIED
    assert reasons[1] in {Reason.STATUS_UNKNOWN, Reason.GATE_NOT_READY}


def test_a_trust_list_that_is_rolled_back_under_it(world: World) -> None:
    text, path = world.issue().text, world.home.trust_path
    older = path.read_bytes()
    put_in_force(world.home, *world.home.draft())
    reasons = serve(
        world,
        Visit(text),
        Visit(text, before=lambda: write_atomically(path, older)),
        Visit(text, before=again(path)),
    )
    assert reasons == [
        Reason.HOLDER_VERIFIED,
        Reason.TRUST_ROLLED_BACK,
        Reason.HOLDER_VERIFIED,
    ]


def test_a_configuration_that_is_changed_under_it_waits_for_a_start(
    world: World,
) -> None:
    text, path = world.issue().text, world.home.path / "gate.toml"
    changed = path.read_text().replace('"north"', '"south"', 1)
    reasons = serve(
        world,
        Visit(text, before=lambda: path.write_text(changed)),
        Visit(text, before=torn(path, 0.5)),
        Visit(text, before=path.unlink),
    )
    assert reasons == [Reason.HOLDER_VERIFIED] * 3
    path.write_text(changed)
    with pytest.raises(ConfigurationError, match="south"):
        serve(world, Visit(text))


def test_no_gate_starts_on_a_part_of_its_configuration(world: World) -> None:
    """Or it would run by defaults that nobody chose."""
    path = world.home.path / "gate.toml"
    whole = path.read_text().rstrip()
    for length in range(len(whole)):
        path.write_text(whole[:length])
        with pytest.raises(ConfigurationError, match=re.escape(str(path))):
            load_config(path)


@pytest.mark.parametrize("off", [-400 * DAY, -2 * HOUR, 400 * DAY, 5000 * DAY])
def test_a_clock_that_jumps_and_is_set_right_again(
    world: World, off: timedelta
) -> None:
    text = world.issue().text
    reasons = serve(world, Visit(text), Visit(text, off=off), Visit(text))
    assert reasons[0] is reasons[2] is Reason.HOLDER_VERIFIED
    assert reasons[1] in {
        Reason.CLOCK_BEHIND,
        Reason.TRUST_EXPIRED,
        Reason.STATUS_STALE,
        Reason.ZONE_KEY_ENDED,
    }
    assert serve(world, Visit(text)) == [Reason.HOLDER_VERIFIED]


@pytest.mark.models
@pytest.mark.data
def test_models_that_are_spoilt_under_a_gate_stop_the_next_start_alone(
    models: str, data: str, tmp_path: Path
) -> None:
    copy = tmp_path / "models"
    shutil.copytree(models, copy)
    store = ModelStore(copy, copy)
    chain = open_chain("retail-0095", store)
    attacks = open_attack_detector("appearance", store)
    folder = Path(data, "nuaa-dev", "bona-fide", "0008")
    picture = np.pad(
        load_photograph(min(folder.iterdir())), ((120, 120), (0, 0), (0, 0)), "edge"
    )
    before = chain.observe(picture, attacks, StageTimes())
    for path in copy.rglob("*"):
        if path.is_file():
            # In place, so that whoever maps the file would see it.
            os.truncate(path, path.stat().st_size // 2)
    after = chain.observe(picture, attacks, StageTimes())
    assert isinstance(before, Probe)
    assert isinstance(after, Probe)
    assert np.array_equal(before.features.values, after.features.values)
    assert before.bona_fide_score == after.bona_fide_score
    with pytest.raises(ModelError):
        open_chain("retail-0095", store)
    with pytest.raises(ModelError):
        open_attack_detector("appearance", store)
