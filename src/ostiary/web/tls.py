"""How the pages say who they are: TLS 1.3 alone, as consoles elsewhere speak it."""

import ssl
from pathlib import Path


def serving(certificate: Path | str, key: Path | str | None) -> ssl.SSLContext:
    """What pages are served with.

    Args:
        certificate: PEM file of the certificate, and of those that vouch for it.
        key: PEM file of its private key; None: it lies with the certificate.

    Raises:
        OSError: one cannot be read, is not PEM, not of the other, or the key lies
            under a password: nobody is there to type it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # Otherwise OpenSSL asks at the terminal, and the gate's start waits for it.
    context.load_cert_chain(certificate, key, password=lambda: "")
    return context
