"""What `ostiary gate check` looks at of a gate's pages, beside the rest of the gate."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography.x509 import load_pem_x509_certificates

from ostiary.errors import ConfigurationError, OstiaryError
from ostiary.gate.checks import Bench, Finding, Verdict
from ostiary.gate.checks.finding import Check
from ostiary.storage.files import read_if_there, read_limited, read_private
from ostiary.storage.staff import StaffFile
from ostiary.web.gate.pages import check_certificate, check_language, listen
from ostiary.web.gate.peer_files import read_peer

_SOON: Final = timedelta(days=14)
_MAX_BYTES: Final = 64 * 1024
_TOKEN_BYTES: Final = 256


def pages(bench: Bench) -> Iterator[Finding]:
    """That they can be served where they are to be, in the language that is named."""
    settings = bench.config.pages
    check_language(settings)
    listen(settings).close()
    where = f"{settings.address}, port {settings.port}"
    yield Finding("pages", Verdict.OK, f"can be served at {where}")


def certificate(bench: Bench) -> Iterator[Finding]:
    """That it goes with its key, counts now, and that nobody else has the key."""
    settings = bench.config.pages
    if settings.certificate is None:
        yield Finding("certificate", Verdict.OK, "none: this machine alone is served")
        return
    path = settings.certificate
    content = read_limited(path, _MAX_BYTES)
    read_private(settings.key or path, _MAX_BYTES)
    check_certificate(path, settings.key)
    yield _standing(path, content, bench)


def _standing(path: Path, content: bytes, bench: Bench) -> Finding:
    """How long every certificate of the file counts."""
    try:
        found = load_pem_x509_certificates(content)
    except ValueError:
        raise ConfigurationError(f"{path}: no certificates that can be read") from None
    begins = max(each.not_valid_before_utc for each in found)
    ends = min(each.not_valid_after_utc for each in found)
    until = f"{path}: until {ends:%F %R} UTC"
    if bench.at < begins:
        raise ConfigurationError(f"{path}: not before {begins:%F %R} UTC")
    if bench.at >= ends:
        raise ConfigurationError(f"{until}: expired")
    if bench.at + _SOON < ends:
        return Finding("certificate", Verdict.OK, until)
    return Finding("certificate", Verdict.WARNING, until, "have another one made")


def attendants(bench: Bench) -> Iterator[Finding]:
    """The files of accounts, of other gates, and of the token for other consoles."""
    settings = bench.config.attendants
    if settings.staff is None:
        yield Finding("attendants", Verdict.OK, "no file of accounts, and no page")
    else:
        yield _accounts(settings.staff)
    if settings.token is not None:
        yield _token(settings.token)
    for path in settings.gates:
        yield _peer(path)


def _accounts(path: Path) -> Finding:
    count = len(StaffFile(path).read().all)
    if not count:
        found, mend = f"{path}: nobody can sign in", "ostiary staff add NAME"
        return Finding("attendants", Verdict.WARNING, found, mend)
    return Finding("attendants", Verdict.OK, f"{path}: {count} accounts, private")


def _token(path: Path) -> Finding:
    if read_if_there(path, _TOKEN_BYTES) is None:
        found, mend = f"{path} is not there", "ostiary staff share"
        return Finding("attendants", Verdict.WARNING, found, mend)
    read_private(path, _TOKEN_BYTES)
    return Finding("attendants", Verdict.OK, f"{path}: private")


def _peer(path: Path) -> Finding:
    try:
        peer = read_peer(path)
    except OstiaryError as error:
        mend = "bring another one: ostiary staff share, at that gate"
        return Finding("attendants", Verdict.FAILS, str(error), mend)
    return Finding("attendants", Verdict.OK, f"{path}: {peer.name}, private")


CHECKS: Final = (
    Check("pages", pages, "stop the gate that runs, or correct section [pages]"),
    Check("certificate", certificate, "docs/how-to/kiosk.md, in service"),
    Check("attendants", attendants, "docs/how-to/attendant.md"),
)
