"""What an owner should see coming: when no key of an issuer or a zone is in use."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ostiary.credential.life import LifeCycle, State
from ostiary.credential.trust import Entries


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody can be issued a pass.

    Attributes:
        whose: "issuer" or "zone", and its name.
        begins: first moment without a key in use.
        ends: first moment with one again, or the end of the time looked at.
    """

    whose: str
    begins: datetime
    ends: datetime


def gaps(entries: Entries, at: datetime, until: datetime) -> Iterator[Gap]:
    """When an issuer or a zone that the list names has no active key.

    Args:
        entries: what the list says.
        at: from when on it is looked at.
        until: the first moment that is not looked at.
    """
    for whose, lives in _lives(entries).items():
        yield from _gaps(whose, lives, at, until)


def _lives(entries: Entries) -> Mapping[str, list[LifeCycle]]:
    lives: dict[str, list[LifeCycle]] = {}
    for issuer in entries.issuers:
        if issuer.zones:
            lives.setdefault(f"issuer {issuer.key.name}", []).append(issuer.life)
    for zone in entries.zones:
        lives.setdefault(f"zone {zone.key.zone}", []).append(zone.life)
    return lives


def _gaps(
    whose: str, lives: Iterable[LifeCycle], at: datetime, until: datetime
) -> Iterator[Gap]:
    covered = at
    used = [life for life in lives if life.state(at) is not State.COMPROMISED]
    for life in sorted(used, key=lambda life: life.active_from):
        if covered >= until:
            return
        if life.active_from > covered:
            yield Gap(whose, covered, min(life.active_from, until))
        covered = max(covered, life.ending_from)
    if covered < until:
        yield Gap(whose, covered, until)
