"""An owner's directory for the demo, and every pass that its cases hold up.

All of it is made by the same code that a real desk runs, in a directory that goes with
the demo. What no desk would do (changing a byte, leaving the seal off) is done here.
"""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import base45
import numpy as np

from ostiary.credential import (
    Act,
    AnyEntry,
    BiometricReference,
    Entries,
    Entry,
    Hours,
    IssuerKey,
    LifeCycle,
    Randomness,
    RootDocument,
    StatusList,
    issue_unsealed,
    new_issuer_key,
    new_root_key,
    new_zone_key,
    sign_status_list,
)
from ostiary.demo.cases import Pass
from ostiary.desk.issuing import IssuedPass, PassRequest, draft_pass, issue_pass
from ostiary.erasure import overwrite
from ostiary.storage.home import Home
from ostiary.storage.owner import sign_root, sign_trust

ZONE: Final = "north"
OTHER_ZONE: Final = "south"
ISSUER: Final = "desk"
SLOW_ISSUER: Final = "slowdesk"
STRANGER: Final = "stranger"

LIFETIME: Final = timedelta(days=30)
LONG_AGO: Final = timedelta(days=60)
STATUS_AGE: Final = timedelta(days=3)
"""How old the slow issuer's status list is; a gate takes one day at most by default."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the passes.

    Attributes:
        home: the owner's directory, empty before `prepare`.
        reference: makes a fresh copy of the holder's reference, which issuing destroys.
        at: now, aware, whole seconds.
        randomness: a source of random bytes fit for keys.
    """

    home: Home
    reference: Callable[[], BiometricReference]
    at: datetime
    randomness: Randomness

    def prepare_one(self) -> str:
        """Make keys, trust, a status list, and one valid pass; the text of it."""
        (valid,) = self.prepare_some(1)
        return valid

    def prepare_some(self, count: int) -> Sequence[str]:
        """The same with so many valid passes; their texts."""
        self._make_keys()
        valid = [self._issue(ISSUER).text for _ in range(count)]
        self._publish(ISSUER, self.at)
        return valid

    def prepare(self) -> Mapping[Pass, str]:
        """Make keys, trust, passes and status lists; the texts of the passes."""
        self._make_keys()
        revoked = self._issue(ISSUER)
        passes = {
            Pass.VALID: self._issue(ISSUER).text,
            Pass.EXPIRED: self._issue(ISSUER, begins=-LIFETIME - LIFETIME / 2).text,
            Pass.NOT_YET_VALID: self._issue(ISSUER, begins=LIFETIME / 2).text,
            Pass.OTHER_ZONE: self._issue(ISSUER, zone=OTHER_ZONE).text,
            Pass.OTHER_HOURS: self._issue(ISSUER, hours=self._other_hours()).text,
            Pass.UNKNOWN_ISSUER: self._issue(STRANGER).text,
            Pass.REVOKED: revoked.text,
            Pass.STALE_STATUS: self._issue(SLOW_ISSUER).text,
            Pass.FACELESS: self._issue(ISSUER, faceless=True).text,
            Pass.UNSEALED: self._unsealed(),
        }
        passes[Pass.TAMPERED] = tampered(passes[Pass.VALID])
        self.home.register(ISSUER).revoke([revoked.status_index])
        self._publish(ISSUER, self.at)
        self._publish(SLOW_ISSUER, self.at - STATUS_AGE)
        return passes

    def _make_keys(self) -> None:
        begins, ends = self.at - LONG_AGO, self.at + 2 * LIFETIME
        entries: list[AnyEntry] = []
        for zone in (ZONE, OTHER_ZONE):
            key = new_zone_key(zone, 1, begins, ends, self.randomness)
            self.home.add_zone_key(key)
            entries.append(Entry(key.public, LifeCycle.between(begins, ends)))
        own = [self._add_issuer(self.home, name) for name in (ISSUER, SLOW_ISSUER)]
        self._sign(self.home, [*entries, *own])
        self._sign(
            self._elsewhere, [*entries, self._add_issuer(self._elsewhere, STRANGER)]
        )

    @property
    def _elsewhere(self) -> Home:
        """The directory of another owner, who knows these zones' public keys."""
        return Home(self.home.path / "elsewhere")

    def _add_issuer(self, home: Home, name: str) -> AnyEntry:
        issuer = new_issuer_key(name, self.randomness)
        home.add_issuer(issuer, f"urn:demo:{name}")
        life = LifeCycle.between(self.at - LONG_AGO, self.at + 2 * LIFETIME)
        return Entry(issuer.public, life, frozenset({ZONE, OTHER_ZONE}))

    def _sign(self, home: Home, entries: Iterable[AnyEntry]) -> None:
        """Put a trust list in force, signed by an owner of that home's own."""
        begins, ends = self.at - LONG_AGO, self.at + 2 * LIFETIME
        owner = new_root_key("owner", self.randomness)
        home.add_root_key(owner)
        sign_root(home, RootDocument.alone(owner.public, begins, ends), [owner])
        home.change_draft(lambda _: Entries.of(entries))
        sign_trust(home, [owner], begins, ends)

    def _issue(
        self,
        issuer: str,
        *,
        begins: timedelta = timedelta(0),
        zone: str = ZONE,
        hours: Mapping[str, tuple[Hours, ...]] | None = None,
        faceless: bool = False,
    ) -> IssuedPass:
        start = self.at + begins
        request = PassRequest(
            issuer=issuer,
            zones=(zone,),
            not_before=start,
            expires_at=start + LIFETIME,
            hours=hours or {},
        )
        reference = None if faceless else self.reference()
        # Issued no later than it begins, or an expired pass would be one from later on.
        at = min(self.at, start)
        home = self._elsewhere if issuer == STRANGER else self.home
        draft = draft_pass(request, home, at)
        return issue_pass(draft, reference, self.randomness)

    def _other_hours(self) -> Mapping[str, tuple[Hours, ...]]:
        """A weekday that is days away, whatever the clock does meanwhile."""
        later = (self.at + timedelta(days=3)).weekday()
        return {ZONE: (Hours(frozenset({later}), 0, 24 * 60),)}

    def _unsealed(self) -> str:
        # Nobody's template: a code that anyone can read is written to disk here.
        face = self.reference()
        nobody = replace(face, data=self.randomness(len(face.data)))
        overwrite(np.frombuffer(face.data, np.uint8))
        claims = replace(self._issue(ISSUER).claims, reference=nobody)
        return issue_unsealed(claims, self._key(ISSUER))

    def _key(self, issuer: str) -> IssuerKey:
        return self.home.issuer_key(issuer, Act.ISSUE, self.at)

    def _publish(self, issuer: str, issued_at: datetime) -> None:
        register = self.home.register(issuer)
        status = StatusList(
            issuer=issuer,
            uri=register.uri,
            issued_at=issued_at,
            expires_at=self.at + timedelta(days=7),
            ttl=timedelta(hours=12),
            bits=register.bits(),
        )
        token = sign_status_list(status, self._key(issuer))
        self.home.save_status_list(issuer, token)


def tampered(text: str) -> str:
    """The same pass with one bit of its sealed content changed."""
    message = bytearray(zlib.decompress(base45.b45decode(text)))
    message[60] ^= 1
    encoded: bytes = base45.b45encode(zlib.compress(bytes(message)))
    return encoded.decode()
