"""Checks of the machine that a gate runs on."""

import ctypes
import os
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ostiary.credential.clock import is_behind
from ostiary.gate.checks.finding import Bench, Finding, Verdict
from ostiary.storage.high_water import HighWaterFile
from ostiary.storage.home import read_root_file, read_trust_file

_TIMEX_BYTES: Final = 512
"""More than `struct timex` has on any Linux (208 on 64 bits)."""

_TIME_ERROR: Final = 5
"""What adjtimex(2) returns while the clock is not synchronised."""

_MEBIBYTE: Final = 1 << 20
_LEAST_FREE: Final = 16 * _MEBIBYTE
_AMPLE: Final = 256 * _MEBIBYTE


def clock(bench: Bench) -> Iterator[Finding]:
    """That it is set, is kept right, and of which zone it is."""
    files, at = bench.config.files, bench.at
    known = [*HighWaterFile(files.high_water).read().moments]
    known.append(read_trust_file(files.trust, read_root_file(files.root)).issued_at)
    zone = bench.config.time_zone
    if is_behind(at, known):
        yield Finding(
            "clock",
            Verdict.FAILS,
            f"it says {at:%F %R}, and it was {max(known):%F %R} UTC already",
            "set it; if it is right: ostiary gate recover",
        )
    else:
        yield Finding("clock", Verdict.OK, f"{at:%F %R} in {zone}")
    if not is_synchronised():
        yield Finding(
            "clock",
            Verdict.WARNING,
            "nothing keeps it right",
            "run a time service (systemd-timesyncd, chrony), or a clock with a battery",
        )


def is_synchronised() -> bool:
    """Whether the kernel takes the clock for synchronised (adjtimex(2))."""
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    state: int = ctypes.CDLL(None).adjtimex(buffer)
    return 0 <= state < _TIME_ERROR


def memory(bench: Bench) -> Iterator[Finding]:
    """That nothing of the gate's memory reaches a disk."""
    for device in _swaps(bench.system):
        if not _is_encrypted(device, bench.system):
            yield Finding(
                "memory",
                Verdict.WARNING,
                f"memory may be swapped out to {device}",
                "swapoff -a, or encrypt it; the unit of `gate install` forbids it too",
            )
            break
    else:
        yield Finding("memory", Verdict.OK, "no swap that keeps anything")
    if resource.getrlimit(resource.RLIMIT_CORE) == (0, 0):
        yield Finding("memory", Verdict.OK, "no core dumps of this process")
    else:
        yield Finding(
            "memory",
            Verdict.WARNING,
            "this process may dump its memory",
            "run it as the `ostiary` command, which forbids that",
        )


def _swaps(system: Path) -> Iterator[str]:
    """Names of what memory is swapped out to (proc(5))."""
    try:
        lines = (system / "proc/swaps").read_text().splitlines()[1:]
    except OSError:
        return
    yield from (line.split()[0] for line in lines if line.strip())


def _is_encrypted(device: str, system: Path) -> bool:
    """Whether it is dm-crypt's, or compressed memory, which reaches no disk."""
    name = Path(device).name
    try:
        kind = (system / "sys/block" / name / "dm/uuid").read_text()
    except OSError:
        kind = ""
    return name.startswith("zram") or kind.startswith("CRYPT-")


def disk(bench: Bench) -> Iterator[Finding]:
    """That there is room for what the gate notes, and that this account may note it."""
    folder = bench.config.files.high_water.parent
    free = shutil.disk_usage(folder).free
    said = f"{folder}: {free // _MEBIBYTE} MiB free"
    if free < _LEAST_FREE:
        yield Finding("disk", Verdict.FAILS, said, "make room: the gate notes lists")
    elif free < _AMPLE:
        yield Finding("disk", Verdict.WARNING, said, "make room")
    else:
        yield Finding("disk", Verdict.OK, said)
    for where in sorted({folder, bench.config.files.attempts.parent}):
        if not os.access(where, os.W_OK | os.X_OK):
            yield Finding(
                "disk",
                Verdict.FAILS,
                f"this account cannot write to {where}",
                "give it the folder, or name another: files.high_water, files.attempts",
            )


def account(bench: Bench) -> Iterator[Finding]:
    """That it is not root that asks, nor runs the gate."""
    del bench
    if os.geteuid() == 0:
        yield Finding(
            "account",
            Verdict.WARNING,
            "this is root, who may do anything",
            "check as the gate's own account: runuser -u ostiary -- ostiary gate check",
        )
    else:
        yield Finding("account", Verdict.OK, "not root")
