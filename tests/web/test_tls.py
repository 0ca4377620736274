"""Pages under a certificate: one version of TLS, in its time, by a key that serves."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from ostiary.config import Pages
from ostiary.errors import ConfigurationError
from ostiary.web import connections
from pages.staged import Stand, stand
from tests.web.certificates import write_certificate

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def encrypted(
    in_thread: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Stand]:
    """Pages with a certificate that do not wait long."""
    monkeypatch.setattr(connections, "HANDSHAKE_SECONDS", 0.5)
    certificate, key = write_certificate(tmp_path)
    with stand(Pages(port=0, certificate=certificate, key=key)) as there:
        yield there


def connect(there: Stand) -> socket.socket:
    address = urlsplit(there.pages.address)
    return socket.create_connection((address.hostname or "", address.port or 0), 20)


@pytest.mark.parametrize("most", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_is_1_3_or_none(encrypted: Stand, most: ssl.TLSVersion) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = most
    line = connect(encrypted)
    if most is ssl.TLSVersion.TLSv1_3:
        with context.wrap_socket(line) as spoken:
            assert spoken.version() == "TLSv1.3"
    else:
        with line, pytest.raises(ssl.SSLError, match="protocol"):
            context.wrap_socket(line)


def test_a_handshake_that_does_not_begin_is_dropped(encrypted: Stand) -> None:
    with connect(encrypted) as line:
        assert line.recv(64) == b""


def test_a_key_under_a_password_is_refused_and_not_asked_for(tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path)
    secret = load_pem_private_key(key.read_bytes(), None)
    locked = BestAvailableEncryption(b"four words on tea")
    key.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    with (
        pytest.raises(ConfigurationError, match="under a password"),
        stand(Pages(port=0, certificate=certificate, key=key)),
    ):
        pass
