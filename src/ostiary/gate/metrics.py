"""What a gate tells whoever watches over many: figures for Prometheus.

Outcomes and how long stages took are told when their hour is over, as in the log, so
that no two readings are further apart in what they tell than two hours are. Nothing of
the process itself is told (its use of the processor would rise with every face that is
looked at), and no moment at which a figure was first seen (docs/adr/0044).
"""

import bisect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from typing import Final

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from typing_extensions import override

from ostiary.gate.condition import Watching, age_of
from ostiary.gate.counts import hour_of
from ostiary.gate.displays import Display
from ostiary.gate.supply import Stage
from ostiary.ports import Clock
from ostiary.reasons import Reason
from ostiary.terms import AccessDecision

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Upper ends of the buckets of latencies, in seconds; the aim is under 0.15 in all."""


@dataclass(slots=True)
class Latencies:
    """How long one stage took, by bucket.

    Attributes:
        counts: how many fell into each bucket, and beyond the last.
        seconds: all of them together.
    """

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect.bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds

    def joined(self, other: "Latencies") -> "Latencies":
        """Both together."""
        counts = [a + b for a, b in zip(self.counts, other.counts, strict=True)]
        return Latencies(counts, self.seconds + other.seconds)


@dataclass(slots=True)
class Tally:
    """What was counted over a time.

    Attributes:
        decisions: by outcome and reason.
        outages: of the camera, by reason.
        readers: outages of the reader of passes, by reason.
        alarms: of the passage, by reason.
        stages: latencies by stage.
    """

    decisions: Counter[AccessDecision] = field(default_factory=Counter)
    outages: Counter[Reason] = field(default_factory=Counter)
    readers: Counter[Reason] = field(default_factory=Counter)
    alarms: Counter[Reason] = field(default_factory=Counter)
    stages: dict[str, Latencies] = field(default_factory=dict)

    def joined(self, other: "Tally") -> "Tally":
        """Both together; neither is changed."""
        names = [
            *self.stages,
            *(name for name in other.stages if name not in self.stages),
        ]
        none = Latencies()
        return Tally(
            self.decisions + other.decisions,
            self.outages + other.outages,
            self.readers + other.readers,
            self.alarms + other.alarms,
            {
                name: self.stages.get(name, none).joined(other.stages.get(name, none))
                for name in names
            },
        )


class Figures(Display):
    """Counts, and shows what it has counted when the hour is over.

    Attributes:
        shown: what may be told: the hours that are over. Replaced as a whole, so that
            another thread may read it at any moment.
    """

    def __init__(self) -> None:
        self.shown = Tally()
        self._running = Tally()
        self._hour: datetime | None = None

    @override
    def pass_time(self, at: datetime) -> None:
        """Show the hour that is over."""
        hour = hour_of(at)
        if hour != self._hour:
            self._hour = hour
            self.shown, self._running = self.shown.joined(self._running), Tally()

    @override
    def announce(
        self, decision: AccessDecision, at: datetime, stages: Mapping[str, float]
    ) -> None:
        """Count the decision, and how long its stages took."""
        self._running.decisions[decision] += 1
        for name, milliseconds in stages.items():
            spent = self._running.stages.setdefault(name, Latencies())
            spent.add(milliseconds / 1000)

    @override
    def camera(self, fault: Reason | None, at: datetime) -> None:
        """Count an outage."""
        if fault is not None:
            self._running.outages[fault] += 1

    @override
    def reader(self, fault: Reason | None, at: datetime) -> None:
        """Count an outage."""
        if fault is not None:
            self._running.readers[fault] += 1

    @override
    def alarm(self, reason: Reason, at: datetime) -> None:
        """Count it: most alarms are somebody's doing."""
        self._running.alarms[reason] += 1


class GateCollector(Collector):
    """All figures of one gate, made when they are asked for.

    Args:
        figures: what is counted.
        watching: the gate's condition.
        clock: for the age of lists.
        unsafe: names of the weakening settings that are on.
    """

    def __init__(
        self, figures: Figures, watching: Watching, clock: Clock, unsafe: Sequence[str]
    ) -> None:
        self._figures = figures
        self._watching = watching
        self._clock = clock
        self._unsafe = unsafe

    @override
    def collect(self) -> Iterator[Metric]:
        """The figures as they may be told now."""
        yield InfoMetricFamily(
            "ostiary_build", "What runs here.", {"version": version("ostiary")}
        )
        yield _labelled(
            "ostiary_unsafe_setting",
            "Weakening settings that are on.",
            "setting",
            dict.fromkeys(self._unsafe, 1),
        )
        yield from _counted(self._figures.shown)
        yield from self._condition()

    def _condition(self) -> Iterator[Metric]:
        now, condition = self._clock.now(), self._watching.condition
        yield GaugeMetricFamily(
            "ostiary_ready",
            "Whether the gate can serve.",
            float(self._watching.is_live and not condition.troubles),
        )
        yield _labelled(
            "ostiary_trouble",
            "Why it cannot serve.",
            "reason",
            dict.fromkeys(condition.troubles, 1),
        )
        yield GaugeMetricFamily(
            "ostiary_clock_behind",
            "Whether the clock stands behind what it showed before.",
            float(Reason.CLOCK_BEHIND in condition.troubles),
        )
        yield _labelled(
            "ostiary_status_list_age_seconds",
            "How old each status list is that can be used.",
            "list",
            {
                str(path): age_of(issued, now).total_seconds()
                for path, issued in condition.issued.items()
            },
        )
        yield _labelled(
            "ostiary_status_list_usable",
            "Whether the file of each status list holds one that can be used.",
            "list",
            {
                **dict.fromkeys(map(str, condition.issued), 1),
                **dict.fromkeys(map(str, condition.unusable), 0),
            },
        )
        if condition.trust_ends is not None:
            yield GaugeMetricFamily(
                "ostiary_trust_expires_timestamp_seconds",
                "When the trust list or its root document expires.",
                condition.trust_ends.timestamp(),
            )
        if condition.broker is not None:
            yield GaugeMetricFamily(
                "ostiary_broker_connected",
                "Whether the broker of Home Assistant hears the gate.",
                float(condition.broker),
            )
        if condition.power is not None:
            yield _labelled(
                "ostiary_power_stage",
                "How far a power cut has come.",
                "stage",
                {stage: float(stage is condition.power) for stage in Stage},
            )


def _counted(tally: Tally) -> Iterator[Metric]:
    decisions = CounterMetricFamily(
        "ostiary_decisions",
        "Access decisions of the hours that are over.",
        labels=("outcome", "reason"),
    )
    for decision, count in sorted(tally.decisions.items(), key=str):
        decisions.add_metric((decision.outcome, decision.reason), count)
    yield decisions
    yield _counter(
        "ostiary_camera_outages",
        "Times that the camera failed in the hours that are over.",
        tally.outages,
    )
    yield _counter(
        "ostiary_reader_outages",
        "Times that the reader of passes failed in the hours that are over.",
        tally.readers,
    )
    yield _counter("ostiary_alarms", "Alarms of the hours that are over.", tally.alarms)
    stages = HistogramMetricFamily(
        "ostiary_stage_seconds",
        "Mean time of a run of each stage, a decision each, of hours that are over.",
        labels=("stage",),
    )
    for name, spent in sorted(tally.stages.items()):
        stages.add_metric((name,), _cumulated(spent), spent.seconds)
    yield stages


def _counter(name: str, text: str, counts: Counter[Reason]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=("reason",))
    for reason, count in sorted(counts.items()):
        family.add_metric((reason,), count)
    return family


def _cumulated(latencies: Latencies) -> list[tuple[str, float]]:
    """Buckets as Prometheus has them: each with all that is below."""
    ends = [*(repr(end) for end in BUCKETS), "+Inf"]
    total, buckets = 0, []
    for end, count in zip(ends, latencies.counts, strict=True):
        total += count
        buckets.append((end, float(total)))
    return buckets


def _labelled(
    name: str, text: str, label: str, values: Mapping[str, float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=(label,))
    for value, number in values.items():
        family.add_metric((value,), number)
    return family
