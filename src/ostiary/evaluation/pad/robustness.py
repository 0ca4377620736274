"""What becomes of people, and of attacks, under worse conditions."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from ostiary.erasure import overwrite
from ostiary.errors import CaptureError
from ostiary.evaluation.pad.conditions import CONDITIONS
from ostiary.evaluation.pad.data import BONA_FIDE, Recording
from ostiary.evaluation.pad.looks import NoStopwatch, Progress, Watcher, frames_of
from ostiary.evaluation.pad.views import Shown
from ostiary.ports import AttackDetector
from ostiary.presentation import judge
from ostiary.terms import Appearance, Image, Probe
from ostiary.vision.chain import FaceChain

STEP: Final = "worse conditions"
UNCHANGED: Final = "as they are"

EVERY_ATTACK: Final = 4
"""Of attacks, one frame in so many is looked at: people's errors matter here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """Frames of one species under one condition.

    Only frames that yield a probe as they are.

    Attributes:
        condition: its name.
        species: kind of attack, or people.
        frames: how many.
        no_probe: of those, how many yield none: turned away with advice.
        suffices: how many appearance takes for a person.
        open: how many it leaves open.
        attack: how many it takes for an attack.
        attack_per_subject: share of each subject's frames that it takes for an attack.
    """

    condition: str
    species: str
    frames: int
    no_probe: int
    suffices: int
    open: int
    attack: int
    attack_per_subject: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Outcome:
    species: str
    subject: str
    condition: str
    appearance: Appearance | None


def robustness(
    recordings: Sequence[Recording],
    chain: FaceChain,
    attacks: AttackDetector,
    show: Shown,
    progress: Progress,
) -> tuple[Robustness, ...]:
    """Look at frames again under every condition: all of people, some of attacks.

    Args:
        recordings: which.
        chain: from a picture to a probe.
        attacks: scores each face.
        show: from a picture to the standing zone.
        progress: is told how far it has come.

    Raises:
        ModelError: a runtime fails.
    """
    outcomes: list[_Outcome] = []
    for number, recording in enumerate(recordings):
        progress(STEP, number, len(recordings))
        outcomes += _of_recording(recording, chain, attacks, show)
    progress(STEP, len(recordings), len(recordings))
    names = (UNCHANGED, *CONDITIONS)
    species = sorted({outcome.species for outcome in outcomes})
    return tuple(
        _counted(
            name,
            kind,
            [o for o in outcomes if (o.condition, o.species) == (name, kind)],
        )
        for name in names
        for kind in species
    )


def _of_recording(
    recording: Recording, chain: FaceChain, attacks: AttackDetector, show: Shown
) -> list[_Outcome]:
    every = 1 if recording.species == BONA_FIDE else EVERY_ATTACK
    found: list[_Outcome] = []
    for image in islice(_images(recording), 0, None, every):
        for name, appearance in _under_all(show(image), chain, attacks):
            whose = recording.species, recording.subject
            found.append(_Outcome(*whose, name, appearance))
        overwrite(image)
    return found


def _images(recording: Recording) -> Iterator[Image]:
    for file in recording.files:
        try:
            for image, _ in frames_of(file, moving=recording.moving):
                yield image
        except CaptureError:
            # Named by the evaluation itself, which looked at it before.
            continue


def _under_all(
    zone: Image, chain: FaceChain, attacks: AttackDetector
) -> list[tuple[str, Appearance | None]]:
    watcher = Watcher(attacks)
    unchanged = _appearance(zone, chain, watcher)
    if unchanged is None or watcher.face is None:
        return []
    face = watcher.face
    return [
        (UNCHANGED, unchanged),
        *(
            (name, _appearance(change(zone, face), chain, attacks))
            for name, change in CONDITIONS.items()
        ),
    ]


def _appearance(
    zone: Image, chain: FaceChain, attacks: AttackDetector
) -> Appearance | None:
    seen = chain.observe(zone, attacks, NoStopwatch())
    return judge([seen.bona_fide_score]) if isinstance(seen, Probe) else None


def _counted(name: str, species: str, outcomes: Sequence[_Outcome]) -> Robustness:
    counts = Counter(outcome.appearance for outcome in outcomes)
    attacks: dict[str, list[bool]] = {}
    for outcome in outcomes:
        attack = outcome.appearance is Appearance.ATTACK
        attacks.setdefault(outcome.subject, []).append(attack)
    return Robustness(
        condition=name,
        species=species,
        frames=len(outcomes),
        no_probe=counts[None],
        suffices=counts[Appearance.SUFFICES],
        open=counts[Appearance.OPEN],
        attack=counts[Appearance.ATTACK],
        attack_per_subject={
            subject: sum(own) / len(own) for subject, own in sorted(attacks.items())
        },
    )
