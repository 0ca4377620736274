"""Writes the catalogues of the pages' languages: `make languages`.

Collects every message, updates each `ostiary.po` and compiles it. A new language is a
new folder: `python -m pages.catalogues de` makes one.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from ostiary.desk.consent import POINTS
from ostiary.presentation.challenge import OR_WAIT, PROMPTS
from ostiary.reasons import ADVICE
from ostiary.web import texts
from ostiary.web.desk import making_texts
from ostiary.web.gate import attend_texts, hand_texts
from ostiary.web.gate.kiosk_texts import HELP, LOST, WORDS
from ostiary.web.languages import DIRECTION, DOMAIN, LOCALE, NAME
from ostiary.web.rendering import TEMPLATES
from ostiary.web.wallet import texts as wallet_texts

DATE: Final = datetime(2026, 11, 21, tzinfo=UTC)
"""In every head, so that the same texts make the same file."""

COMMENTS: Final = {
    NAME: "The name of this language, in itself.",
    DIRECTION: "ltr or rtl: the direction in which this language is written.",
}


def messages() -> Iterator[str]:
    """Every text that the pages can say, in English; some of them more than once."""
    yield from (NAME, DIRECTION)
    for words in WORDS.values():
        yield from (words.title, words.text)
    yield from HELP.values()
    yield LOST
    for advice in ADVICE.values():
        yield advice.holder
    yield from texts.messages()
    yield from attend_texts.messages()
    yield from hand_texts.messages()
    yield from making_texts.messages()
    yield from wallet_texts.messages()
    yield from PROMPTS.values()
    yield OR_WAIT
    yield from POINTS
    found = extract_from_dir(
        TEMPLATES, method_map=[("**.html", "jinja2")], options_map={}
    )
    for _, _, message, _, _ in found:
        yield message if isinstance(message, str) else message[0]


def template() -> Catalog:
    """A catalogue of every message, with no translation."""
    catalogue = Catalog(project="Ostiary", version="pages", fuzzy=False)
    for message in messages():
        comment = COMMENTS.get(message)
        catalogue.add(message, auto_comments=[comment] if comment else [])
    return catalogue


def path_of(code: str, ending: str) -> Path:
    """Where a language's catalogue lies, as text (`po`) or compiled (`mo`)."""
    return LOCALE / code / "LC_MESSAGES" / f"{DOMAIN}.{ending}"


def codes() -> list[str]:
    """The languages there are, beside English."""
    return sorted(path.parts[-3] for path in LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def read(code: str) -> Catalog:
    """A language's catalogue as it lies there."""
    with path_of(code, "po").open("rb") as file:
        return read_po(file, locale=code, domain=DOMAIN)


def write(code: str) -> None:
    """Bring a language up to date, and compile it."""
    path = path_of(code, "po")
    catalogue = read(code) if path.exists() else Catalog(locale=code, fuzzy=False)
    catalogue.update(template(), no_fuzzy_matching=True)
    _head(catalogue)
    catalogue.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(
            file, catalogue, width=88, omit_header=False, no_location=True,
            sort_output=False,
        )  # fmt: skip
    with path_of(code, "mo").open("wb") as file:
        write_mo(file, catalogue)


def _head(catalogue: Catalog) -> None:
    """A head that is the same whoever writes it, and whenever."""
    catalogue.header_comment = (
        "# What Ostiary's pages say. Written by `make languages`."
    )
    catalogue.project, catalogue.version = "Ostiary", "pages"
    catalogue.creation_date = catalogue.revision_date = DATE
    catalogue.last_translator = catalogue.language_team = "Ostiary"
    catalogue.msgid_bugs_address = ""


if __name__ == "__main__":
    for language in sys.argv[1:] or codes():
        write(language)
