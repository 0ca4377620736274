"""The kiosk's browser: Chromium over the whole screen, started again when it ends."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from tempfile import TemporaryDirectory
from typing import Final

from typing_extensions import override

from ostiary.gate.displays import Display
from ostiary.ports import Clock

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
"""Browsers that take these options, in the order in which they are looked for."""

OPTIONS: Final = (
    "--kiosk",
    "--no-first-run",
    "--noerrdialogs",
    "--disable-translate",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    # Cues are heard before anybody has touched the screen.
    "--autoplay-policy=no-user-gesture-required",
)

SCREENS: Final = ("DISPLAY", "WAYLAND_DISPLAY")
"""Variables that a session with a screen sets."""

RESTART_SECONDS: Final = 5.0
"""Least time between two starts."""

_ENDING_SECONDS: Final = 3.0


def has_screen(environment: Mapping[str, str]) -> bool:
    """Whether there is a screen to show anything on."""
    return any(environment.get(name) for name in SCREENS)


def find_browser(environment: Mapping[str, str]) -> str | None:
    """The program, where there is one and a screen to show it on."""
    if not has_screen(environment):
        return None
    found = (shutil.which(name, path=environment.get("PATH")) for name in PROGRAMS)
    return next((path for path in found if path is not None), None)


class KioskBrowser(Display):
    """Keeps a browser on the kiosk's page, with a profile that goes with it.

    Args:
        program: the browser.
        invite: makes an address that lets one browser in, once.
        clock: the gate's clock.
    """

    def __init__(self, program: str, invite: Callable[[], str], clock: Clock) -> None:
        self._program = program
        self._invite = invite
        self._clock = clock
        self._profile = TemporaryDirectory(prefix="ostiary-kiosk-")
        self._started = clock.seconds()
        self._process = self._start()

    @override
    def pass_time(self, at: datetime) -> None:
        """Start it again if it has ended."""
        del at
        seconds = self._clock.seconds()
        ended = self._process.poll() is not None
        if ended and seconds - self._started >= RESTART_SECONDS:
            self._started = seconds
            self._process = self._start()

    @override
    def close(self) -> None:
        """End it, and remove its profile."""
        self._process.terminate()
        try:
            self._process.wait(_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with suppress(OSError):
            self._profile.cleanup()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - a browser, at an address of our own
            [
                self._program,
                *OPTIONS,
                f"--user-data-dir={self._profile.name}",
                f"--app={self._invite()}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
