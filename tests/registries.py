"""Registries for tests, and desks that use one from processes of their own."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")

from ostiary.cli import clock
from ostiary.desk.issuing import PassRequest, draft_pass
from ostiary.desk.service import Desk, Order
from ostiary.storage.registry.records import (
    By,
    Consent,
    ConsentMeans,
    Place,
    RevocationReason,
    Wanted,
)
from ostiary.storage.registry.registry import Registry

AT: Final = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY: Final = timedelta(days=1)
BY: Final = By(b"d" * 32, b"a" * 32, AT)
KEY: Final = bytes(range(32))
CONSENT: Final = Consent("2026-11", AT, ConsentMeans.PAGE)


def wanted(own: str | None = None, consent: Consent | None = CONSENT) -> Wanted:
    """A pass for a month."""
    return Wanted(
        issuer="acme",
        zones=("north", "south"),
        not_before=AT,
        expires_at=AT + 30 * DAY,
        consent=consent,
        own=own,
    )


def withdrawn(desk: Desk) -> bytes:
    """A pass of the demonstration's desk, of which no record is to be kept."""
    at = clock.now()
    request = PassRequest(
        issuer="desk", zones=("north",), not_before=at, expires_at=at + 30 * DAY
    )
    order = Order(draft_pass(request, desk.home, at), None)
    issued = desk.issue(order, lambda _: None, desk.by(at), os.urandom)
    identifier = issued.claims.identifier
    desk.revoke(identifier, RevocationReason.CONSENT_WITHDRAWN, desk.by(at))
    return identifier


def reserve_many(url: str, tenant: str, count: int) -> list[tuple[str, int]]:
    """What one desk is given, as addresses of lists and indices."""
    registry = Registry.connect(Place(url, tenant, KEY))
    found = [registry.reserve(wanted(), BY, os.urandom) for _ in range(count)]
    return [(each.uri, each.index) for each in found]


def issue_until_killed(url: str, folder: Path) -> None:
    """Issue passes for ever, telling after each step how far one has come.

    A file in the folder stands for a pass that somebody has.
    """
    registry = Registry.connect(Place(url, "main", KEY))
    while True:
        reserved = registry.reserve(wanted(), BY, os.urandom)
        name = reserved.identifier.hex()
        (folder / name).write_text(f"{reserved.index}")
        registry.confirm(reserved.identifier, BY)
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    issue_until_killed(sys.argv[1], Path(sys.argv[2]))
