"""What a gate is built from: where its comparison threshold is taken from."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ostiary.calibration import Calibration, DataSet, Fusion, dump_calibration
from ostiary.config import load_config
from ostiary.credential import Coding, Entry, LifeCycle, new_settings_key
from ostiary.errors import ConfigurationError, StorageError, TrustListError
from ostiary.gate import assembly
from ostiary.gate.assembly import equip
from ostiary.gate.loop import Equipment
from ostiary.storage.file_signatures import write_signature
from ostiary.vision.chain import FaceChain, Grade
from ostiary.vision.flow import AbsentMeter
from ostiary.vision.store import ModelStore
from tests.gate.conftest import AT, EXTRACTOR, Decisions, World
from tests.owner import put_in_force
from tests.quality.drawn_mesh import LENIENT, PatternMesher

DAY = timedelta(days=1)

GOOD = Calibration(
    extractor=EXTRACTOR,
    coding=Coding.INT8,
    fusion=Fusion(enrolment_images=3, probe_images=3),
    target_fmr=0.01,
    threshold=0.75,
    measured=0.6,
    upper=0.75,
    data=DataSet(name="hall", people=30, images=240, mated=600, non_mated=17_400),
    made_at=AT,
    tool="ostiary 0.1.0",
)

Equip = Callable[..., Equipment]


@pytest.fixture
def equipped(world: World, monkeypatch: pytest.MonkeyPatch) -> Equip:
    """Equips the world's gate, with what the file of its calibration holds."""
    chain = FaceChain(
        name="scripted",
        grade=Grade.OPERATIONAL,
        coding=Coding.INT8,
        threshold=0.5,
        detector=world.vision,
        mesh=PatternMesher(),
        features=world.vision,
        limits=LENIENT,
        enrolment_limits=LENIENT,
    )
    monkeypatch.setattr(assembly, "open_chain", lambda _name, _store: chain)
    monkeypatch.setattr(
        assembly, "open_attack_detector", lambda _name, _store: world.vision
    )
    monkeypatch.setattr(assembly, "open_motion_meter", lambda *_: AbsentMeter())

    def equip_with(content: bytes | None, line: str = "") -> Equipment:
        settings = world.home.path / "gate.toml"
        settings.write_text(
            settings.read_text().replace("[passage]", f"{line}[passage]")
        )
        if content is not None:
            (world.home.path / "calibration.json").write_bytes(content)
        store = ModelStore(None, Path("no-models"))
        return equip(load_config(settings), store, Decisions())

    return equip_with


NAMED = 'calibration = "calibration.json"\n'


def test_without_a_calibration_the_built_in_threshold_is_in_force(
    equipped: Equip,
) -> None:
    gear = equipped(None)
    assert gear.calibration is None
    assert gear.rules.comparison_threshold == 0.5


def test_the_calibration_that_the_settings_name_is_in_force(equipped: Equip) -> None:
    gear = equipped(dump_calibration(GOOD), NAMED)
    assert gear.calibration == GOOD
    assert gear.rules.comparison_threshold == 0.75


def test_a_calibration_that_lies_there_unnamed_is_not_used(equipped: Equip) -> None:
    assert equipped(dump_calibration(GOOD)).calibration is None


@pytest.mark.parametrize(
    "calibration",
    [
        replace(GOOD, extractor="other/1"),
        replace(GOOD, coding=Coding.INT4),
        replace(GOOD, fusion=Fusion(enrolment_images=3, probe_images=1)),
    ],
)
def test_a_calibration_for_another_gate_stops_this_one(
    equipped: Equip, calibration: Calibration
) -> None:
    with pytest.raises(ConfigurationError, match=r"calibration\.json.*for another"):
        equipped(dump_calibration(calibration), NAMED)


def test_a_damaged_calibration_stops_the_gate(equipped: Equip) -> None:
    with pytest.raises(ConfigurationError, match=r"calibration\.json: no calibration"):
        equipped(b"{", NAMED)


def test_a_missing_calibration_stops_the_gate(equipped: Equip) -> None:
    with pytest.raises(StorageError, match=r"calibration\.json"):
        equipped(None, NAMED)


def test_a_settings_key_asks_for_a_signed_calibration(
    world: World, equipped: Equip
) -> None:
    key = new_settings_key("owner", world.randomness)
    listed = Entry(key.public, LifeCycle.between(AT, AT + 400 * DAY))
    put_in_force(world.home, *world.home.draft(), listed)
    calibration = dump_calibration(GOOD)
    with pytest.raises(TrustListError, match=r"calibration\.json: .*signed files only"):
        equipped(calibration, NAMED)
    write_signature(world.home.path / "calibration.json", None, AT, key)
    assert equipped(calibration).calibration == GOOD
