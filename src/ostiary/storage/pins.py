"""The PIN of a hardware token: from a file of its owner's alone, or as typed."""

import getpass
import sys
from pathlib import Path
from typing import Final

from ostiary.credential import TokenUri
from ostiary.errors import TokenError
from ostiary.storage.files import read_private

_MAX_BYTES: Final = 256


def read_pin(uri: TokenUri) -> str:
    """The PIN from the file that the URI names, else as typed.

    Raises:
        StorageError: the file cannot be read.
        TrustListError: others can read it.
        TokenError: it holds no text, or there is no terminal to type on.
    """
    token = " ".join(uri.token.values())
    if uri.pin_file is not None:
        return _text(read_private(Path(uri.pin_file), _MAX_BYTES), uri.pin_file)
    if not sys.stdin.isatty():
        raise TokenError(
            f"token {token!r} asks for its PIN, and there is no terminal to type it "
            "on; name a file that holds it in the token's URI: pin-source=/..."
        )
    return getpass.getpass(f"PIN of token {token!r}: ")


def _text(data: bytes, path: str) -> str:
    try:
        return data.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise TokenError(f"{path} does not hold a PIN") from None
