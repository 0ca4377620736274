"""Which issuers a gate believes, since when, until when, and for which zones.

An empty list is legal and refuses everyone.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ostiary.credential.checks import check_name, check_window, seconds_of
from ostiary.credential.jsonfile import Members, read_object
from ostiary.credential.keys import IssuerPublicKey, key_members, read_key
from ostiary.credential.limits import LIMITS
from ostiary.errors import TrustListError

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """One key of one issuer, and what it may do.

    Attributes:
        key: the issuer's name and public key.
        not_before: first moment of trust, timezone-aware, whole seconds.
        not_after: first moment past it.
        zones: zones that the key may issue for; with none it signs status lists only.
    """

    key: IssuerPublicKey
    not_before: datetime
    not_after: datetime
    zones: frozenset[str]

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a window or a zone's name that cannot be one.
        """
        check_window(self.not_before, self.not_after)
        for zone in self.zones:
            check_name(zone)

    def is_current(self, at: datetime) -> bool:
        """Whether the key is trusted at that moment."""
        return self.not_before <= at < self.not_after


@dataclass(frozen=True, slots=True)
class TrustList:
    """All issuers' keys that a gate believes.

    Attributes:
        issuers: one entry a key; an issuer with two keys has two entries.
    """

    issuers: tuple[TrustedIssuer, ...]
    _by_identifier: dict[bytes, TrustedIssuer] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Index the entries.

        Raises:
            ValueError: one key stands in two entries.
        """
        index = {issuer.key.identifier: issuer for issuer in self.issuers}
        if len(index) != len(self.issuers):
            raise ValueError("a key stands twice in the trust list")
        object.__setattr__(self, "_by_identifier", index)

    def find(self, identifier: bytes) -> TrustedIssuer | None:
        """The entry of the key with that identifier (8 bytes)."""
        return self._by_identifier.get(identifier)


def dump_trust(trust: TrustList) -> bytes:
    """The file of a trust list: a JSON object, UTF-8, ending in a line feed."""
    issuers = [
        {
            "key": key_members(issuer.key),
            "nbf": seconds_of(issuer.not_before),
            "exp": seconds_of(issuer.not_after),
            "zones": sorted(issuer.zones),
        }
        for issuer in trust.issuers
    ]
    content = {"version": _VERSION, "issuers": issuers}
    return (json.dumps(content, indent=2) + "\n").encode()


def load_trust(data: bytes) -> TrustList:
    """Read the file of a trust list.

    Raises:
        TrustListError: anything but a file as `dump_trust` writes it.
    """
    members = read_object(data, LIMITS.trust_file_bytes)
    if members.integer("version") != _VERSION:
        raise TrustListError("a trust list of another version")
    issuers = tuple(_read_issuer(entry) for entry in members.objects("issuers"))
    members.finish()
    try:
        return TrustList(issuers)
    except ValueError as error:
        raise TrustListError(str(error)) from None


def _read_issuer(entry: Members) -> TrustedIssuer:
    key_object = entry.member("key")
    key = read_key(key_object)
    key_object.finish()
    if not isinstance(key, IssuerPublicKey):
        raise TrustListError("a trust list holds issuers' public keys only")
    zones = entry.texts("zones")
    if len(set(zones)) != len(zones):
        raise TrustListError("a zone stands twice")
    not_before, not_after = entry.moment("nbf"), entry.moment("exp")
    entry.finish()
    try:
        return TrustedIssuer(key, not_before, not_after, frozenset(zones))
    except ValueError as error:
        raise TrustListError(f"an entry that cannot be one: {error}") from None
