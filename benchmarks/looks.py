"""What judging looks during a challenge costs people, and what it tells of prints.

    OSTIARY_MODELS=... OSTIARY_DATA=... .venv/bin/python -m benchmarks.looks

Every frame of NUAA as a look at somebody who was asked to move, through the gate's own
chain, for two ways of showing the frames. One look below the limit ends a challenge, so
what counts of people is whether a session has any, and of prints how many looks it
takes until one is. What it does not show: heads that turn, since nobody did; screens;
how often an artefact that is exchanged for another comes near enough to straight ahead.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ostiary.capture.photographs import load_photograph
from ostiary.erasure import overwrite
from ostiary.evaluation.pad.looks import NoStopwatch
from ostiary.evaluation.pad.views import Shown, View, shown
from ostiary.ports import AttackDetector
from ostiary.presentation import ATTACK
from ostiary.presentation.challenge import Motion
from ostiary.presentation.parallax import Parallax
from ostiary.terms import Features, Image, Mesh
from ostiary.vision.chain import FaceChain, open_attack_detector, open_chain
from ostiary.vision.store import ModelStore

VIEWS: Final = (View.ENLARGED, View.ON_THE_MARK)
LOOKS: Final = (1, 2, 3, 5)


class Begun:
    """A meter that had its first look, and measures nothing."""

    begun: Final = True

    def begin(self, image: Image, mesh: Mesh) -> None:
        """Nothing."""

    def measure(self, image: Image, mesh: Mesh) -> Parallax | None:
        """None: motion is not asked after."""
        del image, mesh
        return None

    def forget(self) -> None:
        """Nothing was kept."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """One session of one subject: the scores of all looks that were judged.

    Attributes:
        subject: who is shown.
        looks: how many there were at a face.
        scores: of those that were judged, in the order of the frames.
    """

    subject: str
    looks: int
    scores: tuple[float, ...]

    @property
    def suspected(self) -> tuple[bool, ...]:
        """Of each judged look, whether it ends the challenge."""
        return tuple(score < ATTACK for score in self.scores)


def anybody(features: Features) -> bool:
    """Takes every face for the holder's."""
    del features
    return True


def sittings(
    folder: Path, chain: FaceChain, attacks: AttackDetector, show: Shown
) -> Iterator[Sitting]:
    """Every session below a folder of subjects."""
    for subject in sorted(folder.iterdir()):
        files: dict[str, list[Path]] = {}
        for path in sorted(subject.glob("*.jpg")):
            files.setdefault(path.name.rpartition("_")[0], []).append(path)
        for frames in files.values():
            motions = [look(path, chain, attacks, show) for path in frames]
            seen = [each for each in motions if each is not None]
            scores = (score or 0.0 for each in seen for score in each.scores)
            yield Sitting(subject.name, len(seen), tuple(scores))


def look(
    path: Path, chain: FaceChain, attacks: AttackDetector, show: Shown
) -> Motion | None:
    """One frame as a look; None: no face that could be measured."""
    image = load_photograph(path)
    zone = show(image)
    seen = chain.observe_motion(zone, Begun(), attacks, anybody, NoStopwatch())
    overwrite(image)
    if not isinstance(seen, Motion):
        return None
    overwrite(seen.features.values)
    return seen


def unseen(sitting: Sitting, count: int) -> tuple[int, int]:
    """How many stretches of so many judged looks hold no suspicious one, of all."""
    marks = sitting.suspected
    stretches = [marks[i : i + count] for i in range(len(marks) - count + 1)]
    return sum(not any(each) for each in stretches), len(stretches)


def report(view: View, found: Mapping[str, list[Sitting]]) -> None:
    print(f"\n## {view}\n")
    people, prints = found["bona-fide"], found["print"]
    for name, own in found.items():
        judged = sum(len(each.scores) for each in own)
        bad = sum(sum(each.suspected) for each in own)
        lowest = min((score for each in own for score in each.scores), default=1.0)
        subjects = len({each.subject for each in own if each.scores})
        print(f"- {name}: {sum(each.looks for each in own)} looks, {judged} judged")
        print(f"  (of {subjects} subjects); {bad} suspicious, lowest {lowest:.2f}")
    ended = [each.subject for each in people if any(each.suspected)]
    sat = sum(bool(each.scores) for each in people)
    print(
        f"- sessions of people with any suspicious look: {len(ended)} of {sat} {ended}"
    )
    print(
        "\n| prints, judged looks in a row | none of them suspicious |\n| --- | --- |"
    )
    for count in LOOKS:
        pairs = [unseen(each, count) for each in prints]
        passed, all_ = (sum(column) for column in zip(*pairs, strict=True))
        print(f"| {count} | {passed} of {all_} |")


def main() -> None:
    models, data = Path(os.environ["OSTIARY_MODELS"]), Path(os.environ["OSTIARY_DATA"])
    store = ModelStore(models, models)
    chain = open_chain("retail-0095", store)
    attacks = open_attack_detector("appearance", store)
    print("# Looks during a challenge, NUAA")
    for view in VIEWS:
        show = shown(view, chain.detector)
        kinds = ("bona-fide", "print")
        folders = {kind: data / "nuaa-dev" / kind for kind in kinds}
        report(
            view,
            {
                kind: [*sittings(folder, chain, attacks, show)]
                for kind, folder in folders.items()
            },
        )


if __name__ == "__main__":
    main()
