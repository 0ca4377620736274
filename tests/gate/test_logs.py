"""What a gate writes down in service: by the hour, in text or as JSON, about nobody."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from typing import Any, TypeAlias

import pytest

from ostiary.capture.qr import qr_image
from ostiary.gate.lines import HourlyDisplay
from ostiary.gate.logs import JsonLog, Log
from ostiary.gate.oversight import STAGES, PowerLog
from ostiary.gate.reminders import Reminding
from ostiary.gate.supply import Power, Stage
from ostiary.reasons import Reason
from ostiary.terms import Image

World: TypeAlias = Any  # tests/gate/conftest.py makes it
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("form", [Log, JsonLog])
def test_two_passages_are_one_line_that_names_nobody(
    world: World, empty_scene: Callable[[], Image], form: type[Log]
) -> None:
    page = StringIO()
    issued = world.issue()
    text = issued.text
    world.display = HourlyDisplay(page, form)

    def someone() -> list[Image]:
        return [qr_image(text), *(empty_scene() for _ in range(80))]

    world.gate().run(world.film(*someone(), *someone()))
    (line,) = page.getvalue().splitlines()
    assert re.search(r"\b2\b", line)
    for word in (text, "acme", str(issued.status_index), "12:0", "score"):
        assert word not in line, word
    assert not re.search(r"\d\d:\d\d:\d\d", line)


def test_json_has_a_field_for_everything(world: World) -> None:
    page = StringIO()
    display = HourlyDisplay(page, JsonLog)
    display.camera(Reason.CAMERA_FAULT, NOON)
    display.camera(None, NOON)
    display.alarm(Reason.DOOR_FORCED, NOON)
    display.close()
    files = world.knowledge()
    (path,) = world.home.status_paths()
    path.write_bytes(b"half a file")
    files.at(NOON)
    Reminding(files, page, JsonLog).pass_time(NOON)
    lines = map(json.loads, page.getvalue().splitlines())
    gone, back, forced, count, alarm, notice = lines
    assert (forced["kind"], forced["reason"]) == ("alarm", "door-forced")
    assert (alarm["outcome"], alarm["count"]) == ("alarm", 1)
    assert (gone["kind"], gone["fault"]) == ("camera", "camera-fault")
    assert (back["hour"], back["fault"]) == ("2026-11-21T12+00:00", None)
    assert count == {
        "kind": "count",
        "hour": "2026-11-21T12+00:00",
        "text": "outage camera-fault  1",
        "outcome": "outage",
        "reason": "camera-fault",
        "count": 1,
    }
    assert notice["kind"] == "notice"
    assert "no status list that can be used" in notice["text"]


def test_a_power_cut_is_told_when_it_changes() -> None:
    class Watch:
        power = Power.new(0.0)

    page, watch = StringIO(), Watch()
    display = PowerLog(watch, Log(page))  # type: ignore[arg-type] # asks nobody
    for stage in (*Stage, Stage.RETURNING, Stage.MAINS):
        watch.power = Power(stage, 0.0, 0.0)
        display.pass_time(NOON)
        display.pass_time(NOON)
    lines = [line.split("  ")[1] for line in page.getvalue().splitlines()]
    assert lines == [*(STAGES[stage] for stage in list(Stage)[1:]), STAGES[Stage.MAINS]]
