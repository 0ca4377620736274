"""The form of the rules of openings by hand: a field for each of theirs.

A rule that is new takes its row in `FIELDS`; a test compares them with the rules' own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, TypeAlias

from ostiary.credential.windows import window_text
from ostiary.desk.attendants import opening_hours
from ostiary.errors import ConfigurationError
from ostiary.journal import OpeningHours, OpeningRules, UserCheck
from ostiary.journal.register import ALL_REASONS
from ostiary.web.forms import Form
from ostiary.web.texts import REASONS

TIME_ZONE: Final = "time_zone"
"""Of the hours, which are one rule and two fields."""

MOST_DIGITS: Final = 5

Shown: TypeAlias = str | Sequence[str]
"""A value as a form has it: a text, or the words that are chosen."""


@dataclass(frozen=True, slots=True)
class Field:
    """One rule on the form.

    Attributes:
        name: of the rule.
        label: what the page calls it.
        kind: `text`, `lines`, `number`, `one` or `some`.
        show: its value in rules.
        usual: its value where none are in force.
        choices: words to choose from, and what they say.
        hint: what else has to be known; empty: nothing.
        nothing: what an empty value says.
    """

    name: str
    label: str
    kind: str
    show: Callable[[OpeningRules], Shown]
    usual: Shown = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""
    nothing: str = ""

    def value(self, rules: OpeningRules | None) -> Shown:
        """What stands in the form."""
        return self.usual if rules is None else self.show(rules)

    def said(self, rules: OpeningRules) -> str:
        """What is in force, in words; empty: nothing is."""
        value = self.show(rules)
        words = [value] if isinstance(value, str) else value
        return ", ".join(self.choices.get(each, each) for each in words)


USER_CHECKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        UserCheck.VERIFIED: "that its user typed its PIN or showed a finger",
        UserCheck.PRESENT: "that somebody touched it",
    }
)

SIGNERS: Final[Mapping[str, str]] = MappingProxyType(
    {"1": "one attendant", "2": "two attendants, with an authenticator each"}
)


FIELDS: Final = (
    Field(
        "relying_party",
        "Name of the host in the addresses of the pages; authenticators are bound "
        "to it",
        "text",
        lambda rules: rules.relying_party,
        "localhost",
    ),
    Field(
        "origins",
        "Pages that may ask for an opening, one on a line",
        "lines",
        lambda rules: "\n".join(rules.origins),
        "http://localhost:8470",
        hint="Scheme, name and port as a browser shows them, with nothing behind.",
    ),
    Field(
        "reasons",
        "Reasons that are offered",
        "some",
        lambda rules: rules.reasons,
        ALL_REASONS,
        {each.value: text for each, text in REASONS.items()},
    ),
    Field(
        "user",
        "What an authenticator makes sure of",
        "one",
        lambda rules: rules.user,
        UserCheck.VERIFIED,
        USER_CHECKS,
    ),
    Field(
        "signers",
        "Who signs an opening",
        "one",
        lambda rules: str(rules.signers),
        "1",
        SIGNERS,
    ),
    Field(
        "most_an_hour",
        "Openings of one attendant in any hour, at most",
        "number",
        lambda rules: str(rules.most_an_hour),
        "10",
    ),
    Field(
        "pause",
        "Seconds between two openings of one attendant, at least",
        "number",
        lambda rules: str(rules.pause),
        "20",
    ),
    Field(
        "hours",
        "Hours in which alone doors are opened by hand, one window on a line",
        "lines",
        lambda rules: _windows(rules.hours),
        hint="Like mon-fri,08:00-18:00. Nothing: at any hour.",
        nothing="at any hour",
    ),
    Field(
        TIME_ZONE,
        "Time zone of these hours",
        "text",
        lambda rules: "" if rules.hours is None else rules.hours.time_zone,
        hint="Like Europe/Berlin: as of the gate. Nothing where there are no hours.",
        nothing="none is needed",
    ),
)
"""Every rule, in the order of the form."""


def read_rules(form: Form, at: datetime) -> OpeningRules:
    """The rules that a form asks for.

    Raises:
        ConfigurationError: what no rules can be.
    """
    zone = form.get(TIME_ZONE, "").strip() or None
    try:
        return OpeningRules(
            at=at,
            relying_party=form.get("relying_party", "").strip(),
            origins=_lines(form, "origins"),
            user=_user(form),
            most_an_hour=_number(form, "most_an_hour"),
            pause=_number(form, "pause"),
            signers=_number(form, "signers"),
            hours=opening_hours(_lines(form, "hours"), zone),
            reasons=tuple(each for each in ALL_REASONS if f"reasons-{each}" in form),
        )
    except ValueError as error:
        raise ConfigurationError(f"rules that cannot be: {error}") from None


def _windows(hours: OpeningHours | None) -> str:
    return "" if hours is None else "\n".join(map(window_text, hours.windows))


def _lines(form: Form, name: str) -> tuple[str, ...]:
    lines = {line.strip() for line in form.get(name, "").splitlines()}
    return tuple(sorted(lines - {""}))


def _number(form: Form, name: str) -> int:
    text = form.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise ValueError(f"{name} is a whole number")
    return int(text)


def _user(form: Form) -> UserCheck:
    word = form.get("user", "")
    if word not in set(UserCheck):
        raise ValueError("what an authenticator makes sure of was not chosen")
    return UserCheck(word)
