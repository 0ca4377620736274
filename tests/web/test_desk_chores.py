"""What a desk that is served does by itself."""

import time
from pathlib import Path

import pytest

from tests.registries import withdrawn
from tests.web.desk_stand import make_home, no_models, served

pytestmark = pytest.mark.enable_socket

PATIENCE = 60.0


def test_a_served_desk_removes_records_whose_time_is_over(tmp_path: Path) -> None:
    site = make_home(tmp_path / "home", no_models)
    registry = site.desk.registry
    index = registry.record(withdrawn(site.desk)).index
    until = time.monotonic() + PATIENCE
    with served(site):
        while registry.at_index("desk", index) and time.monotonic() < until:
            time.sleep(0.05)
    assert registry.at_index("desk", index) == []
