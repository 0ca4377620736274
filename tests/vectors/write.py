"""Writes the test vectors of the credential format; `make vectors` runs it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.vectors.files import every_file, file_json
from tests.vectors.generate import (
    as_json,
    context,
    edge,
    invalid,
    unsafe,
    valid,
    vector_json,
)
from tests.vectors.layers import broken, unusual
from tests.vectors.openings import opening_vectors
from tests.vectors.receipts import receipt_vectors

FOLDERS: Final = (
    *("valid", "edge", "invalid", "status", "root", "trust"),
    *("opening", "receipt"),
)


def files() -> Iterator[tuple[str, str]]:
    """Path below the directory, and content, of every file; no path occurs twice."""
    yield "context.json", as_json(context())
    for vector in (*valid(), *unsafe(), *edge(), *unusual(), *invalid(), *broken()):
        yield f"{vector.folder}/{vector.name}.json", vector_json(vector)
    for file in every_file():
        yield f"{file.folder}/{file.name}.json", as_json(file_json(file))
    for opening in opening_vectors():
        yield f"{opening.folder}/{opening.name}.json", as_json(opening.as_table())
    for receipt in receipt_vectors():
        yield f"{receipt.folder}/{receipt.name}.json", as_json(receipt.as_table())


def write(directory: Path) -> None:
    """Write all vectors, and take away those that are no longer made."""
    made = list(files())
    for folder in FOLDERS:
        (directory / folder).mkdir(parents=True, exist_ok=True)
        for stale in (directory / folder).glob("*.json"):
            stale.unlink()
    for path, content in made:
        with (directory / path).open(
            "x" if "/" in path else "w", encoding="utf-8"
        ) as file:
            file.write(content)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
