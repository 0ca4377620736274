"""From power to ready: how long the gate's own start takes, and what it consists of.

    OSTIARY_MODELS=... OSTIARY_DATA=... .venv/bin/python -m benchmarks.start

Runs the real command as the unit of `gate install` does, with a socket in the place of
the service manager's, and measures from its start to `READY=1`: interpreter, imports,
files, models, camera. A folder of pictures stands in for the camera, which takes its
own time on top. By the clock, and in processor time, which a busy machine leaves nearly
as it is. Once with the disk's cache as it is, and once with it emptied where that is
allowed (as root). What it does not show: the machine's own start, other disks.
"""

import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.gate import OSTIARY, set_up

RUNS: Final = 5
LIMIT_SECONDS: Final = 20.0
WAIT_SECONDS: Final = 120.0


def seconds_to_ready(folder: Path, source: Path) -> tuple[float, float]:
    """One start: by the clock, and of the processor."""
    address = folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(WAIT_SECONDS)
        began = time.perf_counter()
        call = [*OSTIARY, "gate", "run", "--config", str(folder / "gate.toml")]
        with subprocess.Popen(  # noqa: S603 - ours
            [*call, "--source", str(source)],
            env={**os.environ, "NOTIFY_SOCKET": str(address)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            said = manager.recv(100)
            spent = time.perf_counter() - began
            process.kill()
            _, _, used = os.wait4(process.pid, 0)
    address.unlink()
    if said != b"READY=1":
        raise RuntimeError(f"the gate did not begin to serve: {said!r}")
    return spent, used.ru_utime + used.ru_stime


def empty_cache() -> bool:
    """Let the machine forget what it has read; whether it does."""
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        return False
    return True


def main() -> None:
    if "OSTIARY_MODELS" not in os.environ or "OSTIARY_DATA" not in os.environ:
        sys.exit("OSTIARY_MODELS or OSTIARY_DATA is not set")
    with TemporaryDirectory() as made:
        folder = Path(made)
        source = set_up(folder, Path(os.environ["OSTIARY_DATA"]))
        seconds_to_ready(folder, source)
        warm = [seconds_to_ready(folder, source) for _ in range(RUNS)]
        report("disk cache as it is", warm)
        cold = [seconds_to_ready(folder, source) for _ in range(RUNS) if empty_cache()]
        if cold:
            report("disk cache emptied", cold)


def report(what: str, runs: list[tuple[float, float]]) -> None:
    clock, processor = zip(*runs, strict=True)
    print(
        f"start to ready, {what}: median {statistics.median(clock):.2f} s, longest "
        f"{max(clock):.2f} s of {len(runs)} (limit {LIMIT_SECONDS:g} s); processor "
        f"{statistics.median(processor):.2f} s"
    )


if __name__ == "__main__":
    main()
