"""How long the gate's computing takes: medians, beside a floor from the same run.

    OSTIARY_MODELS=... OSTIARY_DATA=... .venv/bin/python benchmarks/gate.py

Prints: the text of a credential to a verified reference, beside the bare cryptography
that no implementation can leave out; one frame, from detection to comparison with
attack detection, and one while moves are asked for; the real command from start to
ready, and its memory. One thread. Frames are told in processor time, so that a busy
machine says the same as an idle one, or nearly; the rest goes by the clock.
What it does not show: cameras, queues, other machines.
"""

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ostiary.capture.photographs import load_photograph
from ostiary.cli.launch import ENVIRONMENT
from ostiary.comparison import compare
from ostiary.credential import (
    BiometricReference,
    Claims,
    Coding,
    Entries,
    Entry,
    GateKnowledge,
    LifeCycle,
    RootDocument,
    StatusList,
    StatusReference,
    TrustList,
    draw_up_trust,
    dump_cosigned,
    encode_template,
    issue,
    new_issuer_key,
    new_root_key,
    new_zone_key,
    read_trust,
    verify,
)
from ostiary.desk.consent import VERSION
from ostiary.gate.stopwatch import StageTimes
from ostiary.presentation.challenge import Motion, read
from ostiary.presentation.fusion import Asking
from ostiary.terms import Features, Image, Probe
from ostiary.vision.chain import open_attack_detector, open_chain, open_motion_meter
from ostiary.vision.store import ModelStore

EXTRACTOR: Final = "retail-0095/2"
DIMENSIONS: Final = 256
ROUNDS: Final = 500
FRAMES: Final = 60
STARTS: Final = 3
CHAINS: Final = ("retail-0095", "fused")
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
    life = LifeCycle.between(NOW - DAY, NOW + 60 * DAY)
    trusted = Entry(issuer.public, life, frozenset({"north"}))
    owner = new_root_key("owner", os.urandom)
    root = RootDocument.alone(owner.public, NOW - DAY, NOW + 60 * DAY)
    entries = Entries(issuers=(trusted,), zones=(Entry(zone.public, life),))
    trust = TrustList(1, 1, NOW - DAY, NOW + 60 * DAY, entries)
    signed = dump_cosigned(draw_up_trust(trust).signed_by(owner))
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
        trust=read_trust(signed, root),
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


def frames(models: Path, data: Path, name: str) -> None:
    """One frame through a chain, with the comparison and attack detection."""
    store = ModelStore(models, models)
    chain = open_chain(name, store)
    attacks = open_attack_detector("appearance", store)
    times, totals = StageTimes(), []
    reference: Features | None = None
    folder = data / "nuaa-dev" / "bona-fide" / "0008"
    for path in sorted(folder.iterdir())[:FRAMES]:
        picture = as_zone(load_photograph(path))
        began = time.process_time()
        seen = chain.observe(picture, attacks, times)
        if isinstance(seen, Probe):
            reference = reference or seen.features
            compare(reference, seen.features)
            totals.append(1000 * (time.process_time() - began))
    what = f"one frame to comparison, {name}"
    row(what, statistics.median(totals), "ms", 25)
    print(
        "  stages by the clock, mean:",
        "  ".join(f"{n} {ms:.1f}" for n, ms in times.take().items()),
    )
    print(f"  {len(totals)} frames with one usable face")


def anybody(features: Features) -> bool:
    """Takes every face for the holder's."""
    del features
    return True


def motion(models: Path, data: Path) -> None:
    """One frame while moves are asked for, from detection to the parallax."""
    store = ModelStore(models, models)
    chain = open_chain("retail-0095", store)
    meter = open_motion_meter(Asking.ALWAYS)
    attacks = open_attack_detector("appearance", store)
    times, totals = StageTimes(), []
    face: Features | None = None
    folder = data / "nuaa-dev" / "bona-fide" / "0008"
    for path in sorted(folder.iterdir())[:FRAMES]:
        picture = as_zone(load_photograph(path))
        began = time.process_time()
        seen = chain.observe_motion(picture, meter, attacks, anybody, times)
        if isinstance(seen, Motion):
            face = face or seen.features
            compare(face, seen.features)
            read(seen.parallax)
            totals.append(1000 * (time.process_time() - began))
    row("one frame, while moves are asked for", statistics.median(totals), "ms", 40)
    print(
        "  stages by the clock, mean:",
        "  ".join(f"{n} {ms:.1f}" for n, ms in times.take().items()),
    )
    print(f"  {len(totals)} frames with one usable face")


OSTIARY: Final = [sys.executable, "-c", "from ostiary.cli import main; main()"]

CONFIG: Final = """
zone = "north"
time_zone = "UTC"
[files]
root = "home/root.cose"
trust = "home/trust.cose"
zone_keys = ["home/zones/north-0.private.json"]
status_lists = ["home/status/acme.cwt"]
[passage]
door = "simulated"
"""


def whole_gate(data: Path) -> None:
    """The real command over a pass and frames: when it is ready, how large it gets."""
    with TemporaryDirectory() as folder:
        source = set_up(Path(folder), data)
        runs = [run_gate(Path(folder), source) for _ in range(STARTS)]
    row("start to ready", statistics.median(run[0] for run in runs), "s", 3)
    row("memory of a running gate, at most", max(run[1] for run in runs), "MB", 400)


def set_up(folder: Path, data: Path) -> Path:
    """Keys, trust, status, one pass, and a folder of pictures for a camera."""
    frames, faces = folder / "frames", data / "nuaa-dev" / "bona-fide" / "0008"
    frames.mkdir()
    paths = sorted(faces.iterdir())[:FRAMES]
    (folder / "gate.toml").write_text(CONFIG)
    run_owner(folder, paths[0], frames / "0.png")
    for number, path in enumerate(paths, start=1):
        copyfile(path, frames / f"{number}.jpg")
    return frames


def run_owner(folder: Path, photograph: Path, out: Path) -> None:
    """Keys, trust and status in `home`, and one pass."""
    for arguments in (
        ("keys", "new", "issuer", "acme"),
        ("keys", "new", "zone", "north"),
        ("keys", "new", "root", "owner"),
        ("trust", "add", "acme", "--zone", "north"),
        ("trust", "sign"),
        ("status", "build", "acme"),
        ("issue", *pass_options(photograph, out)),
    ):
        environment = {**os.environ, "OSTIARY_HOME": str(folder / "home")}
        call = [*OSTIARY, *arguments]
        subprocess.run(call, check=True, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603


def pass_options(photograph: Path, out: Path) -> tuple[str, ...]:
    """What the pass is to say."""
    face = ("--photo", str(photograph), "--consent", VERSION)
    return ("--zone", "north", "--days", "1", *face, "--out", str(out))


def run_gate(folder: Path, source: Path) -> tuple[float, float]:
    """Seconds until it says that it is ready, and megabytes at most."""
    began = time.perf_counter()
    call = [*OSTIARY, "gate", "run", "--config", str(folder / "gate.toml")]
    with subprocess.Popen(  # noqa: S603 - ours
        [*call, "--source", str(source)],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        said = iter(process.stderr or ())
        while "ready" not in next(said):
            pass
        ready = time.perf_counter() - began
        _, _, used = os.wait4(process.pid, 0)
    return ready, used.ru_maxrss / 1024


def processor() -> str:
    """What the machine calls its processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def main() -> None:
    # As the command does: freed memory is filled, which has its price.
    if not ENVIRONMENT.items() <= os.environ.items():
        arguments = [sys.executable, *sys.argv]
        os.execve(sys.executable, arguments, {**os.environ, **ENVIRONMENT})  # noqa: S606
    python = platform.python_version()
    print(f"{processor()}, {os.cpu_count()} cores, Python {python}\n")
    credential()
    models, data = os.environ.get("OSTIARY_MODELS"), os.environ.get("OSTIARY_DATA")
    if models and data:
        for name in CHAINS:
            frames(Path(models), Path(data), name)
        motion(Path(models), Path(data))
        whole_gate(Path(data))
    else:
        print("the rest is not measured: OSTIARY_MODELS or OSTIARY_DATA is not set")


if __name__ == "__main__":
    main()
