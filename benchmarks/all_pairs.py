"""How long it takes to compare everybody with everybody, and how much memory.

As many references as LFW has pictures, of as many people, with synthetic features: 87
million comparisons, each counted. The targets are 5 s and 1 GB on two cores. The second
row looks once more at whatever reaches an FMR of 1 %, and draws the people anew; the
third compares coded references with probes that are not, twice as many comparisons.

    python benchmarks/all_pairs.py
"""

import platform
import resource
import statistics
import time
from collections.abc import Callable
from typing import Final

import numpy as np

from ostiary.evaluation.acquisition import Floats
from ostiary.evaluation.groups import Tally, whole
from ostiary.evaluation.intervals import draw_people
from ostiary.evaluation.rates import bin_at_fmr, false_match_counts
from ostiary.evaluation.scores import non_mated_histogram
from ostiary.evaluation.trials import Side, Subjects, Trial, windows

PICTURES: Final = 13_233
PEOPLE: Final = 5_749
DIMENSIONS: Final = 256
FMRS: Final = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
RUNS: Final = 5
RNG: Final = np.random.default_rng(20261121)


def synthetic_features() -> Floats:
    values = RNG.standard_normal((PICTURES, DIMENSIONS), np.float32)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    return values


def synthetic_trials() -> tuple[Trial, Trial]:
    """Both sides alike, and each side on its own."""
    persons = np.sort(
        np.concatenate([np.arange(PEOPLE), RNG.integers(0, PEOPLE, PICTURES - PEOPLE)])
    )
    subjects = Subjects(
        names=tuple(map(str, range(PEOPLE))),
        persons=persons,
        sittings=persons,
        across=False,
    )
    features = synthetic_features()
    side = Side(windows=windows(subjects, 1), features=(features,))
    other = Side(windows=side.windows, features=(features,))
    return (
        Trial(people=PEOPLE, references=side, probes=side, across=False),
        Trial(people=PEOPLE, references=side, probes=other, across=False),
    )


def silent(done: int, total: int) -> None:
    """Nobody watches."""


def tally(trial: Trial) -> None:
    """As an evaluation does, after the histogram."""
    counts = false_match_counts(non_mated_histogram(trial, silent))
    bins = [bin_at_fmr(counts, fmr) for fmr in FMRS]
    Tally(trial, bins, [whole(PEOPLE)], draw_people(PEOPLE)).count(silent)


def median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def main() -> None:
    once, twice = synthetic_trials()
    compared = int(non_mated_histogram(once, silent).sum())
    print(f"{platform.machine()}, numpy {np.__version__}, medians of {RUNS}")
    print(f"{compared:,} comparisons of {PICTURES:,} features of {DIMENSIONS}")
    rows: dict[str, Callable[[], object]] = {
        "every score counted": lambda: non_mated_histogram(once, silent),
        "and intervals over people": lambda: tally(once),
        "both sides on their own": lambda: non_mated_histogram(twice, silent),
    }
    for name, work in rows.items():
        print(f"{name:<26} {median(work):6.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{'most memory':<26} {peak / 1024:6.0f} MB")


if __name__ == "__main__":
    main()
