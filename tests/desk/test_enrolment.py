"""One person before the desk's camera: what is taken, what ends it, what is left."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from typing_extensions import override

from ostiary.capture.photographs import decode_photograph, load_photograph
from ostiary.credential import decode_template
from ostiary.desk.enrolment import UNASSESSED, Enrolment, enrolments
from ostiary.errors import EnrolmentError
from ostiary.ports import AttackDetector
from ostiary.reasons import Reason
from ostiary.terms import Image, Observation
from ostiary.vision.store import ModelStore
from tests.desk.staged_enrolment import (
    DIMENSIONS,
    NOBODY,
    OTHER,
    PERSON,
    SCREEN,
    UNSURE,
    StagedChain,
    picture,
    staged,
)

HOLDER = "0002"
"""The subject of the development data whom `tests/cli` enrols, too."""


def look(enrolment: Enrolment, colour: str) -> Reason | None:
    return enrolment.look(shown(colour))


def shown(colour: str) -> Image:
    return decode_photograph(picture(colour))


def test_three_pictures_make_a_template_and_nothing_else_is_left() -> None:
    chain = StagedChain()
    enrolment = staged(chain)()
    seen = [look(enrolment, colour) for colour in (NOBODY, PERSON, PERSON, PERSON)]
    assert seen == [Reason.NO_FACE, None, None, None]
    assert enrolment.is_complete
    reference = enrolment.finish()
    decoded = decode_template(reference, "test/1", DIMENSIONS)
    assert decoded.values[0] == pytest.approx(1)
    assert not any(picture.any() for picture in chain.looked_at)
    assert not any(sample.values.any() for sample in chain.taken)
    assert enrolment.taken == 0


def test_the_same_picture_counts_once_in_whatever_file_it_comes() -> None:
    chain = StagedChain()
    enrolment = staged(chain)()
    photograph = shown(PERSON)
    file = BytesIO()
    Pillow.fromarray(photograph[..., ::-1]).save(file, "PNG")
    again = decode_photograph(file.getvalue())
    assert enrolment.look(photograph.copy()) is None
    for same in (photograph.copy(), again):
        assert enrolment.look(same) is Reason.CAMERA_REPEATS
        assert not same.any()
    assert (enrolment.taken, len(chain.taken)) == (1, 1)
    assert look(enrolment, PERSON) is None
    enrolment.forget()
    # What is forgotten is not known again, either.
    assert enrolment.look(photograph) is None


def test_a_screen_ends_it_and_what_was_taken_before_is_gone() -> None:
    chain = StagedChain()
    enrolment = staged(chain)()
    assert look(enrolment, PERSON) is None
    assert look(enrolment, SCREEN) is Reason.ATTACK_SUSPECTED
    assert enrolment.taken == 0
    assert not any(sample.values.any() for sample in chain.taken)
    # Whoever waits for a lucky picture waits in vain.
    assert look(enrolment, PERSON) is Reason.ATTACK_SUSPECTED
    assert len(chain.taken) == 2


def test_looks_that_leave_it_open_are_not_taken() -> None:
    enrolment = staged(StagedChain())()
    assert look(enrolment, UNSURE) is Reason.ATTACK_NOT_ASSESSED
    assert enrolment.taken == 0


def test_what_was_not_assessed_counts_where_the_owner_says_so_alone() -> None:
    class Blind:
        identity = "blind"

        def assess(self, *_: object) -> None:
            return None

        def forget(self) -> None:
            pass

    strict = Enrolment(StagedChain(), Blind())
    assert look(strict, PERSON) is Reason.ATTACK_NOT_ASSESSED
    assert look(Enrolment(StagedChain(), Blind(), UNASSESSED), PERSON) is None


def test_two_people_make_no_template() -> None:
    chain = StagedChain()
    enrolment = staged(chain)()
    for colour in (PERSON, PERSON, OTHER):
        look(enrolment, colour)
    with pytest.raises(EnrolmentError) as told:
        enrolment.finish()
    assert told.value.reason is Reason.NON_MATCH
    assert not any(sample.values.any() for sample in chain.taken)
    assert enrolment.taken == 0


def test_a_picture_is_overwritten_whatever_happens() -> None:
    class Failing(StagedChain):
        @override
        def acquire(self, photograph: Image, attacks: AttackDetector) -> Observation:
            raise RuntimeError

    photograph = shown(PERSON)
    with pytest.raises(RuntimeError):
        staged(Failing())().look(photograph)
    assert not photograph.any()


def test_it_is_finished_when_it_is_complete_and_not_before() -> None:
    enrolment = staged(StagedChain())()
    with pytest.raises(ValueError, match="not complete"):
        enrolment.finish()
    for _ in range(3):
        look(enrolment, PERSON)
    assert enrolment.is_complete
    with pytest.raises(ValueError, match="complete"):
        enrolment.look(np.zeros((4, 4, 3), np.uint8))


@pytest.mark.models
@pytest.mark.data
def test_a_person_is_enrolled_and_their_print_is_not(
    models: str, data: str, tmp_path: Path
) -> None:
    faces = Path(data) / "nuaa-dev"
    begin = enrolments("retail-0095", "appearance", ModelStore(Path(models), tmp_path))
    person, printed = begin(), begin()
    bona_fide = sorted((faces / "bona-fide" / HOLDER).iterdir())
    for number in (0, 5, 10):
        assert person.look(load_photograph(bona_fide[number])) is None
    assert person.finish().extractor.startswith("retail-0095/")
    shown = min((faces / "print" / HOLDER).iterdir())
    assert printed.look(load_photograph(shown)) is Reason.ATTACK_SUSPECTED
