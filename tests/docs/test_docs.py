"""Links in the documents lead somewhere, and their configurations load."""

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from ostiary.config import GateConfig, load_config, sections_of

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
TOP_PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md"]

FENCED = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z]+:")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def links(page: Path) -> list[str]:
    targets = LINK.findall(FENCED.sub("", text_of(page)))
    return [target for target in targets if not ELSEWHERE.match(target)]


def anchors(page: Path) -> set[str]:
    """What the headings of a page can be reached by, as GitHub spells it."""
    headings = HEADING.findall(FENCED.sub("", text_of(page)))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def leads_somewhere(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not anchor or anchor in anchors(target))


def configurations() -> list[tuple[str, str]]:
    """Every whole gate configuration that a page shows, after the page's name."""
    return [
        (page.name, text)
        for page in [*TOP_PAGES, *PAGES]
        for language, text in FENCED.findall(text_of(page))
        if language == "toml" and "[files]" in text
    ]


def load(folder: Path, text: str) -> GateConfig:
    path = folder / "gate.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


@pytest.mark.parametrize(
    "page", [*TOP_PAGES, *PAGES], ids=lambda page: str(page.relative_to(ROOT))
)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert [link for link in links(page) if not leads_somewhere(page, link)] == []


@pytest.mark.parametrize(("page", "text"), configurations())
def test_every_whole_configuration_loads(page: str, text: str, tmp_path: Path) -> None:
    assert load(tmp_path, text).zone, page


def test_the_complete_example_names_every_setting_and_its_default(
    tmp_path: Path,
) -> None:
    examples = dict(configurations())
    table = tomllib.loads(examples["run-a-gate.md"])
    config = load(tmp_path, examples["run-a-gate.md"])
    for name, section in sections_of(config):
        if name == "files":
            continue  # Paths count from the folder that it lies in.
        # What has no default and may be left out is told of beside the example.
        settings = [s for s in dataclasses.fields(section) if s.default is not None]
        assert set(table[name]) == {setting.name for setting in settings}
        for setting in settings:
            if setting.default is not dataclasses.MISSING:
                shown = getattr(section, setting.name)
                assert shown == setting.default, setting.name


def test_every_section_is_shown_in_some_how_to() -> None:
    pages = (ROOT / "docs/how-to").glob("*.md")
    shown = set(re.findall(r"^\[(\w+)\]", "\n".join(map(text_of, pages)), re.MULTILINE))
    every = {each.name for each in dataclasses.fields(GateConfig)}
    assert every - {"zone", "time_zone"} <= shown


def test_every_decision_record_is_listed() -> None:
    records = {path.name for path in (ROOT / "docs/adr").glob("[0-9]*.md")}
    assert records == set(links(ROOT / "docs/adr/README.md"))


@pytest.mark.parametrize("page", ["status.md", "trust.md", "journal.md"])
def test_every_test_that_a_specification_names_is_there(page: str) -> None:
    named = re.findall(r"`(test_\w+)`", text_of(ROOT / "docs/spec" / page))
    files = re.findall(r"`(tests/[\w/]+\.py)`", text_of(ROOT / "docs/spec" / page))
    sources = (path.read_text(encoding="utf-8") for path in ROOT.glob("tests/*/*.py"))
    there = set(re.findall(r"^def (test_\w+)", "\n".join(sources), re.MULTILINE))
    assert named
    assert sorted(set(named) - there) == []
    assert all((ROOT / file).exists() for file in files)


@pytest.mark.parametrize(("page", "least"), [("trust.md", 20), ("journal.md", 15)])
def test_every_must_about_trust_and_journals_names_a_test(
    page: str, least: int
) -> None:
    rules = re.findall(
        r"^\d+\. .*?(?=^\d+\. |^\n|\Z)",
        text_of(ROOT / "docs/spec" / page),
        re.MULTILINE | re.DOTALL,
    )
    bound = [rule for rule in rules if re.search(r"\bMUST\b", rule)]
    assert len(bound) > least
    assert [rule for rule in bound if not re.search(r"test_|same test", rule)] == []
