"""How many passes a desk signs, seals, draws and enters, a second and a core.

    .venv/bin/python -m benchmarks.issuing

One process; each figure is the median of five rounds, by the processor's time, which a
busy machine leaves nearly as it is, and by the clock. Drawn templates of 128 bytes: no
face is looked at, which takes longer than all of this (`benchmarks/gate.py`). The
registry is a file of SQLite in a temporary directory, with every commit forced to its
disk: that figure is the disk's.
"""

import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from ostiary.capture.qr import qr_png
from ostiary.credential import (
    BiometricReference,
    Claims,
    Coding,
    StatusReference,
    issue,
    new_issuer_key,
    new_zone_key,
)
from ostiary.storage.home import Home
from ostiary.storage.registry.records import By, Place, Wanted
from ostiary.storage.registry.registry import Registry

AT: Final = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ENDS: Final = AT + timedelta(days=30)
ROUNDS: Final = 5


def told(what: str, count: int, act: Callable[[], object]) -> None:
    processor, clock = [], []
    for _ in range(ROUNDS):
        began = time.process_time(), time.perf_counter()
        for _ in range(count):
            act()
        processor.append(count / (time.process_time() - began[0]))
        clock.append(count / (time.perf_counter() - began[1]))
    print(
        f"{what:<26}{statistics.median(processor):>8,.0f} a processor second"
        f"{statistics.median(clock):>8,.0f} a second"
    )


def main() -> None:
    issuer = new_issuer_key("acme", os.urandom)
    zone = new_zone_key("north", 0, AT, ENDS, os.urandom).public
    claims = Claims(
        issuer="acme",
        zones=("north",),
        issued_at=AT,
        not_before=AT,
        expires_at=ENDS,
        identifier=bytes(16),
        status=StatusReference("https://acme.example/status", 7),
        hours={},
        reference=BiometricReference(
            "retail-0095/2", Coding.INT8, bytearray(os.urandom(128))
        ),
    )
    text = issue(claims, issuer, [zone], os.urandom)
    told("signed and sealed", 500, lambda: issue(claims, issuer, [zone], os.urandom))
    told("drawn as PNG", 20, lambda: qr_png(text, "M"))
    wanted = Wanted(issuer="acme", zones=("north",), not_before=AT, expires_at=ENDS)
    by = By(bytes(32), bytes(32), AT)
    with TemporaryDirectory() as folder:
        place = Place.make(Home(Path(folder)), None, "main", bytes(32))
        registry = Registry.create(place)
        registry.add_list("acme", "urn:acme")

        def enter() -> None:
            reserved = registry.reserve(wanted, by, os.urandom)
            registry.confirm(reserved.identifier, by)

        told("reserved and confirmed", 20, enter)


if __name__ == "__main__":
    main()
