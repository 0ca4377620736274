"""What gates let through, and how often somebody opened them by hand."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ostiary.audit.findings import Finding, FindingKind
from ostiary.audit.rates import ALARM, Rate, least_by_chance, most_by_chance
from ostiary.audit.trail import Trail


@dataclass(frozen=True, slots=True)
class GateFigures:
    """One gate, over the hours that it tells.

    Attributes:
        log: the origin of its journal.
        name: of the gate.
        openings: by hand, all.
        uncovered: those in hours that the gate does not tell.
        passages: of the hours that tell them.
        hours: that are told.
        quiet: of those, how many say no more than that fewer than 10 passed.
    """

    log: str
    name: str
    openings: int
    uncovered: int
    passages: int
    hours: int
    quiet: int

    @property
    def rate(self) -> Rate:
        """Openings by hand among all that let somebody through, in hours told.

        Passages of quiet hours are not counted, so it errs on the high side.
        """
        covered = self.openings - self.uncovered
        return Rate(covered, covered + self.passages)


def gate_figures(trail: Trail) -> Iterator[GateFigures]:
    """Each gate that a journal names, in order of names."""
    opened = Counter(opening.gate for opening in trail.openings)
    outside = Counter(
        opening.gate
        for opening in trail.openings
        if _hour(opening.at) not in trail.gates.get(opening.gate, {})
    )
    for name in sorted({*opened, *trail.gates}):
        hours = trail.gates.get(name, {}).values()
        yield GateFigures(
            trail.log,
            name,
            opened[name],
            outside[name],
            sum(each.passages for each in hours),
            len(hours),
            sum(not each.passages for each in hours),
        )


def common_rate(gates: Sequence[GateFigures]) -> Rate:
    """Of all gates together."""
    return Rate(
        sum(gate.rate.count for gate in gates), sum(gate.rate.trials for gate in gates)
    )


def outliers(gates: Sequence[GateFigures]) -> Iterator[Finding]:
    """Gates that chance would bring so far from the common rate once in 500 times."""
    common = common_rate(gates)
    for gate in gates if common.trials else ():
        count, trials = gate.rate.count, gate.rate.trials
        most = most_by_chance(trials, common.value, ALARM)
        least = least_by_chance(trials, common.value, ALARM)
        if not least <= count <= most:
            detail = (
                f"gate {gate.name}: {count} of {trials} opened by hand, where chance "
                f"makes {least} to {most} at the common rate of {common.value:.3%}"
            )
            yield Finding(FindingKind.OUTLIER, gate.log, None, detail)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0)
