"""A process that enrols, issues and verifies, and then searches its own memory.

Run by `test_memory.py`, which sends the pictures and, after the work is done, what to
search for: complemented, so that it does not lie here in the form that is searched for.
"""

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from io import RawIOBase
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ostiary.capture.qr import qr_image
from ostiary.capture.stills import Stills
from ostiary.config import GateConfig, load_config
from ostiary.credential import (
    BiometricReference,
    StatusList,
    new_issuer_key,
    new_zone_key,
    sign_status_list,
)
from ostiary.demo.cases import BONA_FIDE
from ostiary.demo.staging import StagedAttackDetector
from ostiary.desk.issuing import PassRequest, draft_pass, enrol, issue_pass
from ostiary.erasure import overwrite
from ostiary.gate.assembly import equip
from ostiary.gate.clock import SystemClock
from ostiary.gate.displays import Recorder
from ostiary.gate.hardening import harden_process
from ostiary.gate.loop import Gate
from ostiary.storage.home import Home
from ostiary.terms import Image
from ostiary.vision.chain import open_chain
from ostiary.vision.store import ModelStore
from tests.owner import listed, put_in_force, trusted

CONFIG = """
zone = "north"
time_zone = "UTC"
[files]
root = "root.cose"
trust = "trust.cose"
zone_keys = ["zones/north-1.private.json"]
status_lists = ["status/acme.cwt"]
[vision]
challenge = "{challenge}"
chain = "{chain}"
[passage]
door = "simulated"
"""
COMPLEMENT = bytes(255 - byte for byte in range(256))
STEP = 1 << 18
"""Bytes of memory that are searched at a time: as many as stay in a cache while they
are searched for one needle after the other."""


def receive(shape: Sequence[int]) -> Image:
    """One picture from standard input, straight into the array that holds it."""
    image = np.zeros(shape, np.uint8)
    rest = image.data.cast("B")
    while rest:
        rest = rest[os.readv(0, [rest]) :]
    return image


def receive_line() -> str:
    """One line from standard input, byte by byte: nothing is buffered."""
    return b"".join(iter(lambda: os.read(0, 1), b"\n")).decode()


def settle(home: Home, challenge: str, chain: str) -> GateConfig:
    """A gate's configuration for what `issue` made."""
    config = home.path / "gate.toml"
    config.write_text(CONFIG.format(challenge=challenge, chain=chain))
    return load_config(config)


def issue(home: Home, reference: BiometricReference) -> str:
    """Make an owner's keys, trust and status list, and issue a pass."""
    at = SystemClock(UTC).now().replace(microsecond=0)
    ends = at + timedelta(days=30)
    issuer = new_issuer_key("acme", os.urandom)
    home.add_issuer(issuer, "urn:acme")
    zone_key = new_zone_key("north", 1, at, ends, os.urandom)
    home.add_zone_key(zone_key)
    put_in_force(
        home, trusted(issuer.public, at, ends, {"north"}), listed(zone_key), at=at
    )
    bits = home.register("acme").bits()
    status = StatusList("acme", "urn:acme", at, ends, timedelta(hours=1), bits)
    home.save_status_list("acme", sign_status_list(status, issuer))
    request = PassRequest(
        issuer="acme", zones=("north",), not_before=at, expires_at=ends
    )
    return issue_pass(draft_pass(request, home, at), reference, os.urandom).text


def work(
    models: Path, shapes: Sequence[Sequence[int]], challenge: str, name: str
) -> str:
    """Enrol from all pictures but the last, issue, and verify with the last."""
    store = ModelStore(models, models)
    with TemporaryDirectory() as folder:
        home = Home(Path(folder))
        *enrolment, live = [receive(shape) for shape in shapes]
        chain = open_chain(name, store)
        text = issue(home, enrol(enrolment, chain))
        record = Recorder()
        gear = equip(settle(home, challenge, name), store, record)
        if challenge == "always":
            # Portraits look like the pictures that they are, and would end it there.
            gear = replace(gear, attacks=StagedAttackDetector(BONA_FIDE))
        gate = Gate(gear)
        # Three to decide by, and some to look for moves in.
        pictures = [qr_image(text), live, *(live.copy() for _ in range(5))]
        gate.run(Stills(pictures, SystemClock(UTC)))
    assert record.decision is not None
    return record.decision.reason


def regions() -> Iterator[tuple[int, int]]:
    """Where this process may have written."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        span = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
        if span and "[v" not in line:
            yield int(span[1], 16), int(span[2], 16)


def search(memory: RawIOBase, needles: dict[str, list[bytes]]) -> dict[str, int]:
    """How often each kind of needle is found; the needles come complemented."""
    hits = dict.fromkeys(needles, 0)
    longest = max(len(needle) for kind in needles.values() for needle in kind)
    for start, end in regions():
        for place in range(start, end, STEP):
            memory.seek(place)
            found = memory.read(min(STEP + longest, end - place)) or b""
            # Two thirds of the memory are pages of zeros, or of what fills freed ones.
            if found == found[:1] * len(found):
                continue
            hidden = found.translate(COMPLEMENT)
            for kind, each in needles.items():
                hits[kind] += sum(hidden.count(needle) for needle in each)
    return hits


def main() -> None:
    """Work, say that it is done, be told what to search for, search."""
    # Opened first: a hardened process may not, unless it is root's.
    with Path("/proc/self/mem").open("rb", buffering=0) as memory:
        harden_process()
        work_and_search(memory)


def work_and_search(memory: RawIOBase) -> None:
    """All but opening the memory."""
    order = json.loads(receive_line())
    keep = receive(order["kept"])
    reason = work(
        Path(order["models"]), order["shapes"], order["challenge"], order["chain"]
    )
    if not order["keep"]:
        overwrite(keep)
    os.write(1, json.dumps(reason).encode() + b"\n")
    needles = {
        kind: [bytes.fromhex(needle) for needle in each]
        for kind, each in json.loads(receive_line()).items()
    }
    json.dump(search(memory, needles), sys.stdout)


if __name__ == "__main__":
    main()
