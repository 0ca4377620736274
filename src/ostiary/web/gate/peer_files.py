"""The file by which a console watches another gate: where it is, what to show it."""

import json
import ssl
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ostiary.credential.checks import check_name
from ostiary.credential.jsonfile import read_object
from ostiary.errors import ConfigurationError, TrustListError
from ostiary.storage.files import read_private

MAX_BYTES: Final = 64 * 1024
"""Longest file of another gate: certificates are a few kilobytes."""

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Peer:
    """Another gate, as its file says.

    Attributes:
        name: what attendants call it.
        address: `https://name:port`; `http` on this very machine alone.
        token: what it is shown, 43 characters.
        certificate: its own or its authority's, PEM; empty without TLS.
    """

    name: str
    address: str
    token: str = field(repr=False)
    certificate: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse an address that would show the token to the network.

        Raises:
            ValueError: a name, address or token that cannot be one.
        """
        check_name(self.name)
        url = urlsplit(self.address)
        plain = url.scheme == "http" and url.hostname in {"127.0.0.1", "::1"}
        if not url.hostname or url.port is None or url.path:
            raise ValueError("an address is https://NAME:PORT")
        if not plain and not (url.scheme == "https" and self.certificate):
            raise ValueError("an address beyond this machine takes TLS")
        # A header of its own could stand in it otherwise.
        if not all(each.isascii() and each.isprintable() for each in _said(self)):
            raise ValueError("an address and a token are plain characters")


def _said(peer: Peer) -> tuple[str, str]:
    return peer.address, peer.token


def read_peer(path: Path) -> Peer:
    """Another gate's file, of its owner's alone.

    Raises:
        StorageError: it cannot be read.
        TrustListError: others can get at it.
        ConfigurationError: it is no such file.
    """
    data = read_private(path, MAX_BYTES)
    try:
        members = read_object(data, MAX_BYTES)
        version = members.integer("version")
        texts = ("name", "address", "token", "certificate")
        peer = Peer(*(members.text(name) for name in texts))
        members.finish()
        _check_version(version)
        context_of(peer)
    except (TrustListError, ValueError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"{path} is no file of another gate: {error}"
        ) from None
    return peer


def dump_peer(peer: Peer) -> bytes:
    """The file of a gate for a console elsewhere: a JSON object, UTF-8."""
    return (json.dumps({"version": VERSION, **asdict(peer)}, indent=1) + "\n").encode()


def _check_version(version: int) -> None:
    if version != VERSION:
        raise ValueError("of a version that is not known")


def context_of(peer: Peer) -> ssl.SSLContext | None:
    """Whom the connection believes: the certificate of the file, and nobody else."""
    if not peer.certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=peer.certificate)
    return context
