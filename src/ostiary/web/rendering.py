"""How a page is made of a template, in a language."""

from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ostiary.web.languages import Language

TEMPLATES: Final = Path(__file__).parent / "templates"
STATIC: Final = Path(__file__).parent / "static"
DESK_TEMPLATES: Final = Path(__file__).parent / "desk" / "templates"


def rendered(template: str, language: Language, **values: object) -> str:
    """What a template says, in a language."""
    return _environment(language).get_template(template).render(values)


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES, DESK_TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.globals.update({"_": language.say, "language": language})
    return environment
