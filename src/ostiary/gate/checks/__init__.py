"""What `ostiary gate check` looks at, in order; it goes on whatever fails."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from ostiary.config import GateConfig, load_config
from ostiary.errors import ConfigurationError, OstiaryError
from ostiary.gate.checks import devices, files, system
from ostiary.gate.checks.finding import Bench, Check, Finding, Verdict

__all__ = ["CHECKS", "Bench", "Finding", "Verdict", "examine"]

CHECKS: Final = (
    Check("configuration", files.settings, "correct that line"),
    Check("trust", files.trust, "bring root document and trust list: ostiary sync"),
    Check("signature", files.signature, "have its owner sign it", ("trust",)),
    Check("keys", files.keys, "docs/how-to/look-after-keys.md", ("trust",)),
    Check("status lists", files.lists, "bring newer ones: ostiary sync", ("trust",)),
    Check("record", files.record, "docs/how-to/run-a-gate.md, record of newest lists"),
    Check("rights", files.rights, "look at the folders' rights"),
    Check("clock", system.clock, "set it", ("trust", "record")),
    Check("models", files.models, "ostiary models pull, then ostiary models verify"),
    Check("calibration", files.calibration, "calibrate anew, or leave it out"),
    Check("camera", devices.camera, "look at its cable and its name"),
    Check("reader", devices.reader, "look at section [reader], and at its cable"),
    Check("door", devices.door, "look at its wiring, its driver and this account"),
    Check("broker", devices.broker, "look at the broker, its address and the network"),
    Check("power", devices.power, "look at upsd, its address and the supply's name"),
    Check("metrics", devices.metrics, "stop the gate that runs, or change the port"),
    Check("memory", system.memory, "turn swap off"),
    Check("disk", system.disk, "look at the disk"),
    Check("account", system.account, "use an account of its own"),
)
"""Everything that is looked at. `calibration` finds its own fault with the models."""


def examine(
    path: Path,
    bench: Callable[[GateConfig], Bench],
    further: Sequence[Check] = (),
) -> Iterator[Finding]:
    """Look at everything that a configuration names.

    Args:
        path: of the configuration.
        bench: makes what checks go by, once the configuration can be read.
        further: what is looked at beside `CHECKS`.
    """
    try:
        config = load_config(path)
    except ConfigurationError as error:
        mend = "correct that; nothing else could be looked at"
        yield Finding("configuration", Verdict.FAILS, str(error), mend)
        return
    yield from _carried_out(bench(config), (*CHECKS, *further))


def _carried_out(bench: Bench, checks: Sequence[Check]) -> Iterator[Finding]:
    failed: set[str] = set()
    for check in checks:
        lacking = [what for what in check.needs if what in failed]
        if lacking:
            yield Finding(
                check.what,
                Verdict.FAILS,
                f"not looked at, since this fails: {', '.join(lacking)}",
            )
            continue
        for finding in _tried(check, bench):
            if finding.verdict is Verdict.FAILS:
                failed.add(check.what)
            yield finding


def _tried(check: Check, bench: Bench) -> Iterator[Finding]:
    try:
        yield from check.look(bench)
    except OstiaryError as error:
        yield Finding(check.what, Verdict.FAILS, str(error), check.mend)
    except OSError as error:
        problem = f"the system refuses: {error.strerror}"
        yield Finding(check.what, Verdict.FAILS, problem, check.mend)
