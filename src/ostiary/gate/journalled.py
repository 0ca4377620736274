"""A gate's equipment, with what it enters in its journal."""

import secrets
from dataclasses import replace
from pathlib import Path

from ostiary.config import GateConfig
from ostiary.errors import OstiaryError
from ostiary.gate.displays import Several
from ostiary.gate.hour_entries import HourEntries
from ostiary.gate.loaded import enter_loaded
from ostiary.gate.logs import Log
from ostiary.gate.loop import Equipment
from ostiary.gate.openings import HandOpenings
from ostiary.gate.release_entries import ReleaseEntries
from ostiary.ports import Clock
from ostiary.storage.journal import Journal


def journalled(
    gear: Equipment, config: GateConfig, path: Path, clock: Clock, log: Log
) -> tuple[Equipment, HandOpenings]:
    """The same equipment, with what enters openings, hours and releases.

    A journal that is damaged, or cannot be told what the gate was started on, opens
    nothing by hand; whoever comes with a pass is served all the same.

    Args:
        gear: a gate's equipment.
        config: the gate's configuration.
        path: the journal's directory.
        clock: the gate's clock.
        log: where is said what is not in order.

    Raises:
        StorageError: the journal's key is not there: the gate was told another path.
        TrustListError: others can read it, or it is another kind of key.
    """
    journal, name = Journal.open(path), config.attendants.name or config.zone
    unentered = _unentered(journal, gear, clock)
    openings = HandOpenings(journal, name, secrets.token_bytes)
    openings.damage = openings.damage or unentered
    if openings.damage is not None:
        log.tell("start", f"nothing is opened by hand: {openings.damage}")
    releases = ReleaseEntries(journal, name)
    if releases.damage is not None:
        log.tell(
            "start", f"releases before this start are not known: {releases.damage}"
        )
    display = Several(gear.display, HourEntries(journal, name), releases)
    gear = replace(
        gear,
        by_hand=openings.enter,
        note_pass=openings.last_pass.note,
        display=display,
    )
    return gear, openings


def _unentered(journal: Journal, gear: Equipment, clock: Clock) -> OstiaryError | None:
    """Enter what the gate was started on; why that failed, or None."""
    try:
        enter_loaded(journal, gear.loaded, clock.now())
    except OstiaryError as error:
        return error
    return None
