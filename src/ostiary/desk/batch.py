"""Many passes at once: every worker is a desk of its own at one registry.

The registry is the memory: whoever has a living pass is passed over, so that a batch
that was cut short is simply begun again. No template leaves the process it was made in.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from ostiary.capture.qr import qr_png
from ostiary.credential import BiometricReference
from ostiary.desk.issuing import (
    IssuedPass,
    PassRequest,
    draft_pass,
    enrol,
    load_photographs,
)
from ostiary.desk.people import Line, Person
from ostiary.desk.service import Desk, Order
from ostiary.errors import DeviceError, EnrolmentError, OstiaryError, RegistryError
from ostiary.storage.files import create_atomically, destroyed_on_failure
from ostiary.storage.home import Home
from ostiary.storage.registry.records import PassState
from ostiary.vision.chain import FaceChain, open_chain
from ostiary.vision.store import ModelStore

_AHEAD: Final = 2
"""Lines that wait for each worker; more would be given an old time."""

_EARLIEST_ZONE: Final = timedelta(hours=14)
"""Where clocks are farthest ahead of UTC; a day begins there that long before."""


_KILLED: Final = "KilledWorker"
"""What Dask, which need not be there, calls work of which several workers died."""


class Result(StrEnum):
    """What became of a line."""

    ISSUED = "issued"
    THERE = "there already"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Job:
    """What all lines of a batch share, in every process on every machine.

    Attributes:
        home: the owner's directory.
        issuer: whose key signs.
        photographs: the folder that the list's names are of; None where it names none.
        out: the folder that passes are written to.
        chain: makes the templates.
        models: a directory of models; None for the cache alone.
        cache: the cache of models.
    """

    home: Path
    issuer: str
    photographs: Path | None
    out: Path
    chain: str
    models: Path | None
    cache: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a line.

    Attributes:
        number: of the line.
        own: the owner's own reference; empty where the line was at fault.
        result: in one word.
        said: why it was refused, or the identifier of the pass.
    """

    number: int
    own: str = field(repr=False)
    result: Result
    said: str


def issue_all(
    executor: Executor,
    workers: int,
    job: Job,
    lines: Sequence[Line],
    now: Callable[[], datetime],
) -> Iterator[Outcome]:
    """Issue passes for all lines, in any order; none of them stops the others.

    Args:
        executor: processes of this machine, or of many.
        workers: how many those are.
        job: what the lines share.
        lines: the list.
        now: asked for each line when it is given to a worker.

    Raises:
        DeviceError: a worker of this machine was killed, or the scheduler is gone.
    """
    waiting = [line for line in reversed(lines) if line.person is not None]
    for line in lines:
        if line.person is None:
            yield Outcome(line.number, "", Result.REFUSED, line.fault)
    running: dict[Future[Outcome], int] = {}
    while waiting or running:
        while waiting and len(running) < _AHEAD * workers:
            line = waiting.pop()
            running[executor.submit(issue_line, job, line, now())] = line.number
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for each in done:
            yield _outcome(each, running.pop(each))


def _outcome(future: Future[Outcome], number: int) -> Outcome:
    try:
        return future.result()
    except (BrokenExecutor, CancelledError):
        raise DeviceError(
            "the workers ended, or their scheduler, before their work did; to go on, "
            "begin the batch again"
        ) from None
    except Exception as error:
        if type(error).__name__ != _KILLED:
            raise
        said = (
            "the workers that began this pass were killed, perhaps for want of memory; "
            "the others went on: begin the batch again"
        )
        return Outcome(number, "", Result.REFUSED, said)


def issue_line(job: Job, line: Line, at: datetime) -> Outcome:
    """Issue one pass, in whichever process this is called.

    Args:
        job: what all lines share.
        line: with a person.
        at: now.
    """
    person = line.person
    if person is None:
        raise ValueError("a line at fault is not issued")
    try:
        result, said = _issue(job, person, at)
    except EnrolmentError as error:
        result, said = Result.REFUSED, f"{error.reason}: {error}"
    except (OstiaryError, ValueError) as error:
        result, said = Result.REFUSED, str(error)
    return Outcome(line.number, person.own, result, said)


def _issue(job: Job, person: Person, at: datetime) -> tuple[Result, str]:
    if person.consent is not None and person.consent.at > at + _EARLIEST_ZONE:
        raise ValueError("consented: a day that is still to come")
    desk = _desk(job.home)
    found = desk.registry.find(person.own)
    if any(each.state is PassState.RESERVED for each in found):
        raise RegistryError(
            "a pass was begun and never handed over; an hour after that: ostiary "
            "registry check --mend"
        )
    for each in found:
        if each.counts(at):
            return Result.THERE, each.identifier.hex()
    begins, ends = person.window(at)
    request = PassRequest(
        issuer=job.issuer,
        zones=person.zones,
        not_before=begins,
        expires_at=ends,
        hours=person.hours,
    )
    draft = draft_pass(request, desk.home, at)
    order = Order(draft, _reference(job, person), person.consent, person.own)

    def hand_over(issued: IssuedPass) -> None:
        # Two batches at once may both have found none; each sees the other's here.
        living = [each for each in desk.registry.find(person.own) if each.counts(at)]
        if len(living) > 1:
            raise RegistryError(
                "another batch began a pass for them meanwhile; begin this one again"
            )
        path = job.out / f"{issued.claims.identifier.hex()}.png"
        create_atomically(path, qr_png(issued.text, "M"), private=True)
        written.append(path)

    with destroyed_on_failure() as written:
        issued = desk.issue(order, hand_over, desk.by(at), os.urandom)
    return Result.ISSUED, issued.claims.identifier.hex()


def _reference(job: Job, person: Person) -> BiometricReference | None:
    if not person.photographs:
        return None
    if job.photographs is None:
        raise ValueError("photos: of which folder? say --photos")
    paths = [job.photographs / name for name in person.photographs]
    for number, path in enumerate(paths, 1):
        if not path.is_file():
            raise ValueError(f"photos: number {number} is not in the folder")
    chain = _chain(job.chain, job.models, job.cache)
    return enrol(load_photographs(paths), chain)


@cache
def _desk(home: Path) -> Desk:
    """Once for each process."""
    return Desk.open(Home(home), os.urandom)


@cache
def _chain(name: str, models: Path | None, cached: Path) -> FaceChain:
    """Once for each process."""
    return open_chain(name, ModelStore(models, cached))
