"""Checks of the files that a gate goes by. They read, and write nothing."""

import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from ostiary.calibration import describe_threshold
from ostiary.config import read_config, unsafe_settings
from ostiary.credential import (
    LIMITS,
    FileKind,
    GateKnowledge,
    HighWater,
    StatusList,
    TrustList,
    read_status_list,
)
from ostiary.errors import StorageError, TrustListError
from ostiary.gate.assembly import read_calibration
from ostiary.gate.checks.finding import Bench, Finding, Verdict
from ostiary.gate.notices import missing_keys
from ostiary.gate.signed_settings import SettingsGuard
from ostiary.gate.zone_keys import ZoneKeyFiles
from ostiary.storage.attempts import AttemptsFile
from ostiary.storage.files import read_limited
from ostiary.storage.high_water import HighWaterFile
from ostiary.storage.home import read_root_file, read_trust_file
from ostiary.vision.chain import open_attack_detector, open_chain

_SOON: Final = timedelta(days=14)
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)
_SYNC: Final = "bring a newer one: ostiary sync"


def settings(bench: Bench) -> Iterator[Finding]:
    """The configuration, which was read, and what it weakens."""
    yield Finding("configuration", Verdict.OK, f"{bench.path}: in order")
    for name in unsafe_settings(bench.config):
        yield Finding(
            "configuration",
            Verdict.WARNING,
            f"{name} is on and weakens the gate",
            "turn it off, unless its owner has decided so",
        )


def signature(bench: Bench) -> Iterator[Finding]:
    """Whether the configuration has to be signed, and is."""
    guard = SettingsGuard.of(bench.config.files, bench.at)
    guard.check(bench.path, read_config(bench.path), FileKind.CONFIGURATION)
    asked = "signed as the trust list asks" if guard.listed else "none is asked for"
    yield Finding("signature", Verdict.OK, asked)


def trust(bench: Bench) -> Iterator[Finding]:
    """The root document and the trust list."""
    path, found = bench.config.files.trust, _trust(bench)
    until = f"trust list {found.version}, until {found.ends_at:%F %R} UTC"
    if _record(bench).is_above_trust(found):
        raise TrustListError(f"{path}: older than a list that was used before")
    if not found.is_in_force(bench.at):
        raise TrustListError(f"{path}: {until}: expired")
    if found.is_in_force(bench.at + _SOON):
        yield Finding("trust", Verdict.OK, until)
    else:
        yield Finding(
            "trust", Verdict.WARNING, until, "bring a newer one: ostiary sync"
        )


def keys(bench: Bench) -> Iterator[Finding]:
    """The keys of the zone: there, private, listed."""
    knowledge = _knowledge(bench)
    zone = bench.config.zone
    count = len(knowledge.zone_keys)
    yield Finding("keys", Verdict.OK, f"zone {zone}: {count}, private")
    for key in knowledge.zone_keys:
        if knowledge.trust.entries.zone(key.public) is None:
            yield Finding(
                "keys",
                Verdict.WARNING,
                f"the trust list does not name the key of epoch {key.public.epoch}",
                "bring a newer trust list, or take the key away",
            )
    for missing in missing_keys(knowledge, bench.at):
        yield Finding("keys", Verdict.WARNING, missing, "have it handed over")


def lists(bench: Bench) -> Iterator[Finding]:
    """Each status list: its signature, and its age."""
    for path in bench.config.files.status_lists:
        try:
            found = read_status_list(
                read_limited(path, LIMITS.status_token_bytes), _trust(bench), bench.at
            )
        except (StorageError, TrustListError) as error:
            yield Finding("status lists", Verdict.FAILS, _named(path, error), _SYNC)
            continue
        yield _standing(path, found, bench)


def _standing(path: Path, status: StatusList, bench: Bench) -> Finding:
    age = f"{path}: issued {_age(bench.at - status.issued_at)} ago"
    most = bench.config.credentials.max_status_age
    if _record(bench).is_above(status):
        problem, verdict = "older than one used before", Verdict.FAILS
    elif bench.at >= min(status.expires_at, status.issued_at + most):
        problem, verdict = "too old", Verdict.FAILS
    elif status.is_overdue(bench.at):
        problem, verdict = "a newer one was due", Verdict.WARNING
    else:
        return Finding("status lists", Verdict.OK, age)
    return Finding("status lists", verdict, f"{age}: {problem}", _SYNC)


def record(bench: Bench) -> Iterator[Finding]:
    """What the gate keeps for itself."""
    files = bench.config.files
    noted = _record(bench).time
    since = "new" if noted is None else f"noted {noted:%F %R} UTC last"
    yield Finding("record", Verdict.OK, f"{files.high_water}: {since}")
    tries = AttemptsFile(files.attempts).read()
    yield Finding("record", Verdict.OK, f"{files.attempts}: {tries} tries")


def models(bench: Bench) -> Iterator[Finding]:
    """The models, byte by byte, and whether they load."""
    vision = bench.config.vision
    open_chain(vision.chain, bench.store)
    open_attack_detector(vision.attack_detector, bench.store)
    yield Finding("models", Verdict.OK, f"{vision.chain}, {vision.attack_detector}")


def calibration(bench: Bench) -> Iterator[Finding]:
    """Where the comparison threshold is taken from."""
    chain = open_chain(bench.config.vision.chain, bench.store)
    found = read_calibration(bench.config, chain, bench.at)
    threshold = chain.threshold if found is None else found.threshold
    verdict = Verdict.WARNING if found is None else Verdict.OK
    mend = "measure on site: docs/how-to/calibrate.md" if found is None else ""
    yield Finding("calibration", verdict, describe_threshold(found, threshold), mend)


def rights(bench: Bench) -> Iterator[Finding]:
    """That nobody else can change what the gate goes by."""
    files = bench.config.files
    named = (bench.path, files.root, files.trust, files.high_water, files.attempts)
    there = {path for path in named if path.exists()}
    for path in sorted({*there, *(path.parent for path in there)}):
        mode = path.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            yield Finding(
                "rights",
                Verdict.FAILS,
                f"anybody on this machine can change {path}",
                f"chmod o-w {path}",
            )
            return
    yield Finding("rights", Verdict.OK, "nobody else can change the gate's files")


def _trust(bench: Bench) -> TrustList:
    files = bench.config.files
    return read_trust_file(files.trust, read_root_file(files.root))


def _record(bench: Bench) -> HighWater:
    return HighWaterFile(bench.config.files.high_water).read()


def _knowledge(bench: Bench) -> GateKnowledge:
    """What a gate would know, without writing anything down."""
    found = _trust(bench)
    return GateKnowledge(
        zone=bench.config.zone,
        zone_keys=ZoneKeyFiles(bench.config).read(found.entries, bench.at),
        trust=found,
        status_lists=(),
        max_status_age=bench.config.credentials.max_status_age,
        extractor="",
        dimensions=0,
        high_water=_record(bench),
    )


def _named(path: Path, error: Exception) -> str:
    return str(error) if str(path) in str(error) else f"{path}: {error}"


def _age(age: timedelta) -> str:
    if age >= 2 * _DAY:
        return f"{age // _DAY} days"
    return (
        f"{age / _HOUR:.0f} hours" if age >= 2 * _HOUR else f"{age / _MINUTE:.0f} min"
    )
