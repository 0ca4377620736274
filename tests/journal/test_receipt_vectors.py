"""The published receipts are read as they say."""

import json
from pathlib import Path

import pytest

from ostiary.errors import JournalError
from ostiary.journal import ManualOpening, load_entry, read_receipt

FILES = sorted((Path(__file__).parents[1] / "vectors/receipt").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_vector_of_receipts_is_read_as_it_says(path: Path) -> None:
    vector = json.loads(path.read_text(encoding="utf-8"))
    if "refused" in vector["expected"]:
        with pytest.raises(JournalError):
            read_receipt(vector["receipt"])
        return
    receipt = read_receipt(vector["receipt"])
    entry = load_entry(bytes.fromhex(vector["entry"]))
    assert isinstance(entry, ManualOpening)
    fits = receipt.fits(entry.opening, bytes.fromhex(vector["identifier"]))
    assert fits is vector["expected"]["fits"]
