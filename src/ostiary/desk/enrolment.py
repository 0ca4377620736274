"""One person before the desk's camera: guided looks, until a template can be made.

    picture -> one fit face -> attack score -> features, of which three make a template

A picture is overwritten as soon as it was looked at. Of those that are taken only the
features are held, and a digest by which the same picture is known again: in memory, and
no longer than until the template is made.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Protocol

from ostiary.capture.digests import Digests
from ostiary.credential import BiometricReference, Coding, encode_template
from ostiary.erasure import overwrite
from ostiary.ports import AttackDetector
from ostiary.presentation import appearance
from ostiary.reasons import Reason
from ostiary.terms import Appearance, Features, Image, Observation, Undetermined
from ostiary.vision.chain import open_attack_detector, open_chain
from ostiary.vision.store import ModelStore

ABSENT: Final = "absent"
"""The attack detector that assesses nothing."""

WANTED: Final = 3
"""How many pictures make a template."""

ASSESSED: Final = frozenset({Appearance.SUFFICES})
UNASSESSED: Final = frozenset({Appearance.SUFFICES, Appearance.NOT_ASSESSED})
"""Of which looks pictures are taken: with attack detection, and where the owner chose
to do without. What looks like an attack is never taken."""


class Acquiring(Protocol):
    """What takes samples and makes one reference of them: `FaceChain`."""

    @property
    def extractor(self) -> str:
        """Identity of the extractor, as credentials name it."""
        ...

    @property
    def coding(self) -> Coding:
        """How its templates are written into credentials."""
        ...

    def acquire(self, photograph: Image, attacks: AttackDetector) -> Observation:
        """One sample, or why there is none."""
        ...

    def unite(self, samples: Sequence[Features]) -> Features:
        """One reference of several samples."""
        ...

    def forget(self) -> None:
        """Overwrite every buffer that can be reached."""
        ...


class Enrolment:
    """One enrolment; nothing of it outlives `finish` or `forget`.

    One clear picture of a picture ends it: with several tries a second, somebody who
    holds up a screen would otherwise wait for three that pass.

    Args:
        chain: makes the features.
        attacks: scores every face.
        taken_of: `ASSESSED`, or `UNASSESSED`.
    """

    def __init__(
        self,
        chain: Acquiring,
        attacks: AttackDetector,
        taken_of: frozenset[Appearance] = ASSESSED,
    ) -> None:
        self._chain = chain
        self._attacks = attacks
        self._taken_of = taken_of
        self._samples: list[Features] = []
        self._digests = Digests()
        self._known: set[bytes | None] = set()
        self._suspected = False

    @property
    def taken(self) -> int:
        """How many pictures were taken, 0 to `WANTED`."""
        return len(self._samples)

    @property
    def is_complete(self) -> bool:
        """Whether `finish` can make a template."""
        return self.taken == WANTED

    def look(self, photograph: Image) -> Reason | None:
        """Look at one picture, and overwrite it.

        Args:
            photograph: height x width x 3, uint8, BGR.

        Returns:
            Why it was not taken; None: it was. After `ATTACK_SUSPECTED` none is taken
            any more; `CAMERA_REPEATS`: one that was taken was the same, bit by bit.

        Raises:
            ModelError: a runtime fails.
            ValueError: it is complete.
        """
        if self.is_complete:
            raise ValueError("the enrolment is complete")
        try:
            return self._look(photograph)
        finally:
            overwrite(photograph)

    def _look(self, photograph: Image) -> Reason | None:
        if self._suspected:
            return Reason.ATTACK_SUSPECTED
        digest = self._digests.of(photograph)
        if digest in self._known:
            # The same file again, or a camera that stands still: no second sample.
            return Reason.CAMERA_REPEATS
        seen = self._chain.acquire(photograph, self._attacks)
        if isinstance(seen, Undetermined):
            return seen.reason
        looks = appearance.judge([seen.bona_fide_score])
        if looks in self._taken_of:
            self._samples.append(seen.features)
            self._known.add(digest)
            return None
        overwrite(seen.features.values)
        if looks is Appearance.ATTACK:
            self.forget()
            self._suspected = True
            return Reason.ATTACK_SUSPECTED
        return Reason.ATTACK_NOT_ASSESSED

    def finish(self) -> BiometricReference:
        """The template; the caller owns it, and nothing else is left.

        Raises:
            EnrolmentError: the pictures do not show one person; all are forgotten.
            ValueError: it is not complete.
        """
        if not self.is_complete:
            raise ValueError("the enrolment is not complete")
        try:
            features = self._chain.unite(self._samples)
        finally:
            self.forget()
        template = encode_template(features, self._chain.coding)
        overwrite(features.values)
        return BiometricReference(self._chain.extractor, self._chain.coding, template)

    def forget(self) -> None:
        """Overwrite all that was taken; twice is harmless."""
        for sample in self._samples:
            overwrite(sample.values)
        self._samples.clear()
        self._known.clear()
        self._chain.forget()
        self._attacks.forget()


def enrolments(
    chain_name: str, detector_name: str, store: ModelStore
) -> Callable[[], Enrolment]:
    """What makes enrolments, with models that are loaded once, now.

    Args:
        chain_name: the extraction chain.
        detector_name: the attack detector; `absent` is the owner's choice of none.
        store: where the models lie.

    Raises:
        ModelError: no such one, or a model is missing, altered, or does not load.
    """
    chain = open_chain(chain_name, store)
    attacks = open_attack_detector(detector_name, store)
    taken_of = UNASSESSED if detector_name == ABSENT else ASSESSED
    return partial(Enrolment, chain, attacks, taken_of)
