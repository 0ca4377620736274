"""The kiosk's browser is found, kept running, and let go."""

import io
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ostiary.config import Pages
from ostiary.gate.clock import SystemClock
from ostiary.gate.condition import Watching
from ostiary.gate.displays import Display
from ostiary.gate.logs import Log
from ostiary.web import browser
from ostiary.web.browser import KioskBrowser, find_browser
from ostiary.web.gate import assembly
from pages.staged import configured

SCREEN = {"DISPLAY": ":0"}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A browser that notes what it is started with, and ends when it is told."""
    path = tmp_path / "chromium"
    path.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/seen.part\n'
        f"mv {tmp_path}/seen.part {tmp_path}/seen\nexec sleep 60\n"
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def seen(path: Path) -> list[str]:
    """What it was started with, once it was."""
    end = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    lines = path.read_text().splitlines()
    path.unlink()
    return lines


def test_a_browser_is_looked_for_where_there_is_a_screen(program: Path) -> None:
    path = {"PATH": str(program.parent)}
    assert find_browser(path) is None
    assert find_browser({**path, "DISPLAY": ""}) is None
    assert find_browser({**path, "WAYLAND_DISPLAY": "wayland-0"}) == str(program)
    assert find_browser({**SCREEN, "PATH": "/nowhere"}) is None


def test_a_browser_that_ends_is_started_again_with_another_way_in(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "RESTART_SECONDS", 0.0)
    ways: Iterator[str] = iter(["http://one", "http://two"])
    kiosk = KioskBrowser(str(program), lambda: next(ways), SystemClock(UTC))
    first = seen(tmp_path / "seen")
    assert "--kiosk" in first
    assert first[-1] == "--app=http://one"
    profile = Path(first[-2].removeprefix("--user-data-dir="))
    assert profile.is_dir()
    kiosk.pass_time(datetime.now(UTC))  # noqa: TID251 - not looked at
    assert not (tmp_path / "seen").exists()
    kiosk._process.kill()
    kiosk._process.wait()
    kiosk.pass_time(datetime.now(UTC))  # noqa: TID251 - not looked at
    assert seen(tmp_path / "seen")[-1] == "--app=http://two"
    kiosk.close()
    assert not profile.exists()


@dataclass(frozen=True)
class Gear:
    """As much of a gate's equipment as the kiosk is joined to."""

    display: Display
    knowledge: object


class Knowledge:
    """Everything is in order."""

    def fault(self, _at: datetime) -> None:
        return None


@pytest.mark.enable_socket
@pytest.mark.parametrize("screen", [":0", ""])
def test_the_kiosk_is_opened_where_there_is_a_screen(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, screen: str
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", screen)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    page = io.StringIO()
    gear: Any = Gear(Display(), Knowledge())
    config = configured(Pages(port=0))
    watching = Watching(gear.knowledge, SystemClock(UTC))
    joined = assembly.with_kiosk(gear, config, SystemClock(UTC), watching, Log(page))
    try:
        if screen:
            assert f"kiosk: {program} shows http://127.0.0.1:" in page.getvalue()
            assert "/kiosk/enter/" in seen(tmp_path / "seen")[-1]
        else:
            assert "for one browser, once: http://127.0.0.1:" in page.getvalue()
            assert not (tmp_path / "seen").exists()
    finally:
        joined.display.close()
