"""Prints how large the valid vectors are: `python tests/vectors/sizes.py`."""

import json
import sys
from pathlib import Path

from ostiary.capture.nfc import tag_area
from ostiary.credential import inspect_outside

SHOWN = (
    "one-zone-int4",
    "two-zones",
    "four-zones",
    "one-zone-int8",
    "hours",
    "faceless",
)


def table() -> str:
    """The size table of the specification, in Markdown."""
    rows = [
        "| vector | COSE bytes | base45 characters | bytes of a tag |",
        "| --- | --- | --- | --- |",
    ]
    for name in SHOWN:
        path = Path(__file__).parent / "valid" / f"{name}.json"
        text = json.loads(path.read_text(encoding="utf-8"))["text"]
        view = inspect_outside(text)
        sizes = (view.cose_bytes, view.text_characters, len(tag_area(text)))
        rows.append(f"| {name} | {' | '.join(map(str, sizes))} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
