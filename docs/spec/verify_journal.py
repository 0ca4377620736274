"""Verifies a journal by its specification alone: no code of Ostiary's is used.

    python docs/spec/verify_journal.py LOG PUBLIC-KEY [OLDER-CHECKPOINT...]

All leaves are hashed anew; an older checkpoint is compared with the root of as many of
the first leaves as it has, so no proof is needed and the newest entries are missed too.
Tiles of hashes are not read: whatever they say, the entries are what was signed.
"""

import base64
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WIDTH = 256  # entries of a whole bundle


def octets(text: str) -> bytes:
    """Base 64 in its one form: whatever else decodes to the same is not what it was."""
    made = base64.b64decode(text, validate=True)
    if base64.b64encode(made).decode() != text:
        raise ValueError("base 64 in another than its one form")
    return made


def checkpoint(note: bytes, key: str) -> tuple[int, bytes]:
    """Size and root that the key signs."""
    name, identifier, material = key.split("+", 2)
    public = octets(material)
    made = hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]
    if public[:1] != b"\1" or made.hex() != identifier:
        raise SystemExit("this is no public key of a journal")
    text, _, signatures = note.decode().rpartition("\n\n")
    *lines, torn = signatures.split("\n")
    if torn:
        raise SystemExit("the checkpoint is cut short")
    signed = False
    for line in lines:
        dash, who, encoded = line.split(" ")
        content = octets(encoded)
        if dash != "—":
            raise ValueError("a signature begins with a dash")
        if (who, content[:4]) == (name, made):
            message = f"{text}\n".encode()
            Ed25519PublicKey.from_public_bytes(public[1:]).verify(content[4:], message)
            signed = True
    origin, size, root = text.split("\n")
    if not signed or origin != name:
        raise SystemExit("the checkpoint is not signed by that key")
    if not size.isascii() or str(int(size)) != size:
        raise ValueError("a size in another than its one form")
    return int(size), octets(root)


def leaves(log: Path, size: int) -> Iterator[bytes]:
    """The hashes of all entries."""
    for first in range(0, size, WIDTH):
        width = min(WIDTH, size - first)
        thousands, rest = divmod(first // WIDTH, 1_000)
        whole = log / "tile/entries" / (f"x{thousands:03}" if thousands else "")
        whole /= f"{rest:03}"
        partial = whole.with_name(f"{whole.name}.p") / str(width)
        data = (partial if partial.exists() else whole).read_bytes()
        for _ in range(width):
            end = 2 + int.from_bytes(data[:2])
            if len(data) < end:
                raise SystemExit(f"{whole} is cut short")
            yield hashlib.sha256(b"\0" + data[2:end]).digest()
            data = data[end:]
        # A whole bundle may stand in for a part of it, and then it holds more.
        if data and width == WIDTH:
            raise SystemExit(f"{whole} holds more, which nothing signs")


def root_of(row: list[bytes]) -> bytes:
    """RFC 6962, section 2.1."""
    while len(row) > 1:
        odd = row[-1:] if len(row) % 2 else []
        pairs = zip(row[::2], row[1::2], strict=False)
        row = [hashlib.sha256(b"\1" + a + b).digest() for a, b in pairs] + odd
    return row[0] if row else hashlib.sha256(b"").digest()


def main(log: Path, key: str, older: list[Path]) -> None:
    """Verify, and say so; ends with 1, and with a reason, where something is wrong."""
    newest, _ = checkpoint((log / "checkpoint").read_bytes(), key)
    hashes = list(leaves(log, newest))
    for path in [log / "checkpoint", *older]:
        size, root = checkpoint(path.read_bytes(), key)
        if size > newest or root_of(hashes[:size]) != root:
            raise SystemExit(f"{path}: its {size} entries are not the first of this")
        sys.stdout.write(f"{path}: {size} entries, verified\n")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), sys.argv[2], [Path(path) for path in sys.argv[3:]])
    except (ValueError, IndexError, OSError, InvalidSignature) as error:
        raise SystemExit(f"not verified: {error!r}") from None
