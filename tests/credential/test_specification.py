"""The specification says what the code does, where that can be compared."""

import re
import runpy
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from ostiary.credential import LIMITS
from ostiary.reasons import Reason

ROOT = Path(__file__).parents[2]
SPECIFICATION = (ROOT / "docs/spec/credential.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", SPECIFICATION, re.M | re.S)
    assert found is not None, heading
    return found[1]


def test_it_lists_every_limit_and_its_value() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", section("7. Limits"), re.M)
    limits = {
        name: int(value.total_seconds() if isinstance(value, timedelta) else value)
        for name, value in asdict(LIMITS).items()
    }
    assert {name: int(value) for name, value in rows} == limits


def test_it_lists_every_reason_of_a_credential() -> None:
    reasons = [reason.value for reason in Reason]
    first = reasons.index(Reason.TEXT_TOO_LONG)
    last = reasons.index(Reason.REFERENCE_INCOMPATIBLE)
    quoted = set(re.findall(r"`([a-z0-9-]+)`", section("6. Verification")))
    assert quoted & set(reasons) == set(reasons[first : last + 1])


def test_it_shows_the_sizes_that_the_command_prints() -> None:
    script = runpy.run_path(str(ROOT / "tests/vectors/sizes.py"))
    table: Callable[[], str] = script["table"]
    assert table() in section("11. Sizes")
