"""`ostiary sync`: bring a gate the newest lists, from a server or a stick."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer

from ostiary.cli.clock import now
from ostiary.config import Files, GateConfig, load_config
from ostiary.credential import ZonePublicKey
from ostiary.errors import ConfigurationError, OstiaryError, TrustListError
from ostiary.storage.high_water import HighWaterFile
from ostiary.storage.home import read_root_file, read_trust_file
from ostiary.storage.sync import (
    Folder,
    Source,
    Web,
    sync_root,
    sync_status_list,
    sync_trust,
)
from ostiary.storage.zone_keys import SealedKeys, read_gate_key

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
) -> None:
    """Bring a gate newer lists, root documents and zone keys.

    Each is checked before it takes the old one's place. Prints what changed, and
    nothing if nothing did. A file that cannot be fetched or used does not keep the
    others back; the exit code is that of the first such file.
    """
    settings = load_config(config)
    _check_names(settings.files)
    place = open_source(source)
    brought = _bring_all(settings.files, place), _bring_keys(settings, place)
    errors = list(filter(None, chain.from_iterable(brought)))
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
    paths = (files.root, files.trust, *files.status_lists)
    names = Counter(path.name for path in paths)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise ConfigurationError(f"two files are called {twice[0]}; rename one")


def _bring_all(files: Files, place: Source) -> Iterator[OstiaryError | None]:
    """Bring each file, what others are checked by first; what kept each from coming."""
    yield _bring(files.root, lambda: _root(files, place))
    yield _bring(files.trust, lambda: _trust(files, place))
    for path in files.status_lists:
        yield _bring(path, partial(_status_list, path, files, place))


def _bring_keys(settings: GateConfig, place: Source) -> Iterator[OstiaryError | None]:
    """Bring each key that was handed over to this gate and that it may need."""
    files = settings.files
    if files.gate_key is None:
        return
    try:
        gate_key = read_gate_key(files.gate_key)
        trust = read_trust_file(files.trust, read_root_file(files.root))
    except OstiaryError as error:
        yield error
        return
    sealed = SealedKeys(files.sealed_keys, gate_key, settings.zone)
    for key in sealed.wanted(trust.entries, now()):
        yield _bring(sealed.path(key), partial(_zone_key, sealed, key, place))


def _bring(path: Path, work: Callable[[], str | None]) -> OstiaryError | None:
    """Bring one file, and say what came; what kept it from coming."""
    try:
        news = work()
    except TrustListError as error:
        return TrustListError(f"{path.name}: {error}")
    except OstiaryError as error:
        return error
    if news is not None:
        typer.echo(f"{path}: {news}")
    return None


def _root(files: Files, place: Source) -> str | None:
    root = sync_root(files.root, place)
    if root is None:
        return None
    return f"root document {root.version}, until {root.expires_at:%F %R} UTC"


def _trust(files: Files, place: Source) -> str | None:
    root, used = read_root_file(files.root), HighWaterFile(files.high_water).read()
    trust = sync_trust(files.trust, place, root, used, now())
    if trust is None:
        return None
    return f"trust list {trust.version}, until {trust.ends_at:%F %R} UTC"


def _status_list(path: Path, files: Files, place: Source) -> str | None:
    trust = read_trust_file(files.trust, read_root_file(files.root))
    status = sync_status_list(path, place, trust, now())
    if status is None:
        return None
    return f"a new list, issued {status.issued_at:%F %R} UTC"


def _zone_key(sealed: SealedKeys, key: ZonePublicKey, place: Source) -> str | None:
    if not sealed.sync(key, place):
        return None
    return f"the key of zone {key.zone} epoch {key.epoch}"
