"""A small world around a gate: an owner's files, and vision that follows a script."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from typing_extensions import override

from ostiary.actuators import SimulatedDoor
from ostiary.capture.pace import Pace
from ostiary.capture.readers import OwnCamera
from ostiary.config import load_config
from ostiary.credential import (
    BiometricReference,
    Coding,
    StatusList,
    encode_template,
    new_issuer_key,
    new_zone_key,
    sign_status_list,
)
from ostiary.desk.issuing import IssuedPass, PassRequest, draft_pass, issue_pass
from ostiary.errors import CaptureError
from ostiary.gate.attendants import NobodyAttends
from ostiary.gate.displays import Display
from ostiary.gate.knowledge import KnowledgeFiles
from ostiary.gate.loop import Equipment, Gate
from ostiary.ports import Attendant, CodeReader, FrameSource, MotionMeter
from ostiary.presentation.challenge import Move
from ostiary.presentation.parallax import Parallax
from ostiary.quality import ENROLMENT_LIMITS, QualityLimits
from ostiary.reasons import Reason
from ostiary.storage.attempts import AttemptsFile
from ostiary.storage.home import Home
from ostiary.terms import AccessDecision, Face, Features, Frame, Image, Mesh, Rectangle
from ostiary.transaction import Rules
from ostiary.vision.chain import FaceChain, Grade
from tests.owner import listed, put_in_force, trusted
from tests.quality.drawn_mesh import drawn_mesh

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EXTRACTOR = "scripted/1"
HOLDER = np.array([1, 0, 0, 0], np.float32)
CONFIG = """
zone = "north"
time_zone = "UTC"
[files]
root = "root.cose"
trust = "trust.cose"
zone_keys = ["zones/north-1.private.json"]
status_lists = ["status/acme.cwt"]
[passage]
door = "simulated"
"""


@dataclass
class ScriptedVision:
    """Stands in for detector, extractor and attack detector; looks at nothing.

    It notes each picture that it is given, and finds what the test says is there.
    """

    identity: str = EXTRACTOR
    dimensions: int = 4
    faces: int = 1
    person: Sequence[float] = (1, 0, 0, 0)
    score: float | None = 0.9
    looked_at: list[Image] = field(default_factory=list)
    forgotten: int = 0

    def detect(self, image: Image) -> list[Face]:
        if image.any():
            self.looked_at.append(image.copy())
        face = Face(
            box=(100, 100, 100, 120),
            landmarks=np.zeros((5, 2), np.float32),
            right_eye=(120, 140),
            left_eye=(180, 140),
            nose=(150, 170),
        )
        return [face] * self.faces

    def look(self, image: Image, face: Face) -> Mesh:
        return drawn_mesh()

    def align(self, image: Image, face: Face, mesh: Mesh) -> Image:
        # A checkered square: sharp by any measure.
        square = np.indices((64, 64)).sum(axis=0) // 4 % 2 * 255
        return np.repeat(square[:, :, None], 3, axis=2).astype(np.uint8)

    def extract(self, aligned: Image) -> Features:
        return Features(EXTRACTOR, np.array(self.person, np.float32))

    def assess(self, image: Image, face: Face) -> float | None:
        return self.score

    def forget(self) -> None:
        self.forgotten += 1


@dataclass
class ScriptedMeter:
    """Stands in for the flow; sees what the test says next, and nothing after that."""

    seen: list[Parallax | None] = field(default_factory=list)
    begun: bool = False
    forgotten: int = 0

    def begin(self, image: Image, mesh: Mesh) -> None:
        self.begun = True

    def measure(self, image: Image, mesh: Mesh) -> Parallax | None:
        return self.seen.pop(0) if self.seen else None

    def forget(self) -> None:
        self.begun = False
        self.forgotten += 1


class Decisions(Display):
    """A display that keeps every decision and every word of guidance."""

    def __init__(self) -> None:
        self.all: list[AccessDecision] = []
        self.guidance: list[Reason] = []
        self.calls: list[Reason] = []
        self.prompts: list[Move] = []
        self.camera_said: list[Reason | None] = []
        self.reader_said: list[Reason | None] = []
        self.alarms: list[tuple[Reason, bool]] = []

    @override
    def announce(
        self, decision: AccessDecision, at: datetime, stages: Mapping[str, float]
    ) -> None:
        self.all.append(decision)

    @override
    def guide(self, reason: Reason) -> None:
        self.guidance.append(reason)

    @override
    def prompt(self, move: Move) -> None:
        self.prompts.append(move)

    @override
    def call_attendant(self, reason: Reason) -> None:
        self.calls.append(reason)

    @override
    def camera(self, fault: Reason | None, at: datetime) -> None:
        self.camera_said.append(fault)

    @override
    def reader(self, fault: Reason | None, at: datetime) -> None:
        self.reader_said.append(fault)

    @override
    def alarm(self, reason: Reason, at: datetime) -> None:
        self.alarms.append((reason, True))

    @override
    def alarm_over(self, reason: Reason, at: datetime) -> None:
        self.alarms.append((reason, False))

    @property
    def reasons(self) -> list[Reason]:
        return [decision.reason for decision in self.all]


class Film:
    """A frame source of given pictures, ten a second; None stands for a fault."""

    def __init__(self, *pictures: Image | None) -> None:
        self.pictures = pictures
        self.closed = False

    def frames(self) -> Iterator[Frame]:
        for number, picture in enumerate(self.pictures):
            if picture is None:
                raise CaptureError("the camera is gone")
            seconds = number / 10
            yield Frame(picture, AT + timedelta(seconds=seconds), seconds)

    def close(self) -> None:
        self.closed = True


@dataclass
class World:
    """An owner's directory with one issuer and one zone, and a gate of that zone."""

    home: Home
    randomness: Callable[[int], bytes]
    vision: ScriptedVision = field(default_factory=ScriptedVision)
    meter: MotionMeter = field(default_factory=ScriptedMeter)
    display: Decisions = field(default_factory=Decisions)
    door: SimulatedDoor = field(default_factory=SimulatedDoor)
    attendant: Attendant = field(default_factory=NobodyAttends)
    rules: Rules = field(default_factory=lambda: Rules(0.5))
    zone: Rectangle = field(default_factory=lambda: Rectangle(0.25, 0.0, 0.5, 1.0))
    reader: CodeReader = field(default_factory=OwnCamera)
    pace: Pace = field(default_factory=Pace)
    by_hand: Callable[[float], bool] = lambda _: False
    note_pass: Callable[[bytes | None, float], None] = lambda *_: None

    def settle(self) -> None:
        """Make keys, trust and a status list."""
        begins, ends = AT - timedelta(days=10), AT + timedelta(days=60)
        zone_key = new_zone_key("north", 1, begins, ends, self.randomness)
        self.home.add_zone_key(zone_key)
        issuer = new_issuer_key("acme", self.randomness)
        self.home.add_issuer(issuer, "urn:acme")
        put_in_force(
            self.home,
            trusted(issuer.public, begins, ends, {"north"}),
            listed(zone_key),
        )
        self.publish()
        (self.home.path / "gate.toml").write_text(CONFIG)

    def publish(self, issued_at: datetime | None = None) -> None:
        """Sign and write the status list of the register as it stands."""
        self.publish_until(issued_at or AT, (issued_at or AT) + timedelta(days=7))

    def publish_until(self, issued_at: datetime, expires_at: datetime) -> None:
        """As `publish`, until a day of the test's own."""
        register = self.home.register("acme")
        status = StatusList(
            issuer="acme",
            uri="urn:acme",
            issued_at=issued_at,
            expires_at=expires_at,
            ttl=timedelta(hours=1),
            bits=register.bits(),
        )
        token = sign_status_list(status, self.home.issuer_keys("acme")[0])
        self.home.save_status_list("acme", token)

    def issue(self, *, faceless: bool = False) -> IssuedPass:
        """A pass of the holder."""
        template = encode_template(Features(EXTRACTOR, HOLDER), Coding.INT8)
        face = BiometricReference(EXTRACTOR, Coding.INT8, template)
        request = PassRequest(
            issuer="acme",
            zones=("north",),
            not_before=AT,
            expires_at=AT + timedelta(days=30),
        )
        reference = None if faceless else face
        draft = draft_pass(request, self.home, AT)
        return issue_pass(draft, reference, self.randomness)

    def knowledge(self) -> KnowledgeFiles:
        config = load_config(self.home.path / "gate.toml")
        return KnowledgeFiles(config, EXTRACTOR, 4)

    def gate(self) -> Gate:
        chain = FaceChain(
            name="scripted",
            grade=Grade.EVALUATION,
            coding=Coding.INT8,
            threshold=0.5,
            detector=self.vision,
            mesh=self.vision,
            features=self.vision,
            limits=QualityLimits(),
            enrolment_limits=ENROLMENT_LIMITS,
        )
        return Gate(
            Equipment(
                knowledge=self.knowledge(),
                chain=chain,
                attacks=self.vision,
                meter=self.meter,
                randomness=self.randomness,
                door=self.door,
                attendant=self.attendant,
                display=self.display,
                standing_zone=self.zone,
                rules=self.rules,
                time_zone=UTC,
                attempts=AttemptsFile(self.home.path / "attempts.json"),
                reader=self.reader,
                pace=self.pace,
                by_hand=self.by_hand,
                note_pass=self.note_pass,
            )
        )

    def film(self, *pictures: Image | None) -> FrameSource:
        """These pictures, one every tenth of a second."""
        return Film(*pictures)

    def run(self, *pictures: Image | None) -> Decisions:
        """Let the gate see these pictures."""
        self.gate().run(self.film(*pictures))
        return self.display


@pytest.fixture
def world(tmp_path: Path, randomness: Callable[[int], bytes]) -> World:
    """A world whose keys, trust and status are in order."""
    made = World(Home(tmp_path / "home"), randomness)
    made.settle()
    return made


@pytest.fixture
def empty_scene() -> Callable[[], Image]:
    """Makes a picture with nothing in it that any model would see."""
    return lambda: np.full((480, 640, 3), 127, np.uint8)
