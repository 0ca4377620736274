"""The root document: which owners' keys decide on trust, and how many it takes.

A gate is given its first root document by hand. Each later one is believed because
enough owners of the one before it have signed it, and enough of its own. Versions rise
one by one, so that no change of owners can be left out.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from ostiary.credential import cbor
from ostiary.credential.checks import check_window, moment_of, seconds_of
from ostiary.credential.keys import KEY_BYTES, RootPublicKey, ed25519_key
from ostiary.credential.limits import LIMITS
from ostiary.credential.quorum import Cosigned, Role, read_cosigned
from ostiary.errors import CredentialError, TrustListError

_KIND: Final = "application/ostiary-root+cbor"


@dataclass(frozen=True, slots=True)
class RootDocument:
    """Who decides on trust.

    Attributes:
        version: counts root documents, from 1.
        issued_at: when it was drawn up; moments are timezone-aware, whole seconds.
        expires_at: the first moment at which it counts for nothing but its successor.
        root: who signs the next root document.
        trust: who signs trust lists.
        digest: SHA-256 of what was signed, for people to compare; empty before it is
            read from a file.
    """

    version: int
    issued_at: datetime
    expires_at: datetime
    root: Role
    trust: Role
    digest: bytes = field(default=b"", repr=False, compare=False)

    @classmethod
    def alone(
        cls, key: RootPublicKey, issued_at: datetime, expires_at: datetime
    ) -> "RootDocument":
        """The first one of an owner who decides on everything alone."""
        role = Role((key,), 1)
        return cls(1, issued_at, expires_at, role, role)

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a version or a window that cannot be one.
        """
        if self.version < 1:
            raise ValueError("versions count from 1")
        check_window(self.issued_at, self.expires_at)


def draw_up_root(root: RootDocument) -> Cosigned:
    """The document, for its owners to sign."""
    content: cbor.Encodable = {
        "version": root.version,
        "iat": seconds_of(root.issued_at),
        "exp": seconds_of(root.expires_at),
        "root": _write_role(root.root),
        "trust": _write_role(root.trust),
    }
    return Cosigned(_KIND, bytes(cbor.encode(content)))


def read_drawn_up_root(data: bytes) -> tuple[Cosigned, RootDocument]:
    """A document that need not be signed by enough owners yet. Nothing may rely on it.

    Raises:
        TrustListError: it is not well-formed.
    """
    try:
        message = read_cosigned(data, _KIND, LIMITS.root_file_bytes)
        root = _read(cbor.decode(message.content))
    except (CredentialError, TrustListError, ValueError) as error:
        raise TrustListError(f"not a usable root document: {error}") from None
    return message, replace(root, digest=message.digest)


def read_root(data: bytes) -> RootDocument:
    """Read a document whose own owners have signed it.

    Where it comes from is its only warrant: this is for the file that a person has laid
    at a gate, or that `read_next_root` has let in.

    Raises:
        TrustListError: not well-formed, or too few of its owners have signed it.
    """
    message, root = read_drawn_up_root(data)
    message.check_quorum(root.root)
    return root


def read_next_root(data: bytes, root: RootDocument) -> RootDocument:
    """Read the document that follows one that is believed, however long it has expired.

    Raises:
        TrustListError: not well-formed, not the next one, or not signed by enough
            owners of the old one and of its own.
    """
    message, following = read_drawn_up_root(data)
    if following.version != root.version + 1:
        raise TrustListError(
            f"root document {following.version} does not follow {root.version}"
        )
    message.check_quorum(root.root)
    message.check_quorum(following.root)
    return following


def _write_role(role: Role) -> cbor.Encodable:
    keys: dict[cbor.Key, cbor.Encodable] = {
        key.name: key.key.public_bytes_raw() for key in role.keys
    }
    return {"keys": keys, "threshold": role.threshold}


def _read(content: cbor.Value) -> RootDocument:
    match content:
        case {
            "version": int(version),
            "iat": int(issued),
            "exp": int(expires),
            "root": root,
            "trust": trust,
            **others,
        } if not others:
            return RootDocument(
                version=version,
                issued_at=moment_of(issued),
                expires_at=moment_of(expires),
                root=_read_role(root),
                trust=_read_role(trust),
            )
    raise TrustListError("a root document with a member too many, too few or wrong")


def _read_role(role: cbor.Value) -> Role:
    match role:
        case {"keys": dict(keys), "threshold": int(threshold), **others} if not others:
            return Role(tuple(map(_read_key, keys.items())), threshold)
    raise TrustListError("a role with a member too many, too few or wrong")


def _read_key(entry: tuple[cbor.Key, cbor.Value]) -> RootPublicKey:
    match entry:
        case (str(name), memoryview() as public) if len(public) == KEY_BYTES:
            return RootPublicKey(name, ed25519_key(bytes(public)))
    raise TrustListError("a role names keys of 32 bytes")
