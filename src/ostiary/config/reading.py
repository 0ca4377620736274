"""From the bytes of a configuration file to its sections, or what is wrong and where.

Every mistake is told with the file, the line, the key, and what to write instead.
"""

import dataclasses
import re
import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Any, Final, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfoNotFoundError

from ostiary.config.lines import line_of
from ostiary.config.sections import (
    SIMULATED,
    BrokerSettings,
    GateConfig,
    Pages,
    Unpowered,
    sections_of,
)
from ostiary.credential.checks import check_name
from ostiary.errors import ConfigurationError, StorageError
from ostiary.storage.files import read_limited
from ostiary.transaction import Rules

MAX_BYTES: Final = 64 * 1024
"""Longest configuration file, in bytes. Ours are under one kilobyte."""

_RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "probe_frames": "vision.probe_frames",
        "face_seconds": "vision.face_seconds",
        "move_seconds": "vision.move_seconds",
        "attendant_seconds": "passage.attendant_seconds",
        "passage_seconds": "passage.open_seconds",
        "held_seconds": "passage.held_seconds",
    }
)
"""Fields of the transaction's rules, which know their own ranges -> settings."""

_MEANINGS: Final[Mapping[str, Callable[[GateConfig], object]]] = MappingProxyType(
    {
        "vision.standing_zone": lambda config: config.vision.zone,
        "vision.challenge": lambda config: config.vision.asking,
        "metrics.listen": lambda config: config.metrics and config.metrics.address,
        "power.ups": lambda config: config.power and config.power.supply,
        "log.form": lambda config: config.log.is_json,
    }
)
"""Settings whose text means something, and what it means; it may be out of range."""


_HOW: Final[Mapping[type, str]] = MappingProxyType(
    {
        str: 'write text, like "this"',
        int: "write a whole number",
        float: "write a number",
        bool: "write true or false",
    }
)
"""How a value of each type is written in TOML."""


class _SettingError(ConfigurationError):
    """A mistake in one setting, or in what stands where settings should.

    Attributes:
        key: the setting's name, with its section before a dot.
    """

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def load_config(path: Path) -> GateConfig:
    """Read a gate's configuration.

    Raises:
        ConfigurationError: unreadable, too long, no TOML, or a setting that is missing,
            unknown, of the wrong type or out of range; the message names file, line
            and setting.
    """
    return parse_config(read_config(path), path)


def read_config(path: Path) -> bytes:
    """The content of a gate's configuration file.

    Raises:
        ConfigurationError: unreadable or too long.
    """
    try:
        return read_limited(path, MAX_BYTES)
    except StorageError as error:
        raise ConfigurationError(str(error)) from None


def parse_config(content: bytes, path: Path) -> GateConfig:
    """What the content of a configuration file says.

    Args:
        content: the very bytes that a signature may be asked for.
        path: where they lie; the paths in them count from there.

    Raises:
        ConfigurationError: as `load_config`.
    """
    text = _text(content, path)
    table = _toml(text, path)
    try:
        config = _gate(table, path.parent)
        check_config(config)
    except _SettingError as error:
        line = line_of(text, error.key)
        where = path if line is None else f"{path}:{line}"
        raise ConfigurationError(f"{where}: {error}") from None
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    return config


def check_config(config: GateConfig) -> None:
    """Check what the types of the settings cannot tell.

    Raises:
        ConfigurationError: a value out of range, or an unknown time zone.
    """
    _check_names(config)
    try:
        _ = config.clock_zone
    except (ZoneInfoNotFoundError, ValueError):
        raise _SettingError(
            "time_zone",
            f"time_zone {config.time_zone!r} is unknown; write one like Europe/Paris",
        ) from None
    for name, section in sections_of(config):
        _check_ranges(name, section)
    for key, mean in _MEANINGS.items():
        _check(key, mean, config)
    for field, key in _RULES.items():
        _check(key, partial(_rule, field, key), config)
    _check_door(config)
    _check_broker(config.broker)
    _check_pages(config.pages)
    _check_attendants(config)


def _check_names(config: GateConfig) -> None:
    """Names that people read, on passes and on pages."""
    if not config.zone:
        raise _SettingError("zone", "zone is empty; write the zone behind this gate")
    names = {"zone": config.zone, "attendants.name": config.attendants.name}
    for key, name in names.items():
        try:
            check_name(name or config.zone)
        except ValueError as error:
            raise _SettingError(key, f"{key}: {error}") from None


def _check(key: str, mean: Callable[[GateConfig], object], config: GateConfig) -> None:
    try:
        mean(config)
    except (TypeError, ValueError) as error:
        raise _SettingError(key, f"{key} is out of range: {error}") from None


def _rule(field: str, key: str, config: GateConfig) -> Rules:
    """The transaction's rules with this setting, and its defaults besides."""
    section, name = key.split(".")
    value = getattr(getattr(config, section), name)
    return dataclasses.replace(Rules(0.0), **{field: value})


def _check_ranges(section: str, settings: Any) -> None:  # noqa: ANN401 - any section
    for setting in dataclasses.fields(settings):
        within = setting.metadata.get("within")
        if within is None:
            continue
        least, most = within
        # Written so that NaN is out of range too.
        if not least <= getattr(settings, setting.name) <= most:
            key = f"{section}.{setting.name}"
            raise _SettingError(
                key,
                f"{key} is out of range: write {least:.3g} to {most:g} "
                f"{setting.metadata['unit']}",
            )


def _check_door(config: GateConfig) -> None:
    passage, known = config.passage, [each.value for each in Unpowered]
    if passage.without_power not in known:
        raise _SettingError(
            "passage.without_power",
            f"passage.without_power {passage.without_power!r} is none of: "
            f"{', '.join(known)}",
        )
    if passage.door != SIMULATED and passage.without_power == Unpowered.UNSTATED:
        raise _SettingError(
            "passage.without_power",
            "passage.without_power is missing: say whether this door's lock is locked "
            "or released when it has no power (docs/how-to/install-a-door.md)",
        )
    if passage.held_seconds < passage.open_seconds:
        raise _SettingError(
            "passage.held_seconds",
            "passage.held_seconds is shorter than passage.open_seconds: each passage "
            "would be an alarm",
        )


def _check_broker(broker: BrokerSettings | None) -> None:
    if broker is None or broker.is_here or broker.authority is not None:
        return
    if not broker.unsafe_without_tls:
        raise _SettingError(
            "broker.authority",
            "broker.authority is missing: without it there is no TLS, which is allowed "
            "to a broker on this machine, or with broker.unsafe_without_tls = true",
        )


def _check_pages(pages: Pages) -> None:
    """Loopback unless TLS is configured."""
    try:
        loopback = ip_address(pages.address).is_loopback
    except ValueError:
        raise _SettingError(
            "pages.address", "pages.address is no IP address; write one like 127.0.0.1"
        ) from None
    if (pages.certificate is None) is not (pages.key is None):
        raise _SettingError(
            "pages.certificate", "pages.certificate and pages.key go together"
        )
    if not loopback and pages.certificate is None:
        raise _SettingError(
            "pages.address",
            "pages.address reaches beyond this machine: name pages.certificate and "
            "pages.key, or take 127.0.0.1",
        )


def _check_attendants(config: GateConfig) -> None:
    """Somebody can sign in where attendants are asked at the console."""
    attendants = config.attendants
    if config.passage.attendant == "console" and attendants.staff is None:
        raise _SettingError(
            "attendants.staff",
            'passage.attendant "console" takes attendants.staff, the file of accounts: '
            "ostiary staff add NAME",
        )


def _text(content: bytes, path: Path) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(
            f"{path}:{line}: not TOML: not UTF-8; save the file as UTF-8"
        ) from None


def _toml(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = found[1] if found else text.count("\n") + 1
        raise ConfigurationError(f"{path}:{line}: not TOML: {error}") from None
    except RecursionError:
        raise ConfigurationError(f"{path}: nested too deeply") from None


def _gate(table: Mapping[str, object], base: Path) -> GateConfig:
    """The whole configuration; what is in it says `GateConfig`."""
    types = get_type_hints(GateConfig)
    _refuse_unknown("", table, set(types))
    values = {}
    for each in dataclasses.fields(GateConfig):
        kind = _section_kind(types[each.name])
        if kind is None:
            values[each.name] = _value(each.name, table.get(each.name), str)
        elif each.name in table or each.default is not None:
            values[each.name] = _section(kind, each.name, table, base)
    return GateConfig(**values)


def _section_kind(hint: object) -> type | None:
    """The section's class, of one that may be left out too; None: no section."""
    kinds = [hint, *get_args(hint)]
    return next(
        (
            kind
            for kind in kinds
            if isinstance(kind, type) and dataclasses.is_dataclass(kind)
        ),
        None,
    )


def _section(kind: type, name: str, table: Mapping[str, object], base: Path) -> Any:  # noqa: ANN401 - of `kind`
    given = table.get(name, {})
    if not isinstance(given, dict):
        raise _SettingError(name, f"[{name}] is to be a table")
    types = get_type_hints(kind)
    settings = dataclasses.fields(kind)
    _refuse_unknown(f"{name}.", given, {setting.name for setting in settings})
    values = {}
    for setting in settings:
        key, value = f"{name}.{setting.name}", setting.default
        if setting.name in given:
            value = _value(key, given[setting.name], types[setting.name])
        elif value is dataclasses.MISSING:
            raise _SettingError(key, f"{key} is missing")
        values[setting.name] = _placed(value, base)
    return kind(**values)


def _placed(value: object, base: Path) -> object:
    """The value, with paths counted from the configuration's folder."""
    match value:
        case Path():
            return base / value
        case tuple():
            return tuple(_placed(item, base) for item in value)
        case _:
            return value


def _value(key: str, value: object, kind: Any) -> Any:  # noqa: ANN401 - typed by `kind`
    """The value as `kind`: text, a number, truth, a path, or a tuple of one of them."""
    if value is None:
        raise _SettingError(key, f"{key} is missing")
    if get_origin(kind) is tuple:
        return _values(key, value, get_args(kind)[0])
    kind = next((each for each in get_args(kind) if each is not NoneType), kind)
    if kind is float and type(value) is int:
        return float(value)
    written = str if kind is Path else kind
    if type(value) is not written:
        raise _SettingError(
            key, f"{key} is to be of type {written.__name__}: {_HOW[written]}"
        )
    if isinstance(value, str) and "\0" in value:
        raise _SettingError(key, f"{key} holds a character that no name can have")
    return kind(value)


def _values(key: str, value: object, kind: type) -> tuple[object, ...]:
    if not isinstance(value, list):
        what = "file names" if kind is Path else f"values of type {kind.__name__}"
        raise _SettingError(key, f"{key} is to be a list of {what}, in [ ]")
    return tuple(_value(f"{key}[{i}]", item, kind) for i, item in enumerate(value))


def _refuse_unknown(prefix: str, table: Mapping[str, object], known: set[str]) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise _SettingError(
            f"{prefix}{unknown[0]}",
            f"{prefix}{unknown[0]} is unknown; known here: {', '.join(sorted(known))}",
        )
