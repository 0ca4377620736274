"""What a check finds, and what checks have to go by."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from ostiary.config import GateConfig
from ostiary.ports import Clock
from ostiary.vision.store import ModelStore


class Verdict(StrEnum):
    """How it stands with something."""

    OK = "ok"
    WARNING = "warning"
    FAILS = "fails"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: in a word or two.
        verdict: how it stands.
        found: what was seen.
        mend: what to do about it; empty where nothing is to be done.
    """

    what: str
    verdict: Verdict
    found: str
    mend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What checks go by.

    Attributes:
        path: of the configuration.
        config: what it says.
        source: the camera; None: none was named.
        store: the models.
        clock: the gate's.
        at: now.
        open_door: whether the door may be opened.
        system: where /proc and /sys are.
    """

    path: Path
    config: GateConfig
    source: str | None
    store: ModelStore
    clock: Clock
    at: datetime
    open_door: bool
    system: Path = Path("/")


Look: TypeAlias = Callable[[Bench], Iterator[Finding]]
"""Looks at something; raises an `OstiaryError` where it fails altogether."""


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at.

    Attributes:
        what: in a word or two.
        look: looks at it.
        mend: what to do where that fails.
        needs: what has to be in order for it to be looked at.
    """

    what: str
    look: Look
    mend: str
    needs: tuple[str, ...] = ()
