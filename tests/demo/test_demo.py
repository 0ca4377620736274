"""The demo's own parts; `make demo` runs it whole."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from ostiary.capture.qr import read_qr
from ostiary.capture.sources import VideoFile
from ostiary.config import load_config
from ostiary.credential import BiometricReference, Coding, verify
from ostiary.demo import rehearsal
from ostiary.demo.cases import CASES, Case, Pass
from ostiary.demo.passes import Maker
from ostiary.demo.rehearsal import Result
from ostiary.demo.report import closing_lines, line, summary
from ostiary.demo.scenes import CODE_FRAMES, STEP_FRAMES, Scene, write_video
from ostiary.errors import CredentialError
from ostiary.gate.clock import SystemClock
from ostiary.gate.knowledge import KnowledgeFiles
from ostiary.reasons import Reason
from ostiary.storage.home import Home
from ostiary.terms import AccessDecision, Outcome

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EXTRACTOR = "test/1"


def reference() -> BiometricReference:
    return BiometricReference(EXTRACTOR, Coding.INT8, bytearray(range(1, 65)))


@pytest.fixture
def passes(
    tmp_path: Path, randomness: Callable[[int], bytes]
) -> tuple[Home, Mapping[Pass, str]]:
    home = Home(tmp_path / "home")
    return home, Maker(home, reference, AT, randomness).prepare()


def knowledge(home: Home) -> KnowledgeFiles:
    config = home.path / "gate.toml"
    config.write_text(rehearsal.gate_toml("retail-0095", "absent"))
    return KnowledgeFiles(load_config(config), EXTRACTOR, 64)


def test_every_pass_is_what_its_case_says(
    passes: tuple[Home, Mapping[Pass, str]],
) -> None:
    home, texts = passes
    assert set(texts) == set(Pass)
    known = knowledge(home).at(AT)
    for case in CASES:
        if case.shown is Pass.FACELESS:
            assert verify(texts[case.shown], known, AT).reference is None
        elif case.shown is Pass.VALID:
            assert verify(texts[case.shown], known, AT).reference is not None
        else:
            with pytest.raises(CredentialError) as error:
                verify(texts[case.shown], known, AT)
            assert error.value.reason is case.expected.reason


def test_the_code_in_the_scene_can_be_read_and_is_then_gone(tmp_path: Path) -> None:
    portrait = np.full((300, 200, 3), 90, np.uint8)
    text = "0123456789ABCDEF" * 48
    write_video(Scene(text, [portrait], stay_frames=3), tmp_path / "scene.avi")
    frames = list(VideoFile(tmp_path / "scene.avi", SystemClock(UTC)).frames())
    assert len(frames) == CODE_FRAMES + STEP_FRAMES + 3
    read = [read_qr(frame.image) for frame in frames]
    assert read[:CODE_FRAMES] == [(text,)] * CODE_FRAMES
    assert not any(read[CODE_FRAMES:])
    assert frames[0].image.shape == (720, 1280, 3)


def test_names_of_cases_differ() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_whatever_rests_on_staged_evidence_says_so() -> None:
    """Decisions that came after the attack check, or from an attendant."""
    after = {
        Reason.HOLDER_VERIFIED,
        Reason.NON_MATCH,
        Reason.ATTACK_SUSPECTED,
        Reason.ATTACK_NOT_ASSESSED,
        Reason.ATTENDANT_CONFIRMED,
        Reason.ATTENDANT_ABSENT,
    }
    for case in CASES:
        if case.expected.reason in after:
            assert case.staged


@pytest.fixture
def results() -> list[Result]:
    return [
        Result(case, case.expected, case.grants, {"detect": 1.23456}) for case in CASES
    ]


def test_the_table_has_a_row_for_each_case(results: list[Result]) -> None:
    for result in results:
        assert result.case.name in line(result)
        assert " ok" in line(result)
    text = " ".join(closing_lines(results))
    assert f"{len(CASES)} of {len(CASES)} decisions as expected" in text
    assert "no test of attack detection" in text


@pytest.mark.parametrize(
    ("observed", "opened"),
    [
        (AccessDecision(Outcome.REFUSE, Reason.HOLDER_VERIFIED), False),
        (AccessDecision(Outcome.GRANT, Reason.ATTENDANT_CONFIRMED), True),
        (AccessDecision(Outcome.GRANT, Reason.HOLDER_VERIFIED), False),
    ],
)
def test_a_difference_is_shown(observed: AccessDecision, *, opened: bool) -> None:
    case = next(c for c in CASES if c.expected.reason is Reason.HOLDER_VERIFIED)
    result = Result(case, observed, opened, {})
    assert not result.as_expected
    assert "DIFFERS" in line(result)


def test_a_door_that_opens_on_a_refusal_differs() -> None:
    case: Case = next(c for c in CASES if not c.grants)
    assert not Result(case, case.expected, opened=True, stages={}).as_expected


def test_the_summary_says_what_was_used(results: list[Result]) -> None:
    content = json.loads(summary(results, "retail-0095/2", attack_detection=False))
    assert content["extractor"] == "retail-0095/2"
    assert content["attack_detection"] == "not found"
    assert {"python", "ostiary", "openvino"} <= content["versions"].keys()
    assert [case["name"] for case in content["cases"]] == [c.name for c in CASES]
    first = content["cases"][0]
    assert first["expected"] == first["observed"] == "grant"
    assert first["reason"] == "holder-verified"
    assert first["staged_evidence"] == "attack check bona fide"
    assert first["milliseconds"] == {"detect": 1.235}
