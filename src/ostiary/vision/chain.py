"""From a picture to a probe, and from photographs to a reference.

    picture -> detect -> exactly one face -> near, not too near, whole, turned this way
            -> mesh -> bare, level, well lit, eyes open
            -> align by the mesh -> sharp -> attack score -> features -> probe

    picture -> detect -> ... -> mesh -> sharp -> attack score, where it looks ahead
            -> features -> parallax since a first look -> motion: who was asked to move

Whatever fails on the way makes the picture undetermined, for that reason. The score of
the attack detector is taken from the very face that the features come from. The mesh
of a face is overwritten when the look at it ends, however it ends.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeVar

import numpy as np

from ostiary.comparison import BUILT_IN_THRESHOLDS, fuse, odd_one_out
from ostiary.credential.template import Coding
from ostiary.erasure import overwrite
from ostiary.errors import EnrolmentError, ModelError
from ostiary.ports import (
    AttackDetector,
    FaceDetector,
    FaceMesher,
    FeatureExtractor,
    MotionMeter,
    Stopwatch,
)
from ostiary.presentation.challenge import Motion
from ostiary.presentation.continuity import Place
from ostiary.presentation.fusion import Asking
from ostiary.presentation.parallax import Parallax
from ostiary.quality import (
    ENROLMENT_LIMITS,
    Assessment,
    Component,
    QualityLimits,
    assess,
    face_side,
    flaw_in_zone,
    flaw_of_aligned,
    flaw_of_assessed,
    flaw_of_face,
    flaw_of_surface,
    sole_face,
    unified,
)
from ostiary.reasons import Reason
from ostiary.terms import (
    Face,
    Features,
    Image,
    Mesh,
    Observation,
    Probe,
    Undetermined,
)
from ostiary.vision.appearance import AbsentAttackDetector, AppearanceDetector
from ostiary.vision.dlib_resnet import DlibDetector, DlibResNetExtractor
from ostiary.vision.face_mesh import FaceMesh
from ostiary.vision.flow import AbsentMeter, FlowMeter
from ostiary.vision.fused import FusedExtractor
from ostiary.vision.retail0095 import Retail0095Extractor
from ostiary.vision.store import ModelStore
from ostiary.vision.yunet import YuNetDetector

_Entry = TypeVar("_Entry")

_TURN_AHEAD: Final = 0.15
_PITCH_AHEAD: Final = 20.0
"""Largest sideways offset of the nose, about 8 degrees, and largest nod of a head that
looks ahead while moves are asked for. Of NUAA's frames, with which the attack detector
was measured, 2 of 372 of people are beyond the one and none beyond the other."""

_TURN_IN_MOTION: Final = 0.8
"""The same once moves are asked for; beyond it one cheek is out of sight."""

_SHARE_IN_MOTION: Final = 0.8
"""Largest side of a face then, in shorter sides of the zone: people come closer."""


class Grade(StrEnum):
    """What a chain is fit for."""

    OPERATIONAL = "operational"
    EVALUATION = "evaluation"


@dataclass(frozen=True, slots=True)
class Appraisal:
    """The one face of a photograph, and everything that is measured of it.

    Attributes:
        aligned: in the extractor's own square, which the next picture overwrites.
        assessments: by component; None: could not be assessed.
    """

    aligned: Image = field(repr=False)
    assessments: Mapping[Component, Assessment | None] = field(repr=False)

    @property
    def quality(self) -> int:
        """Unified score, 0 to 100; higher is better."""
        return unified(self.assessments.values())

    def flaw(self, limits: QualityLimits) -> Reason | None:
        """Which of the limits the face fails first; None: none of them."""
        return flaw_of_assessed(self.assessments, limits)


@dataclass(frozen=True, slots=True)
class FaceChain:
    """A detector, a mesh and an extractor that belong together.

    Attributes:
        name: how settings name it.
        grade: whether a real gate may run on it.
        coding: how its templates are written into credentials.
        threshold: the lowest comparison score that is a match; provisional.
        detector: finds faces.
        mesh: puts points on one, to see whether it is fit to be compared.
        features: makes features of one.
        limits: what a picture at the gate must fulfil.
        enrolment_limits: what a photograph for enrolment must fulfil.
    """

    name: str
    grade: Grade
    coding: Coding
    threshold: float
    detector: FaceDetector = field(repr=False)
    mesh: FaceMesher = field(repr=False)
    features: FeatureExtractor = field(repr=False)
    limits: QualityLimits
    enrolment_limits: QualityLimits

    @property
    def extractor(self) -> str:
        """Identity of the extractor, as credentials name it."""
        return self.features.identity

    @property
    def dimensions(self) -> int:
        """Length of the feature vector."""
        return self.features.dimensions

    def warm_up(self, height: int, width: int) -> None:
        """Look at nothing once, so that the first picture of a size waits for nothing.

        A detector may compile its network for a size: YuNet's takes 0.1 seconds.

        Args:
            height: of the pictures that will come, in pixels.
            width: of them, in pixels.

        Raises:
            ModelError: a runtime fails.
        """
        self.detector.detect(np.zeros((height, width, 3), np.uint8))

    def observe(
        self, image: Image, attacks: AttackDetector, stopwatch: Stopwatch
    ) -> Observation:
        """Take a probe from one picture of the standing zone, if it yields one.

        Args:
            image: the zone and nothing else: height x width x 3, uint8, BGR.
            attacks: scores the same face.
            stopwatch: times the stages `detect`, `quality`, `align`, `attack` and
                `features`.

        Raises:
            ModelError: a runtime fails.
        """
        with stopwatch.stage("detect"):
            face = self._in_zone(image, self.limits)
        if isinstance(face, Reason):
            return Undetermined(face)
        with stopwatch.stage("quality"):
            mesh = self._mesh(image, face)
        if isinstance(mesh, Reason):
            return Undetermined(mesh)
        try:
            with stopwatch.stage("quality"):
                flaw = flaw_of_surface(image, mesh, self.limits)
            if flaw is not None:
                return Undetermined(flaw)
            with stopwatch.stage("align"):
                aligned = self.features.align(image, face, mesh)
                flaw = flaw_of_aligned(aligned, self.limits)
            if flaw is not None:
                return Undetermined(flaw)
        finally:
            overwrite(mesh.points)
        with stopwatch.stage("attack"):
            score = attacks.assess(image, face)
        with stopwatch.stage("features"):
            features = self.features.extract(aligned)
        return Probe(features, score)

    def appraise(self, photograph: Image) -> Appraisal | Reason:
        """Measure one photograph; what it has to fulfil is for the caller to say.

        Args:
            photograph: height x width x 3, uint8, BGR; no standing zone, so that its
                face may fill it. Who stands behind one is nobody's companion here too.

        Returns:
            What was measured, or why there is not one face to measure.

        Raises:
            ModelError: a runtime fails.
        """
        face = sole_face(self.detector.detect(photograph), self.limits)
        return face if isinstance(face, Reason) else self._measure(photograph, face)

    def acquire(self, photograph: Image, attacks: AttackDetector) -> Observation:
        """Take a probe for enrolment from one picture, if it yields one.

        Args:
            photograph: height x width x 3, uint8, BGR; the face may take half of it, as
                in the standing zone, so that the attack detector sees around it.
            attacks: scores the same face.

        Raises:
            ModelError: a runtime fails.
        """
        face = self._in_zone(photograph, self.enrolment_limits)
        if isinstance(face, Reason):
            return Undetermined(face)
        seen = self._measure(photograph, face)
        if isinstance(seen, Reason):
            return Undetermined(seen)
        flaw = seen.flaw(self.enrolment_limits)
        if flaw is not None:
            return Undetermined(flaw)
        score = attacks.assess(photograph, face)
        return Probe(self.features.extract(seen.aligned), score)

    def _measure(self, photograph: Image, face: Face) -> Appraisal | Reason:
        mesh = self._mesh(photograph, face)
        if isinstance(mesh, Reason):
            height, width = photograph.shape[:2]
            return flaw_of_face(face, width, height, self.limits) or mesh
        try:
            aligned = self.features.align(photograph, face, mesh)
            return Appraisal(aligned, assess(photograph, face, mesh, aligned))
        finally:
            overwrite(mesh.points)

    def observe_motion(
        self,
        image: Image,
        meter: MotionMeter,
        attacks: AttackDetector,
        same: Callable[[Features], bool],
        stopwatch: Stopwatch,
    ) -> Motion | Undetermined:
        """Take one look at a person who was asked to move.

        The first look has to be at a face as any probe's, nearly straight ahead, and of
        the person who was compared; later ones may be at a face that is turned further,
        or nearer. Whatever could have been a first look is judged by its looks too.

        Args:
            image: the zone and nothing else: height x width x 3, uint8, BGR.
            meter: measures the same face.
            attacks: scores the same face, where it looks ahead.
            same: whether features are of the person who was compared.
            stopwatch: times the stages `detect`, `quality`, `align`, `attack`,
                `features` and `motion`.

        Raises:
            ModelError: a runtime fails.
        """
        limits = _in_motion(self.limits) if meter.begun else _ahead(self.limits)
        with stopwatch.stage("detect"):
            face = self._in_zone(image, limits)
        if isinstance(face, Reason):
            return Undetermined(face)
        with stopwatch.stage("quality"):
            mesh = self._mesh(image, face)
        if isinstance(mesh, Reason):
            return Undetermined(mesh)
        try:
            with stopwatch.stage("align"):
                aligned = self.features.align(image, face, mesh)
                flaw = flaw_of_aligned(aligned, limits)
            if flaw is not None:
                return Undetermined(flaw)
            with stopwatch.stage("quality"):
                flaw = _flaw_ahead(image, face, mesh, self.limits)
            if flaw is not None and not meter.begun:
                return Undetermined(flaw)
            # Before there are features, which nobody would own if this failed.
            with stopwatch.stage("attack"):
                scores = () if flaw else (attacks.assess(image, face),)
            with stopwatch.stage("features"):
                features = self.features.extract(aligned)
            try:
                with stopwatch.stage("motion"):
                    parallax = _measured(image, mesh, meter, begins=same(features))
            except BaseException:
                overwrite(features.values)
                raise
            return Motion(features, parallax, _place(face), scores)
        finally:
            overwrite(mesh.points)

    def enrol(self, photographs: Sequence[Image]) -> Features:
        """A reference from photographs of one person.

        Args:
            photographs: one or more, each height x width x 3, uint8, BGR.

        Returns:
            The mean of the features, of length 1; the caller owns it.

        Raises:
            EnrolmentError: a photograph has no usable face, or several, or does not
                match the others: a mean of two people could let both of them pass.
            ModelError: a runtime fails.
            ValueError: no photographs.
        """
        samples: list[Features] = []
        try:
            for number, photograph in enumerate(photographs, start=1):
                sample = self._sample(photograph)
                if isinstance(sample, Reason):
                    raise EnrolmentError(sample, f"photograph {number}: {sample}")
                samples.append(sample)
            return self.unite(samples)
        finally:
            for sample in samples:
                sample.values.fill(0)
            self.forget()

    def unite(self, samples: Sequence[Features]) -> Features:
        """One reference from samples that `acquire` took; they stay the caller's.

        Args:
            samples: one or more of this chain's extractor, each of length 1.

        Raises:
            EnrolmentError: one does not match the others.
            ValueError: no samples.
        """
        odd = odd_one_out(samples, self.threshold)
        if odd is not None:
            raise EnrolmentError(
                Reason.NON_MATCH,
                f"photograph {odd + 1}: does not match the others; take it again, "
                "and make sure that all show the same person",
            )
        return fuse(samples)

    def _sample(self, photograph: Image) -> Features | Reason:
        seen = self.appraise(photograph)
        if isinstance(seen, Reason):
            return seen
        return seen.flaw(self.enrolment_limits) or self.features.extract(seen.aligned)

    def forget(self) -> None:
        """Overwrite every buffer that can be reached: docs/models.md says which."""
        self.detector.forget()
        self.mesh.forget()
        self.features.forget()

    def _in_zone(self, image: Image, limits: QualityLimits) -> Face | Reason:
        face = sole_face(self.detector.detect(image), limits)
        if isinstance(face, Reason):
            return face
        height, width = image.shape[:2]
        return flaw_in_zone(face, width, height, limits) or face

    def _mesh(self, image: Image, face: Face) -> Mesh | Reason:
        """The mesh of a face; where none is seen, something hides the face."""
        return self.mesh.look(image, face) or Reason.FACE_COVERED


def _measured(
    image: Image, mesh: Mesh, meter: MotionMeter, *, begins: bool
) -> Parallax | None:
    """The parallax since the first look; this is the first, if there is none yet."""
    if begins and not meter.begun:
        meter.begin(image, mesh)
    return meter.measure(image, mesh)


def _place(face: Face) -> Place:
    left, top, width, height = face.box
    return Place(left + width / 2, top + height / 2, face_side(face))


def _flaw_ahead(
    image: Image, face: Face, mesh: Mesh, limits: QualityLimits
) -> Reason | None:
    """What keeps a sharp face in the zone from being one that looks ahead."""
    ahead = _ahead(limits)
    height, width = image.shape[:2]
    return flaw_in_zone(face, width, height, ahead) or flaw_of_surface(
        image, mesh, ahead
    )


def _ahead(limits: QualityLimits) -> QualityLimits:
    """What a first look must fulfil, and what is judged by its looks later."""
    return replace(
        limits,
        turn=min(limits.turn, _TURN_AHEAD),
        pitch_degrees=min(limits.pitch_degrees, _PITCH_AHEAD),
    )


def _in_motion(limits: QualityLimits) -> QualityLimits:
    """What a later look must fulfil, for its motion to be measured."""
    return replace(limits, turn=_TURN_IN_MOTION, zone_share=_SHARE_IN_MOTION)


def chain_names() -> tuple[str, ...]:
    """Every name that `open_chain` takes, the recommended one first."""
    return tuple(_CHAINS)


def grade_of(name: str) -> Grade:
    """What a chain is fit for, known before anything is loaded.

    Raises:
        ModelError: no such chain.
    """
    return _choose(_CHAINS, name).grade


def attack_detector_names() -> tuple[str, ...]:
    """Every name that `open_attack_detector` takes, the recommended one first."""
    return tuple(_ATTACK_DETECTORS)


def open_chain(name: str, store: ModelStore) -> FaceChain:
    """Load a chain; `chain_names` tells which there are, `grade_of` what each is for.

    Raises:
        ModelError: no such chain, or a model is missing, altered, or does not load.
    """
    parts = _choose(_CHAINS, name)
    return FaceChain(
        name=name,
        grade=parts.grade,
        coding=parts.coding,
        threshold=BUILT_IN_THRESHOLDS[parts.extractor.identity],
        detector=parts.detector(store),
        mesh=FaceMesh(store),
        features=parts.extractor(store),
        limits=QualityLimits(),
        enrolment_limits=ENROLMENT_LIMITS,
    )


def open_attack_detector(name: str, store: ModelStore) -> AttackDetector:
    """Load an attack detector: `appearance`, or `absent`, which assesses nothing.

    Raises:
        ModelError: no such one, or a model is missing, altered, or does not load.
    """
    return _choose(_ATTACK_DETECTORS, name)(store)


def open_motion_meter(asking: Asking) -> MotionMeter:
    """What judges moves, where anybody is ever asked for some."""
    return AbsentMeter() if asking is Asking.NEVER else FlowMeter()


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a chain is made of, none of it loaded yet."""

    grade: Grade
    coding: Coding
    detector: Callable[[ModelStore], FaceDetector]
    extractor: type[Retail0095Extractor | FusedExtractor | DlibResNetExtractor]


_CHAINS: Final[Mapping[str, _Parts]] = MappingProxyType(
    {
        "retail-0095": _Parts(
            Grade.OPERATIONAL, Coding.INT4, YuNetDetector, Retail0095Extractor
        ),
        "fused": _Parts(Grade.OPERATIONAL, Coding.INT4, YuNetDetector, FusedExtractor),
        "dlib-resnet": _Parts(
            Grade.EVALUATION, Coding.INT8, DlibDetector, DlibResNetExtractor
        ),
    }
)


def _absent(store: ModelStore) -> AttackDetector:
    del store
    return AbsentAttackDetector()


_ATTACK_DETECTORS: Final[Mapping[str, Callable[[ModelStore], AttackDetector]]] = (
    MappingProxyType({"appearance": AppearanceDetector, "absent": _absent})
)


def _choose(known: Mapping[str, _Entry], name: str) -> _Entry:
    if name not in known:
        raise ModelError(f"nothing is called {name!r}; known: {', '.join(known)}")
    return known[name]
