"""The sections of a gate's configuration, as frozen dataclasses.

The one place for defaults. Each setting carries its unit and where its default comes
from. A setting that weakens the gate has "unsafe" in its name, and `unsafe_settings`
finds it by that name, so that none can be added quietly.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from ostiary.capture.wanted import USUAL, Wanted
from ostiary.config.operations import Log, Metrics, Power
from ostiary.config.setting import REQUIRED as _REQUIRED
from ostiary.config.setting import setting as _setting
from ostiary.presentation.fusion import Asking
from ostiary.terms import Rectangle
from ostiary.transaction import Rules

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_RULES: Final = {rule.name: rule.default for rule in dataclasses.fields(Rules)}


SIMULATED: Final = "simulated"
"""The one door that is none."""


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
        Path("high-water.json"),
        unit="file",
        source="the gate writes it: which lists it will not go back behind",
    )
    attempts: Path = _setting(
        Path("attempts.json"),
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
        24.0,
        unit="hours",
        source="a day without a fresh list, then refuse",
        within=(0.1, 24 * 366),
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
    width: int = _setting(
        USUAL.width, unit="pixels", source="codes need it", within=(160, 7680)
    )
    height: int = _setting(
        USUAL.height, unit="pixels", source="codes need it", within=(120, 4320)
    )
    frames_per_second: float = _setting(
        USUAL.rate,
        unit="frames a second",
        source="what one core sustains",
        within=(1, 240),
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
    baud: int = _setting(
        9600,
        unit="bits a second",
        source="scanners as delivered",
        within=(300, 4_000_000),
    )


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
    release_pin: int | None = _setting(
        None,
        unit="pin",
        source="closed to ground until the wired emergency release is used",
    )
    supply_pin: int | None = _setting(
        None, unit="pin", source="closed to ground while the lock has power"
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
    speed: int = _setting(
        9600,
        unit="bits a second",
        source="OSDP's own default",
        within=(300, 4_000_000),
    )
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
    release_input: int | None = _setting(
        None, unit="number", source="active when the wired emergency release was used"
    )
    supply_input: int | None = _setting(
        None, unit="number", source="active while the lock has no power"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeAssistantSettings:
    """What Home Assistant is told through the broker; it can say nothing back."""

    topic: str = _setting(
        _REQUIRED, unit="topic", source="of this gate; another one for each"
    )
    name: str = _setting(_REQUIRED, unit="", source="how it is called there")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The pages that the gate serves. Paths count from the configuration file."""

    address: str = _setting(
        "127.0.0.1", unit="IP address", source="this machine alone can reach it"
    )
    port: int = _setting(
        8470,
        unit="",
        source="no well-known one; 0: any that is free",
        within=(0, 65_535),
    )
    certificate: Path | None = _setting(
        None, unit="PEM file", source="whoever answers for the network has it made"
    )
    key: Path | None = _setting(
        None, unit="PEM file", source="as the certificate; private"
    )
    hosts: tuple[str, ...] = _setting(
        (), unit="names", source="by which other machines call it, beside the address"
    )
    language: str = _setting(
        "en", unit="ISO 639 code", source="what the kiosk speaks before it is asked"
    )
    sound: bool = _setting(
        default=True, unit="", source="people who do not see the page hear it"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendants:
    """The attendants' page. Paths count from the configuration file."""

    name: str = _setting(
        "", unit="", source="what attendants call this gate; empty: as its zone"
    )
    staff: Path | None = _setting(
        None, unit="file", source="`ostiary staff` writes it; without one, no page"
    )
    idle_minutes: float = _setting(
        30.0,
        unit="minutes",
        source="SP 800-63B-4, 2.2.3: idle time of a session",
        within=(1, 24 * 60),
    )
    session_hours: float = _setting(
        12.0,
        unit="hours",
        source="SP 800-63B-4, 2.2.3: whole time of a session",
        within=(0.1, 24),
    )
    gates: tuple[Path, ...] = _setting(
        (), unit="files", source="`ostiary staff share` writes one at each other gate"
    )
    token: Path | None = _setting(
        None, unit="file", source="`ostiary staff share` writes it; see docs/adr/0049"
    )
    journal: Path | None = _setting(
        None,
        unit="directory",
        source="openings by hand are entered there; without one, no door opens by hand",
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
    gpio: Gpio | None = None
    broker: BrokerSettings | None = None
    mqtt_door: MqttDoorSettings | None = None
    osdp: OsdpSettings | None = None
    home_assistant: HomeAssistantSettings | None = None
    metrics: Metrics | None = None
    power: Power | None = None
    log: Log = field(default_factory=Log)
    pages: Pages = field(default_factory=Pages)
    attendants: Attendants = field(default_factory=Attendants)

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


def sections_of(config: GateConfig) -> Iterator[tuple[str, "DataclassInstance"]]:
    """Name and value of each section that is there, in the order of the file."""
    for each in dataclasses.fields(config):
        value = getattr(config, each.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            yield each.name, value


def unsafe_settings(config: GateConfig) -> tuple[str, ...]:
    """Names of the weakening settings that are on, in the order of the file."""
    return tuple(
        setting.name
        for _, section in sections_of(config)
        for setting in dataclasses.fields(section)
        if setting.name.startswith("unsafe_") and getattr(section, setting.name)
    )
