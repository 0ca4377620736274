"""`ostiary keys backup` and `keys restore`: all of a home in one file, and back."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import typer

from ostiary.cli.options import HomeOption
from ostiary.credential import LIMITS, read_drawn_up_trust
from ostiary.errors import ConfigurationError
from ostiary.storage.age import seal, unseal
from ostiary.storage.backup import (
    MAX_BYTES,
    Backup,
    check,
    collect,
    lay_out,
    new_passphrase,
    read_archive,
    restored,
    with_newest_trust,
    write_archive,
)
from ostiary.storage.files import create_atomically, read_limited
from ostiary.storage.home import Home

_SHORTEST: Final = 16


def backup(
    out: Annotated[Path, typer.Option(help="A new file to write.", dir_okay=False)],
    home: HomeOption = None,
) -> None:
    """Write the whole home into one file, under a passphrase.

    All private keys and status registers are in it; status lists, which others have,
    are not. Without Ostiary, `age --decrypt FILE | tar --extract` opens it.
    """
    if out.exists():
        raise ConfigurationError(f"--out: {out} is there already; it is not replaced")
    kept = collect(Home.at(home))
    offered = new_passphrase(os.urandom)
    typer.echo(f"A passphrase: {offered}")
    typer.echo("Write it down and keep it apart from the file: nothing else opens it.")
    sealed = seal(write_archive(kept.files), _agreed(offered), os.urandom)
    create_atomically(out, sealed, private=True)
    typer.echo(f"Wrote {out}: {_counts(kept)}")
    for path in kept.on_tokens:
        typer.echo(f"Not in it: the key of {path}, which stays on its token")
    typer.echo(f"Next: try it: ostiary keys restore {out} --home NEW-FOLDER")


def restore(
    file: Annotated[Path, typer.Argument(help="What `ostiary keys backup` wrote.")],
    status_list: Annotated[
        list[Path] | None,
        typer.Option(
            help="The newest signed status list of an issuer of the backup, from a "
            "gate or a server; once for each."
        ),
    ] = None,
    unpublished: Annotated[
        list[str] | None,
        typer.Option(help="An issuer who never signed a status list; once for each."),
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(help="The newest signed trust list, from a gate or a server."),
    ] = None,
    root: Annotated[
        list[Path] | None,
        typer.Option(
            help="A root document later than the backup's, with --trust; once for each."
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Make a new home from a backup.

    A home that holds anything is refused. The registers hand out nothing any more,
    since passes may have been issued after the backup: they go on revoking. For new
    passes, make a new issuer. With --trust the draft says what that list says.
    """
    owned = Home.at(home)
    # A sealed archive is a little longer than an open one.
    sealed = read_limited(file, MAX_BYTES + MAX_BYTES // 64)
    lists = [
        read_limited(path, LIMITS.status_token_bytes) for path in status_list or ()
    ]
    newest = _newest_trust(trust, root or ())
    passphrase: str = typer.prompt("Passphrase", hide_input=True)
    kept = check(read_archive(unseal(sealed, passphrase)))
    files = restored(kept, lists, frozenset(unpublished or ()))
    lay_out(files if newest is None else with_newest_trust(files, *newest), owned.path)
    typer.echo(f"Made {owned.path}: {_counts(kept)}")
    for path in kept.registers:
        typer.echo(f"{path} revokes and hands out nothing; make a new issuer for that")
    if newest is None:
        _warn(owned)


def _newest_trust(
    trust: Path | None, roots: Iterable[Path]
) -> tuple[list[bytes], bytes] | None:
    laid = [read_limited(path, LIMITS.root_file_bytes) for path in roots]
    if trust is not None:
        return laid, read_limited(trust, LIMITS.trust_file_bytes)
    if laid:
        raise ConfigurationError("--root: only with --trust")
    return None


def _warn(home: Home) -> None:
    """That others may have a newer list than the backup."""
    if not home.trust_path.exists():
        return
    _, there = read_drawn_up_trust(home.trust_data())
    typer.echo(
        f"The trust list is the backup's: {there.version}, issued "
        f"{there.issued_at:%F %R} UTC. If a gate has a newer one, remove {home.path} "
        "and restore again with --trust: what you sign of an older draft takes back "
        "what was said since, such as that a key is compromised"
    )


def _agreed(offered: str) -> str:
    """The passphrase that was typed: the offered one, or a long one of one's own."""
    typed: str = typer.prompt("Type it, or one of your own", hide_input=True)
    if secrets.compare_digest(typed.encode(), offered.encode()):
        return offered
    if len(typed) < _SHORTEST:
        raise ConfigurationError(
            f"neither the passphrase that was offered nor {_SHORTEST} characters of "
            "your own; nothing was written"
        )
    again: str = typer.prompt("Your own, once more", hide_input=True)
    if again != typed:
        raise ConfigurationError("typed differently; nothing was written")
    return typed


def _counts(kept: Backup) -> str:
    return (
        f"files: {len(kept.files)}, private keys: "
        f"{len(kept.keys) - len(kept.on_tokens)}, registers: {len(kept.registers)}"
    )
