"""Pictures are judged as a gate judges probes, and as the desk judges photographs."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import platformdirs
import pytest

from ostiary.capture.photographs import load_photograph
from ostiary.errors import EnrolmentError
from ostiary.evaluation.acquisition import CentralFace, sample
from ostiary.evaluation.cache import Sampled
from ostiary.quality import ENROLMENT_LIMITS
from ostiary.reasons import Reason
from ostiary.terms import Face, Image, Mesh
from ostiary.vision.chain import FaceChain, open_chain
from ostiary.vision.store import ModelStore
from tests.evaluation.conftest import PatternExtractor, pattern, pattern_chain
from tests.quality.drawn_mesh import drawn_mesh


class NoddingMesher:
    """As many degrees of nod as the picture's first grey level says."""

    def look(self, image: Image, face: Face) -> Mesh:
        return drawn_mesh(middle=(64, 51), inter_eye=32, pitch_degrees=image[0, 0, 0])

    def forget(self) -> None:
        """Nothing is held."""


def nodding(degrees: int) -> Image:
    image = pattern(1, 1)
    image[0, 0] = degrees
    return image


def strict_chain() -> FaceChain:
    """A nod of 20 degrees is too much at the desk, one of 30 at the gate."""
    chain = pattern_chain(PatternExtractor())
    stricter = replace(chain.enrolment_limits, pitch_degrees=20)
    return replace(chain, mesh=NoddingMesher(), enrolment_limits=stricter)


def enrols(chain: FaceChain, photograph: Image) -> Reason | None:
    """What the desk says."""
    try:
        chain.enrol([photograph])
    except EnrolmentError as error:
        return error.reason
    return None


@pytest.mark.parametrize(
    ("degrees", "at_gate", "at_desk"),
    [
        (5, None, None),
        (27, None, Reason.FACE_TURNED),
        (60, Reason.FACE_TURNED, Reason.FACE_TURNED),
    ],
)
def test_a_photograph_is_judged_by_gate_and_desk(
    degrees: int, at_gate: Reason | None, at_desk: Reason | None
) -> None:
    chain = strict_chain()
    found = sample(nodding(degrees), chain)
    assert (found.failure, found.enrolment_failure) == (at_gate, at_desk)
    assert (found.features is None) == (at_gate is not None)
    assert found.enrolment_failure is enrols(chain, nodding(degrees))
    assert 0 < found.quality <= 100


def test_a_lower_nod_is_a_better_picture() -> None:
    chain = strict_chain()
    assert sample(nodding(5), chain).quality > sample(nodding(40), chain).quality


def test_without_one_face_nothing_is_measured() -> None:
    black = np.zeros((128, 128, 3), np.uint8)
    nobody = Sampled(None, Reason.NO_FACE, Reason.NO_FACE, 0)
    assert sample(black, strict_chain()) == nobody


@pytest.fixture(scope="module")
def real_chain(models: str) -> Iterator[FaceChain]:
    cache = platformdirs.user_cache_path("ostiary") / "models"
    chain = open_chain("retail-0095", ModelStore(Path(models), cache))
    yield replace(chain, detector=CentralFace(chain.detector))
    chain.forget()


@pytest.mark.models
@pytest.mark.data
def test_real_photographs_are_enrolled_or_not_as_at_the_desk(
    real_chain: FaceChain, data: str
) -> None:
    """Every thirtieth picture of LFW, and every twentieth of NUAA."""
    paths = sorted(Path(data, "lfw-dev").glob("*/*.jpg"))[::30]
    paths += sorted(Path(data, "nuaa-dev", "bona-fide").glob("*/*.jpg"))[::20]
    refused = 0
    for path in paths:
        photograph = load_photograph(path)
        found = sample(photograph, real_chain)
        assert found.enrolment_failure is enrols(real_chain, photograph)
        if found.enrolment_failure is None:
            assert found.failure is None
            assert found.features is not None
            enrolled = real_chain.enrol([photograph])
            np.testing.assert_allclose(enrolled.values, found.features, atol=1e-6)
        refused += found.failure is None and found.enrolment_failure is not None
    # Whom the gate would take, and the desk does not.
    assert refused > 5
    assert real_chain.enrolment_limits == ENROLMENT_LIMITS
