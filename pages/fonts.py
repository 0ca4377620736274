"""Cuts the fonts that the pages ship with out of Debian's Noto: `make fonts`.

Latin, Arabic and Devanagari are cut to their blocks. Of Hangul, which has 11,172
syllables, only what the catalogues say is kept: after a change of the Korean texts the
fonts are cut again, and a test in a browser tells when that was forgotten.

Run in an environment of its own, which has fontTools and brotli.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WEB: Final = Path(__file__).parents[1] / "src/ostiary/web"
NOTO: Final = Path("/usr/share/fonts")
WEIGHTS: Final = {400: "Regular", 700: "Bold"}
KOREAN: Final = 1
"""Number of Noto Sans CJK KR in Debian's collection file."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What is taken of one of Debian's fonts."""

    file: str
    characters: str
    number: int = 0


def _block(*ranges: tuple[int, int]) -> str:
    return "".join(chr(each) for first, last in ranges for each in range(first, last))


def _said(code: str) -> str:
    """What a catalogue says, as it lies there."""
    path = WEB / "locale" / code / "LC_MESSAGES/ostiary.po"
    return "".join(re.findall(r'^(?:msgstr )?"(.*)"$', path.read_text(), re.MULTILINE))


def cuts() -> Mapping[str, Cut]:
    """The fonts by the name of their files."""
    latin = _block((0x20, 0x7F), (0xA0, 0x180), (0x2010, 0x2027), (0x2030, 0x203B))
    return {
        "latin": Cut("truetype/noto/NotoSans-{}.ttf", latin + "\u202f\u20ac\u2212"),
        "arabic": Cut(
            "truetype/noto/NotoSansArabic-{}.ttf",
            _block((0x600, 0x700)) + "\u200c\u200d",
        ),
        "devanagari": Cut(
            "truetype/noto/NotoSansDevanagari-{}.ttf",
            _block((0x900, 0x980)) + "\u200c\u200d",
        ),
        "hangul": Cut(
            "opentype/noto/NotoSansCJK-{}.ttc",
            "".join(sorted({each for each in _said("ko") if each >= "\u1100"})),
            KOREAN,
        ),
    }


def write(folder: Path, names: Iterable[str]) -> None:
    """Cut the fonts of these names, in both weights."""
    folder.mkdir(exist_ok=True)
    for name in names:
        cut = cuts()[name]
        for weight, style in WEIGHTS.items():
            subprocess.run(  # noqa: S603 - itself
                [
                    sys.executable,
                    "-m",
                    "fontTools.subset",
                    str(NOTO / cut.file.format(style)),
                    f"--font-number={cut.number}",
                    f"--unicodes={','.join(f'{ord(c):X}' for c in cut.characters)}",
                    "--layout-features=*",
                    "--flavor=woff2",
                    "--no-hinting",
                    "--desubroutinize",
                    f"--output-file={folder / f'{name}-{weight}.woff2'}",
                ],
                check=True,
            )


if __name__ == "__main__":
    write(WEB / "static/fonts", sys.argv[1:] or cuts())
