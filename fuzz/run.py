"""Fuzzes every target, replays what was kept, and prints what it cost.

    python -m fuzz.run [--seconds 2] [--runs 10000000] [--workers 1] [TARGET ...]

Ends with 1 where an undocumented error came out, or more memory was taken than allowed.
Time is printed and marked, and fails nothing: machines are noisy.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

GOAL: Final = 10_000_000
"""What a long run aims at."""

LONGEST_INPUT: Final = 8_192
MOST_MILLISECONDS: Final = 50.0
MOST_MEGABYTES: Final = 20.0
LEFT: Final = Path(".fuzz/found")
"""Where libFuzzer leaves an input that broke something."""


@dataclass(frozen=True)
class Row:
    """One target's line."""

    target: str
    inputs: int
    seconds: float
    fuzzed: float
    replayed: float
    memory: float
    failed: bool

    def line(self) -> str:
        """As it is printed, under `HEADING`."""
        return (
            f"{self.target:<8}{self.inputs:>12,}{self.seconds:>8.1f}"
            f"{self.fuzzed:>12.2f}{self.replayed:>12.2f}{self.memory:>8.2f}"
            f"  {self.verdict}"
        )

    @property
    def verdict(self) -> str:
        """In a word."""
        if self.failed:
            return "FAILED"
        return "slow" if self.replayed > MOST_MILLISECONDS else "ok"


HEADING: Final = "target        inputs       s  slowest ms  replayed ms      MB"


def child(mode: str, target: str, folder: Path, *options: str) -> dict[str, float]:
    """Run one; an empty result where it broke before it could report."""
    report = folder / f"{mode}.json"
    call = [sys.executable, "-m", "fuzz.child", mode, target]
    call += [str(folder / "corpus"), str(report), *options]
    ended = subprocess.run(call, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    found: dict[str, float] = json.loads(report.read_text()) if report.exists() else {}
    if ended.returncode or not found:
        print(ended.stdout[-2000:], ended.stderr[-4000:], sep="\n")
        found["failed"] = 1
    return found


def one(target: str, folder: Path, seconds: int, runs: int) -> Row:
    from fuzz.seeds import write_seeds  # noqa: PLC0415 - after the check for atheris

    write_seeds(target, folder / "corpus")
    LEFT.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    fuzzed = child(
        "fuzz",
        target,
        folder,
        f"{seconds}",
        f"{runs}",
        f"-max_len={LONGEST_INPUT}",
        f"-artifact_prefix={LEFT}/{target}-",
    )
    spent = time.monotonic() - began
    replayed = child("replay", target, folder)
    slowest, memory = replayed.get("slowest", 0), replayed.get("memory", 0)
    too_much = memory > MOST_MEGABYTES
    return Row(
        target=target,
        inputs=int(fuzzed.get("inputs", 0)),
        seconds=spent,
        fuzzed=fuzzed.get("slowest", 0),
        replayed=slowest,
        memory=memory,
        failed=bool(too_much or fuzzed.get("failed") or replayed.get("failed")),
    )


def main() -> int:
    if importlib.util.find_spec("atheris") is None:
        print("fuzzing skipped: there is no wheel of atheris for this machine")
        return 0
    from fuzz.targets import TARGETS  # noqa: PLC0415 - after the check for atheris

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=2, help="for each target")
    options.add_argument("--runs", type=int, default=GOAL, help="for each target")
    options.add_argument("--workers", type=int, default=1, help="targets at a time")
    options.add_argument("targets", nargs="*", default=list(TARGETS))
    chosen = options.parse_args()
    print(HEADING)

    def run(target: str) -> Row:
        with tempfile.TemporaryDirectory() as folder:
            row = one(target, Path(folder), chosen.seconds, chosen.runs)
        print(row.line(), flush=True)
        return row

    with ThreadPoolExecutor(chosen.workers) as pool:
        rows = list(pool.map(run, chosen.targets))
    print(f"{sum(row.inputs for row in rows):,} of {GOAL:,} inputs")
    return int(any(row.failed for row in rows))


if __name__ == "__main__":
    sys.exit(main())
