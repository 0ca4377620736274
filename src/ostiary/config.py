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
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints
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

SIMULATED: Final = "simulated"
"""The one door that is none."""

_HIGH_WATER: Final = "high-water.json"
_ATTEMPTS: Final = "attempts.json"


def _setting(default: object, *, unit: str, source: str) -> Any:  # noqa: ANN401 - as dataclasses.field
    return field(default=default, metadata={"unit": unit, "source": source})


class Unpowered(StrEnum):
    """What a lock does when it has no power."""

    LOCKED = "locked"
    RELEASED = "released"
    UNSTATED = "unstated"


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
    without_power: str = _setting(
        Unpowered.UNSTATED.value,
        unit="locked or released",
        source="what the lock does; a real door has to have it stated",
    )
    open_seconds: float = _setting(
        _RULES["passage_seconds"], unit="seconds", source="a person with luggage"
    )
    held_seconds: float = _setting(
        _RULES["held_seconds"],
        unit="seconds",
        source="docs/adr/0041: from the grant until a door that stands open is said",
    )
    attendant: str = _setting(
        "nobody", unit="", source="who answers for a pass without a face"
    )
    attendant_seconds: float = _setting(
        _RULES["attendant_seconds"], unit="seconds", source="time to walk over"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpio:
    """A door on the pins of a Raspberry Pi, by their Broadcom numbers."""

    relay_pin: int = _setting(
        _REQUIRED, unit="pin", source="energised to let somebody through"
    )
    relay_active_high: bool = _setting(
        _REQUIRED, unit="", source="the relay board's manual"
    )
    contact_pin: int | None = _setting(
        None, unit="pin", source="closed to ground while the door is shut"
    )
    beam_pins: tuple[int, ...] = _setting(
        (), unit="pins", source="one, or two in the order of going in"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """The MQTT broker, of a door and of Home Assistant."""

    host: str = _setting(_REQUIRED, unit="name or address", source="the owner's broker")
    port: int = _setting(8883, unit="TCP port", source="IANA: MQTT over TLS")
    authority: Path | None = _setting(
        None, unit="file", source="PEM; whom the broker's certificate is signed by"
    )
    credentials: Path | None = _setting(
        None, unit="file", source="two lines, user and password; private"
    )
    unsafe_without_tls: bool = _setting(
        default=False,
        unit="",
        source="whoever is on the network reads along, and can open a door",
    )

    @property
    def is_here(self) -> bool:
        """Whether it runs on this very machine."""
        return self.host in {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttDoorSettings:
    """A door behind the broker."""

    topic: str = _setting(_REQUIRED, unit="topic", source="its device listens below it")


@dataclass(frozen=True, slots=True, kw_only=True)
class OsdpSettings:
    """A door at a device on an OSDP bus."""

    device: str = _setting(
        _REQUIRED, unit="serial port", source="best a link from /dev/serial/by-id"
    )
    speed: int = _setting(9600, unit="bits a second", source="OSDP's own default")
    address: int = _setting(0, unit="0 to 126", source="OSDP's own default")
    key: Path = _setting(
        _REQUIRED, unit="file", source="32 hexadecimal digits, of this device; private"
    )
    output: int = _setting(0, unit="number", source="the first output")
    contact_input: int | None = _setting(
        None, unit="number", source="active while the door stands open"
    )
    beam_input: int | None = _setting(
        None, unit="number", source="active while somebody is in the passage"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeAssistantSettings:
    """What Home Assistant is told through the broker; it can say nothing back."""

    topic: str = _setting(
        _REQUIRED, unit="topic", source="of this gate; another one for each"
    )
    name: str = _setting(_REQUIRED, unit="", source="how it is called there")


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
    gpio: Gpio | None = None
    broker: BrokerSettings | None = None
    mqtt_door: MqttDoorSettings | None = None
    osdp: OsdpSettings | None = None
    home_assistant: HomeAssistantSettings | None = None

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
            held_seconds=self.passage.held_seconds,
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
    _check_door(config)


def _check_door(config: GateConfig) -> None:
    known = [each.value for each in Unpowered]
    without_power = config.passage.without_power
    if without_power not in known:
        raise ConfigurationError(
            f"passage.without_power {without_power!r} is none of: {', '.join(known)}"
        )
    if config.passage.door != SIMULATED and without_power == Unpowered.UNSTATED:
        raise ConfigurationError(
            "passage.without_power is missing: say whether this door's lock is locked "
            "or released when it has no power (docs/how-to/install-a-door.md)"
        )
    if config.passage.held_seconds < config.passage.open_seconds:
        raise ConfigurationError(
            "passage.held_seconds is shorter than passage.open_seconds: each passage "
            "would be an alarm"
        )
    _check_broker(config.broker)


def _check_broker(broker: BrokerSettings | None) -> None:
    if broker is None or broker.is_here or broker.authority is not None:
        return
    if not broker.unsafe_without_tls:
        raise ConfigurationError(
            "broker.authority is missing: without it there is no TLS, which is allowed "
            "to a broker on this machine, or with broker.unsafe_without_tls = true"
        )


def unsafe_settings(config: GateConfig) -> tuple[str, ...]:
    """Names of the weakening settings that are on, in the order of the file."""
    sections = (
        config.camera,
        config.reader,
        config.credentials,
        config.vision,
        config.passage,
        config.broker,
    )
    return tuple(
        setting.name
        for section in sections
        if section is not None
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
        camera=_section(Camera, "camera", table, base),
        reader=_section(Reader, "reader", table, base),
        credentials=_section(Credentials, "credentials", table, base),
        vision=_section(Vision, "vision", table, base),
        passage=_section(Passage, "passage", table, base),
        gpio=_optional(Gpio, "gpio", table, base),
        broker=_optional(BrokerSettings, "broker", table, base),
        mqtt_door=_optional(MqttDoorSettings, "mqtt_door", table, base),
        osdp=_optional(OsdpSettings, "osdp", table, base),
        home_assistant=_optional(HomeAssistantSettings, "home_assistant", table, base),
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


_Section = TypeVar(
    "_Section",
    Camera,
    Reader,
    Credentials,
    Vision,
    Passage,
    Gpio,
    BrokerSettings,
    MqttDoorSettings,
    OsdpSettings,
    HomeAssistantSettings,
)


def _optional(
    kind: type[_Section], name: str, table: Mapping[str, object], base: Path
) -> _Section | None:
    return _section(kind, name, table, base) if name in table else None


def _section(
    kind: type[_Section], name: str, table: Mapping[str, object], base: Path
) -> _Section:
    given = _table(name, table)
    types = get_type_hints(kind)
    _refuse_unknown(f"{name}.", given, set(types))
    for setting in dataclasses.fields(kind):
        if setting.default is dataclasses.MISSING and setting.name not in given:
            raise ConfigurationError(f"{name}.{setting.name} is missing")
    return kind(
        **{
            key: _setting_value(f"{name}.{key}", value, types[key], base)
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


def _setting_value(name: str, value: object, kind: Any, base: Path) -> Any:  # noqa: ANN401 - typed by `kind`
    """The value as `kind`, which may be a path, and one that can be left out."""
    if isinstance(kind, UnionType):
        kind = next(each for each in get_args(kind) if each is not NoneType)
    if kind is Path:
        return base / _value(name, value, str)
    return _value(name, value, kind)


def _value(name: str, value: object, kind: Any) -> Any:  # noqa: ANN401 - typed by `kind`
    """The value as `kind`: str, int, float, bool, or a tuple of ints or floats."""
    if value is None:
        raise ConfigurationError(f"{name} is missing")
    if kind is float and type(value) is int:
        return float(value)
    if get_origin(kind) is tuple and isinstance(value, list):
        of = get_args(kind)[0]
        return tuple(_value(f"{name}[{i}]", v, of) for i, v in enumerate(value))
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
