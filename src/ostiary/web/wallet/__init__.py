"""The wallet: a page that shows a pass, which stands in its address alone.

What stands behind the number sign of an address is never sent to whoever serves the
page. So the same few files do for every holder, on the desk's server or on any host of
static files, and neither has a copy of a pass.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ostiary.errors import ConfigurationError
from ostiary.storage.files import make_directory, write_atomically
from ostiary.web.languages import Languages
from ostiary.web.wallet.texts import TEXTS

FOLDER: Final = "wallet"
"""Where the page lies below an origin; the address ends in a slash."""

FILES: Final = Path(__file__).parent / "files"

PAGE: Final = "index.html"

_WORKER: Final = "worker.js"
_WORDS: Final = "words.js"

_MEDIA: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".html": "text/html",
        ".css": "text/css",
        ".js": "text/javascript",
        ".svg": "image/svg+xml",
        ".txt": "text/plain",
    }
)

_PLAIN: Final = "$*+-./:"
"""What base45 uses beside letters and digits, and a fragment takes as it is
(RFC 3986, section 3.5); all else is written with a percent sign."""

_ADDRESS: Final = re.compile(
    r"(https://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])"
    r"|http://(localhost|127\.0\.0\.1|\[::1\]))"
    r"(:[1-9][0-9]{0,4})?/([A-Za-z0-9._~-]+/)*"
)
"""Over TLS, or on this machine; with nothing behind its path."""


def wallet_address(address: str) -> str:
    """Check where a wallet lies, as in `https://passes.example/wallet/`.

    Raises:
        ConfigurationError: no such address.
    """
    if not _ADDRESS.fullmatch(address):
        raise ConfigurationError(
            f"{address!r} is no address of a wallet; one looks like "
            "https://passes.example/wallet/"
        )
    return address


def wallet_link(address: str, text: str) -> str:
    """The link by which a holder opens their pass; whoever has it has the pass.

    Args:
        address: where the wallet lies, as `wallet_address` wants it.
        text: the sealed credential as base45.

    Raises:
        ConfigurationError: no such address.
    """
    return f"{wallet_address(address)}#{quote(text, safe=_PLAIN)}"


@dataclass(frozen=True, slots=True)
class WalletFile:
    """One file of the page.

    Attributes:
        content: what it holds, in UTF-8 where it is a text, as all are.
        media_type: what it is served as.
    """

    content: bytes
    media_type: str


@cache
def wallet_files() -> Mapping[str, WalletFile]:
    """The files of the page by their names, for this server or any other."""
    contents = {path.name: path.read_bytes() for path in sorted(FILES.iterdir())}
    contents[_WORDS] = f"export const WORDS = {_words()};\n".encode()
    # Last: as soon as it is another, browsers fetch the rest anew.
    contents[_WORKER] = _worker(contents, contents.pop(_WORKER))
    return MappingProxyType(
        {
            name: WalletFile(content, _MEDIA[Path(name).suffix])
            for name, content in contents.items()
        }
    )


def _words() -> str:
    """What the page says, in every language."""
    words = {
        code: {"code": code, "name": language.name, "direction": language.direction}
        | {key: language.say(text) for key, text in TEXTS.items()}
        for code, language in Languages().items()
    }
    return json.dumps(words, indent=1)


def _worker(others: Mapping[str, bytes], body: bytes) -> bytes:
    """The worker, told which files there are and what they hold."""
    files = ["./", *sorted(others.keys() - {PAGE, _WORKER})]
    digest = hashlib.sha256()
    for content in others.values():
        digest.update(hashlib.sha256(content).digest())
    head = (
        f"const FILES = {json.dumps(files)};\n"
        f"const VERSION = {json.dumps(digest.hexdigest()[:16])};\n\n"
    )
    return head.encode() + body


def save_wallet(folder: Path) -> None:
    """Write the page into a folder for any host of static files, over an older one.

    Raises:
        StorageError: it cannot be written.
    """
    make_directory(folder)
    for name, file in wallet_files().items():
        write_atomically(folder / name, file.content)


def wallet_routes() -> Iterable[BaseRoute]:
    """The addresses of the page."""
    return (
        Route(f"/{FOLDER}", _to_folder),
        Route(f"/{FOLDER}/", _file),
        Route(f"/{FOLDER}/{{name}}", _file),
    )


async def _to_folder(_request: Request) -> Response:
    # A browser carries what stands behind the number sign along by itself.
    return RedirectResponse(f"/{FOLDER}/", 308)


async def _file(request: Request) -> Response:
    found = wallet_files().get(request.path_params.get("name", PAGE))
    if found is None:
        return Response("there is no such page\n", 404, media_type="text/plain")
    return Response(found.content, media_type=found.media_type)
