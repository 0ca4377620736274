"""What the commands that sign have in common."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from ostiary.credential import RootDocument, RootKey
from ostiary.storage.home import Home
from ostiary.storage.owner import Signing, read_root_key

KeyFiles: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--key",
        help="A private root key besides those of the home. Repeatable.",
    ),
]


def keys_at_hand(home: Home, files: Sequence[Path] | None) -> list[RootKey]:
    """The root keys of the home, and those in the files."""
    return [*home.root_keys(), *map(read_root_key, files or ())]


def signing_lines(done: Signing) -> Iterator[str]:
    """What came of signing, for people to read."""
    root = isinstance(done.what, RootDocument)
    what = f"{'root document' if root else 'trust list'} {done.what.version}"
    yield f"{what}: signed by {', '.join(done.signers)}"
    if done.in_force:
        yield f"Wrote {done.path}: in force until {done.what.expires_at:%F %R} UTC"
        if root and done.what.version > 1:
            yield "Next: ostiary trust check, whether the trust list still holds"
        return
    yield f"Wrote {done.path}: still to be signed, by any of {', '.join(done.others)}"
    yield f"Next: bring it to them: ostiary trust sign --pending {done.path.name}"
