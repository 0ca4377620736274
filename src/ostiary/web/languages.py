"""The languages of the pages: gettext catalogues, one folder for each.

The English text is the message itself. A language is there when its folder is; its
catalogue says its own name and direction, so that adding one takes no code.
"""

import gettext
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from typing_extensions import override

LOCALE: Final = Path(__file__).parent / "locale"
DOMAIN: Final = "ostiary"

NAME: Final = "English"
"""The message that every catalogue translates as the language's name in itself."""

DIRECTION: Final = "ltr"
"""The message that every catalogue translates as `ltr` or `rtl`."""


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """One language.

    Attributes:
        code: ISO 639.
    """

    code: str
    _catalogue: gettext.NullTranslations = field(repr=False)

    @property
    def name(self) -> str:
        """Its name in itself."""
        return self.say(NAME)

    @property
    def direction(self) -> str:
        """Whether it is written from the left (`ltr`) or the right (`rtl`)."""
        return self.say(DIRECTION)

    def say(self, text: str) -> str:
        """An English text, in this language."""
        return self._catalogue.gettext(text)


class Languages(Mapping[str, Language]):
    """All languages by their codes, English first.

    Args:
        folder: where the catalogues lie.
    """

    def __init__(self, folder: Path = LOCALE) -> None:
        self._all = {"en": Language("en", gettext.NullTranslations())}
        for catalogue in sorted(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")):
            code = catalogue.parts[-3]
            with catalogue.open("rb") as file:
                self._all[code] = Language(code, gettext.GNUTranslations(file))

    @override
    def __getitem__(self, code: str) -> Language:
        return self._all[code]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    @override
    def __len__(self) -> int:
        return len(self._all)
