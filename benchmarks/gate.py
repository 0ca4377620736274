"""How long the gate's computing takes: medians, beside a floor from the same run.

    OSTIARY_MODELS=... OSTIARY_DATA=... .venv/bin/python benchmarks/gate.py

Prints: the text of a credential to a verified reference, against the bare cryptography
that no implementation can leave out; one frame, from detection to features with attack
detection, against the three networks alone; from start to ready; memory. One thread.
What it does not show: cameras, queues, other machines.
"""

import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ostiary.capture.photographs import load_photograph
from ostiary.cli.launch import ENVIRONMENT
from ostiary.credential import (
    BiometricReference,
    Claims,
    Coding,
    GateKnowledge,
    StatusList,
    StatusReference,
    TrustedIssuer,
    TrustList,
    encode_template,
    issue,
    new_issuer_key,
    new_zone_key,
    verify,
)
from ostiary.gate.stopwatch import StageTimes
from ostiary.terms import Features, Image, Probe
from ostiary.vision.chain import open_attack_detector, open_chain
from ostiary.vision.store import ModelStore

EXTRACTOR: Final = "retail-0095/1"
DIMENSIONS: Final = 256
ROUNDS: Final = 500
FRAMES: Final = 60
STARTS: Final = 3
NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)


def median_ms(work: Callable[[], object], rounds: int) -> float:
    """Median milliseconds of one call."""
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        spent.append(1000 * (time.perf_counter() - began))
    return statistics.median(spent)


def row(what: str, value: float, unit: str, target: float) -> None:
    """Print one figure beside its target."""
    print(f"{what:<42}{value:8.2f} {unit:<3} (target < {target:g})")


def make_pass() -> tuple[str, GateKnowledge]:
    """A sealed pass with a random 128-byte template, and a gate that takes it."""
    issuer = new_issuer_key("acme", os.urandom)
    zone = new_zone_key("north", 1, NOW - DAY, NOW + 60 * DAY, os.urandom)
    trusted = TrustedIssuer(
        issuer.public, NOW - DAY, NOW + 60 * DAY, frozenset({"north"})
    )
    status = StatusList(
        "acme", "urn:acme", NOW, NOW + DAY, timedelta(hours=1), bytes(2**14)
    )
    values = np.random.default_rng(0).normal(size=DIMENSIONS).astype(np.float32)
    features = Features(EXTRACTOR, values / np.float32(np.linalg.norm(values)))
    template = encode_template(features, Coding.INT4)
    claims = Claims(
        issuer="acme",
        zones=("north",),
        issued_at=NOW,
        not_before=NOW,
        expires_at=NOW + 30 * DAY,
        identifier=os.urandom(16),
        status=StatusReference("urn:acme", 7),
        hours={},
        reference=BiometricReference(EXTRACTOR, Coding.INT4, template),
    )
    knowledge = GateKnowledge(
        zone="north",
        zone_keys=(zone,),
        trust=TrustList((trusted,)),
        status_lists=(replace(status, signer=trusted),),
        max_status_age=DAY,
        extractor=EXTRACTOR,
        dimensions=DIMENSIONS,
    )
    return issue(claims, issuer, (zone.public,), os.urandom), knowledge


def bare_cryptography() -> Callable[[], object]:
    """One key agreement, one opening of 400 bytes, one signature check."""
    ours, theirs = X25519PrivateKey.generate(), X25519PrivateKey.generate().public_key()
    signer, message, nonce = Ed25519PrivateKey.generate(), os.urandom(400), bytes(12)
    signature, public = signer.sign(message), signer.public_key()
    key = os.urandom(32)
    sealed = AESGCM(key).encrypt(nonce, message, None)

    def once() -> None:
        ours.exchange(theirs)
        AESGCM(key).decrypt(nonce, sealed, None)
        public.verify(signature, message)

    return once


def credential() -> None:
    text, knowledge = make_pass()
    ours = median_ms(lambda: verify(text, knowledge, NOW), ROUNDS)
    floor = median_ms(bare_cryptography(), ROUNDS)
    row("credential text to verified reference", ours, "ms", 1)
    print(f"  bare cryptography, same run: {floor:.2f} ms; x {ours / floor:.1f}")


def as_zone(picture: Image) -> Image:
    """A frame of 640x480 as the standing zone of a camera of 1280x720."""
    return np.pad(picture, ((120, 120), (0, 0), (0, 0)), mode="edge")


def frames(models: Path, data: Path) -> None:
    store = ModelStore(models, models)
    chain = open_chain("retail-0095", store)
    attacks = open_attack_detector("minifasnet", store)
    times, totals = StageTimes(), []
    folder = data / "nuaa-dev" / "bona-fide" / "0008"
    for path in sorted(folder.iterdir())[:FRAMES]:
        picture = as_zone(load_photograph(path))
        began = time.perf_counter()
        seen = chain.observe(picture, attacks, times)
        if isinstance(seen, Probe):
            totals.append(1000 * (time.perf_counter() - began))
    row("one frame, zone of 640x720, to features", statistics.median(totals), "ms", 40)
    print(
        "  stages, mean:", "  ".join(f"{n} {ms:.1f}" for n, ms in times.take().items())
    )
    print(f"  {len(totals)} frames with one usable face")


READY: Final = """
import sys, time
from pathlib import Path
import ostiary.cli.gate
from ostiary.vision.chain import open_attack_detector, open_chain
from ostiary.vision.store import ModelStore
store = ModelStore(Path(sys.argv[1]), Path(sys.argv[1]))
chain = open_chain("retail-0095", store)
attacks = open_attack_detector("minifasnet", store)
chain.forget(); attacks.forget()
import resource
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def start(models: Path) -> None:
    spent, memory = [], 0
    for _ in range(STARTS):
        began = time.perf_counter()
        call = [sys.executable, "-c", READY, str(models)]
        done = subprocess.run(call, check=True, capture_output=True, text=True)  # noqa: S603
        spent.append(time.perf_counter() - began)
        memory = max(memory, int(done.stdout))
    row("start to ready", statistics.median(spent), "s", 3)
    row("memory of a gate that is ready", memory / 1024, "MB", 400)


def main() -> None:
    # As the command does: freed memory is filled, which has its price.
    if not ENVIRONMENT.items() <= os.environ.items():
        arguments = [sys.executable, *sys.argv]
        os.execve(sys.executable, arguments, {**os.environ, **ENVIRONMENT})  # noqa: S606
    python = platform.python_version()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {python}\n")
    credential()
    models, data = os.environ.get("OSTIARY_MODELS"), os.environ.get("OSTIARY_DATA")
    if models:
        start(Path(models))
    if models and data:
        frames(Path(models), Path(data))
    else:
        print("frames: not measured, OSTIARY_MODELS or OSTIARY_DATA is not set")
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    row("memory of this run, frames included", used / 1024, "MB", 400)


if __name__ == "__main__":
    main()
