"""Error rates of presentation-attack detection on the development data, in Markdown.

    OSTIARY_MODELS=... OSTIARY_DATA=... python benchmarks/pad.py

APCER per species of attack and BPCER, per subject and in all, per single frame and for
the mean of three frames of one session, as the gate decides (ISO/IEC 30107-3).
"""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import platformdirs

from ostiary.presentation import decide
from ostiary.terms import PresentationDecision
from ostiary.vision.chain import open_attack_detector
from ostiary.vision.store import ModelStore
from ostiary.vision.yunet import YuNetDetector

BONA_FIDE = "bona-fide"
SPECIES = ("print",)
FRAMES = 3


@dataclass(frozen=True, slots=True)
class Presentation:
    """One frame, or the mean of several: what it was, of whom, and its scores."""

    kind: str
    subject: str
    session: str
    scores: tuple[float | None, ...]

    def is_error(self, threshold: float) -> bool:
        """Whether the decision is the wrong one; an unassessed attack is no error."""
        passes = decide(self.scores, threshold) is PresentationDecision.BONA_FIDE
        return passes != (self.kind == BONA_FIDE)


def score_all(data: Path, store: ModelStore) -> list[Presentation]:
    detector = YuNetDetector(store)
    attacks = open_attack_detector("minifasnet", store)
    found = []
    for path in sorted(data.glob("nuaa-dev/*/*/*.jpg")):
        image = np.asarray(cv2.imread(str(path)), np.uint8)
        faces = detector.detect(image)
        face = max(faces, key=lambda face: face.box[2], default=None)
        score = None if face is None else attacks.assess(image, face)
        kind, subject = path.parts[-3:-1]
        session = path.stem.rsplit("_", 1)[0]
        found.append(Presentation(kind, subject, session, (score,)))
    return found


def grouped(frames: Sequence[Presentation]) -> list[Presentation]:
    """Consecutive frames of one session, three at a time, as one presentation."""
    sessions: dict[tuple[str, str, str], list[float | None]] = {}
    for frame in frames:
        key = frame.kind, frame.subject, frame.session
        sessions.setdefault(key, []).extend(frame.scores)
    return [
        Presentation(*key, tuple(scores[start : start + FRAMES]))
        for key, scores in sessions.items()
        for start in range(0, len(scores) - FRAMES + 1, FRAMES)
    ]


def cell(chosen: Sequence[Presentation], threshold: float) -> str:
    errors = sum(presentation.is_error(threshold) for presentation in chosen)
    if not chosen:
        return "-"
    rate = f"{100 * errors / len(chosen):.1f} % ({errors} of {len(chosen)})"
    return rate if errors else f"{rate}; at most {300 / len(chosen):.2g} %"


def table(title: str, presentations: Sequence[Presentation], threshold: float) -> None:
    kinds = (*SPECIES, BONA_FIDE)
    print(f"\n{title}, threshold {threshold:g}:\n")
    print(f"| subject | {' | '.join(f'APCER {s}' for s in SPECIES)} | BPCER |")
    print("| --- " * (1 + len(kinds)) + "|")
    subjects = sorted({presentation.subject for presentation in presentations})
    for subject in (*subjects, "all"):
        own = [p for p in presentations if subject in (p.subject, "all")]
        cells = [cell([p for p in own if p.kind == kind], threshold) for kind in kinds]
        print(f"| {subject} | {' | '.join(cells)} |")


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    data = Path(os.environ["OSTIARY_DATA"])
    models = os.environ.get("OSTIARY_MODELS")
    cache = platformdirs.user_cache_path("ostiary") / "models"
    frames = score_all(data, ModelStore(Path(models) if models else None, cache))
    print("# MiniFASNet pair on NUAA, faces found by YuNet")
    for threshold in (0.3, 0.5, 0.7):
        table("Single frames", frames, threshold)
    table("Mean of three frames of one session", grouped(frames), 0.5)
    print(
        "\nWhat this does not show: prints of one laboratory only. Replays on screens,"
        "\nmasks, and injection behind the camera are untested. Frames of a session are"
        "\ncorrelated, so 'at most' (the rule of three) flatters. Look at the subjects,"
        "\nnot at the mean: a person who is often suspected is turned away every day."
    )


if __name__ == "__main__":
    main()
