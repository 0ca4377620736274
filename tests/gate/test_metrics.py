"""What can be scraped: hours that are over, and nothing by which to find a passage."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from ostiary.capture.qr import qr_image
from ostiary.gate.condition import Watching
from ostiary.gate.displays import Several
from ostiary.gate.metrics import BUCKETS, Figures, GateCollector, Latencies
from ostiary.reasons import Reason
from ostiary.terms import AccessDecision, Image, Outcome, Sight

World: TypeAlias = Any  # tests/gate/conftest.py makes it
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GRANTED = AccessDecision(Outcome.GRANT, Reason.HOLDER_VERIFIED)
REFUSED = AccessDecision(Outcome.REFUSE, Reason.NON_MATCH)


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return (self.at - NOON).total_seconds()


class Scraped:
    """A gate's figures, as somebody reads them who reads all the time."""

    def __init__(self, world: World, *unsafe: str) -> None:
        self.clock = Clock()
        self.knowledge = world.knowledge()
        self.figures = Figures()
        self.watching = Watching(self.knowledge, self.clock)
        self.display = Several(self.figures, self.watching)
        self.registry = CollectorRegistry()
        self.registry.register(
            GateCollector(self.figures, self.watching, self.clock, unsafe)
        )

    def at(self, minutes: float) -> None:
        self.clock.at = NOON + minutes * MINUTE
        self.display.pass_time(self.clock.at)

    def decide(self, decision: AccessDecision, **stages: float) -> None:
        self.display.announce(decision, self.clock.at, stages)

    def text(self) -> str:
        return generate_latest(self.registry).decode()

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


def test_outcomes_are_told_when_their_hour_is_over(world: World) -> None:
    scraped = Scraped(world)
    granted = {"outcome": "grant", "reason": "holder-verified"}
    scraped.at(5)
    scraped.decide(GRANTED, code=2.0)
    scraped.display.camera(Reason.CAMERA_BLANK, NOON)
    scraped.display.camera(None, NOON)
    scraped.display.reader(Reason.READER_FAULT, NOON)
    scraped.display.reader(None, NOON)
    scraped.display.alarm(Reason.DOOR_FORCED, NOON)
    scraped.at(59.9)
    assert scraped.value("ostiary_alarms_total", reason="door-forced") is None
    assert scraped.value("ostiary_decisions_total", **granted) is None
    assert scraped.value("ostiary_stage_seconds_count", stage="code") is None
    scraped.at(60)
    assert scraped.value("ostiary_decisions_total", **granted) == 1
    blank = scraped.value("ostiary_camera_outages_total", reason="camera-blank")
    assert blank == 1
    gone = scraped.value("ostiary_reader_outages_total", reason="reader-fault")
    assert gone == 1
    assert scraped.value("ostiary_alarms_total", reason="door-forced") == 1
    assert scraped.value("ostiary_stage_seconds_sum", stage="code") == 0.002
    buckets = [
        scraped.value("ostiary_stage_seconds_bucket", stage="code", le=end)
        for end in ("0.001", "0.0025", "1.0", "+Inf")
    ]
    assert buckets == [0, 1, 1, 1]
    scraped.decide(GRANTED, code=3.0)
    scraped.decide(REFUSED, code=30.0, face=5000.0)
    scraped.at(121)
    assert scraped.value("ostiary_decisions_total", **granted) == 2
    assert scraped.value("ostiary_stage_seconds_count", stage="code") == 3
    beyond = scraped.value("ostiary_stage_seconds_bucket", stage="face", le="1.0")
    assert beyond == 0


@given(
    first=st.lists(st.tuples(st.floats(0, 59.9), st.sampled_from([GRANTED, REFUSED]))),
    other=st.lists(st.tuples(st.floats(0, 59.9), st.sampled_from([GRANTED, REFUSED]))),
    reads=st.lists(st.floats(0, 59.9), max_size=5),
)
def test_no_reading_within_an_hour_tells_of_what_happens_in_it(
    first: list[tuple[float, AccessDecision]],
    other: list[tuple[float, AccessDecision]],
    reads: list[float],
) -> None:
    """Two hours with other passages in them read alike, at every moment."""

    def readings(passages: list[tuple[float, AccessDecision]]) -> list[str]:
        told = []
        figures = Figures()
        moments = [(minute, decision) for minute, decision in passages]
        both = [*moments, *((minute, None) for minute in reads)]
        for minute, decision in sorted(both, key=lambda each: each[0]):
            at = NOON + minute * MINUTE
            figures.pass_time(at)
            if decision is None:
                told.append(repr(figures.shown))
            else:
                figures.announce(decision, at, {"code": minute})
        return told

    assert readings(first) == readings(other)


def test_a_passage_changes_nothing_that_can_be_read(
    world: World, empty_scene: Callable[[], Image]
) -> None:
    """The whole gate, read after every picture, with a passage and without one."""
    scene = qr_image(world.issue().text)

    def readings(*pictures: Image) -> list[str]:
        scraped = Scraped(world)
        world.display = scraped.display
        told = []

        class Read:
            closed = False

            def frames(self) -> Iterator[Sight]:
                for sight in world.film(*pictures).frames():
                    yield sight
                    told.append(scraped.text())

            def close(self) -> None:
                pass

        gate = world.gate()
        gate._gear.knowledge.at(NOON)
        gate.run(Read())
        return told

    nobody = readings(*(empty_scene() for _ in range(8)))
    somebody = readings(
        empty_scene(), scene, *(empty_scene() for _ in range(5)), np.zeros_like(scene)
    )
    assert nobody == somebody
    assert world.door.openings == 1


def test_only_what_is_listed_here_is_told(world: World) -> None:
    """Nothing of the process: its use of the processor rises with every face."""
    scraped = Scraped(world, "unsafe_accept_unsealed")
    scraped.at(1)
    scraped.decide(GRANTED, code=1.0)
    scraped.at(61)
    families = {each.name for each in text_string_to_metric_families(scraped.text())}
    assert families == {
        "ostiary_build_info",
        "ostiary_unsafe_setting",
        "ostiary_decisions",
        "ostiary_camera_outages",
        "ostiary_reader_outages",
        "ostiary_alarms",
        "ostiary_stage_seconds",
        "ostiary_ready",
        "ostiary_trouble",
        "ostiary_clock_behind",
        "ostiary_status_list_age_seconds",
        "ostiary_status_list_usable",
        "ostiary_trust_expires_timestamp_seconds",
    }
    assert "_created" not in scraped.text()
    unsafe = scraped.value("ostiary_unsafe_setting", setting="unsafe_accept_unsealed")
    assert unsafe == 1


def test_lists_are_told_with_their_age(world: World) -> None:
    scraped = Scraped(world)
    (path,) = world.home.status_paths()
    scraped.at(90)
    assert scraped.value("ostiary_status_list_age_seconds", list=str(path)) == 5400
    assert scraped.value("ostiary_status_list_usable", list=str(path)) == 1
    path.write_bytes(b"half a file")
    scraped.at(92)
    assert scraped.value("ostiary_status_list_age_seconds", list=str(path)) is None
    assert scraped.value("ostiary_status_list_usable", list=str(path)) == 0
    assert scraped.value("ostiary_ready") == 0
    assert scraped.value("ostiary_trouble", reason="status-unknown") == 1


@pytest.mark.parametrize("seconds", [0.0, BUCKETS[0], 0.0011, 1.0, 7.0])
def test_a_latency_falls_into_the_bucket_that_ends_above_it(seconds: float) -> None:
    spent = Latencies()
    spent.add(seconds)
    below = [end for end in BUCKETS if end < seconds]
    assert spent.counts[len(below)] == 1


def test_names_are_those_of_prometheus(world: World) -> None:
    scraped = Scraped(world)
    scraped.at(1)
    names = re.findall(r"^# TYPE (\S+)", scraped.text(), re.MULTILINE)
    assert all(re.fullmatch(r"ostiary_[a-z_]+", name) for name in names)
