"""`ostiary sync`: bring a gate the newest status lists, from a server or a stick."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer

from ostiary.cli.clock import now
from ostiary.config import Files, load_config
from ostiary.credential import LIMITS, load_trust
from ostiary.errors import ConfigurationError, OstiaryError, TrustListError
from ostiary.storage.files import read_limited
from ostiary.storage.sync import Folder, Source, Web, sync_status_list, sync_trust

_HTTPS: Final = "https"


def sync(
    config: Annotated[
        Path, typer.Option(help="The gate's configuration: it names the files.")
    ],
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="URL-OR-FOLDER",
            help="An https address, or a folder such as a USB stick's.",
        ),
    ],
    trust: Annotated[
        bool,
        typer.Option(
            "--trust",
            help="Take the trust list too. It is not signed, so only from a folder.",
        ),
    ] = False,
) -> None:
    """Bring a gate newer status lists, and check each of them.

    Prints what changed, and nothing if nothing did. A list that cannot be fetched or
    used does not keep the others back; the exit code is that of the first such list.
    """
    files = load_config(config).files
    _check_names(files)
    place = open_source(source)
    if trust:
        _bring_trust(files.trust, place)
    errors = list(
        filter(None, (_bring(path, files, place) for path in files.status_lists))
    )
    for error in errors[1:]:
        typer.echo(f"ostiary: {error}", err=True)
    if errors:
        raise errors[0]


def open_source(text: str) -> Source:
    """The source that a command names.

    Raises:
        ConfigurationError: neither an https address nor a folder.
    """
    if "://" not in text:
        if not Path(text).is_dir():
            raise ConfigurationError(f"--from: {text} is no folder")
        return Folder(Path(text))
    try:
        parts = urlsplit(text)
        plain = parts.scheme == _HTTPS and bool(parts.hostname)
    except ValueError:
        raise ConfigurationError("--from: not an address") from None
    if not plain or "@" in parts.netloc or parts.query or parts.fragment:
        # The address itself is not repeated: it may hold a password.
        raise ConfigurationError(
            "--from: an address is https://HOST/FOLDER, without a name or a password"
        )
    return Web(text if text.endswith("/") else f"{text}/")


def _check_names(files: Files) -> None:
    """A source knows files by their names alone, so no two may share one."""
    names = Counter(path.name for path in (files.trust, *files.status_lists))
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise ConfigurationError(f"two files are called {twice[0]}; rename one")


def _bring_trust(path: Path, place: Source) -> None:
    if not isinstance(place, Folder):
        raise ConfigurationError(
            "--trust: a trust list is not signed yet, so it comes from a folder only"
        )
    trust = sync_trust(path, place)
    if trust is not None:
        typer.echo(f"{path}: a new trust list, keys of issuers: {len(trust.issuers)}")


def _bring(path: Path, files: Files, place: Source) -> OstiaryError | None:
    """Bring one list; what kept it from coming."""
    at = now()
    try:
        trust = load_trust(read_limited(files.trust, LIMITS.trust_file_bytes))
        status = sync_status_list(path, place, trust, at)
    except TrustListError as error:
        return TrustListError(f"{path.name}: {error}")
    except OstiaryError as error:
        return error
    if status is not None:
        typer.echo(f"{path}: a new list, issued {status.issued_at:%F %R} UTC")
    return None
