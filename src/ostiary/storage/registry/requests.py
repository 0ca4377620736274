"""Requests for a pass that have one effect, however often they are sent.

After draft-ietf-httpapi-idempotency-key-header-07. Kept are keyed digests of key and
content, and which pass came of it; never the answer, since no copy of a pass is kept.
They are in the registry, so that they survive what kills a desk.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, select, update

from ostiary.credential import Randomness
from ostiary.credential.checks import seconds_of
from ostiary.errors import RegistryError
from ostiary.storage.registry.database import transaction
from ostiary.storage.registry.lists import UPSERTS
from ostiary.storage.registry.own_reference import derived
from ostiary.storage.registry.registry import Registry, forget_requests
from ostiary.storage.registry.schema import requests

CLAIM_BYTES: Final = 16

LEASE: Final = timedelta(minutes=1)
"""For that long whoever began is believed to be at it, and nobody else begins."""


class Refused(StrEnum):
    """Why a request is not begun."""

    BUSY = "busy"
    OTHER_CONTENT = "other-content"


@dataclass(frozen=True, slots=True)
class Request:
    """A request, and one attempt to fulfil it.

    Attributes:
        key: digest of who sent it and under which key; 32 bytes.
        content: digest of what it says; 32 bytes.
        claim: of this attempt alone; 16 random bytes.
        at: now.
    """

    key: bytes
    content: bytes
    claim: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Begun:
    """A request that is to be fulfilled now.

    Attributes:
        earlier: the pass that came of an earlier attempt; None: none was.
    """

    earlier: bytes | None


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests of one tenant; all of it raises as `Registry` does."""

    registry: Registry

    def attempt(
        self,
        account: bytes,
        key: str,
        content: bytes,
        at: datetime,
        randomness: Randomness,
    ) -> Request:
        """An attempt at what somebody sends.

        Both digests take the registry's key: content that can be guessed, as an own
        reference, is not to be found by whoever reads the database alone.

        Args:
            account: who sends it, 32 bytes.
            key: under which key.
            content: all that it says.
            at: now.
            randomness: that many random bytes.
        """
        keyed = derived(self.registry.key, b"request")
        return Request(
            hmac.digest(keyed, account + key.encode(), "sha256"),
            hmac.digest(keyed, content, "sha256"),
            randomness(CLAIM_BYTES),
            at,
        )

    def begin(self, request: Request) -> Begun | Refused:
        """Begin, unless somebody is at it or the key stands for another request."""
        with transaction(self.registry.engine) as connection:
            forget_requests(connection, self.registry.tenant_id, request.at)
            begun = connection.execute(
                UPSERTS[connection.dialect.name](requests)
                .values(
                    tenant_id=self.registry.tenant_id,
                    key=request.key,
                    content=request.content,
                    claim=request.claim,
                    begun_at=seconds_of(request.at),
                )
                .on_conflict_do_nothing()
                .returning(requests.c.key)
            ).first()
            if begun is not None:
                return Begun(None)
            return self._begin_again(connection, request)

    def note(self, request: Request, identifier: bytes, renews: bytes | None) -> None:
        """Note which pass came of it, before anybody has that.

        Raises:
            RegistryError: it took so long that somebody else is at it.
        """
        with transaction(self.registry.engine) as connection:
            noted = connection.execute(
                update(requests)
                .where(self._claimed(request))
                .values(identifier=identifier, renews=renews, claim=None)
            )
            if noted.rowcount != 1:
                raise RegistryError(
                    "the request took too long, and another attempt at it began"
                )

    def abandon(self, request: Request) -> None:
        """Let it be sent again: nothing came of this attempt.

        What came of an earlier one stays known.
        """
        ours = self._claimed(request)
        nothing = requests.c.identifier.is_(None)
        with transaction(self.registry.engine) as connection:
            connection.execute(delete(requests).where(ours, nothing))
            connection.execute(update(requests).where(ours).values(claim=None))

    def renewed_by(self, identifier: bytes) -> bytes | None:
        """The pass that is to end when this one is confirmed; None: none.

        Raises:
            RegistryError: no request of the last day made it.
        """
        wanted = select(requests.c.renews).where(
            requests.c.tenant_id == self.registry.tenant_id,
            requests.c.identifier == identifier,
        )
        with transaction(self.registry.engine) as connection:
            row = connection.execute(wanted).first()
        if row is None:
            raise RegistryError(
                f"no request of the last day made pass {identifier.hex()}"
            )
        renews: bytes | None = row.renews
        return renews

    def _begin_again(self, connection: Connection, request: Request) -> Begun | Refused:
        found = connection.execute(
            select(requests).where(self._is(request)).with_for_update()
        ).first()
        if found is None or _is_held(found, request.at):
            # Where there is none, it was abandoned this very moment.
            return Refused.BUSY
        if found.content != request.content:
            return Refused.OTHER_CONTENT
        connection.execute(
            update(requests)
            .where(self._is(request))
            .values(claim=request.claim, begun_at=seconds_of(request.at))
        )
        return Begun(found.identifier)

    def _is(self, request: Request) -> ColumnElement[bool]:
        return and_(
            requests.c.tenant_id == self.registry.tenant_id,
            requests.c.key == request.key,
        )

    def _claimed(self, request: Request) -> ColumnElement[bool]:
        return and_(self._is(request), requests.c.claim == request.claim)


def _is_held(row: Row[*tuple[object, ...]], at: datetime) -> bool:
    begun: int = row.begun_at
    return row.claim is not None and begun > seconds_of(at - LEASE)
