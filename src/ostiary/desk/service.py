"""What a desk with a registry does: the acts that commands and interfaces share.

Every act is on record, with who did it; by the hour the totals of each account are
entered in the desk's journal.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from ostiary.credential import BiometricReference, Randomness, StatusReference
from ostiary.desk.issuing import Draft, IssuedPass, forget, sign_pass
from ostiary.errors import ConfigurationError, RegistryError
from ostiary.journal import DeskHour, dump_entry, load_entry
from ostiary.storage.files import locked
from ostiary.storage.home import Home
from ostiary.storage.journal import Journal
from ostiary.storage.register import SIZE
from ostiary.storage.registry import open_registry
from ostiary.storage.registry.mark import MarkFile
from ostiary.storage.registry.records import (
    By,
    Consent,
    ListState,
    PassState,
    RevocationReason,
    Wanted,
)

if TYPE_CHECKING:
    from ostiary.storage.registry.registry import Registry


@dataclass(frozen=True, slots=True)
class Order:
    """A pass that is to be issued.

    Attributes:
        draft: what it says, checked, and the keys.
        reference: its face; None in the lane without one. It is overwritten.
        consent: to the face; None in the lane without one.
        own: the owner's own reference for it; None for none.
        renews: identifier of the pass that ends when this one is handed over; None.
    """

    draft: Draft
    reference: BiometricReference | None = field(repr=False)
    consent: Consent | None = None
    own: str | None = field(default=None, repr=False)
    renews: bytes | None = None

    def __post_init__(self) -> None:
        """Check that a face has its consent, and a pass without one none.

        Raises:
            ValueError: one of the two without the other.
        """
        if (self.reference is None) != (self.consent is None):
            raise ValueError("a face comes with a consent, and a consent with a face")

    @property
    def wanted(self) -> Wanted:
        """What the registry is to note.

        Raises:
            ValueError: an own reference that cannot be one.
        """
        claims = self.draft.claims
        return Wanted(
            issuer=claims.issuer,
            zones=claims.zones,
            not_before=claims.not_before,
            expires_at=claims.expires_at,
            consent=self.consent,
            own=self.own,
        )


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk: an owner's directory, its registry, and its journal.

    Every method may raise `StorageError` where the registry cannot be reached, and
    `JournalError` where the hours that are over cannot be entered; the act is then not
    done.
    """

    home: Home
    registry: "Registry"
    journal: Journal

    @classmethod
    def open(cls, home: Home, randomness: Randomness) -> "Desk":
        """The desk of a home; the first time, its journal is begun.

        Raises:
            ConfigurationError: the home has no registry, or the extra is missing.
        """
        registry = open_registry(home)
        return cls(home, registry, Journal.begin(home.journal_path, "home", randomness))

    @property
    def mark(self) -> MarkFile:
        """What this desk knows of its registry from outside it."""
        return MarkFile(self.home.path / "registry.mark")

    @property
    def name(self) -> bytes:
        """SHA-256 of the journal's key: the desk itself, and its commands' account."""
        raw = self.journal.key.public.key.public_bytes_raw()
        return hashlib.sha256(raw).digest()

    def by(self, at: datetime, account: bytes | None = None) -> By:
        """Who acts: an account, 32 bytes, or whoever holds this directory."""
        return By(self.name, account or self.name, at)

    def issue(
        self,
        order: Order,
        hand_over: Callable[[IssuedPass], None],
        by: By,
        randomness: Randomness,
    ) -> IssuedPass:
        """Issue a pass: prepare it, hand it over, confirm; the template is overwritten.

        Args:
            order: the pass.
            hand_over: writes, prints or sends it; raises where it could not.
            by: who issues it.
            randomness: a source of random bytes fit for keys.

        Raises:
            RegistryError: no place is left, or the pass that is renewed does not count.
            ValueError: an own reference that cannot be one.
        """
        issued = self.prepare(order, by, randomness)
        with self._revoked_on_failure(issued.claims.identifier, by):
            hand_over(issued)
            self.confirm(issued.claims.identifier, by, order.renews)
        return issued

    def prepare(self, order: Order, by: By, randomness: Randomness) -> IssuedPass:
        """Reserve a place and sign a pass for it; the template is overwritten.

        It is to be confirmed or revoked: until then it stays on record as reserved, and
        `check` finds it. Where it cannot be signed, its place is revoked here.

        Args:
            order: the pass.
            by: who issues it.
            randomness: a source of random bytes fit for keys.

        Raises:
            RegistryError: no place is left, or the pass that is renewed does not count.
            ValueError: an own reference that cannot be one.
        """
        try:
            wanted = order.wanted
            self.settle(by.at)
            self.require_living(order.renews)
            reserved = self.registry.reserve(wanted, by, randomness)
            with self._revoked_on_failure(reserved.identifier, by):
                self.note()
                status = StatusReference(reserved.uri, reserved.index)
                return sign_pass(
                    order.draft,
                    order.reference,
                    reserved.identifier,
                    status,
                    randomness,
                )
        finally:
            forget(order.reference)

    def confirm(self, identifier: bytes, by: By, renews: bytes | None) -> None:
        """Note that a pass was handed over, and end the one that it renews.

        Args:
            identifier: of what `prepare` gave.
            by: who handed it over.
            renews: identifier of the pass that ends now; None.

        Raises:
            RegistryError: it was revoked meanwhile, or the other one does not count.
        """
        self.registry.confirm(identifier, by, renews=renews)
        self.note()

    def require_living(self, renewed: bytes | None) -> None:
        """Let a pass be renewed that counts; asked before anybody's face is captured.

        Raises:
            RegistryError: there is no such pass, or it does not count.
        """
        if renewed is None:
            return
        if self.registry.record(renewed).state is not PassState.ISSUED:
            raise RegistryError(
                f"pass {renewed.hex()} does not count, so it cannot be renewed"
            )

    def revoke(self, identifier: bytes, reason: RevocationReason, by: By) -> None:
        """End a pass, from the next status list on.

        Raises:
            RegistryError: there is no such pass, or it was revoked before.
        """
        self.settle(by.at)
        self.registry.revoke(identifier, reason, by)
        self.note()

    def give_up(self, identifier: bytes, by: By) -> bool:
        """End a pass that nobody was handed; whether it was still reserved.

        Raises:
            RegistryError: there is no such pass.
        """
        self.settle(by.at)
        ended = self.registry.give_up(identifier, by)
        self.note()
        return ended

    def mend(self, at: datetime) -> int:
        """End what was reserved and, for an hour, not handed over; how many those were.

        Nobody should have such a pass, and somebody may, whom a crash kept from saying
        so.
        """
        by = self.by(at)
        self.require_newest()
        left = self.registry.left_behind(at)
        return sum(self.give_up(record.identifier, by) for record in left)

    def revoke_index(self, issuer: str, index: int, by: By) -> None:
        """End what stands at an index of the only list of an issuer.

        Raises:
            RegistryError: it has several lists, or the index was never handed out.
        """
        self.settle(by.at)
        if len(self.registry.lists(issuer)) != 1:
            raise RegistryError(
                f"issuer {issuer!r} has not one list here, so an index alone says too "
                "little: ostiary registry revoke"
            )
        self.registry.revoke_index(issuer, 1, index, by)
        self.note()

    def erase(self, identifier: bytes, by: By) -> None:
        """End a pass and remove its record.

        Raises:
            RegistryError: there is no such pass.
        """
        self.settle(by.at)
        self.registry.erase(identifier, by)
        self.note()

    def roll(self, issuer: str, uri: str, size: int = SIZE) -> ListState:
        """Make an issuer's next status list.

        Raises:
            ConfigurationError: an address or a size that cannot be one, or an address
                that stood for a list before, of which a restored registry may know
                nothing.
        """
        self.require_newest()
        if uri in self.mark.lists():
            raise ConfigurationError(
                f"there is, or was, a list at {uri}, and passes with places of it; say "
                "another --uri"
            )
        made = self.registry.add_list(issuer, uri, size)
        self.note()
        return made

    def prune(self, at: datetime) -> int:
        """Remove every record whose time is over (`RETENTION`); how many those were.

        Meant to be called daily: `ostiary desk serve` does, and the timer of `ostiary
        registry install`.
        """
        self.settle(at)
        return self.registry.prune(at)

    def require_newest(self) -> None:
        """Let nothing be done with an old copy of the registry.

        Raises:
            RegistryError: it is one, or nobody can tell.
        """
        self.mark.require(self.registry.standing(self.name))

    def note(self) -> None:
        """Keep count, beside the registry, of what is on record in it."""
        self.mark.note(self.registry.standing(self.name))

    def settle(self, at: datetime) -> int:
        """Enter in the journal what each account did in hours that are over; how many.

        It comes before every act, and so does the question whether the registry is an
        old copy.

        An hour stands there once, wherever this is cut short: before it is entered, the
        registry notes how long the journal was, and only what came later is searched.

        Raises:
            JournalError: an hour could not be entered.
            RegistryError: the registry is an old copy.
        """
        self.require_newest()
        due = self.registry.due_hours(self.name, at)
        if due:
            with locked(self.journal.path / "hours"):
                for each in self.registry.due_hours(self.name, at):
                    self._enter(each.hour, each.entering)
        return len(due)

    def _enter(self, hour: DeskHour, entering: int | None) -> None:
        size = self.journal.reader.checkpoint().size
        begun = size if entering is None else entering
        hour = self.registry.begin_hour(self.name, hour, begun)
        if hour not in self._entered_since(begun):
            self.journal.append(dump_entry(hour))
        self.registry.end_hour(self.name, hour)

    def _entered_since(self, size: int) -> Iterator[object]:
        return map(load_entry, islice(self.journal.reader.entries(), size, None))

    @contextmanager
    def _revoked_on_failure(self, identifier: bytes, by: By) -> Iterator[None]:
        try:
            yield
        except BaseException:
            reason = RevocationReason.NEVER_HANDED_OVER
            self.registry.revoke(identifier, reason, by)
            self.note()
            raise
