"""A gate's equipment, with its pages beside its other displays."""

import os
from dataclasses import replace

from ostiary.config import Attendants, GateConfig
from ostiary.gate.condition import Watching
from ostiary.gate.displays import Display, Several
from ostiary.gate.journalled import journalled
from ostiary.gate.logs import Log
from ostiary.gate.loop import Equipment
from ostiary.ports import Clock
from ostiary.storage.staff import StaffFile
from ostiary.web.browser import KioskBrowser, find_browser
from ostiary.web.gate.pages import ServedPages
from ostiary.web.gate.peer_files import read_peer
from ostiary.web.gate.reports import Reports


def with_kiosk(
    gear: Equipment,
    config: GateConfig,
    clock: Clock,
    watching: Watching,
    log: Log,
) -> Equipment:
    """The same equipment, with a kiosk; it is opened where there is a screen.

    Args:
        gear: a gate's equipment.
        config: the gate's configuration.
        clock: the gate's clock.
        watching: keeps the gate's condition.
        log: where is said how to open the kiosk by hand, and that somebody calls.

    Raises:
        ConfigurationError: as `ServedPages`, or a file for attendants is not in order.
        StorageError: one cannot be read.
        TrustListError: others than its owner can get at one.
    """
    gear, pages = _served(gear, config, clock, watching, log)
    program = find_browser(os.environ)
    if program is None:
        log.tell("start", f"kiosk, for one browser, once: {pages.invite()}")
        return gear
    log.tell("start", f"kiosk: {program} shows {pages.address}")
    browser = KioskBrowser(program, pages.invite, clock)
    return replace(gear, display=Several(gear.display, browser))


def with_console(
    gear: Equipment,
    config: GateConfig,
    clock: Clock,
    watching: Watching,
    log: Log,
) -> Equipment:
    """The same equipment, with the attendants' page and no kiosk.

    Raises:
        ConfigurationError: as `with_kiosk`.
        StorageError: as `with_kiosk`.
        TrustListError: as `with_kiosk`.
    """
    gear, _ = _served(gear, config, clock, watching, log)
    return gear


def _served(
    gear: Equipment,
    config: GateConfig,
    clock: Clock,
    watching: Watching,
    log: Log,
) -> tuple[Equipment, ServedPages]:
    """Serve pages; attendants have theirs where there is a file of accounts."""

    def help_wanted() -> None:
        # On a terminal alone: a log would keep the minute of it.
        if log.is_read_along:
            log.tell("help", "attendant: somebody at the kiosk asks for you")

    _check_files(config.attendants)
    openings = None
    if config.attendants.journal is not None:
        gear, openings = journalled(gear, config, config.attendants.journal, clock, log)
    pages = ServedPages(config, clock, gear.knowledge.fault, help_wanted)
    displays: tuple[Display, ...] = (gear.display, pages)
    if config.attendants.staff is not None:
        patience = config.passage.attendant_seconds
        fault = gear.knowledge.fault
        reports = Reports(
            pages.say,
            gear.attendant,
            patience=patience,
            fault=fault,
            condition=lambda: watching.condition,
            clock=clock,
            openings=openings,
        )
        pages.join(reports)
        displays = (*displays, reports)
        where = f"{pages.address}/attend{_nobody(config.attendants)}"
        log.tell("start", f"attendants: {where}")
    return replace(gear, display=Several(*displays)), pages


def _check_files(attendants: Attendants) -> None:
    """Read them here, where a refusal is read by somebody."""
    for path in attendants.gates:
        read_peer(path)
    if attendants.staff is not None:
        StaffFile(attendants.staff).read()


def _nobody(attendants: Attendants) -> str:
    """That an account is missing, where none is there."""
    staff = attendants.staff
    missing = staff is not None and not StaffFile(staff).read().all
    return "; nobody can sign in yet: ostiary staff add NAME" if missing else ""
