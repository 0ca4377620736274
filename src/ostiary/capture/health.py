"""Whether a camera works, and when to open it again: a value, and time as an argument.

    serving -> silent, gone, blank or frozen -> failing -> a good picture -> serving

A failing camera is watched for as long as a pause lasts, since many a fault passes by
itself: a hand before the lens, the light that goes on, a stream that stood still
because nothing moved. After the pause it is opened again, and the next pause is longer.
"""

from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final, TypeAlias

from ostiary.capture.devices import FIRST_SECONDS, STALL_SECONDS
from ostiary.reasons import Reason

BLANK_SECONDS: Final = 1.5
"""How long a picture may show nothing: a hand or a pass may come over the lens."""

FROZEN_SECONDS: Final = 1.5
"""How long pictures may be the same bit by bit. Sensors have noise; only a compressed
stream of a room in which nothing moves may repeat one, and serves with its next."""

PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds before each opening after a fault; the last is used from there on."""

STEADY_SECONDS: Final = 60.0
"""How long a camera has to serve for the pauses to begin anew."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What is told of one picture.

    Attributes:
        digest: to tell it from another; None of a picture of one single colour.
        blank: whether there is nothing to be seen in it.
    """

    digest: bytes | None = field(repr=False)
    blank: bool


class Silence(Enum):
    """What is told where there is no picture."""

    WAITING = auto()
    ENDED = auto()


News: TypeAlias = Glance | Silence


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of a camera. Times are seconds on a clock that never runs back.

    Attributes:
        opened: when it was opened last.
        fault: what is wrong; None: it serves.
        due: when it is to be opened again; None: not known yet, or it serves.
        well: since when it has served; while it fails, when it last began to.
        openings: how often it was opened again since it last served steadily.
        picture: when its latest picture came; None since it was opened.
        blank: since when its pictures have been blank; None: the latest was not.
        same: since when its pictures have been the same.
        digest: of its latest picture.
    """

    opened: float
    fault: Reason | None = None
    due: float | None = None
    well: float = 0.0
    openings: int = 0
    picture: float | None = None
    blank: float | None = None
    same: float = 0.0
    digest: bytes | None = field(default=None, repr=False)

    @classmethod
    def new(cls, seconds: float) -> "Health":
        """Of a camera that was opened for the first time."""
        return cls(opened=seconds, well=seconds, same=seconds)

    def is_due(self, seconds: float) -> bool:
        """Whether it is to be opened again now."""
        return self.due is not None and seconds >= self.due

    def opened_again(self, seconds: float) -> "Health":
        """Once it was; until it gives a good picture it still fails."""
        return replace(
            self, opened=seconds, due=None, picture=None, openings=self.openings + 1
        )


def advance(health: Health, news: News, seconds: float) -> Health:
    """Take what a moment brought.

    Args:
        health: what is known so far.
        news: a glance at the next picture, or that there is none.
        seconds: when.
    """
    noted = _noted(health, news, seconds) if isinstance(news, Glance) else health
    if health.fault is None:
        return _serving(noted, news, seconds)
    return _failing(noted, news, seconds)


def _noted(health: Health, glance: Glance, seconds: float) -> Health:
    repeats = glance.digest is not None and glance.digest == health.digest
    since = seconds if health.blank is None else health.blank
    return replace(
        health,
        picture=seconds,
        same=health.same if repeats else seconds,
        blank=since if glance.blank else None,
        digest=glance.digest,
    )


def _serving(health: Health, news: News, seconds: float) -> Health:
    fault = _fault(health, news, seconds)
    if fault is not None:
        return replace(health, fault=fault, due=seconds + _pause(health))
    if health.openings and seconds - health.well >= STEADY_SECONDS:
        return replace(health, openings=0)
    return health


def _fault(health: Health, news: News, seconds: float) -> Reason | None:
    if isinstance(news, Silence):
        gone = news is Silence.ENDED or _is_silent(health, seconds)
        return Reason.CAMERA_FAULT if gone else None
    if health.blank is not None and seconds - health.blank >= BLANK_SECONDS:
        return Reason.CAMERA_BLANK
    frozen = seconds - health.same >= FROZEN_SECONDS
    return Reason.CAMERA_REPEATS if frozen else None


def _failing(health: Health, news: News, seconds: float) -> Health:
    """Only a picture that shows something new ends it."""
    shown = isinstance(news, Glance)
    if shown and health.blank is None and health.same == seconds:
        return replace(health, fault=None, due=None, well=seconds)
    failed = shown or news is Silence.ENDED or _is_silent(health, seconds)
    if health.due is None and failed:
        return replace(health, due=seconds + _pause(health))
    return health


def _is_silent(health: Health, seconds: float) -> bool:
    if health.picture is None:
        return seconds - health.opened >= FIRST_SECONDS
    return seconds - health.picture >= STALL_SECONDS


def _pause(health: Health) -> float:
    return PAUSES[min(health.openings, len(PAUSES) - 1)]
