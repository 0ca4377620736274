"""How long a status list of millions takes, and how large its token is.

For a desk: drawing an index from a register half handed out, revoking, building and
signing the list. For a gate: reading it, which happens when the file changes and never
for a passage, and one look-up, which does. The targets are for 10 million: built in
under 10 s, read in under 50 ms. As the command does, this starts itself with memory
that is filled when it is freed.

    python benchmarks/status.py
"""

import os
import platform
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from ostiary.cli.launch import ENVIRONMENT
from ostiary.credential import (
    Entries,
    Entry,
    LifeCycle,
    StatusList,
    TrustList,
    new_issuer_key,
    read_status_list,
    sign_status_list,
)
from ostiary.gate.hardening import harden_process
from ostiary.storage.register import MAX_SIZE, StatusRegister

SIZES: Final = (1_000_000, 10_000_000, MAX_SIZE)
SHARES: Final = (0.001, 0.01)
RUNS: Final = 9
LOOK_UPS: Final = 10_000
AT: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)
KEY: Final = new_issuer_key("acme", os.urandom)
ENTRY: Final = Entry(KEY.public, LifeCycle.between(AT, AT + DAY))
TRUST: Final = TrustList(1, 1, AT, AT + DAY, Entries(issuers=(ENTRY,)))
URI: Final = "urn:ostiary:acme"
RNG: Final = np.random.default_rng(20261121)


@dataclass(frozen=True, slots=True)
class Row:
    """Medians in milliseconds, and bytes."""

    size: int
    share: float
    hand_out: float
    build: float
    read: float
    look_up: float
    token_bytes: int
    register_bytes: int


def median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def fill(register: StatusRegister, share: float) -> None:
    """Hand half of the indices out at once, and revoke a share of all."""
    entries = register.read()
    handed_out = RNG.integers(0, 256, entries.size // 8, np.uint8)
    there = np.flatnonzero(np.unpackbits(handed_out, bitorder="little"))
    register._write(replace(entries, handed_out=handed_out))  # noqa: SLF001 - in bulk
    chosen = RNG.choice(there, int(share * entries.size), replace=False)
    register.revoke(chosen.tolist())


def status_of(register: StatusRegister) -> StatusList:
    return StatusList(
        "acme", URI, AT, AT + DAY, timedelta(hours=12), register.read().bits
    )


def measure(size: int, share: float, folder: Path) -> Row:
    path = folder / f"{size}-{share}.json"
    register = StatusRegister.create(path, URI, size // 8 * 8)
    fill(register, share)
    token = sign_status_list(status_of(register), KEY)
    status = read_status_list(token, TRUST, AT)
    indices = RNG.integers(0, status.size, LOOK_UPS).tolist()
    return Row(
        size=size,
        share=share,
        hand_out=median(lambda: register.hand_out(os.urandom)),
        build=median(lambda: sign_status_list(status_of(register), KEY)),
        read=median(lambda: read_status_list(token, TRUST, AT)),
        look_up=median(lambda: [status.is_revoked(each) for each in indices])
        / LOOK_UPS,
        token_bytes=len(token),
        register_bytes=path.stat().st_size,
    )


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            for share in SHARES:
                yield measure(size, share, Path(folder))


def main() -> None:
    if not ENVIRONMENT.items() <= os.environ.items():
        arguments = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, arguments, {**os.environ, **ENVIRONMENT})  # noqa: S606
    harden_process()
    print(f"{platform.machine()}, zlib {zlib.ZLIB_RUNTIME_VERSION}, medians of {RUNS}")
    print(
        "indices     revoked  hand out ms  build+sign ms  read ms  look-up us"
        "  token KB  register KB"
    )
    for row in rows():
        print(
            f"{row.size:<11,} {row.share:>6.1%} {row.hand_out:>12.1f}"
            f" {row.build:>14.1f} {row.read:>8.2f} {1000 * row.look_up:>11.2f}"
            f" {row.token_bytes / 1000:>9.1f} {row.register_bytes / 1000:>12.1f}"
        )


if __name__ == "__main__":
    main()
