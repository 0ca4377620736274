"""A gate's configuration: TOML to frozen dataclasses.

The one place for defaults. Each setting carries its unit and where its default comes
from. A setting that weakens the gate has "unsafe" in its name, and `unsafe_settings`
finds it by that name, so that none can be added quietly.
"""

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ostiary.capture.wanted import USUAL, Wanted
from ostiary.errors import ConfigurationError, StorageError
from ostiary.presentation.fusion import Asking
from ostiary.storage.files import read_limited
from ostiary.terms import Rectangle
from ostiary.transaction import Rules

MAX_BYTES: Final = 64 * 1024
"""Longest configuration file, in bytes. Ours are under one kilobyte."""

MAX_FRAMES_PER_SECOND: Final = 240
"""Most that any camera is asked for."""

_RULES: Final = {rule.name: rule.default for rule in dataclasses.fields(Rules)}


_REQUIRED: Final = dataclasses.MISSING

_HIGH_WATER: Final = "high-water.json"
_ATTEMPTS: Final = "attempts.json"


def _setting(default: object, *, unit: str, source: str) -> Any:  # noqa: ANN401 - as dataclasses.field
    return field(default=default, metadata={"unit": unit, "source": source})


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What the gate trusts and holds. Paths count from the configuration file."""

    root: Path = _setting(
        _REQUIRED, unit="file", source="laid down at installation, compared by hand"
    )
    trust: Path = _setting(
        _REQUIRED, unit="file", source="`ostiary trust sign` writes it"
    )
    zone_keys: tuple[Path, ...] = _setting(
        (), unit="files", source="`ostiary keys new zone` writes them"
    )
    gate_key: Path | None = _setting(
        None, unit="file", source="`ostiary keys new gate` writes it"
    )
    sealed_keys: Path = _setting(
        Path(), unit="folder", source="`ostiary keys hand-over` writes what lies there"
    )
    status_lists: tuple[Path, ...] = _setting(
        _REQUIRED, unit="files", source="`ostiary status build` writes them"
    )
    high_water: Path = _setting(
        Path(_HIGH_WATER),
        unit="file",
        source="the gate writes it: which lists it will not go back behind",
    )
    attempts: Path = _setting(
        Path(_ATTEMPTS),
        unit="file",
        source="the gate writes it: how often it was tried in vain (docs/adr/0037)",
    )
    calibration: Path | None = _setting(
        None,
        unit="file",
        source="`ostiary calibrate` writes it; without one, the built-in threshold",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Which passes the gate takes."""

    max_status_age_hours: float = _setting(
        24.0, unit="hours", source="a day without a fresh list, then refuse"
    )
    unsafe_accept_unsealed: bool = _setting(
        default=False, unit="", source="an unsealed pass shows its template to anyone"
    )
    unsafe_accept_without_status: bool = _setting(
        default=False, unit="", source="a pass without a status cannot be withdrawn"
    )

    @property
    def max_status_age(self) -> timedelta:
        """Oldest status list that still counts."""
        return timedelta(hours=self.max_status_age_hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """Where pictures come from."""

    source: str = _setting(
        "", unit="as --source", source="`--source` stands above this"
    )
    width: int = _setting(USUAL.width, unit="pixels", source="codes need it")
    height: int = _setting(USUAL.height, unit="pixels", source="codes need it")
    frames_per_second: float = _setting(
        USUAL.rate, unit="frames a second", source="what one core sustains"
    )

    @property
    def wanted(self) -> Wanted:
        """What a camera of this machine is asked for."""
        return Wanted(self.width, self.height, self.frames_per_second)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Where passes are read."""

    driver: str = _setting(
        "camera", unit="", source="the camera that sees faces (docs/adr/0042)"
    )
    device: str = _setting(
        "", unit="device or address", source="what any other driver reads from"
    )
    baud: int = _setting(9600, unit="bits a second", source="scanners as delivered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vision:
    """How faces are looked at."""

    chain: str = _setting(
        "retail-0095", unit="", source="the recommended extractor (docs/models.md)"
    )
    attack_detector: str = _setting(
        "appearance", unit="", source="three networks, fused (docs/adr/0034)"
    )
    standing_zone: tuple[float, ...] = _setting(
        (0.25, 0.0, 0.5, 1.0),
        unit="left, top, width, height as fractions of the picture",
        source="the middle half: bystanders are out of it",
    )
    probe_frames: int = _setting(
        _RULES["probe_frames"], unit="frames", source="docs/adr/0011"
    )
    face_seconds: float = _setting(
        _RULES["face_seconds"], unit="seconds", source="DHS biometric rally: most < 5 s"
    )
    challenge: str = _setting(
        _RULES["challenge"].value,
        unit="never, when-open or always",
        source="docs/adr/0033: asked to move where the looks leave it open",
    )
    move_seconds: float = _setting(
        _RULES["move_seconds"], unit="seconds", source="docs/adr/0033: time to read"
    )
    unsafe_evaluation_grade_chain: bool = _setting(
        default=False, unit="", source="an evaluation chain was measured to be weak"
    )

    @property
    def zone(self) -> Rectangle:
        """The standing zone."""
        return Rectangle(*self.standing_zone)

    @property
    def asking(self) -> Asking:
        """When people are asked to move."""
        return Asking(self.challenge)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The door, and the attendant of the lane without a face."""

    door: str = _setting(
        _REQUIRED, unit="", source="a gate never falls back on another door"
    )
    open_seconds: float = _setting(
        _RULES["passage_seconds"], unit="seconds", source="a person with luggage"
    )
    attendant: str = _setting(
        "nobody", unit="", source="who answers for a pass without a face"
    )
    attendant_seconds: float = _setting(
        _RULES["attendant_seconds"], unit="seconds", source="time to walk over"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GateConfig:
    """Everything that one gate is told."""

    zone: str = _setting(_REQUIRED, unit="", source="the zone behind this gate")
    time_zone: str = _setting(
        _REQUIRED, unit="IANA name", source="where the hours of a pass are read"
    )
    files: Files
    camera: Camera = field(default_factory=Camera)
    reader: Reader = field(default_factory=Reader)
    credentials: Credentials
    vision: Vision
    passage: Passage

    @property
    def clock_zone(self) -> ZoneInfo:
        """The civil time zone in which the hours of a pass are read."""
        return ZoneInfo(self.time_zone)

    def rules(self, comparison_threshold: float) -> Rules:
        """The transaction's rules under this configuration."""
        return Rules(
            comparison_threshold=comparison_threshold,
            probe_frames=self.vision.probe_frames,
            face_seconds=self.vision.face_seconds,
            challenge=self.vision.asking,
            move_seconds=self.vision.move_seconds,
            attendant_seconds=self.passage.attendant_seconds,
            passage_seconds=self.passage.open_seconds,
        )


def load_config(path: Path) -> GateConfig:
    """Read a gate's configuration.

    Raises:
        ConfigurationError: unreadable, too long, no TOML, or a setting that is missing,
            unknown, of the wrong type or out of range; the message names it.
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
    try:
        table = tomllib.loads(content.decode())
    except ValueError as error:  # UnicodeDecodeError and TOMLDecodeError are of it
        raise ConfigurationError(f"{path}: not TOML: {error}") from None
    except RecursionError:
        raise ConfigurationError(f"{path}: nested too deeply") from None
    try:
        config = _gate(table, path.parent)
        check_config(config)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    return config


def check_config(config: GateConfig) -> None:
    """Check what the types of the settings cannot tell.

    Raises:
        ConfigurationError: a value out of range, or an unknown time zone.
    """
    try:
        _ = config.vision.zone, config.rules(0.0)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"out of range: {error}") from None
    try:
        _ = config.clock_zone
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigurationError(
            f"time_zone {config.time_zone!r} is unknown; write one like Europe/Paris"
        ) from None
    if not 0 < config.credentials.max_status_age_hours < 24 * 366:
        raise ConfigurationError("credentials.max_status_age_hours is out of range")
    if not (config.camera.width > 0 and config.camera.height > 0):
        raise ConfigurationError("camera.width and camera.height are above 0")
    if not 0 < config.camera.frames_per_second <= MAX_FRAMES_PER_SECOND:
        raise ConfigurationError("camera.frames_per_second is out of range")
    if not config.zone:
        raise ConfigurationError("zone is empty")


def unsafe_settings(config: GateConfig) -> tuple[str, ...]:
    """Names of the weakening settings that are on, in the order of the file."""
    sections = (
        config.camera,
        config.reader,
        config.credentials,
        config.vision,
        config.passage,
    )
    return tuple(
        setting.name
        for section in sections
        for setting in dataclasses.fields(section)
        if setting.name.startswith("unsafe_") and getattr(section, setting.name)
    )


def _gate(table: Mapping[str, object], base: Path) -> GateConfig:
    known = {f.name for f in dataclasses.fields(GateConfig)}
    _refuse_unknown("", table, known)
    return GateConfig(
        zone=_value("zone", table.get("zone"), str),
        time_zone=_value("time_zone", table.get("time_zone"), str),
        files=_files(_table("files", table), base),
        camera=_section(Camera, "camera", table),
        reader=_section(Reader, "reader", table),
        credentials=_section(Credentials, "credentials", table),
        vision=_section(Vision, "vision", table),
        passage=_section(Passage, "passage", table),
    )


def _files(table: Mapping[str, object], base: Path) -> Files:
    _refuse_unknown("files.", table, {f.name for f in dataclasses.fields(Files)})
    high_water = table.get("high_water", _HIGH_WATER)
    attempts = table.get("attempts", _ATTEMPTS)
    calibration = table.get("calibration")
    return Files(
        root=base / _value("files.root", table.get("root"), str),
        trust=base / _value("files.trust", table.get("trust"), str),
        zone_keys=_paths("files.zone_keys", table.get("zone_keys", []), base),
        gate_key=_optional_path("files.gate_key", table.get("gate_key"), base),
        sealed_keys=base
        / _value("files.sealed_keys", table.get("sealed_keys", ""), str),
        status_lists=_paths("files.status_lists", table.get("status_lists"), base),
        high_water=base / _value("files.high_water", high_water, str),
        attempts=base / _value("files.attempts", attempts, str),
        calibration=None
        if calibration is None
        else base / _value("files.calibration", calibration, str),
    )


_Section = TypeVar("_Section", Camera, Reader, Credentials, Vision, Passage)


def _section(kind: type[_Section], name: str, table: Mapping[str, object]) -> _Section:
    given = _table(name, table)
    types = get_type_hints(kind)
    _refuse_unknown(f"{name}.", given, set(types))
    for setting in dataclasses.fields(kind):
        if setting.default is dataclasses.MISSING and setting.name not in given:
            raise ConfigurationError(f"{name}.{setting.name} is missing")
    return kind(
        **{
            key: _value(f"{name}.{key}", value, types[key])
            for key, value in given.items()
        }
    )


def _table(name: str, table: Mapping[str, object]) -> Mapping[str, object]:
    value = table.get(name, {})
    if not isinstance(value, dict):
        raise ConfigurationError(f"[{name}] is to be a table")
    return value


def _optional_path(name: str, value: object, base: Path) -> Path | None:
    return None if value is None else base / _value(name, value, str)


def _paths(name: str, value: object, base: Path) -> tuple[Path, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigurationError(f"{name} is to be a list of file names")
    return tuple(base / _value(name, item, str) for item in value)


def _value(name: str, value: object, kind: Any) -> Any:  # noqa: ANN401 - typed by `kind`
    """The value as `kind`, which is str, int, float, bool or a tuple of floats."""
    if value is None:
        raise ConfigurationError(f"{name} is missing")
    if kind is float and type(value) is int:
        return float(value)
    if kind == tuple[float, ...] and isinstance(value, list):
        return tuple(_value(f"{name}[{i}]", v, float) for i, v in enumerate(value))
    if isinstance(value, str) and "\0" in value:
        raise ConfigurationError(f"{name} holds a character that no name can have")
    if type(value) is not kind:
        wanted = getattr(kind, "__name__", "list")
        raise ConfigurationError(f"{name} is to be of type {wanted}")
    return value


def _refuse_unknown(prefix: str, table: Mapping[str, object], known: set[str]) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise ConfigurationError(
            f"{prefix}{unknown[0]} is unknown; known here: {', '.join(sorted(known))}"
        )
