"""The demo's table for people, and its summary for programs."""

import json
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Final

from ostiary.demo.rehearsal import Result

_PACKAGES: Final = (
    "ostiary",
    "openvino",
    "opencv-python-headless",
    "zxing-cpp",
    "cryptography",
    "numpy",
)

HEADING: Final = (
    f"{'case':<40} {'expected':<31} {'observed':<31} {'':<8} staged evidence"
)


def line(result: Result) -> str:
    """One case as a row of the table."""
    expected = result.case.expected
    observed = result.observed
    verdict = "ok" if result.as_expected else "DIFFERS"
    return (
        f"{result.case.name:<40} {expected.outcome:<7}{expected.reason:<24} "
        f"{observed.outcome:<7}{observed.reason:<24} {verdict:<8} "
        f"{result.case.staged or '-'}"
    ).rstrip()


def closing_lines(results: Sequence[Result]) -> Iterable[str]:
    """What the table shows, and what it does not."""
    right = sum(result.as_expected for result in results)
    staged = sum(bool(result.case.staged) for result in results)
    yield f"{right} of {len(results)} decisions as expected."
    yield (
        f"Staged through the ports, not measured: the evidence of {staged} cases (last "
        "column). A composed"
    )
    yield (
        "video is no test of attack detection; the real networks are at work in the "
        "tests on real data."
    )


def summary(
    results: Sequence[Result], extractor: str, *, attack_detection: bool
) -> bytes:
    """The summary as JSON, UTF-8.

    Args:
        results: all of them.
        extractor: identity of the extractor that was used.
        attack_detection: whether a real attack detector's model was found. The demo's
            evidence is staged either way.
    """
    content = {
        "extractor": extractor,
        "attack_detection": "found" if attack_detection else "not found",
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in _PACKAGES},
        },
        "cases": [_case(result) for result in results],
    }
    return (json.dumps(content, indent=2) + "\n").encode()


def _case(result: Result) -> dict[str, object]:
    return {
        "name": result.case.name,
        "expected": result.case.expected.outcome,
        "observed": result.observed.outcome,
        "expected_reason": result.case.expected.reason,
        "reason": result.observed.reason,
        "as_expected": result.as_expected,
        "door_opened": result.opened,
        "staged_evidence": result.case.staged or None,
        "milliseconds": {name: round(ms, 3) for name, ms in result.stages.items()},
    }
