"""The colours of the pages can be told apart from what lies under them."""

import re

import pytest

from ostiary.web.rendering import STATIC

PAIRS = [
    ("ink", "paper"),
    ("ink", "bright"),
    ("ink-soft", "paper"),
    ("ink", "referred"),
    ("on-dark", "granted"),
    ("on-dark", "refused"),
    ("on-dark", "closed"),
    ("on-dark", "accent"),
    ("on-dark", "ink"),
]

COLOURS = dict(
    re.findall(r"--([a-z-]+): #([0-9a-f]{6});", (STATIC / "tokens.css").read_text())
)


def luminance(name: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(COLOURS[name][at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_a_pair_has_seven_to_one(text: str, ground: str) -> None:
    lighter, darker = sorted((luminance(text), luminance(ground)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 7


def test_no_sheet_has_a_colour_of_its_own() -> None:
    for sheet in ("kiosk.css",):
        assert re.findall(r"#[0-9a-f]{3,8}\b", (STATIC / sheet).read_text()) == []


def test_no_page_asks_anybody_else_for_anything() -> None:
    for path in STATIC.parent.rglob("*"):
        if path.suffix in {".css", ".js", ".html", ".svg"}:
            text = path.read_text().replace("http://www.w3.org/2000/svg", "")
            assert not re.search(r"https?://|//[a-z]+\.[a-z]", text), path.name
            assert "style=" not in text, path.name
            assert "onclick" not in text, path.name
