"""What an owner should know of a gate's clock and keys, a sentence each."""

from collections.abc import Iterator
from datetime import datetime

from ostiary.credential import GateKnowledge
from ostiary.credential.clock import is_behind
from ostiary.credential.life import Act


def clock_notices(knowledge: GateKnowledge, at: datetime) -> Iterator[str]:
    """That the clock cannot be right."""
    moments = (knowledge.trust.issued_at, *knowledge.high_water.moments)
    if is_behind(at, moments):
        yield (
            f"the clock says {at:%F %R}, and it was {max(moments):%F %R} UTC already: "
            "nobody is let in until it is set; if it is right: ostiary gate recover"
        )


def missing_keys(knowledge: GateKnowledge, at: datetime) -> Iterator[str]:
    """Which of the zone's keys that count are not here."""
    held = {key.public.identifier for key in knowledge.zone_keys}
    for entry in knowledge.trust.entries.zones:
        counts = entry.key.zone == knowledge.zone and entry.life.may(Act.COUNT, at)
        if counts and entry.key.identifier not in held:
            yield (
                f"the key of zone {knowledge.zone} epoch {entry.key.epoch} is not "
                "here; passes are sealed to it from "
                f"{entry.life.active_from:%F %R} UTC on"
            )
