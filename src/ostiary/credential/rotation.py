"""One key after another, without a gap.

    now          the next key is listed: NEW, so that every gate and desk hears of it
    the switch   the next key is ACTIVE, and the old one ENDING: it makes nothing new
    later        all that was made with the old key has run out: ENDED

The lead is the time from now to the switch. A gate that fetches the trust list less
often than that meets passes of a key that it does not know.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from ostiary.credential.keys import IssuerPublicKey, ZonePublicKey
from ostiary.credential.life import LifeCycle, State
from ostiary.credential.trust import Entries, Entry, ListedKey
from ostiary.errors import TrustListError

_Key = TypeVar("_Key", bound=ListedKey)


@dataclass(frozen=True, slots=True)
class Rotation:
    """When one key takes over from another; moments are aware, whole seconds.

    Attributes:
        at: now.
        lead: from now to the switch.
        use: from the switch to the end of the next key.
    """

    at: datetime
    lead: timedelta
    use: timedelta

    @property
    def switch(self) -> datetime:
        """The next key's first moment of use."""
        return self.at + self.lead

    @property
    def life(self) -> LifeCycle:
        """The next key's."""
        return LifeCycle.between(self.switch, self.switch + self.use)


def rotate_issuer(
    entries: Entries, key: IssuerPublicKey, rotation: Rotation
) -> Entries:
    """List an issuer's next key, and end the one in use when it takes over.

    What the old key signed is believed as long as any pass can last that it signed:
    until the last zone key ends that such a pass can be sealed to.

    Args:
        entries: what the owner says so far.
        key: the next key, of the same name.
        rotation: when.

    Raises:
        TrustListError: no key of that name is listed, its next key is listed already,
            or the old one is not in use until the next one is.
        ValueError: more entries than a list may have.
    """
    own = [entry for entry in entries.issuers if entry.key.name == key.name]
    old = _newest(own, f"issuer {key.name!r}", rotation)
    ended = replace(old, life=_ended(old.life, _last(entries, old, rotation), rotation))
    return entries.having(ended).having(Entry(key, rotation.life, old.zones))


def rotate_zone(entries: Entries, key: ZonePublicKey, rotation: Rotation) -> Entries:
    """List the key of a zone's next epoch, and end the one in use when it takes over.

    The old key opens passes until its own epoch ends, and no pass outlives that.

    Args:
        entries: what the owner says so far.
        key: the next key; its epoch holds the next key's life.
        rotation: when.

    Raises:
        TrustListError: as `rotate_issuer`.
    """
    own = [entry for entry in entries.zones if entry.key.zone == key.zone]
    old = _newest(own, f"zone {key.zone!r}", rotation)
    ended = replace(old, life=_ended(old.life, old.life.ends_at, rotation))
    return entries.having(ended).having(Entry(key, rotation.life))


def _newest(own: list[Entry[_Key]], whose: str, rotation: Rotation) -> Entry[_Key]:
    """The key that is in use; where none is any more, the one that was last."""
    if not own:
        raise TrustListError(f"no key of {whose} is listed: ostiary trust add")
    newest = max(own, key=lambda entry: entry.life.active_from)
    if newest.life.state(rotation.at) is State.NEW:
        raise TrustListError(
            f"the next key of {whose} is listed already; it takes over on "
            f"{newest.life.active_from:%F %R} UTC"
        )
    life = newest.life
    in_use = life.state(rotation.at) is State.ACTIVE
    if in_use and not life.active_from < rotation.switch <= life.ending_from:
        raise TrustListError(
            f"the key of {whose} is in use until {life.ending_from:%F %R} UTC; the "
            "next one has to take over by then, and later than now: take another lead"
        )
    return newest


def _last(
    entries: Entries, old: Entry[IssuerPublicKey], rotation: Rotation
) -> datetime:
    """When the last pass has ended that the key can have signed before the switch."""
    ends = (
        zone.life.ends_at
        for zone in entries.zones
        if zone.key.zone in old.zones and zone.life.active_from < rotation.switch
    )
    return max(ends, default=old.life.ends_at)


def _ended(life: LifeCycle, ends_at: datetime, rotation: Rotation) -> LifeCycle:
    if life.state(rotation.at) is not State.ACTIVE:
        return life
    return replace(
        life, ending_from=rotation.switch, ends_at=max(ends_at, rotation.switch)
    )
