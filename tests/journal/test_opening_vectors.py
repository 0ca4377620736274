"""The published entries of openings are found to be what they say they are."""

import json
from pathlib import Path

import pytest

from ostiary.errors import JournalError
from ostiary.journal import Standing, load_entry
from ostiary.storage.civil_time import civil_zone

FILES = sorted((Path(__file__).parents[1] / "vectors/opening").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_vector_of_openings_is_judged_as_it_says(path: Path) -> None:
    vector = json.loads(path.read_text(encoding="utf-8"))
    *before, last = map(bytes.fromhex, vector["entries"])
    standing = Standing(civil_zone)
    for data in before:
        standing.see(load_entry(data))
    if "refused" in vector["expected"]:
        with pytest.raises(JournalError):
            load_entry(last)
    else:
        faults = [fault.value for fault in standing.see(load_entry(last))]
        assert faults == vector["expected"]["faults"]
