"""What a desk that is served does by itself."""

import os
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ostiary.cli.clock import now
from ostiary.storage.registry.records import PassState
from ostiary.storage.registry.registry import LEFT_BEHIND
from tests.registries import wanted, withdrawn
from tests.web.desk_stand import make_home, no_models, served

pytestmark = pytest.mark.enable_socket

PATIENCE = 60.0


def test_a_served_desk_ends_what_was_never_confirmed(tmp_path: Path) -> None:
    site = make_home(tmp_path / "home", no_models)
    registry, at = site.desk.registry, now()
    for age in (LEFT_BEHIND, timedelta()):
        registry.reserve(
            replace(wanted(), issuer="desk"), site.desk.by(at - age), os.urandom
        )
    site.desk.note()
    until = time.monotonic() + PATIENCE
    with served(site):
        while registry.left_behind(at) and time.monotonic() < until:
            time.sleep(0.05)
    counts = registry.counts()
    assert (counts[PassState.REVOKED], counts[PassState.RESERVED]) == (1, 1)


def test_a_served_desk_removes_records_whose_time_is_over(tmp_path: Path) -> None:
    site = make_home(tmp_path / "home", no_models)
    registry = site.desk.registry
    index = registry.record(withdrawn(site.desk)).index
    until = time.monotonic() + PATIENCE
    with served(site):
        while registry.at_index("desk", index) and time.monotonic() < until:
            time.sleep(0.05)
    assert registry.at_index("desk", index) == []
