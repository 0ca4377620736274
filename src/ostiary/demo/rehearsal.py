"""Runs the cases over the path that a real gate takes, and says what came of each."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from ostiary.capture.photographs import load_photograph
from ostiary.capture.qr import qr_png, qr_svg
from ostiary.capture.sources import open_source
from ostiary.config import load_config
from ostiary.credential import BiometricReference
from ostiary.demo.cases import CASES, Case, Motion, Pass, Subject
from ostiary.demo.passes import ISSUER, SLOW_ISSUER, ZONE, Maker
from ostiary.demo.scenes import Scene, write_video
from ostiary.demo.staging import (
    DoorWithPasser,
    StagedAttackDetector,
    StagedAttendant,
    StagedMeter,
)
from ostiary.desk.issuing import enrol
from ostiary.erasure import overwrite
from ostiary.errors import CaptureError
from ostiary.gate.assembly import equip
from ostiary.gate.clock import SystemClock
from ostiary.gate.displays import Display, Recorder
from ostiary.gate.loop import Equipment, Gate
from ostiary.storage.files import write_atomically
from ostiary.storage.home import Home
from ostiary.terms import AccessDecision, Image
from ostiary.vision.chain import FaceChain, Grade, grade_of, open_chain
from ostiary.vision.store import ModelStore

PORTRAITS: Final = "portraits"
ENROLMENT_PORTRAITS: Final = ("obama.jpg", "obama2.jpg")
HOLDER_PORTRAIT: Final = "obama3.jpg"
OTHER_PORTRAIT: Final = "biden.jpg"
"""Official portraits of two US office holders; docs/models.md says where from."""

TILT: Final = 33.0
"""How far a picture is tilted, in degrees: as a head turns that looks aside."""

_CONFIG: Final = """\
# The configuration that the demo's gate runs on.
zone = "{zone}"
time_zone = "UTC"

[files]
root = "root.cose"
trust = "trust.cose"
zone_keys = ["zones/{zone}-1.private.json"]
status_lists = ["status/{issuer}.cwt", "status/{slow_issuer}.cwt"]

[vision]
chain = "{chain}"
attack_detector = "{attack_detector}"
face_seconds = 2.0
move_seconds = 1.5
unsafe_evaluation_grade_chain = {evaluation}

[passage]
door = "simulated"
attendant_seconds = 1.5
"""


_SUBJECTS: Final = {
    Subject.HOLDER: HOLDER_PORTRAIT,
    Subject.SOMEBODY_ELSE: OTHER_PORTRAIT,
}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one case.

    Attributes:
        case: the case.
        observed: the decision that was announced.
        opened: whether the door opened.
        stages: mean milliseconds per run of each stage.
    """

    case: Case
    observed: AccessDecision
    opened: bool
    stages: Mapping[str, float]

    @property
    def as_expected(self) -> bool:
        """Whether the gate decided, and moved its door, as it has to."""
        granted = self.case.grants
        return self.observed == self.case.expected and self.opened is granted


def rehearse(chain_name: str, store: ModelStore, out: Path) -> Iterator[Result]:
    """Run every case, one after the other.

    Args:
        chain_name: the extraction chain.
        store: where models and portraits lie; both have been pulled.
        out: directory for the pictures of the codes.

    Raises:
        OstiaryError: something that the demo stands on is not there.
    """
    with TemporaryDirectory(prefix="ostiary-demo-") as folder:
        home = Home(Path(folder))
        reference = _enrol_holder(open_chain(chain_name, store), store)
        passes = maker(home, reference).prepare()
        overwrite(np.frombuffer(reference.data, np.uint8))
        _write_codes(passes, out)
        # The cases stage this evidence through the port.
        gear = equip_demo(home, store, chain_name, "absent", Recorder())
        portraits = {who: _portrait(store, name) for who, name in _SUBJECTS.items()}
        for case in CASES:
            scene = Scene(
                passes[case.shown],
                [portraits[who] for who in case.subjects],
                case.stay_frames,
                TILT if case.motion is Motion.TILTED else 0.0,
            )
            yield _run(case, scene, gear, home.path / "scene.avi")


def maker(home: Home, reference: BiometricReference) -> Maker:
    """Makes passes of one holder, now, in an owner's directory."""

    def copy() -> BiometricReference:
        return replace(reference, data=bytearray(reference.data))

    at = SystemClock(UTC).now().replace(microsecond=0)
    return Maker(home, copy, at, secrets.token_bytes)


def equip_demo(
    home: Home, store: ModelStore, chain: str, attack_detector: str, display: Display
) -> Equipment:
    """A gate's equipment, by way of a configuration file as a real gate's."""
    path = home.path / "gate.toml"
    write_atomically(path, gate_toml(chain, attack_detector).encode())
    return equip(load_config(path), store, display)


def gate_toml(chain: str, attack_detector: str) -> str:
    """The text of that configuration file."""
    return _CONFIG.format(
        zone=ZONE,
        issuer=ISSUER,
        slow_issuer=SLOW_ISSUER,
        chain=chain,
        attack_detector=attack_detector,
        evaluation=str(grade_of(chain) is Grade.EVALUATION).lower(),
    )


def _run(case: Case, scene: Scene, gear: Equipment, video: Path) -> Result:
    write_video(scene, video)
    record, door = Recorder(), DoorWithPasser()
    staged = case.motion is Motion.STAGED
    gate = Gate(
        replace(
            gear,
            attacks=StagedAttackDetector(case.attack_score),
            meter=StagedMeter(record.prompts) if staged else gear.meter,
            attendant=StagedAttendant(case.attendant),
            door=door,
            display=record,
        )
    )
    gate.run(open_source(str(video), SystemClock(UTC)))
    if record.decision is None:
        raise CaptureError(f"demo case {case.name!r}: the video led to no decision")
    return Result(case, record.decision, door.simulated.openings > 0, record.stages)


def _enrol_holder(chain: FaceChain, store: ModelStore) -> BiometricReference:
    return enrol([_portrait(store, name) for name in ENROLMENT_PORTRAITS], chain)


def _write_codes(passes: Mapping[Pass, str], out: Path) -> None:
    for kind, text in passes.items():
        name = kind.name.lower().replace("_", "-")
        write_atomically(out / f"pass-{name}.png", qr_png(text, "M"), private=True)
    write_atomically(
        out / "pass-valid.svg", qr_svg(passes[Pass.VALID], "M"), private=True
    )


def _portrait(store: ModelStore, name: str) -> Image:
    return load_photograph(store.path(PORTRAITS, name))
