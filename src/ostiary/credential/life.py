"""The life of a key: new, active, ending, ended, or compromised.

A key is published before it is used, so that every gate and desk knows it by then, and
goes on counting after its last use, until what was made with it has run out. So one key
follows another without a gap.

    NEW      before `active_from`: published, not used yet
    ACTIVE   from `active_from`: in use
    ENDING   from `ending_from`: makes nothing new; what was made before still counts
    ENDED    from `ends_at`: nothing of it counts any more
    COMPROMISED  nothing of it counts, whenever it was made: a thief dates back
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ostiary.credential.checks import check_aware, seconds_of


class State(StrEnum):
    """Where a key stands in its life."""

    NEW = "new"
    ACTIVE = "active"
    ENDING = "ending"
    ENDED = "ended"
    COMPROMISED = "compromised"


class Act(StrEnum):
    """What is done with a key that a trust list names, by kind of key."""

    ISSUE = "issue"
    WITHDRAW = "withdraw"
    SEAL = "seal"
    HAND_OVER = "hand-over"
    SIGN_SETTINGS = "sign-settings"
    COUNT = "count"


MAY: Final[Mapping[Act, frozenset[State]]] = MappingProxyType(
    {
        # An issuer's key signs passes.
        Act.ISSUE: frozenset({State.ACTIVE}),
        # It signs status lists, which only take away. Somebody has to speak for passes
        # that are still about.
        Act.WITHDRAW: frozenset({State.ACTIVE, State.ENDING}),
        # Passes are sealed to a zone's key.
        Act.SEAL: frozenset({State.ACTIVE}),
        # Zones' keys are sealed to a gate's key.
        Act.HAND_OVER: frozenset({State.ACTIVE}),
        # A settings key signs settings.
        Act.SIGN_SETTINGS: frozenset({State.ACTIVE}),
        # What was made with any key is believed, or opened. One that is new here may be
        # active by the clock of whoever used it.
        Act.COUNT: frozenset({State.NEW, State.ACTIVE, State.ENDING}),
    }
)
"""In which states of a key each act is allowed."""


@dataclass(frozen=True, slots=True)
class LifeCycle:
    """The moments of a key's life; timezone-aware, whole seconds.

    Attributes:
        active_from: first moment of use.
        ending_from: first moment past it; later than `active_from`.
        ends_at: first moment at which nothing of it counts; `ending_from` or later.
        compromised_at: when it was found to be in other hands, if it was. For people to
            read; what follows from it holds for all times.
    """

    active_from: datetime
    ending_from: datetime
    ends_at: datetime
    compromised_at: datetime | None = None

    def __post_init__(self) -> None:
        """Check the moments.

        Raises:
            ValueError: one that cannot be written down, or not in this order.
        """
        active, ending, end = map(
            seconds_of, (self.active_from, self.ending_from, self.ends_at)
        )
        if not active < ending <= end:
            raise ValueError("a key is active, then ending, then ended")
        if self.compromised_at is not None:
            seconds_of(self.compromised_at)

    @classmethod
    def between(cls, active_from: datetime, ends_at: datetime) -> "LifeCycle":
        """A life without an ending: active from one moment until the other."""
        return cls(active_from, ends_at, ends_at)

    def cut(self, at: datetime) -> "LifeCycle | None":
        """The same life, if from that moment on nothing new is made.

        What was made before still counts until `ends_at`. None where nothing was made:
        the life has not begun by then.
        """
        if at <= self.active_from:
            return None
        return replace(self, ending_from=min(at, self.ending_from))

    def state(self, at: datetime) -> State:
        """Where it stands at that moment.

        Raises:
            ValueError: `at` is naive.
        """
        check_aware(at)
        if self.compromised_at is not None:
            return State.COMPROMISED
        if at < self.active_from:
            return State.NEW
        if at < self.ending_from:
            return State.ACTIVE
        return State.ENDING if at < self.ends_at else State.ENDED

    def may(self, act: Act, at: datetime) -> bool:
        """Whether that is allowed with the key at that moment."""
        return self.state(at) in MAY[act]

    def vouches(self, act: Act, done_at: datetime, at: datetime) -> bool:
        """Whether what was done then counts now."""
        return self.may(act, done_at) and self.may(Act.COUNT, at)
