"""Writes docs/reasons.md, docs/settings.md and docs/spec/desk-api.json from the code.

Run it by hand; tests compare the files, byte by byte, with what this writes.
"""

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeGuard, get_args, get_type_hints

from ostiary.config import GateConfig
from ostiary.policy import CALLS_ATTENDANT
from ostiary.reasons import ADVICE
from ostiary.web.desk.api.app import description

_REASONS: Final = """\
# Reasons

<!-- Written by docs/generate.py from ostiary.reasons. Change it there. -->

Every access decision has exactly one reason out of this list, in the order in which the
gate meets them. The advice is what the gate shows. *Called* marks reasons for which the
attendant is called at once; a person at the door may always ask for one.

| reason | for the attendant | for the person at the door | called |
| --- | --- | --- | --- |
"""

_SETTINGS: Final = """\
# Settings of a gate

<!-- Written by docs/generate.py from ostiary.config. Change it there. -->

Every key of a `gate.toml`. A key without a default has to be given; in the sections of
doors, broker and Home Assistant only if the section is there. Paths count from
the folder of the configuration file. A setting that weakens the gate has "unsafe" in
its name, and the gate says at each start which of them are on. A key that is not in
this table is refused. [How to run a gate](how-to/run-a-gate.md) shows a whole file.
A section that is *optional* is off until it is written, if only as `[metrics]`.

| key | type | unit | default | source of the default |
| --- | --- | --- | --- | --- |
"""

_TYPES: Final = {
    "str": "text",
    "bool": "true or false",
    "int": "whole number",
    "float": "number",
    "Path": "path",
    "pathlib.Path | None": "path",
    "int | None": "whole number",
    "tuple[int, ...]": "list of whole numbers",
    "tuple[float, ...]": "list of numbers",
    "tuple[pathlib.Path, ...]": "list of paths",
    "tuple[str, ...]": "list of names",
}


def reasons() -> str:
    """The page of all reasons."""
    rows = (
        f"| `{reason}` | {advice.attendant} | {advice.holder} | "
        f"{'yes' if reason in CALLS_ATTENDANT else ''} |\n"
        for reason, advice in ADVICE.items()
    )
    return _REASONS + "".join(rows)


def settings() -> str:
    """The page of all settings."""
    return _SETTINGS + "".join(_rows(GateConfig, ""))


def _rows(section: type, prefix: str) -> Iterator[str]:
    types = get_type_hints(section)
    for setting in dataclasses.fields(section):
        kind, key = types[setting.name], f"{prefix}{setting.name}"
        sections = [each for each in (kind, *get_args(kind)) if _is_section(each)]
        if sections:
            if setting.default is None:
                yield f"| `[{key}]` | optional section | | | |\n"
            yield from _rows(sections[0], f"{key}.")
            continue
        unit, source = _unit(setting), setting.metadata.get("source", "")
        yield f"| `{key}` | {_type(kind)} | {unit} | {_toml(setting)} | {source} |\n"


def _is_section(kind: object) -> TypeGuard[type]:
    return isinstance(kind, type) and dataclasses.is_dataclass(kind)


def _unit(setting: dataclasses.Field[object]) -> str:
    """The unit, with the range where the setting has one of its own."""
    unit, within = setting.metadata.get("unit", ""), setting.metadata.get("within")
    if within is None:
        return str(unit)
    least, most = within
    return f"{unit}, {least:.3g} to {most:g}"


def _type(kind: type) -> str:
    return _TYPES[getattr(kind, "__name__", "") if type(kind) is type else str(kind)]


def _toml(setting: dataclasses.Field[object]) -> str:
    """The default as TOML writes it; empty where there is none."""
    match setting.default:
        case dataclasses.MISSING:
            return ""
        case None:
            return "none"
        case bool() as truth:
            return f"`{str(truth).lower()}`"
        case str() | Path() as text:
            return f'`"{text}"`'
        case tuple() as numbers:
            return f"`{list(numbers)}`"
        case number:
            return f"`{number}`"


def write(directory: Path) -> None:
    """Write the pages into a directory."""
    (directory / "reasons.md").write_text(reasons(), encoding="utf-8")
    (directory / "settings.md").write_text(settings(), encoding="utf-8")
    spec = directory / "spec"
    spec.mkdir(exist_ok=True)
    (spec / "desk-api.json").write_text(description(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
