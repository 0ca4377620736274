"""The catalogues say all that the pages can say, and nothing else."""

import re
import shutil
from pathlib import Path

import pytest

from ostiary.web.languages import DIRECTION, LOCALE, NAME, Languages
from pages import catalogues

CODES = catalogues.codes()


def said(code: str) -> dict[str, str]:
    return {
        str(message.id): str(message.string)
        for message in catalogues.read(code)
        if message.id
    }


def test_the_languages_that_were_promised_are_there() -> None:
    assert set(Languages()) >= {"en", "ko", "es", "fr", "ar", "hi"}
    assert set(Languages()) == {"en", *CODES}


@pytest.mark.parametrize("code", CODES)
def test_every_message_is_translated_and_none_is_unused(code: str) -> None:
    """After a change of any text: `make languages`, then translate what is empty."""
    translated = said(code)
    assert set(translated) == set(catalogues.messages())
    assert [message for message, text in translated.items() if not text.strip()] == []


@pytest.mark.parametrize("code", CODES)
def test_what_is_compiled_is_what_was_written(code: str) -> None:
    language = Languages()[code]
    for message, text in said(code).items():
        assert language.say(message) == text


@pytest.mark.parametrize("code", CODES)
def test_numbers_stay_and_no_markup_creeps_in(code: str) -> None:
    for message, text in said(code).items():
        # A word may take the place of a one.
        assert re.findall(r"\d{2,}", message) == re.findall(r"\d{2,}", text), message
        assert not re.search(r"[<>{}%\\]", text), text
        assert text == text.strip(), text


@pytest.mark.parametrize("code", CODES)
def test_a_language_says_its_name_and_direction(code: str) -> None:
    language = Languages()[code]
    assert language.name != NAME
    assert language.direction in {"ltr", "rtl"}
    assert (language.direction == "rtl") is (code == "ar")


def test_english_says_what_stands_in_the_code() -> None:
    english = Languages()["en"]
    assert (english.name, english.direction) == (NAME, DIRECTION)
    assert english.say("Show your pass") == "Show your pass"


def test_a_new_language_is_a_new_folder(tmp_path: Path) -> None:
    shutil.copytree(LOCALE / "es", tmp_path / "gl")
    languages = Languages(tmp_path)
    assert list(languages) == ["en", "gl"]
    assert languages["gl"].say("Look here") == "Mire aquí"


def test_what_is_not_translated_is_said_in_english() -> None:
    unknown = "nobody has said this yet"
    assert Languages()["ko"].say(unknown) == unknown
