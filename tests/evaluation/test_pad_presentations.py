from pathlib import Path

import numpy as np
import pytest

from ostiary.evaluation.pad.data import BONA_FIDE, Recording
from ostiary.evaluation.pad.looks import Light, Look, Watched
from ostiary.evaluation.pad.presentations import (
    presentations,
    references,
    single_frames,
)
from ostiary.reasons import Reason
from ostiary.terms import Appearance, Features

LIGHT = Light(100, 20, 2)


def seen(score: float | None, person: int = 0, seconds: float = 0.0) -> Look:
    values = np.zeros(4, np.float32)
    values[person] = 1
    return Look(None, seconds, 1.0, score, LIGHT, Features("x/1", values))


def unseen(reason: Reason) -> Look:
    return Look(reason, 0.0, 1.0, None, None, None)


def watched(*looks: Look, moving: bool = False, species: str = "print") -> Watched:
    recording = Recording(species, "1", "s", (Path("a"),), moving)
    return Watched(recording, looks, ())


def test_three_frames_after_one_another_decide() -> None:
    row = [seen(score / 10) for score in range(1, 8)]
    found = presentations([watched(*row)], 3, 0.5)
    assert [p.scores for p in found] == [(0.1, 0.2, 0.3), (0.4, 0.5, 0.6)]
    assert [p.looked_at for p in found] == [3, 3]
    assert found[1].score == pytest.approx(0.5)
    assert found[1].appearance is Appearance.OPEN


def test_a_flawed_frame_is_passed_over_and_another_scene_begins_anew() -> None:
    row = [seen(0.9), unseen(Reason.FACE_BLURRED), seen(0.8)]
    row += [unseen(Reason.NO_FACE), seen(0.7), seen(0.6), seen(0.5)]
    (found,) = presentations([watched(*row)], 3, 0.5)
    assert found.scores == (0.7, 0.6, 0.5)
    assert found.looked_at == 7


def test_another_face_begins_anew() -> None:
    row = [seen(0.9), seen(0.9), seen(0.1, person=1), seen(0.2, 1), seen(0.3, 1)]
    (found,) = presentations([watched(*row)], 3, 0.5)
    assert found.scores == (0.1, 0.2, 0.3)


def test_a_video_is_one_presentation_with_a_time() -> None:
    row = [seen(0.9, seconds=number / 10) for number in range(9)]
    (found,) = presentations([watched(*row, moving=True)], 3, 0.5)
    assert found.seconds == pytest.approx(0.2)


def test_too_few_frames_are_a_presentation_without_response() -> None:
    (found,) = presentations([watched(seen(0.9), unseen(Reason.NO_FACE))], 3, 0.5)
    assert not found.responded
    assert found.looked_at == 2
    assert found.appearance is Appearance.NOT_ASSESSED


def test_nothing_that_could_be_read_is_no_presentation() -> None:
    assert presentations([watched()], 3, 0.5) == []


def test_every_frame_on_its_own() -> None:
    found = single_frames([watched(seen(0.9), unseen(Reason.NO_FACE), seen(None))])
    assert [p.responded for p in found] == [True, False, True]
    assert found[2].appearance is Appearance.NOT_ASSESSED
    assert found[2].score == 0.0


def test_references_are_made_of_the_first_session_with_enough_people_in_it() -> None:
    few = watched(seen(0.9), species=BONA_FIDE)
    enough = watched(*[seen(0.9, 1)] * 5, species=BONA_FIDE)
    other = watched(*[seen(0.9, 2)] * 5, species=BONA_FIDE)
    attack = watched(*[seen(0.9, 3)] * 5)
    made = references([attack, few, enough, other])
    assert set(made) == {"1"}
    assert made["1"].values.tolist() == [0, 1, 0, 0]


def test_features_and_scores_stay_out_of_what_is_printed() -> None:
    (found,) = presentations([watched(*[seen(0.123)] * 3)], 3, 0.5)
    assert "0.123" not in repr(found) + repr(seen(0.123))
