"""`ostiary trust root`: which owners decide on trust."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from ostiary.cli.acts import recorder
from ostiary.cli.clock import now
from ostiary.cli.options import HomeOption
from ostiary.cli.signing import KeyFiles, keys_at_hand, signing_lines
from ostiary.credential import (
    LIMITS,
    Role,
    RootDocument,
    RootKey,
    RootPublicKey,
    load_key,
)
from ostiary.errors import ConfigurationError, TrustListError
from ostiary.storage.files import read_limited
from ostiary.storage.home import Home, read_root_file
from ostiary.storage.owner import sign_root

app = typer.Typer(help="Say which owners decide on trust.", no_args_is_help=True)

DAYS: Final = 1095
"""How long a root document lasts by default: three years, since a gate that misses its
successor stops."""

DaysOption = Annotated[
    int,
    typer.Option(min=1, max=3650, help="After that it counts for its successor only."),
]


@app.command("init")
def init(
    add: Annotated[
        list[Path] | None,
        typer.Option(
            help="The public root key of a further owner. Repeatable.", dir_okay=False
        ),
    ] = None,
    threshold: Annotated[
        int, typer.Option(min=1, help="How many owners a signature takes.")
    ] = 1,
    days: DaysOption = DAYS,
    key: KeyFiles = None,
    home: HomeOption = None,
) -> None:
    """Make the first root document: of the root keys of this home, and those named.

    All of them sign root documents and trust lists; 'change' tells the two apart.
    """
    owned, at = Home.at(home), now()
    if owned.root_path.exists():
        raise ConfigurationError(f"{owned.root_path} is there; see: trust root change")
    keys = keys_at_hand(owned, key)
    public = [*(each.public for each in keys), *map(read_public_root_key, add or ())]
    role = _role(public, threshold)
    _sign(owned, RootDocument(1, at, at + timedelta(days=days), role, role), keys)


@app.command("change")
def change(
    add: Annotated[
        list[Path] | None,
        typer.Option(help="The public root key of a new owner.", dir_okay=False),
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option(help="The name of an owner who leaves.")
    ] = None,
    threshold: Annotated[
        int | None, typer.Option(min=1, help="How many owners a signature takes.")
    ] = None,
    signs: Annotated[
        Literal["root", "trust", "both"],
        typer.Option(help="What they sign: root documents, trust lists, or both."),
    ] = "both",
    days: DaysOption = DAYS,
    key: KeyFiles = None,
    home: HomeOption = None,
) -> None:
    """Draw up and sign the next root document; without changes it only lasts longer.

    It takes enough owners of the old one and enough of the new.
    """
    owned, at = Home.at(home), now()
    old, keys = owned.root(), keys_at_hand(owned, key)
    added, gone = list(map(read_public_root_key, add or ())), set(remove or ())
    _check_known(gone, old)

    def changed(role: Role, name: str) -> Role:
        if signs not in {name, "both"}:
            return role
        kept = [key for key in role.keys if key.name not in gone]
        return _role([*kept, *added], threshold or role.threshold)

    following = RootDocument(
        version=old.version + 1,
        issued_at=at,
        expires_at=at + timedelta(days=days),
        root=changed(old.root, "root"),
        trust=changed(old.trust, "trust"),
    )
    _sign(owned, following, keys)


@app.command("show")
def show(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A root document, as at a gate.", show_default="the one in force here"
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Show who decides on trust, and the fingerprint to compare at each gate."""
    root = Home.at(home).root() if file is None else read_root_file(file)
    for line in lines(root, root.digest):
        typer.echo(line)


def make_alone(home: Home, keys: Sequence[RootKey], at: datetime) -> None:
    """Make the first root document of the one root key that is there, and say so.

    Raises:
        ConfigurationError: there is none, or there are several.
    """
    if len(keys) != 1:
        kind = "no root key" if not keys else "several root keys"
        raise ConfigurationError(
            f"{kind} here, and no root document; make "
            + ("one: ostiary keys new root NAME" if not keys else "it: trust root init")
        )
    _sign(home, RootDocument.alone(keys[0].public, at, at + timedelta(days=DAYS)), keys)


def read_public_root_key(path: Path) -> RootPublicKey:
    """The public half of an owner's key from a file.

    Raises:
        StorageError: it cannot be read.
        TrustListError: it is something else.
    """
    key = load_key(read_limited(path, LIMITS.key_file_bytes))
    if not isinstance(key, RootPublicKey):
        raise TrustListError(
            f"{path} is not a public root key; 'ostiary keys export' writes those"
        )
    return key


def lines(root: RootDocument, digest: bytes) -> Iterator[str]:
    """A root document and its fingerprint, for people to read and compare."""
    yield f"root document {root.version}, until {root.expires_at:%F %R} UTC"
    yield f"  fingerprint     {_fingerprint(digest)}"
    for what, role in (("root", root.root), ("trust", root.trust)):
        names = ", ".join(key.name for key in role.keys)
        yield f"  {what + ' signed by':<16}{role.threshold} of: {names}"


def _sign(home: Home, root: RootDocument, keys: Iterable[RootKey]) -> None:
    done = sign_root(home, root, keys, recorder(home, now()))
    for line in signing_lines(done):
        typer.echo(line)
    for line in lines(root, done.digest):
        typer.echo(line)


def _role(keys: Sequence[RootPublicKey], threshold: int) -> Role:
    try:
        return Role(tuple(keys), threshold)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def _check_known(names: set[str], root: RootDocument) -> None:
    known = {key.name for role in (root.root, root.trust) for key in role.keys}
    if names - known:
        raise ConfigurationError(
            f"--remove: no owner is called {', '.join(sorted(names - known))}"
        )


def _fingerprint(digest: bytes) -> str:
    """A SHA-256 in groups that two people can read to each other."""
    text = digest.hex()
    return " ".join(text[place : place + 8] for place in range(0, len(text), 8))
