"""Lines of keys are found as `tomllib` understands the document, whatever is in it."""

import json
import tomllib
from dataclasses import dataclass, field

from hypothesis import example, given
from hypothesis import strategies as st

from ostiary.config.lines import line_of

BARE = st.text("abz019_-", min_size=1, max_size=4)
NOISE = st.text(alphabet="ab=[]{}#.,\"' \t", max_size=12)


def quoted(text: str) -> str:
    return json.dumps(text)


def literal(text: str) -> str:
    return "'" + text.replace("'", "") + "'"


def tripled(text: str) -> str:
    """A text of three lines, of which the second looks like a table and a key."""
    plain = text.replace('"', "").replace("\\", "")
    return f'"""{plain}\n[a]\na = 1 {plain}"""'


def tripled_literal(text: str) -> str:
    plain = text.replace("'", "")
    return f"'''{plain}\n[a]\na = 1 {plain}'''"


def spread(text: str) -> str:
    """A list over several lines, with a comment in it."""
    return f"[ # {text}\n  {quoted(text)},\n  [1, 2],\n]"


def inline(text: str) -> str:
    return f"{{ a = {quoted(text)}, b = [{literal(text)}] }}"


WRITTEN = st.builds(
    lambda write, text: write(text),
    st.sampled_from([quoted, literal, tripled, tripled_literal, spread, inline]),
    NOISE,
) | st.sampled_from(["1", "true", "2026-11-21", "-0.5e3"])


@dataclass
class Document:
    """A TOML document, and on which line each key of it stands."""

    text: str = ""
    lines: dict[str, int] = field(default_factory=dict)

    def add(self, key: str, written: str) -> None:
        if key in self.lines:
            return
        self.lines[key] = self.text.count("\n") + 1
        self.text += written + "\n"


@st.composite
def documents(draw: st.DrawFn) -> Document:
    made = Document()
    tables = draw(st.lists(BARE, max_size=3, unique=True))
    for table in ["", *tables]:
        if table:
            made.text += draw(st.sampled_from(["", "\n", "# [a]\n"]))
            gap = draw(st.sampled_from(["", " "]))
            made.add(table, f"[{gap}{table}{gap}] # a = 1")
        for name in draw(st.lists(BARE, max_size=3, unique=True)):
            key = f"{table}.{name}" if table else name
            if key in tables:
                continue
            spelled = draw(st.sampled_from([name, f'"{name}"', f"'{name}'"]))
            made.text += draw(st.sampled_from(["", "# a = 1\n", "  "]))
            end = draw(st.sampled_from(["", " # b = 2", "  "]))
            made.add(key, f"{spelled} = {draw(WRITTEN)}{end}")
    return made


@given(documents())
def test_every_key_is_found_on_its_line(document: Document) -> None:
    tomllib.loads(document.text)
    for key, line in document.lines.items():
        assert line_of(document.text, key) == line, (key, document.text)


@given(st.text(), BARE)
@example('a = """', "a")
@example("[", "a")
@example('= = 1\n"\\', "a")
def test_any_text_is_answered(text: str, key: str) -> None:
    line = line_of(text, key)
    assert line is None or 1 <= line <= text.count("\n") + 1


def test_what_has_no_line_of_its_own_is_in_its_table() -> None:
    assert line_of("a = 1\n[b]\nc = 2", "b.d") == 2
    assert line_of("a = 1\n[b]\nc = [\n1]", "b.c[0]") == 3
    assert line_of("b = { c = 2 }", "b.c") == 1
    assert line_of("b.c = 2", "b.c") == 1
    assert line_of("a = 1", "d") is None
