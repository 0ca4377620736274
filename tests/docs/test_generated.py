"""The generated pages are what the script writes from the code as it is."""

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["reasons.md", "settings.md"])
def test_a_page_is_what_the_script_writes(page: str, tmp_path: Path) -> None:
    write: Callable[[Path], None] = runpy.run_path(str(DOCS / "generate.py"))["write"]
    write(tmp_path)
    assert (DOCS / page).read_bytes() == (tmp_path / page).read_bytes()
