"""What the attendants' page says, in English; the catalogues have the rest.

What a reason says to attendants stands in `reasons`, and is not said otherwise here.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from ostiary.gate.supply import Stage as PowerStage
from ostiary.policy import CALLS_ATTENDANT
from ostiary.reasons import ADVICE, Reason
from ostiary.web.gate.view import Deed, Said, View, Wants

WANTED: Final = "Somebody at the gate asks for you."
"""Why the person at the kiosk calls: they need not say."""

SHOWN: Final = CALLS_ATTENDANT | {
    Reason.READER_FAULT,
    Reason.CLOCK_BEHIND,
    Reason.TRUST_EXPIRED,
    Reason.TRUST_ROLLED_BACK,
    Reason.STATUS_STALE,
}
"""Reasons for which attendants are called, or a gate is shown as out of order."""

DEEDS: Final[Mapping[Deed, str]] = MappingProxyType(
    {
        Deed.CONFIRM: "The document fits: let them pass",
        Deed.DECLINE: "Do not let them pass",
        Deed.COME: "I am coming",
        Deed.DONE: "Done",
    }
)

SAID: Final[Mapping[Said, str]] = MappingProxyType(
    {
        Said.TAKEN: "The gate has it.",
        Said.LATE: "Too late: it was answered by somebody else, or time ran out.",
        Said.LOST: "The gate cannot be reached. Nothing was done for certain: go and "
        "look.",
    }
)

ENDED: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.ATTENDANT_CONFIRMED: "The door opened for the pass without a face.",
        Reason.ATTENDANT_DECLINED: "The pass without a face was declined.",
        Reason.ATTENDANT_ABSENT: "A pass without a face waited and nobody answered.",
        Reason.DOOR_FAULT: "The pass was confirmed, and the door does not answer.",
    }
)
"""How a question ended; for other reasons, a device failed meanwhile."""

BROKEN_OFF: Final = "The gate broke off before the answer counted."

POWER: Final[Mapping[PowerStage, str]] = MappingProxyType(
    {
        PowerStage.ON_BATTERY: "The power has failed. The gate runs on its battery.",
        PowerStage.LOW: "The battery is low. The gate will sleep soon.",
        PowerStage.ASLEEP: "The gate sleeps until the power is back.",
        PowerStage.RETURNING: "The power is back. The gate waits whether it stays.",
    }
)
"""How far a power cut has come; nothing is said of mains."""

BROKER_LOST: Final = "The broker does not hear this gate. Passes are served."
"""That the building is not told; people are served all the same."""


def messages() -> Iterator[str]:
    """Every text of these, in English; what templates say stands in them."""
    yield from (WANTED, BROKEN_OFF, BROKER_LOST)
    for table in (DEEDS, SAID, ENDED, POWER):
        yield from table.values()
    for reason in sorted(SHOWN):
        yield ADVICE[reason].attendant


def advice(why: Reason | Wants) -> str:
    """What an attendant is told to do about a call."""
    return WANTED if isinstance(why, Wants) else ADVICE[why].attendant


def ending(reason: Reason) -> str:
    """How a question ended."""
    return ENDED.get(reason, BROKEN_OFF)


def conditions(view: View) -> Iterator[str]:
    """What is not as it should be around a gate that serves."""
    if view.power is not None and view.power in POWER:
        yield POWER[view.power]
    if view.broker is False:
        yield BROKER_LOST
