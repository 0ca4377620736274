"""Where a hardware token keeps a key: a PKCS#11 URI (RFC 7512), read strictly.

Of the RFC's attributes these are taken: `token`, `serial`, `manufacturer` and `model`
say which token, `object` and `id` which key on it, `type` may be `private`;
`module-path` names the token's driver, `pin-source` a file that holds the PIN. A PIN
itself (`pin-value`) is refused: key files are kept and copied, and a PIN is not.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from ostiary.credential.limits import LIMITS

_SCHEME: Final = "pkcs11:"
_PRIVATE: Final = "private"
_FILE: Final = "file:"

_TOKEN: Final = ("token", "serial", "manufacturer", "model")
_PATH: Final = (*_TOKEN, "object", "id", "type")
_QUERY: Final = ("module-path", "pin-source")

_ESCAPED: Final = re.compile(r"(?:[A-Za-z0-9\-._~:\[\]@!$'()*+,=/&]|%[0-9A-Fa-f]{2})+")
"""A value as RFC 7512 section 2.3 writes it."""

_SAFE: Final = "-._~:[]@!$'()*+,="


@dataclass(frozen=True, slots=True)
class TokenUri:
    """A key on a token.

    Attributes:
        module: absolute path of the driver, a shared library.
        label: of the key on the token; None if the identifier says it.
        identifier: of the key on the token; empty if the label says it.
        token: what the token says of itself, by attribute; at least its label or its
            serial number.
        pin_file: absolute path of a file with the PIN; None asks for it.
    """

    module: str
    label: str | None
    identifier: bytes
    token: Mapping[str, str]
    pin_file: str | None

    def __post_init__(self) -> None:
        """Check that it names one driver, one token and one key.

        Raises:
            ValueError: it does not.
        """
        paths = (self.module, *([] if self.pin_file is None else [self.pin_file]))
        if not all(path.startswith("/") and path.isprintable() for path in paths):
            raise ValueError(
                "a token's URI names its driver as ?module-path=/..., and the file of "
                "its PIN, if it names one, by an absolute path too"
            )
        if not {"token", "serial"} & self.token.keys():
            raise ValueError("a token's URI names the token: token=... or serial=...")
        if self.label is None and not self.identifier:
            raise ValueError("a token's URI names the key: object=... or id=...")

    @classmethod
    def read(cls, text: str) -> "TokenUri":
        """Read the text of a URI.

        Raises:
            ValueError: it is none, or says more or less than it may.
        """
        if len(text) > LIMITS.token_uri_characters or not text.startswith(_SCHEME):
            raise ValueError(
                "a key on a token has a short URI that starts with pkcs11:"
            )
        path, _, query = text.removeprefix(_SCHEME).partition("?")
        where = _attributes(path.split(";"), _PATH)
        how = _attributes(query.split("&") if query else [], _QUERY)
        if where.get("type", b"private") != b"private":
            raise ValueError("a token's URI names a private key: type=private")
        label, pin_file = where.get("object"), how.get("pin-source")
        try:
            return cls(
                module=how.get("module-path", b"").decode(),
                label=None if label is None else label.decode(),
                identifier=where.get("id", b""),
                token={name: where[name].decode() for name in _TOKEN if name in where},
                pin_file=None
                if pin_file is None
                else pin_file.decode().removeprefix(_FILE),
            )
        except UnicodeDecodeError:
            raise ValueError("a token's URI is written in UTF-8") from None

    @property
    def text(self) -> str:
        """The URI, in one way of writing it."""
        path = [
            f"{name}={quote(value, safe=_SAFE)}" for name, value in self.token.items()
        ]
        if self.label is not None:
            path.append(f"object={quote(self.label, safe=_SAFE)}")
        if self.identifier:
            path.append("id=" + "".join(f"%{octet:02X}" for octet in self.identifier))
        query = [f"module-path={quote(self.module, safe=_SAFE + '/')}"]
        if self.pin_file is not None:
            query.append(f"pin-source={quote(self.pin_file, safe=_SAFE + '/')}")
        return f"{_SCHEME}{';'.join(path)}?{'&'.join(query)}"


def _attributes(parts: list[str], known: tuple[str, ...]) -> dict[str, bytes]:
    """The values of attributes, unescaped.

    Raises:
        ValueError: one that is not known, stands twice, or has no value.
    """
    values: dict[str, bytes] = {}
    for part in parts:
        name, _, value = part.partition("=")
        if name == "pin-value":
            raise ValueError(
                "a PIN does not belong into a URI; name a file: pin-source=/..."
            )
        if name not in known:
            raise ValueError(f"a token's URI has, of its kind, only {', '.join(known)}")
        if name in values or not _ESCAPED.fullmatch(value):
            raise ValueError(f"{name} stands twice in a token's URI, or has no value")
        values[name] = unquote_to_bytes(value)
    return values
