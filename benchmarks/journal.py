"""How long a journal takes: to append, to verify, to prove, and to judge assertions.

Appends go to a disk, in the directory that is named, since memory flushes nothing.
Trees are made at once, with the tiles that appending one by one would leave.

    python benchmarks/journal.py [DIRECTORY] [ENTRIES]
"""

import base64
import hashlib
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ostiary.journal import (
    Assertion,
    AuthenticatorAdded,
    Checkpoint,
    Edge,
    KeyAlgorithm,
    Opening,
    OpeningReason,
    OpeningRules,
    OwnerAct,
    OwnerActKind,
    UserCheck,
    dump_entry,
    judge_assertion,
    sign_checkpoint,
)
from ostiary.storage.journal import Journal

APPENDS: Final = 300
PROOFS: Final = 200
ASSERTIONS: Final = 10_000
AT: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)


def entry(number: int) -> bytes:
    what = number.to_bytes(32)
    return dump_entry(OwnerAct(AT, OwnerActKind.CONFIGURATION_LOADED, what))


def grow(journal: Journal, size: int) -> None:
    """Have that many entries, without a flush after each."""
    edge, log = Edge(), journal.path / "log"
    for number in range(size):
        edge, files = edge.appended(entry(number))
        last = number == size - 1
        for name, content in files.items():
            if last or not name.rpartition("/")[0].endswith(".p"):
                put(log / name, content)
    for name, content in edge_files(edge):
        put(log / name, content)
    checkpoint = Checkpoint(journal.reader.key.name, edge.size, edge.root)
    (log / "checkpoint").write_bytes(sign_checkpoint(checkpoint, journal.key.key))


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def edge_files(edge: Edge) -> Iterator[tuple[str, bytes]]:
    """The partial tiles above level 0, which the last entry need not have made."""
    for level, row in enumerate(edge.rows):
        if level and row:
            count = edge.size >> 8 * level
            yield f"tile/{level}/{count // 256:03}.p/{len(row)}", b"".join(row)


def milliseconds(work: Callable[[int], object], runs: int) -> list[float]:
    times = []
    for number in range(runs):
        began = time.perf_counter()
        work(number)
        times.append(1000 * (time.perf_counter() - began))
    return times


def told(times: list[float]) -> str:
    late = statistics.quantiles(times, n=20)[-1]
    return f"median {statistics.median(times):.2f} ms, 95th percentile {late:.2f} ms"


def assertions() -> None:
    """Openings judged in a row, as an auditor does, on one core."""
    private = ec.generate_private_key(ec.SECP256R1())
    point = private.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    until = AT + timedelta(days=365)
    key = AuthenticatorAdded(AT, bytes(32), KeyAlgorithm.ES256, point, until)
    origin = "https://gate.example"
    rules = OpeningRules(AT, "gate.example", (origin,), UserCheck.PRESENT, 1_000, 0)
    opening = Opening(AT, "north", OpeningReason.OTHER, bytes(32), bytes(32))
    challenge = base64.urlsafe_b64encode(opening.challenge).rstrip(b"=").decode()
    said = {"type": "webauthn.get", "challenge": challenge, "origin": origin}
    client = json.dumps(said).encode()
    data = hashlib.sha256(b"gate.example").digest() + b"\x01" + bytes(4)
    message = data + hashlib.sha256(client).digest()
    signature = private.sign(message, ec.ECDSA(hashes.SHA256()))
    assertion = Assertion(data, client, signature)
    began = time.process_time()
    faults = {
        judge_assertion(opening.challenge, assertion, key, rules, 0).fault
        for _ in range(ASSERTIONS)
    }
    rate = ASSERTIONS / (time.process_time() - began)
    print(f"assertions (ES256): {rate:,.0f} a second of one core; faults {faults}")


def main(folder: str | None, size: int) -> None:
    print(f"{platform.machine()}, one core")
    assertions()
    with tempfile.TemporaryDirectory(dir=folder) as path:
        journal = Journal.begin(Path(path) / "journal", "bench", os.urandom)
        began = time.perf_counter()
        grow(journal, size)
        made = time.perf_counter() - began
        print(f"{size:,} entries made in {made:.1f} s")
        began = time.perf_counter()
        journal.reader.verify()
        print(f"verified in {time.perf_counter() - began:.2f} s")
        proofs = milliseconds(
            lambda n: journal.reader.proof(n * size // PROOFS), PROOFS
        )
        print(f"proof of an entry: {told(proofs)}")
        appends = milliseconds(lambda n: journal.append(entry(size + n)), APPENDS)
        print(f"append, flushed, to {path}: {told(appends)}")
        journal.reader.verify()


if __name__ == "__main__":
    given = dict(enumerate(sys.argv))
    main(given.get(1), int(given.get(2, "100000")))
