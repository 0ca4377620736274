"""The checklist of the desk's security names what is there, and counts itself."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
ROWS = re.findall(
    r"^\| ([\d.]+)(?:-([\d.]+))? \| [^|]+ \| ([a-z ]+) \| (.*) \|$", PAGE, re.MULTILINE
)
STATES = ("holds", "does not hold", "not applicable")


def numbers(first: str, last: str) -> list[tuple[int, ...]]:
    return [tuple(map(int, each.split("."))) for each in (first, last or first)]


def test_every_test_and_file_that_it_names_is_there() -> None:
    sources = (path.read_text(encoding="utf-8") for path in ROOT.glob("tests/*/*.py"))
    there = set(re.findall(r"^def (test_\w+)", "\n".join(sources), re.MULTILINE))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    files = set(re.findall(r"`([\w./-]+/[\w.-]+\.\w+)`", PAGE))
    assert len(named) > 60
    assert sorted(named - there) == []
    assert sorted(file for file in files if not (ROOT / file).exists()) == []


def test_it_counts_itself() -> None:
    counts = Counter(state for _, _, state, _ in ROWS)
    assert set(counts) == set(STATES)
    holds, fails, foreign = (counts[state] for state in STATES)
    said = re.search(
        r"Of (\d+) lines (\d+) hold, (\d+) do not hold, (\d+) are not", PAGE
    )
    assert said is not None
    assert tuple(map(int, said.groups())) == (len(ROWS), holds, fails, foreign)
    assert PAGE.count("\n| ") == len(ROWS) + PAGE.count("\n| --- ") * 2


def test_every_number_stands_once_and_in_order() -> None:
    ends = [number for first, last, _, _ in ROWS for number in numbers(first, last)]
    assert ends == sorted(ends)
    assert len({first for first, _, _, _ in ROWS}) == len(ROWS)


def test_what_does_not_hold_says_why() -> None:
    assert [row for row in ROWS if row[2] != "holds" and len(row[3]) < 4] == []
