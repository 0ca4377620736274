"""On which line of a TOML document a key stands, for messages about it.

`tomllib` reads the document, and says what is in it but not where. This looks through
the same text again for nothing but the places of keys: it skips comments, and values
whole, so that nothing inside a text is taken for a key. It is asked about documents
that `tomllib` has read, and answers without an error about any other.
"""

import re
import tomllib
from collections.abc import Iterator
from typing import Final

_KEY: Final = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_DOTTED: Final = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"

_HEADER: Final = re.compile(rf"\[\[?[ \t]*({_DOTTED})[ \t]*\]\]?")
_PAIR: Final = re.compile(rf"({_DOTTED})[ \t]*=")
_VALUE: Final = re.compile(
    r'''"""(?s:\\.|(?!""")[^\\])*"{3,5}'''
    r"""|'''(?s:(?!''').)*'{3,5}"""
    r"""|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\#[^\n]*|[\[{\]},]|\n|[^"'#\[{\]},\n]+|."""
)
"""One piece of a value: a text, a comment, a bracket, the end of a line, the rest."""


def line_of(text: str, key: str) -> int | None:
    """The line of a key, counted from 1; of its table where it has none of its own.

    Args:
        text: a TOML document.
        key: its name, with those of its tables before dots; "[3]" at its end is left
            aside.
    """
    lines: dict[tuple[str, ...], int] = {}
    for name, line in _places(text):
        lines.setdefault(name, line)
    parts = re.sub(r"\[\d+\]$", "", key).split(".")
    ways = (tuple(parts[:length]) for length in range(len(parts), 0, -1))
    return next((lines[way] for way in ways if way in lines), None)


def _places(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Each key and table, in its order, with its line."""
    table: tuple[str, ...] = ()
    place = 0
    while place < len(text):
        line = text.count("\n", 0, place) + 1
        if header := _HEADER.match(text, place):
            table = _names(header[1])
            yield table, line
            place = header.end()
        elif pair := _PAIR.match(text, place):
            yield (*table, *_names(pair[1])), line
            place = _after_value(text, pair.end())
        elif text[place] == "#":
            place = _after_value(text, place)
        else:
            place += 1


def _after_value(text: str, place: int) -> int:
    """Where the line ends on which a value does."""
    depth = 0
    for piece in _VALUE.finditer(text, place):
        if piece[0] in ("[", "{"):
            depth += 1
        elif piece[0] in ("]", "}"):
            depth -= 1
        elif piece[0] == "\n" and depth <= 0:
            return piece.end()
    return len(text)


def _names(dotted: str) -> tuple[str, ...]:
    """The single names of a key, as TOML itself reads them."""
    try:
        value: object = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return ()
    names = []
    while isinstance(value, dict):
        ((name, value),) = value.items()
        names.append(name)
    return tuple(names)
