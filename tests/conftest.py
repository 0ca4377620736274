"""What tests of several rooms share: real credentials, made by the real issuance."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray
from playwright.sync_api import Browser, sync_playwright

from ostiary.credential import (
    BiometricReference,
    Claims,
    Coding,
    GateKnowledge,
    StatusList,
    StatusReference,
    VerifiedCredential,
    encode_template,
    issue,
    new_issuer_key,
    new_zone_key,
    verify,
)
from ostiary.terms import Features
from pages.staged import CHROMIUM, CHROMIUM_OPTIONS
from tests.owner import in_force, listed, trusted

# Machines are noisy; how long an example takes is for benchmarks.
settings.register_profile("ostiary", deadline=None)
settings.load_profile("ostiary")

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EXTRACTOR = "test/1"


def drawn(seed: bytes) -> Callable[[int], bytes]:
    """Randomness that is the same in every run."""
    count = iter(range(1 << 32))
    return lambda size: hashlib.shake_256(seed + b"%d" % next(count)).digest(size)


@pytest.fixture
def randomness() -> Callable[[int], bytes]:
    """Randomness that is the same in every run."""
    return drawn(b"test")


@pytest.fixture(scope="session")
def make_credential() -> Callable[[NDArray[np.float32] | None], VerifiedCredential]:
    """Issues, seals, opens and verifies a credential with this template, or none."""
    draw = drawn(b"transaction")
    day = timedelta(days=1)
    issuer = new_issuer_key("acme", draw)
    zone = new_zone_key("north", 0, NOW - day, NOW + 30 * day, draw)
    signer = trusted(issuer.public, NOW - day, NOW + 30 * day, {"north"})
    status = StatusList(
        "acme", "urn:acme", NOW, NOW + day, timedelta(hours=1), bytes(16)
    )
    knowledge = GateKnowledge(
        zone="north",
        zone_keys=(zone,),
        trust=in_force(signer, listed(zone)),
        status_lists=(replace(status, signer=signer),),
        max_status_age=day,
        extractor=EXTRACTOR,
        dimensions=4,
    )

    def make(values: NDArray[np.float32] | None) -> VerifiedCredential:
        reference = None
        if values is not None:
            template = encode_template(Features(EXTRACTOR, values), Coding.INT8)
            reference = BiometricReference(EXTRACTOR, Coding.INT8, template)
        claims = Claims(
            issuer="acme",
            zones=("north",),
            issued_at=NOW,
            not_before=NOW,
            expires_at=NOW + day,
            identifier=draw(16),
            status=StatusReference("urn:acme", 3),
            hours={},
            reference=reference,
        )
        text = issue(claims, issuer, (zone.public,), draw)
        return verify(text, knowledge, NOW)

    return make


@pytest.fixture(scope="session")
def models() -> str:
    """The directory of the gate's models; skips where there is none."""
    return _directory("OSTIARY_MODELS", "the gate's models")


@pytest.fixture(scope="session")
def data() -> str:
    """The directory of the development data; skips where there is none."""
    return _directory("OSTIARY_DATA", "the development data")


@pytest.fixture(scope="session")
def published() -> Path:
    """The directory of vectors that others published; skips where there is none."""
    return Path(_directory("OSTIARY_VECTORS", "published vectors"))


def _directory(variable: str, what: str) -> str:
    directory = os.environ.get(variable, "")
    if not directory:
        pytest.skip(f"{variable} names no directory of {what}")
    return directory


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, one for a worker's tests: two cannot be driven at a time."""
    if not CHROMIUM.exists():
        pytest.skip("no Chromium here; `make chromium` installs it")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(CHROMIUM_OPTIONS)
        )
        yield running
        running.close()
