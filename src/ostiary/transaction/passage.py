"""What a door's sensors tell, held against what the door was told.

A grant begins when the door takes the order to open, and serves one person. It ends
when the door was ordered shut and has stood shut for a moment. Whatever moves outside
of a grant, or twice within one, raises an alarm: docs/adr/0041.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, TypeAlias

from ostiary.reasons import Reason
from ostiary.terms import Contact, Doorway, ReleaseCause
from ostiary.transaction.effects import Alarm, AlarmOver
from ostiary.transaction.events import PassageBegun, PassageConfirmed
from ostiary.transaction.rules import Rules, expired

SHORTEST_ALARM: Final = 10.0
"""Seconds for which an alarm stands at least, so that somebody sees it."""

AFTER_LOCKING: Final = 2.0
"""Seconds: a hand on the door as the lock falls, and a leaf that rebounds, still belong
to the grant; so does whoever slips in behind."""

STUCK_SECONDS: Final = 60.0
"""Nobody stands in a beam for so long."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One opening.

    Attributes:
        before: how many had gone through before it; None: nothing counts them.
        moved: whether the contact has said since then that the door stands open.
        locked: since when the door is ordered shut and does not stand open, in seconds;
            None: it is released.
    """

    before: int | None
    moved: bool = False
    locked: float | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """What is known of a door. Times are seconds on the transaction's clock.

    Attributes:
        door: what its sensors told when they last answered.
        grant: the opening that is going on; None: whoever goes through has none.
        fault: whether the door does not answer.
        stands_open: since when it stands open, or was last granted while it did.
        blocked: since when something is in the passage.
        forced: whether it was opened, or passed, without a grant, and stands so.
        contradicted: whether people went through a door that never moved.
        alarms: what stands, and since when.
    """

    door: Doorway = field(default_factory=Doorway)
    grant: Grant | None = None
    fault: bool = False
    stands_open: float | None = None
    blocked: float | None = None
    forced: bool = False
    contradicted: bool = False
    alarms: Mapping[Reason, float] = field(default_factory=lambda: MappingProxyType({}))

    def passed(self) -> int:
        """How many went through on the grant that is going on, as far as counted."""
        if self.grant is None or self.grant.before is None:
            return 0
        return (self.door.passages or 0) - self.grant.before

    def stands(self) -> bool:
        """Whether the contact says that the door stands open."""
        return self.door.contact is Contact.OPEN


def released(watch: Watch, seconds: float) -> Watch:
    """The door took the order to open, for one person."""
    stands_open = seconds if watch.stands() else None
    grant = Grant(watch.door.passages, moved=watch.stands())
    return replace(watch, grant=grant, stands_open=stands_open)


def locked(watch: Watch, seconds: float) -> Watch:
    """The door took the order to shut."""
    if watch.grant is None or watch.grant.locked is not None:
        return watch
    return replace(watch, grant=replace(watch.grant, locked=seconds))


def observe(
    watch: Watch, door: Doorway | None, seconds: float, rules: Rules
) -> tuple[Watch, tuple[Alarm | AlarmOver, ...]]:
    """Take what the sensors tell at one moment.

    Args:
        watch: what is known so far.
        door: what they tell; None: the door does not answer.
        seconds: now.
        rules: how long the door may stand open.

    Returns:
        What is known then, and the alarms that begin or are over.
    """
    watch = replace(watch, fault=door is None)
    if door is not None:
        watch = _ended(_moved(watch, door, seconds), seconds)
    return _alarms(watch, seconds, rules)


def went_through(watch: Watch) -> PassageBegun | PassageConfirmed | None:
    """What the sensors say of the person to whom the door is open.

    A count counts only once the door has moved: somebody else may stand in the beam. A
    door that counts nobody was passed when it has been opened and is shut again.
    """
    grant = watch.grant
    if grant is None or grant.locked is not None:
        return None
    if grant.before is not None:
        free = grant.moved or watch.door.contact is Contact.UNKNOWN
        return PassageConfirmed() if free and watch.passed() > 0 else None
    if not grant.moved:
        return None
    return PassageBegun() if watch.stands() else PassageConfirmed()


def _moved(watch: Watch, door: Doorway, seconds: float) -> Watch:
    """What the sensors tell now, and since when."""
    former = watch.door
    stands = door.contact is Contact.OPEN
    grant = watch.grant
    if grant is not None and stands:
        since = None if grant.locked is None else seconds
        grant = replace(grant, moved=True, locked=since)
    return replace(
        watch,
        door=door,
        grant=grant,
        stands_open=_since(watch.stands_open, seconds) if stands else None,
        blocked=_since(watch.blocked, seconds) if door.blocked else None,
        forced=grant is None
        # Whoever comes through a door that is released forces nothing.
        and door.release is None
        and (_opened(former, door) or (watch.forced and stands)),
        contradicted=watch.contradicted and not stands,
    )


def _ended(watch: Watch, seconds: float) -> Watch:
    """The grant is over once the door has been shut for a moment."""
    grant = watch.grant
    if grant is None or grant.locked is None or watch.stands():
        return watch
    if not expired(grant.locked, seconds, AFTER_LOCKING):
        return watch
    shut = watch.door.contact is Contact.SHUT
    contradicted = shut and not grant.moved and watch.passed() > 0
    return replace(watch, grant=None, contradicted=watch.contradicted or contradicted)


def _opened(former: Doorway, door: Doorway) -> bool:
    """Whether the door was opened, or passed where no contact says that it is shut."""
    if door.contact is Contact.UNKNOWN:
        before, now = former.passages, door.passages
        return before is not None and now is not None and now > before
    return door.contact is Contact.OPEN and former.contact is Contact.SHUT


def _since(former: float | None, seconds: float) -> float:
    return seconds if former is None else former


_Cause: TypeAlias = Callable[[Watch, float, Rules], bool]


def _held_open(watch: Watch, seconds: float, rules: Rules) -> bool:
    since = watch.stands_open
    if since is None or watch.door.release is not None:
        return False
    # A later grant does not make good what stands open already.
    standing = Reason.DOOR_HELD_OPEN in watch.alarms
    return standing or expired(since, seconds, rules.held_seconds)


def _stuck(watch: Watch, seconds: float, _rules: Rules) -> bool:
    since = watch.blocked
    blocked = since is not None and expired(since, seconds, STUCK_SECONDS)
    return blocked or watch.contradicted


_CAUSES: Final[Mapping[Reason, _Cause]] = MappingProxyType(
    {
        Reason.DOOR_FAULT: lambda watch, _, __: watch.fault,
        Reason.DOOR_FORCED: lambda watch, _, __: watch.forced,
        Reason.DOOR_HELD_OPEN: _held_open,
        Reason.SECOND_PERSON: lambda watch, _, __: watch.passed() > 1,
        Reason.SENSOR_STUCK: _stuck,
        Reason.WIRED_RELEASE: lambda watch, _, __: (
            watch.door.release is ReleaseCause.WIRED
        ),
        Reason.LOCK_UNPOWERED: lambda watch, _, __: (
            watch.door.release is ReleaseCause.SUPPLY
        ),
    }
)

ALARMS: Final = frozenset(_CAUSES)
"""Every alarm there is."""


def _alarms(
    watch: Watch, seconds: float, rules: Rules
) -> tuple[Watch, tuple[Alarm | AlarmOver, ...]]:
    standing: dict[Reason, float] = {}
    changes: list[Alarm | AlarmOver] = []
    for reason, caused in _CAUSES.items():
        since = watch.alarms.get(reason)
        if caused(watch, seconds, rules):
            standing[reason] = _since(since, seconds)
            changes += () if since is not None else (Alarm(reason),)
        elif since is not None and not expired(since, seconds, SHORTEST_ALARM):
            standing[reason] = since
        elif since is not None:
            changes.append(AlarmOver(reason))
    return replace(watch, alarms=MappingProxyType(standing)), tuple(changes)
