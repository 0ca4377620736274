"""Access tokens of programs that work at a desk, and the one form of their file.

A token is 256 random bits that are shown once. Kept is their SHA-256 alone: what nobody
can guess needs no slow hash (RFC 6750 says how it is sent, section 2.1).
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ostiary.credential.checks import seconds_of
from ostiary.credential.jsonfile import Members, read_object
from ostiary.errors import ConfigurationError, TrustListError
from ostiary.staff.accounts import check_account_name

SECRET_BYTES: Final = 32

DIGEST_BYTES: Final = 32

MAX_BYTES: Final = 64 * 1024
"""Longest file, in bytes; a token takes about 250."""

MOST_TOKENS: Final = 100

LONGEST: Final = timedelta(days=366)
"""No token outlives its making by more: what nobody renews, nobody uses."""

_PREFIX: Final = "ostiary_"
"""By which a token that lies about where it should not is known for one."""

_VERSION: Final = 1


class Scope(StrEnum):
    """What a program may do."""

    ISSUE = "passes:issue"
    READ = "passes:read"
    REVOKE = "passes:revoke"
    ERASE = "passes:erase"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What is kept of a token.

    Attributes:
        name: by `check_account_name`.
        scopes: what it may be used for, each once, in the order of their words.
        secret_digest: SHA-256 of the token as it is sent; 32 bytes.
        expires_at: from when it does not count; aware, whole seconds.
    """

    name: str
    scopes: tuple[Scope, ...]
    secret_digest: bytes = field(repr=False)
    expires_at: datetime

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: one that cannot be.
        """
        check_account_name(self.name)
        seconds_of(self.expires_at)
        if len(self.secret_digest) != DIGEST_BYTES:
            raise ValueError(f"a digest has {DIGEST_BYTES} bytes")
        if not self.scopes or list(self.scopes) != sorted(set(self.scopes)):
            raise ValueError("scopes stand in the order of their words, each once")

    @property
    def account(self) -> bytes:
        """SHA-256 of all that is said of it, 32 bytes: who acts, in totals and journal.

        The secret's digest in it keeps it from telling the name to whoever does not
        have the file.
        """
        said = json.dumps(_members_of(self), sort_keys=True)
        return hashlib.sha256(said.encode()).digest()

    def counts(self, at: datetime) -> bool:
        """Whether it can be used at that moment."""
        return at < self.expires_at


@dataclass(frozen=True, slots=True)
class AccessTokens:
    """All of one desk, in the order of their names."""

    all: tuple[AccessToken, ...] = ()

    def __post_init__(self) -> None:
        """Hold them to their order.

        Raises:
            ValueError: a name twice, out of order, or too many.
        """
        names = [token.name for token in self.all]
        if names != sorted(set(names)):
            raise ValueError("tokens stand in the order of their names, each once")
        if len(names) > MOST_TOKENS:
            raise ValueError(f"there are at most {MOST_TOKENS} tokens")

    def __iter__(self) -> Iterator[AccessToken]:
        return iter(self.all)

    def presented(self, secret: str, at: datetime) -> AccessToken | None:
        """The token that somebody sent, if it counts now.

        Every one is compared, in constant time: how long it takes says nothing.

        Args:
            secret: what was sent; anything.
            at: now.
        """
        digest = digest_of(secret)
        found: AccessToken | None = None
        for token in self.all:
            if hmac.compare_digest(token.secret_digest, digest) and token.counts(at):
                found = token
        return found

    def added(self, token: AccessToken) -> "AccessTokens":
        """With one more.

        Raises:
            ConfigurationError: there is one of that name, or there are too many.
        """
        try:
            return AccessTokens(tuple(sorted((*self.all, token), key=lambda t: t.name)))
        except ValueError as error:
            raise ConfigurationError(str(error)) from None

    def existing(self, name: str) -> AccessToken:
        """The token of that name.

        Raises:
            ConfigurationError: there is none.
        """
        for token in self.all:
            if token.name == name:
                return token
        raise ConfigurationError(
            f"there is no token {name!r}; see: ostiary desk token list"
        )

    def without(self, name: str) -> "AccessTokens":
        """Without that one.

        Raises:
            ConfigurationError: there is none.
        """
        gone = self.existing(name)
        return AccessTokens(tuple(each for each in self.all if each is not gone))


def write_secret(octets: bytes) -> str:
    """A token as it is shown once, and sent with each request.

    Args:
        octets: 32 bytes that nobody can guess.

    Raises:
        ValueError: another length.
    """
    if len(octets) != SECRET_BYTES:
        raise ValueError(f"a token has {SECRET_BYTES} bytes")
    return _PREFIX + base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def digest_of(secret: str) -> bytes:
    """What is kept in place of a token; 32 bytes."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()


def dump_tokens(tokens: AccessTokens) -> bytes:
    """The file of all tokens: a JSON object, UTF-8, ending in a line feed."""
    content = {"version": _VERSION, "tokens": [_members_of(each) for each in tokens]}
    return (json.dumps(content, indent=1) + "\n").encode()


def load_tokens(data: bytes) -> AccessTokens:
    """Read the file of all tokens.

    Raises:
        ConfigurationError: anything but what `dump_tokens` says; the message never
            quotes the file.
    """
    try:
        members = read_object(data, MAX_BYTES)
        if members.integer("version") != _VERSION:
            raise ConfigurationError("tokens of a version that is not known")
        tokens = tuple(_read(each) for each in members.objects("tokens"))
        members.finish()
        return AccessTokens(tokens)
    except (TrustListError, ValueError) as error:
        raise ConfigurationError(f"tokens that cannot be read: {error}") from None


def _members_of(token: AccessToken) -> dict[str, str | int | list[str]]:
    return {
        "name": token.name,
        "scopes": [scope.value for scope in token.scopes],
        "sha256": token.secret_digest.hex(),
        "expires": seconds_of(token.expires_at),
    }


def _read(members: Members) -> AccessToken:
    token = AccessToken(
        name=members.text("name"),
        scopes=tuple(_scope(word) for word in members.texts("scopes")),
        secret_digest=_digest(members.text("sha256")),
        expires_at=members.moment("expires"),
    )
    members.finish()
    return token


def _scope(word: str) -> Scope:
    try:
        return Scope(word)
    except ValueError:
        # The enumeration's own message would quote what may be anything.
        raise ValueError("a scope that is not of the list") from None


def _digest(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError("'sha256' is not in hex digits") from None
