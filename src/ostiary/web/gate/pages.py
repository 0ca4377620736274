"""The gate's end of its pages: a display that tells them what goes on.

It never waits. The latest scene is sent again until it got through, and a picture that
does not fit is dropped.
"""

import secrets
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from ostiary.config import GateConfig, Pages, unsafe_settings
from ostiary.erasure import overwrite
from ostiary.errors import ConfigurationError
from ostiary.gate.displays import Display, Stage
from ostiary.ports import Clock
from ostiary.presentation.challenge import Move
from ostiary.reasons import Reason
from ostiary.terms import AccessDecision, Image, Outcome
from ostiary.web.gate.link import (
    Consented,
    Entered,
    Handout,
    HelpWanted,
    Invitation,
    Kind,
    Message,
    Opening,
    Scene,
)
from ostiary.web.gate.process import PageProcess
from ostiary.web.languages import Languages
from ostiary.web.serving import open_listener
from ostiary.web.tls import serving

READING_SECONDS: Final = 10.0
"""How long a refusal stays to be read, unless somebody shows a pass before."""

CHECK_SECONDS: Final = 10.0
"""How often it is asked whether anybody could be let in."""

MIRROR_SECONDS: Final = 0.08
"""Least time between two pictures of the mirror: twelve a second."""

MIRROR_HEIGHT: Final = 480
"""Height of a picture of the mirror, in pixels."""

MIRROR_QUALITY: Final = 70
"""JPEG quality of it, 0 to 100."""

_UNUSABLE: Final = "not PEM, not of one another, or under a password"

IPV6: Final = 6

_OUTCOMES: Final[Mapping[Outcome, Kind]] = MappingProxyType(
    {
        Outcome.GRANT: Kind.GRANTED,
        Outcome.REFUSE: Kind.REFUSED,
        Outcome.REFER: Kind.REFERRED,
    }
)

_STAGES: Final[Mapping[Stage, Kind | None]] = MappingProxyType(
    {
        Stage.IDLE: None,
        Stage.FACE: Kind.LOOK,
        Stage.MOVES: Kind.MOVE,
        Stage.ATTENDANT: Kind.ATTENDANT,
        Stage.DOOR: Kind.OPENING,
        Stage.PASSAGE: Kind.OPENING,
        Stage.REST: None,
    }
)
"""What is shown when a stage begins; None: idle, unless something is to be read."""

_TO_BE_READ: Final = frozenset({Kind.REFUSED, Kind.REFERRED})


class Companion(Protocol):
    """Somebody else who talks to the same process."""

    def heed(self, message: Message) -> None:
        """Take what the pages said; what is for others is left alone."""
        ...

    def tell_all(self) -> None:
        """The pages are new and know nothing."""
        ...


class ServedPages(Display):
    """Serves the pages of one gate.

    Args:
        config: the gate's configuration.
        clock: the gate's clock.
        fault: says why nobody at all can be let in now, or None.
        help_wanted: is called when somebody at the kiosk asks for the attendant.
        trial: whether somebody tries the gate on themselves, and enrols first.

    Attributes:
        consented: which version of the desk's text was accepted; None: none was.

    Raises:
        ConfigurationError: the address is taken or not this machine's, the language is
            not there, or the certificate cannot be used.
    """

    def __init__(
        self,
        config: GateConfig,
        clock: Clock,
        fault: Callable[[datetime], Reason | None],
        help_wanted: Callable[[], None],
        *,
        trial: bool = False,
    ) -> None:
        self._clock = clock
        self._ask_fault = fault
        self._help_wanted = help_wanted
        self._seconds = _countdowns(config)
        self._host = _host(config.pages)
        self._encrypted = config.pages.certificate is not None
        self._opening = _opening(config, trial=trial)
        self._companions: list[Companion] = []
        self.consented: str | None = None
        self._handout: Handout | None = None
        self._listener = listen(config.pages)
        self._invitation: Invitation | None = None
        self._scene = Scene(Kind.IDLE)
        self._sent: Scene | None = None
        self._announced = float("-inf")
        self._stage = Stage.IDLE
        self._camera: Reason | None = None
        self._reader: Reason | None = None
        self._fault: Reason | None = None
        self._checked = float("-inf")
        self._reflected = float("-inf")
        self._process = PageProcess(self._listener, clock.seconds())
        self._process.say(self._opening)

    def join(self, companion: Companion) -> None:
        """Have somebody else talk to the same process, too."""
        self._companions.append(companion)
        companion.tell_all()

    def say(self, message: Message) -> bool:
        """Say something to the pages, if there is room for it; whether there was."""
        return self._process.say(message)

    @property
    def address(self) -> str:
        """Where the pages are served."""
        port = self._listener.getsockname()[1]
        return f"{'https' if self._encrypted else 'http'}://{self._host}:{port}"

    @property
    def process_id(self) -> int:
        """The id of the process that serves them now."""
        return self._process.id

    def invite(self) -> str:
        """The address by which one browser becomes the kiosk, once."""
        self._invitation = Invitation(secrets.token_urlsafe(24))
        self._process.say(self._invitation)
        return f"{self.address}/kiosk/enter/{self._invitation.entry}"

    def enrol(self) -> None:
        """Show that a face is looked for to make a pass; `guide` says what keeps it."""
        self._begin(Scene(Kind.LOOK))

    def hand_out(self, text: str) -> None:
        """Show somebody the pass that was made for them, and nobody else."""
        self._begin(Scene(Kind.IDLE))
        self._handout = Handout(text)
        self._process.say(self._handout)

    @override
    def pass_time(self, at: datetime) -> None:
        """Listen to the pages; start them again if they ended."""
        seconds = self._clock.seconds()
        for message in self._process.heard():
            self._heed(message)
        if self._process.revive(seconds):
            self._tell_all()
        if self._stage is Stage.IDLE and seconds - self._checked >= CHECK_SECONDS:
            self._checked, self._fault = seconds, self._ask_fault(at)
        self._end_reading(seconds)
        self._tell()

    @override
    def enter(self, stage: Stage) -> None:
        """Show what begins; a refusal stays until it was read."""
        self._stage = stage
        kind = _STAGES[stage]
        if kind is not None:
            self._begin(Scene(kind, seconds=self._seconds.get(stage)))
        elif self._scene.kind not in _TO_BE_READ:
            self._begin(Scene(Kind.IDLE))

    @override
    def mirror(self, zone: Image, seconds: float) -> None:
        """Send a small picture, not too often; what was made for it is overwritten."""
        if 0 <= seconds - self._reflected < MIRROR_SECONDS:
            return
        self._reflected = seconds
        small = mirror_picture(zone)
        encoded = mirror_file(small)
        self._process.reflect(encoded.data)
        overwrite(small, encoded)

    @override
    def announce(
        self, decision: AccessDecision, at: datetime, stages: Mapping[str, float]
    ) -> None:
        """Show the decision."""
        del at, stages
        self._announced = self._clock.seconds()
        kind = _OUTCOMES[decision.outcome]
        seconds = self._seconds.get(self._stage) if kind is Kind.GRANTED else None
        self._begin(Scene(kind, decision.reason, seconds=seconds))

    @override
    def guide(self, reason: Reason) -> None:
        """Show what the person can do; the countdown goes on."""
        self._show(replace(self._scene, reason=reason))

    @override
    def prompt(self, move: Move) -> None:
        """Show the move."""
        self._begin(Scene(Kind.MOVE, move=move, seconds=self._seconds[Stage.MOVES]))

    @override
    def camera(self, fault: Reason | None, at: datetime) -> None:
        """Show whether the camera works."""
        del at
        self._camera = fault
        self._tell()

    @override
    def reader(self, fault: Reason | None, at: datetime) -> None:
        """Show whether passes can be read; whoever is served is served on."""
        del at
        self._reader = fault
        self._tell()

    @override
    def close(self) -> None:
        """End the pages."""
        self._process.close()
        self._listener.close()

    def _begin(self, scene: Scene) -> None:
        self._show(replace(scene, turn=self._scene.turn + 1))

    def _show(self, scene: Scene) -> None:
        self._scene = scene
        self._tell()

    def _end_reading(self, seconds: float) -> None:
        read = not 0 <= seconds - self._announced < READING_SECONDS
        if read and self._stage is Stage.IDLE and self._scene.kind in _TO_BE_READ:
            self._begin(Scene(Kind.IDLE))

    def _tell(self) -> None:
        """Send the scene unless it was sent; what does not go through waits."""
        scene, idle = self._scene, self._scene.kind is Kind.IDLE
        outage = self._camera or ((self._reader or self._fault) if idle else None)
        if outage is not None:
            scene = Scene(Kind.CLOSED, outage)
        if scene != self._sent and self._process.say(scene):
            self._sent = scene

    def _tell_all(self) -> None:
        """Tell new pages what the ones before them knew."""
        self._sent = None
        self._process.say(self._opening)
        if self._invitation is not None:
            self._process.say(self._invitation)
        if self._handout is not None:
            self._process.say(self._handout)
        for each in self._companions:
            each.tell_all()

    def _heed(self, message: Message) -> None:
        match message:
            case Entered():
                self._invitation = None
            case Consented(version):
                self.consented = version
            case HelpWanted():
                self._help_wanted()
            case _:
                for each in self._companions:
                    each.heed(message)


def mirror_picture(zone: Image) -> Image:
    """What the mirror shows of a standing zone: small, in an array of its own."""
    height, width = zone.shape[:2]
    size = (max(1, round(width * MIRROR_HEIGHT / height)), MIRROR_HEIGHT)
    return np.asarray(cv2.resize(zone, size, interpolation=cv2.INTER_AREA), np.uint8)


def mirror_file(small: Image) -> NDArray[np.uint8]:
    """The same as JPEG."""
    quality = (cv2.IMWRITE_JPEG_QUALITY, MIRROR_QUALITY)
    return np.asarray(cv2.imencode(".jpg", small, quality)[1], np.uint8)


def _countdowns(config: GateConfig) -> Mapping[Stage, float]:
    """How long each stage can last that people are shown a countdown of."""
    rules = config.rules(0.0)
    return {
        Stage.FACE: rules.face_seconds,
        Stage.MOVES: rules.move_seconds,
        Stage.ATTENDANT: rules.attendant_seconds,
        Stage.PASSAGE: rules.passage_seconds,
    }


def _host(settings: Pages) -> str:
    """How a browser calls this machine: by its first name, or by its address."""
    address = ip_address(settings.address)
    if settings.hosts:
        return settings.hosts[0]
    if address.is_unspecified:
        return "localhost"
    return f"[{address}]" if address.version == IPV6 else str(address)


def listen(settings: Pages) -> socket.socket:
    """Begin to listen where the pages are to be served.

    Raises:
        ConfigurationError: the address is taken, or not this machine's.
    """
    try:
        return open_listener(settings.address, settings.port)
    except OSError as error:
        raise ConfigurationError(
            f"pages.address {settings.address} with pages.port {settings.port} cannot "
            f"be served at: {error.strerror}"
        ) from None


def _opening(config: GateConfig, *, trial: bool) -> Opening:
    settings, attendants = config.pages, config.attendants
    check_language(settings)
    if settings.certificate is not None:
        check_certificate(settings.certificate, settings.key)
    return Opening(
        certificate=_text(settings.certificate),
        key=_text(settings.key),
        hosts=" ".join((settings.address, *settings.hosts)),
        language=settings.language,
        sound=settings.sound,
        trial=trial,
        name=attendants.name or config.zone,
        staff=_text(attendants.staff),
        token=_text(attendants.token),
        others="\n".join(map(str, attendants.gates)),
        unsafe=" ".join(unsafe_settings(config)),
        idle=attendants.idle_minutes * 60,
        whole=attendants.session_hours * 3600,
        session=secrets.token_urlsafe(24),
        by_hand=attendants.journal is not None,
    )


def check_language(settings: Pages) -> None:
    """Refuse a language that is not there.

    Raises:
        ConfigurationError: it is not.
    """
    languages = Languages()
    if settings.language not in languages:
        known = ", ".join(languages)
        raise ConfigurationError(
            f"pages.language {settings.language!r} is none of: {known}"
        )


def check_certificate(certificate: Path, key: Path | None) -> None:
    """Try certificate and key here, where a refusal is read by somebody.

    Raises:
        ConfigurationError: they cannot be used together.
    """
    try:
        serving(certificate, key)
    except OSError as error:
        why = _UNUSABLE if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigurationError(
            f"pages.certificate and pages.key cannot be used together: {why}"
        ) from None


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
