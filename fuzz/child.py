"""One target: fuzzed, or replayed. Prints one line of JSON; `run.py` starts it.

python -m fuzz.child fuzz TARGET CORPUS REPORT SECONDS RUNS [libFuzzer's options]
python -m fuzz.child replay TARGET CORPUS REPORT
"""

import json
import os
import sys
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import atheris

MILLISECOND = 1e6
MEGABYTE = 1e6


@dataclass
class Report:
    """What a target has cost.

    Attributes:
        inputs: how many were run.
        slowest: processor time of the slowest, in ms.
        memory: peak on top, in MB; only when replayed.
    """

    inputs: int = 0
    slowest: float = 0.0
    memory: float = 0.0


def fuzz(name: str, corpus: Path, report: Path, options: list[str]) -> None:
    """Does not return: libFuzzer would end without a report, so this ends instead."""
    seconds, runs, *others = options
    with atheris.instrument_imports(include=["ostiary.credential", "ostiary.capture"]):
        from fuzz.targets import TARGETS, feed  # noqa: PLC0415 - instrumented here
    target, found = TARGETS[name], Report()
    end = time.monotonic() + float(seconds)

    def one(data: bytes) -> None:
        wrapped = target.wrap(data)
        began = time.thread_time_ns()
        feed(target, wrapped)
        spent = (time.thread_time_ns() - began) / MILLISECOND
        found.inputs += 1
        found.slowest = max(found.slowest, spent)
        if found.inputs >= int(runs) or time.monotonic() >= end:
            report.write_text(json.dumps(asdict(found)))
            os._exit(0)

    atheris.Setup([sys.argv[0], *others, str(corpus)], one)
    atheris.Fuzz()


def replay(name: str, corpus: Path, report: Path) -> None:
    """Every input that was kept, and the worst ones, as a gate would run them."""
    from fuzz.targets import TARGETS, feed  # noqa: PLC0415 - not instrumented here

    target, found = TARGETS[name], Report()
    for data in _kept(name, corpus):
        found.inputs += 1
        wrapped, times = target.wrap(data), []
        for _ in range(
            3
        ):  # the best of three is the input's; the rest is the machine's
            began = time.thread_time_ns()
            feed(target, wrapped)
            times.append((time.thread_time_ns() - began) / MILLISECOND)
        found.slowest = max(found.slowest, min(times))
        tracemalloc.start()
        feed(target, wrapped)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        found.memory = max(found.memory, peak / MEGABYTE)
    report.write_text(json.dumps(asdict(found)))


def _kept(name: str, corpus: Path) -> Iterator[bytes]:
    from fuzz.seeds import worst  # noqa: PLC0415 - imports what must be instrumented

    yield from (path.read_bytes() for path in sorted(corpus.iterdir()))
    yield from (data for target, data in worst() if target == name)


def main(mode: str, name: str, corpus: str, report: str, *options: str) -> None:
    if mode == "fuzz":
        fuzz(name, Path(corpus), Path(report), list(options))
    else:
        replay(name, Path(corpus), Path(report))


if __name__ == "__main__":
    main(*sys.argv[1:])
