"""A gate's equipment, with its pages beside its other displays."""

import os
from dataclasses import replace
from typing import TextIO

from ostiary.config import GateConfig
from ostiary.gate.displays import Several, say
from ostiary.gate.loop import Equipment
from ostiary.ports import Clock
from ostiary.web.browser import KioskBrowser, find_browser
from ostiary.web.pages import ServedPages


def with_kiosk(
    gear: Equipment, config: GateConfig, clock: Clock, page: TextIO
) -> Equipment:
    """The same equipment, with a kiosk; it is opened where there is a screen.

    Args:
        gear: a gate's equipment.
        config: the gate's configuration.
        clock: the gate's clock.
        page: where is printed how to open the kiosk by hand, and that somebody calls.

    Raises:
        ConfigurationError: as `ServedPages`.
    """

    def help_wanted() -> None:
        # On a terminal alone: a log would keep the minute of it.
        if page.isatty():
            say(page, "attendant: somebody at the kiosk asks for you")

    pages = ServedPages(config, clock, gear.knowledge.fault, help_wanted)
    program = find_browser(os.environ)
    if program is None:
        say(page, f"kiosk, for one browser, once: {pages.invite()}")
        return replace(gear, display=Several(gear.display, pages))
    say(page, f"kiosk: {program} shows {pages.address}")
    browser = KioskBrowser(program, pages.invite, clock)
    return replace(gear, display=Several(gear.display, pages, browser))
