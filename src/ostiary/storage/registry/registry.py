"""The registry of one tenant: every act on a pass is one transaction.

A pass is issued in this order, so that a crash loses none and invents none: its place
and record are committed (`reserve`), it is signed and handed over, and it is confirmed
(`confirm`). What is cut short in between is on record as reserved, and `revoke` ends it
whether somebody holds the pass or not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)

from ostiary.credential import Randomness
from ostiary.credential.checks import moment_of, seconds_of
from ostiary.credential.claims import IDENTIFIER_BYTES
from ostiary.errors import ConfigurationError, RegistryError, StorageError
from ostiary.journal import DeskHour
from ostiary.storage.register import IDENTITY_BYTES, SIZE, Entries, StatusRegister
from ostiary.storage.registry import hours
from ostiary.storage.registry import lists as status
from ostiary.storage.registry.database import (
    compact,
    has_schema,
    open_engine,
    require_newest,
    told,
    transaction,
    upgrade,
)
from ostiary.storage.registry.mark import Standing
from ostiary.storage.registry.own_reference import (
    blind,
    check_of,
    open_own,
    seal_own,
)
from ostiary.storage.registry.records import (
    REQUESTS_KEPT,
    RETENTION,
    By,
    Consent,
    ConsentMeans,
    ListState,
    PassRecord,
    PassState,
    Place,
    Reserved,
    RevocationReason,
    Wanted,
)
from ostiary.storage.registry.schema import (
    bindings,
    desks,
    lists,
    pass_zones,
    passes,
    requests,
    tenants,
)

LEFT_BEHIND: Final = timedelta(hours=1)
"""After that a reserved place belongs to nobody who is still at it."""

_Values: TypeAlias = dict[str, str | int | bytes | None]


@dataclass(frozen=True, slots=True)
class Registry:
    """One tenant's passes.

    Every method may raise `StorageError` where the database cannot be reached, is full
    or refuses; what the method was to do is then not done, unless said otherwise.

    Attributes:
        engine: the database.
        tenant: a name.
        tenant_id: its number there; no other tenant's rows are seen or touched.
        key: seals own references, 32 bytes.
    """

    engine: Engine
    tenant: str
    tenant_id: int
    key: bytes = field(repr=False)

    @classmethod
    def create(cls, place: Place) -> "Registry":
        """Make the tables and the tenant, or bring them up to date.

        Raises:
            ConfigurationError: an address that cannot be one.
        """
        engine = open_engine(place.url)
        place.prepare()
        upgrade(engine)
        with transaction(engine) as connection:
            upsert = status.UPSERTS[connection.dialect.name]
            name = place.tenant
            connection.execute(
                upsert(tenants).values(name=name).on_conflict_do_nothing()
            )
            made = select(tenants.c.id).where(tenants.c.name == name)
            binding = upsert(bindings).values(
                tenant_id=connection.execute(made).scalar_one(),
                identity=token_bytes(IDENTITY_BYTES),
                key_check=check_of(place.key, name),
            )
            connection.execute(binding.on_conflict_do_nothing())
        return cls.connect(place)

    @classmethod
    def renew(cls, place: Place) -> "Registry":
        """Bring the tables that are there up to date.

        Raises:
            ConfigurationError: an address that cannot be one.
            StorageError: there are none: what was on record is gone, and a new registry
                in its place would take back revocations.
        """
        if not has_schema(open_engine(place.url)):
            raise StorageError(
                "the registry's database is gone or empty; bring it back from a "
                "backup: ostiary registry restore"
            )
        return cls.create(place)

    @classmethod
    def connect(cls, place: Place) -> "Registry":
        """The registry that is there.

        Raises:
            ConfigurationError: an address that cannot be one, or the tenant's key is
                another one.
            RegistryError: it has no such tenant.
        """
        engine = open_engine(place.url)
        # Where there is none, SQLite would make a file that others may read.
        place.prepare()
        require_newest(engine)
        known = select(bindings).join(tenants).where(tenants.c.name == place.tenant)
        with transaction(engine) as connection:
            found = connection.execute(known).first()
        if found is None:
            raise RegistryError(
                f"the registry has no tenant {place.tenant!r}: ostiary registry init"
            )
        if found.key_check != check_of(place.key, place.tenant):
            raise ConfigurationError(
                f"registry.key is not that of tenant {place.tenant!r}: lay a copy of "
                "that one here, or name another --tenant"
            )
        return cls(engine, place.tenant, found.tenant_id, place.key)

    def standing(self, desk: bytes) -> Standing:
        """What a desk can tell by whether this is an old copy."""
        mine = select(bindings.c.identity).where(bindings.c.tenant_id == self.tenant_id)
        ours = and_(desks.c.tenant_id == self.tenant_id, desks.c.desk == desk)
        known = select(lists).where(lists.c.tenant_id == self.tenant_id)
        with transaction(self.engine) as connection:
            return Standing(
                connection.execute(mine).scalar_one(),
                connection.execute(select(desks.c.acts).where(ours)).scalar() or 0,
                {row.uri: bool(row.closed) for row in connection.execute(known)},
            )

    def add_list(self, issuer: str, uri: str, size: int = SIZE) -> ListState:
        """Make an issuer's next list, from which places are drawn when others are full.

        Raises:
            ConfigurationError: an address or a size that cannot be one.
        """
        return self._add(issuer, status.empty(uri, size), closed=False)

    def adopt(self, issuer: str, register: StatusRegister) -> ListState | None:
        """Take over what a register says, as the issuer's next list.

        The register is marked first and stays as it says: cut short anywhere, nobody
        hands out its places until this is called again.

        Returns:
            The list; None where it was taken over before.

        Raises:
            ConfigurationError: its address is too long, or another tenant's.
            RegistryError: another registry took it over, and knows what was revoked
                since.
            TrustListError: it is no register.
        """
        entries = register.read()
        identity = self._identity()
        if self._has(entries.uri):
            register.take_over(identity)
            return None
        if entries.taken_over_by not in {None, identity}:
            raise RegistryError(
                f"the register of issuer {issuer!r} was taken over by a registry that "
                "is not this one; bring that back: registry.toml, or ostiary registry "
                "restore"
            )
        with transaction(self.engine) as connection:
            status.check_new(connection, entries.uri)
        entries = register.take_over(identity)
        return self._add(issuer, entries, closed=not entries.free)

    def _has(self, uri: str) -> bool:
        ours = and_(lists.c.tenant_id == self.tenant_id, lists.c.uri == uri)
        with transaction(self.engine) as connection:
            return (
                connection.execute(select(lists.c.id).where(ours)).first() is not None
            )

    def _identity(self) -> bytes:
        mine = bindings.c.tenant_id == self.tenant_id
        with transaction(self.engine) as connection:
            found = connection.execute(select(bindings.c.identity).where(mine))
            identity: bytes = found.scalar_one()
            return identity

    def _add(self, issuer: str, entries: Entries, *, closed: bool) -> ListState:
        with transaction(self.engine) as connection:
            return status.add_list(
                connection, self.tenant_id, issuer, entries, closed=closed
            )

    def lists(self, issuer: str) -> list[ListState]:
        """An issuer's lists, the oldest first."""
        with transaction(self.engine) as connection:
            return status.states(connection, self.tenant_id, issuer)

    def reserve(self, wanted: Wanted, by: By, randomness: Randomness) -> Reserved:
        """Take a place for a pass, and note what it will say.

        It counts as issued in the hour's totals from here on.

        Raises:
            ConfigurationError: the issuer has no list here.
            RegistryError: no list has a place left.
        """
        identifier = randomness(IDENTIFIER_BYTES)
        with transaction(self.engine) as connection:
            place = status.draw(connection, self.tenant_id, wanted.issuer, randomness)
            row = self._row(wanted, by) | self._own(wanted.own, identifier, randomness)
            connection.execute(
                insert(passes).values(
                    identifier=identifier,
                    tenant_id=self.tenant_id,
                    list_id=place.list_id,
                    position=place.position,
                    **row,
                )
            )
            connection.execute(
                insert(pass_zones),
                [{"identifier": identifier, "zone": zone} for zone in wanted.zones],
            )
            hours.count(connection, self.tenant_id, by, issued=1)
        return Reserved(identifier, place.uri, place.position)

    def confirm(
        self, identifier: bytes, by: By, *, renews: bytes | None = None
    ) -> None:
        """Note that a pass was handed over; the one that it renews ends with that.

        Raises:
            RegistryError: it was not waiting for this, or the other one does not count
                any more.
        """
        with transaction(self.engine) as connection:
            self._change(connection, identifier, PassState.RESERVED, by, None)
            if renews is not None:
                self._revoke(connection, renews, RevocationReason.RENEWED, by)

    def revoke(self, identifier: bytes, reason: RevocationReason, by: By) -> None:
        """End a pass, or a reserved place, from the next status list on.

        With a withdrawn consent the own reference goes at once, the record at the next
        `prune`.

        Raises:
            RegistryError: there is no such pass, or it was revoked before.
        """
        with transaction(self.engine) as connection:
            self._revoke(connection, identifier, reason, by)

    def give_up(self, identifier: bytes, by: By) -> bool:
        """End a pass that nobody was handed, unless it was handed over meanwhile.

        Returns:
            Whether it ended; False where it is not reserved any more.

        Raises:
            RegistryError: there is no such pass.
        """
        never = RevocationReason.NEVER_HANDED_OVER
        with transaction(self.engine) as connection:
            row = self._found(connection, identifier)
            try:
                self._change(connection, identifier, PassState.RESERVED, by, never)
            except RegistryError:
                return False
            status.set_revoked(connection, row.list_id, row.position)
            hours.count(connection, self.tenant_id, by, revoked=1)
        return True

    def revoke_index(self, issuer: str, number: int, index: int, by: By) -> None:
        """End whatever stands at an index of an issuer's list; twice is harmless.

        Raises:
            RegistryError: there is no such list, or the index was never handed out.
        """
        with transaction(self.engine) as connection:
            list_id, _ = self._list(connection, issuer, number)
            at = and_(passes.c.list_id == list_id, passes.c.position == index)
            row = connection.execute(select(passes).where(at)).first()
            if row is None:
                status.revoke_place(connection, list_id, index)
                hours.count(connection, self.tenant_id, by, revoked=1)
            elif row.state != PassState.REVOKED:
                reason = RevocationReason.UNSPECIFIED
                self._revoke(connection, row.identifier, reason, by)

    def erase(self, identifier: bytes, by: By) -> None:
        """Remove the record of a pass; a living one is revoked with that.

        Raises:
            RegistryError: there is no such pass.
        """
        with transaction(self.engine) as connection:
            row = self._found(connection, identifier)
            if row.state != PassState.REVOKED:
                reason = RevocationReason.CONSENT_WITHDRAWN
                self._revoke(connection, identifier, reason, by)
            self._remove(connection, passes.c.identifier == identifier)
        compact(self.engine)

    def prune(self, at: datetime) -> int:
        """Remove every record whose time is over (`RETENTION`); how many those were.

        Requests of programs go too, uncounted.
        """
        with transaction(self.engine) as connection:
            gone = sum(
                self._remove(
                    connection,
                    and_(
                        passes.c.reason == reason,
                        passes.c[keep.since] <= seconds_of(at - keep.time),
                    ),
                )
                for reason, keep in RETENTION.items()
            )
            forget_requests(connection, self.tenant_id, at)
        if gone:
            compact(self.engine)
        return gone

    def record(self, identifier: bytes) -> PassRecord:
        """What is known of a pass.

        Raises:
            RegistryError: nothing.
        """
        with transaction(self.engine) as connection:
            row = connection.execute(
                self._joined().where(passes.c.identifier == identifier)
            ).first()
            if row is None:
                raise _unknown(identifier)
            return _record(connection, row)

    def counts(self) -> dict[PassState, int]:
        """How many records there are of each state."""
        number = func.count()
        grouped = (
            select(passes.c.state, number)
            .where(passes.c.tenant_id == self.tenant_id)
            .group_by(passes.c.state)
        )
        with transaction(self.engine) as connection:
            found = {PassState(row[0]): row[1] for row in connection.execute(grouped)}
        return {state: found.get(state, 0) for state in PassState}

    def find(self, own: str) -> list[PassRecord]:
        """The passes with that own reference, the oldest first."""
        index = blind(own, self.key, self.tenant)
        return self._records(passes.c.own_blind == index)

    def at_index(self, issuer: str, index: int) -> list[PassRecord]:
        """The passes at that index of an issuer's lists."""
        return self._records(and_(lists.c.issuer == issuer, passes.c.position == index))

    def left_behind(self, at: datetime) -> list[PassRecord]:
        """Places that were reserved and then, for an hour, not confirmed."""
        return self._records(
            and_(
                passes.c.state == PassState.RESERVED,
                passes.c.issued_at <= seconds_of(at - LEFT_BEHIND),
            )
        )

    def own(self, identifier: bytes) -> str | None:
        """The owner's own reference of a pass; None where it has none.

        Raises:
            RegistryError: there is no such pass.
            StorageError: it was sealed with another key.
        """
        with transaction(self.engine) as connection:
            sealed = self._found(connection, identifier).own_sealed
        return None if sealed is None else open_own(sealed, self.key, identifier)

    @contextmanager
    def held(self, issuer: str, number: int) -> Iterator[tuple[str, bytes]]:
        """Address and bits of a list, while no other desk can ask for them.

        Whoever signs and publishes them does so in here, one after the other: a list
        that is published later than another then never revokes less.

        Raises:
            RegistryError: there is no such list.
        """
        with told(self.engine), self.engine.begin() as connection:
            list_id, size = self._list(connection, issuer, number)
            uri = select(lists.c.uri).where(lists.c.id == list_id).with_for_update()
            address = connection.execute(uri).scalar_one()
            yield address, status.bits(connection, list_id, size)

    def due_hours(self, desk: bytes, at: datetime) -> list[hours.Due]:
        """Totals of a desk's hours that are over and not known to be in its journal."""
        with transaction(self.engine) as connection:
            return hours.due(connection, self.tenant_id, desk, at)

    def begin_hour(self, desk: bytes, hour: DeskHour, size: int) -> DeskHour:
        """Note that an hour is about to become the journal's entry `size` or later."""
        with transaction(self.engine) as connection:
            return hours.begin(connection, self.tenant_id, desk, hour, size)

    def end_hour(self, desk: bytes, hour: DeskHour) -> None:
        """Forget the totals of an hour that stands in the journal."""
        with transaction(self.engine) as connection:
            hours.end(connection, self.tenant_id, desk, hour)

    def _row(self, wanted: Wanted, by: By) -> _Values:
        at = seconds_of(by.at)
        return {
            "state": PassState.RESERVED.value,
            "issued_at": at,
            "not_before": seconds_of(wanted.not_before),
            "expires_at": seconds_of(wanted.expires_at),
            "account": by.account,
            "changed_at": at,
            "changed_by": by.account,
            **_consent_values(wanted.consent),
        }

    def _own(
        self, own: str | None, identifier: bytes, randomness: Randomness
    ) -> _Values:
        if own is None:
            return {}
        return {
            "own_sealed": seal_own(own, self.key, identifier, randomness),
            "own_blind": blind(own, self.key, self.tenant),
        }

    def _revoke(
        self,
        connection: Connection,
        identifier: bytes,
        reason: RevocationReason,
        by: By,
    ) -> None:
        row = self._found(connection, identifier)
        self._change(connection, identifier, PassState(row.state), by, reason)
        status.set_revoked(connection, row.list_id, row.position)
        hours.count(connection, self.tenant_id, by, revoked=1)

    def _change(
        self,
        connection: Connection,
        identifier: bytes,
        old: PassState,
        by: By,
        reason: RevocationReason | None,
    ) -> None:
        """From one state to the next, unless another desk was first."""
        if old is PassState.REVOKED:
            raise RegistryError(f"pass {identifier.hex()} was revoked before")
        values: _Values = {
            "state": PassState.REVOKED if reason else PassState.ISSUED,
            "reason": reason,
            "changed_at": seconds_of(by.at),
            "changed_by": by.account,
        }
        if reason is RevocationReason.CONSENT_WITHDRAWN:
            values |= {"own_sealed": None, "own_blind": None}
        changed = connection.execute(
            update(passes)
            .where(self._is(identifier), passes.c.state == old)
            .values(**values)
        )
        if changed.rowcount != 1:
            raise RegistryError(
                f"pass {identifier.hex()} is not {old} any more: another desk, or a "
                "check, was first"
            )

    def _remove(self, connection: Connection, which: ColumnElement[bool]) -> int:
        ours = and_(passes.c.tenant_id == self.tenant_id, which)
        return connection.execute(delete(passes).where(ours)).rowcount

    def _records(self, which: ColumnElement[bool]) -> list[PassRecord]:
        with transaction(self.engine) as connection:
            found = self._joined().where(which).order_by(passes.c.issued_at)
            return [_record(connection, row) for row in connection.execute(found).all()]

    def _joined(self) -> Select[*tuple[object, ...]]:
        return (
            select(passes, lists.c.issuer, lists.c.uri)
            .join(lists, passes.c.list_id == lists.c.id)
            .where(passes.c.tenant_id == self.tenant_id)
        )

    def _found(
        self, connection: Connection, identifier: bytes
    ) -> Row[*tuple[object, ...]]:
        row = connection.execute(select(passes).where(self._is(identifier))).first()
        if row is None:
            raise _unknown(identifier)
        return row

    def _is(self, identifier: bytes) -> ColumnElement[bool]:
        return and_(
            passes.c.tenant_id == self.tenant_id, passes.c.identifier == identifier
        )

    def _list(
        self, connection: Connection, issuer: str, number: int
    ) -> tuple[int, int]:
        """Number in the database, and size, of an issuer's list."""
        wanted = select(lists.c.id, lists.c.size).where(
            lists.c.tenant_id == self.tenant_id,
            lists.c.issuer == issuer,
            lists.c.number == number,
        )
        row = connection.execute(wanted).first()
        if row is None:
            raise RegistryError(f"issuer {issuer!r} has no list {number} here")
        return row.id, row.size


def forget_requests(connection: Connection, tenant_id: int, at: datetime) -> None:
    """Remove what came of requests whose keys are new again."""
    old = requests.c.begun_at <= seconds_of(at - REQUESTS_KEPT)
    connection.execute(delete(requests).where(requests.c.tenant_id == tenant_id, old))


def _unknown(identifier: bytes) -> RegistryError:
    return RegistryError(f"the registry knows no pass {identifier.hex()}")


def _record(connection: Connection, row: Row[*tuple[object, ...]]) -> PassRecord:
    zones = select(pass_zones.c.zone).where(pass_zones.c.identifier == row.identifier)
    return PassRecord(
        identifier=row.identifier,
        issuer=row.issuer,
        uri=row.uri,
        index=row.position,
        state=PassState(row.state),
        zones=tuple(connection.execute(zones.order_by(pass_zones.c.zone)).scalars()),
        issued_at=moment_of(row.issued_at),
        not_before=moment_of(row.not_before),
        expires_at=moment_of(row.expires_at),
        consent=_consent(row),
        account=row.account,
        reason=RevocationReason(row.reason) if row.reason else None,
        changed_at=moment_of(row.changed_at),
        changed_by=row.changed_by,
    )


def _consent_values(consent: Consent | None) -> _Values:
    if consent is None:
        return {}
    return {
        "consent_version": consent.version,
        "consent_at": seconds_of(consent.at),
        "consent_means": consent.means.value,
    }


def _consent(row: Row[*tuple[object, ...]]) -> Consent | None:
    if row.consent_version is None:
        return None
    return Consent(
        row.consent_version, moment_of(row.consent_at), ConsentMeans(row.consent_means)
    )
