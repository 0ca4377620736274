"""Checks of what is wired to a gate."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import Final

from ostiary.capture.lasting import is_dark
from ostiary.capture.readers import OwnCamera, open_reader
from ostiary.capture.sources import open_source
from ostiary.erasure import overwrite
from ostiary.errors import CaptureError, ConfigurationError, DeviceError
from ostiary.gate.checks.finding import Bench, Finding, Verdict
from ostiary.gate.doors import open_door
from ostiary.gate.supply import Supply
from ostiary.gate.ups import ask

_PICTURES: Final = 45
_LEAST_LINES: Final = 720
"""Codes need about that many."""

_LEAST_RATE: Final = 10.0
"""Pictures a second below which three probes take longer than people wait."""

_READER_SECONDS: Final = 3.0
"""A camera that gives nothing says so within two."""

_TICK_SECONDS: Final = 0.05

_OPEN_SECONDS: Final = 2.0
_DIAL_SECONDS: Final = 3.0


def camera(bench: Bench) -> Iterator[Finding]:
    """That it opens and gives pictures; they are measured, and overwritten."""
    if bench.source is None:
        yield Finding(
            "camera", Verdict.WARNING, "none was named", "name it: --source 0"
        )
        return
    with closing(open_source(bench.source, bench.clock)) as source:
        moments, sizes, dark = [], set(), 0
        for frame in islice(source.frames(), _PICTURES):
            moments.append(frame.seconds)
            sizes.add((frame.image.shape[1], frame.image.shape[0]))
            dark += is_dark(frame.image)
            overwrite(frame.image)
    if len(sizes) != 1:
        raise CaptureError(
            "its pictures are of several sizes" if sizes else "it gives no picture"
        )
    ((width, height),) = sizes
    lasted = moments[-1] - moments[0]
    rate = (len(moments) - 1) / lasted if lasted else 0.0
    said = f"{width} x {height}, {rate:.1f} pictures a second"
    yield Finding("camera", Verdict.OK, said)
    if height < _LEAST_LINES:
        yield _weak(f"{height} lines", f"take one that gives {_LEAST_LINES}")
    if rate < _LEAST_RATE:
        yield _weak(f"{rate:.1f} pictures a second", "more light, or another cable")
    if dark == len(moments):
        yield _weak("every picture is black", "take the cover off; turn on the light")


def reader(bench: Bench) -> Iterator[Finding]:
    """That passes can be read; what is read meanwhile is thrown away."""
    settings = bench.config.reader
    with closing(
        open_reader(settings.driver, settings.device, settings.baud, bench.clock)
    ) as found:
        if isinstance(found, OwnCamera):
            yield Finding("reader", Verdict.OK, "the camera that sees faces")
            return
        end = time.monotonic() + _READER_SECONDS
        while found.fault is None and time.monotonic() < end:
            time.sleep(_TICK_SECONDS)
        fails = found.fault is not None
    if fails:
        # Without its name, since the address of a camera may carry a password.
        raise CaptureError(
            f"reader.device does not serve as {settings.driver!r}: it is not there, is "
            "something else, or another program has it, such as a gate that runs"
        )
    yield Finding("reader", Verdict.OK, f"{settings.driver} serves")


def door(bench: Bench) -> Iterator[Finding]:
    """That its driver reaches it; it opens only where that is allowed."""
    driver = bench.config.passage.door
    found = open_door(bench.config)
    said = f"{driver} answers"
    try:
        if bench.open_door:
            found.open()
            time.sleep(_OPEN_SECONDS)
            said = f"{driver} was opened and shut"
    finally:
        found.let_go()
    verdict = Verdict.WARNING if driver == "simulated" else Verdict.OK
    mend = "it moves nothing: name a driver" if verdict is Verdict.WARNING else ""
    yield Finding("door", verdict, said, mend)


def broker(bench: Bench) -> Iterator[Finding]:
    """That somebody listens where the broker is; the door's own check logs in."""
    settings = bench.config.broker
    if settings is None:
        yield Finding("broker", Verdict.OK, "none is configured")
        return
    where = f"{settings.host}, port {settings.port}"
    try:
        socket.create_connection((settings.host, settings.port), _DIAL_SECONDS).close()
    except OSError as error:
        problem = error.strerror or "no answer"
        raise DeviceError(f"{where} does not answer: {problem}") from None
    yield Finding("broker", Verdict.OK, f"{where} answers")


def power(bench: Bench) -> Iterator[Finding]:
    """That the supply answers."""
    settings = bench.config.power
    if settings is None:
        yield Finding("power", Verdict.OK, "no supply is configured")
        return
    said = ask(settings)
    if said is Supply.UNKNOWN:
        raise DeviceError(f"{settings.ups} does not answer")
    yield Finding("power", Verdict.OK, f"{settings.ups} says: {said}")


def metrics(bench: Bench) -> Iterator[Finding]:
    """That something can listen where the figures are to be had."""
    settings = bench.config.metrics
    if settings is None:
        yield Finding("metrics", Verdict.OK, "off")
        return
    host, port = settings.address
    try:
        socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        ).close()
    except OSError as error:
        raise ConfigurationError(f"{settings.listen}: {error.strerror}") from None
    yield Finding("metrics", Verdict.OK, f"can listen at {settings.listen}")


def _weak(found: str, mend: str) -> Finding:
    return Finding("camera", Verdict.WARNING, found, mend)
