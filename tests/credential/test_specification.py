"""The specification says what the code does, where that can be compared."""

import re
import runpy
from collections import Counter
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


def musts() -> list[tuple[int, list[str]]]:
    """The section of each MUST in the table, and the tests that stand beside it."""
    rows = re.findall(
        r"^\| (\d+) \| [^|]+ \| (.+) \|$",
        section("14. Where each MUST is tested"),
        re.M,
    )
    return [(int(number), re.findall(r"`([^`]+)`", tests)) for number, tests in rows]


def test_every_must_has_a_test_beside_it() -> None:
    listed = Counter(number for number, _ in musts())
    # The first line explains the words, and the last section lists them.
    parts = re.split(r"^## (\d+)\. .*$", SPECIFICATION.split("\n", 3)[-1], flags=re.M)
    numbered = [(0, parts[0]), *zip(map(int, parts[1::2]), parts[2::2], strict=True)]
    written = {
        number: len(re.findall(r"\bMUST\b", text))
        for number, text in numbered
        if number != 14
    }
    assert listed == +Counter(written)


def test_every_test_beside_a_must_exists() -> None:
    for _, tests in musts():
        assert tests
        for named in tests:
            path, name = named.split("::")
            source = (ROOT / path).read_text(encoding="utf-8")
            assert f"\ndef {name}(" in source, named
