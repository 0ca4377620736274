"""An owner's signatures: drawing up, signing, collecting, putting in force.

What needs more signatures than there are keys at hand waits in a file, which travels
from owner to owner. It is put in force where the last of them signs, and wherever the
file then comes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias

from ostiary.credential import (
    LIMITS,
    Cosigned,
    HighWater,
    Role,
    RootDocument,
    RootKey,
    TrustList,
    TrustMark,
    draw_up_root,
    draw_up_trust,
    dump_cosigned,
    load_key,
    read_drawn_up_root,
    read_drawn_up_trust,
    read_trust,
)
from ostiary.errors import ConfigurationError, StorageError, TrustListError
from ostiary.storage.files import (
    locked,
    make_private_directory,
    read_limited,
    read_private,
    write_atomically,
)
from ostiary.storage.home import Home, at_hand

_ROOT_PENDING: Final = "root.pending.cose"
_TRUST_PENDING: Final = "trust.pending.cose"


@dataclass(frozen=True, slots=True)
class Signing:
    """What came of signing.

    Attributes:
        what: the root document or trust list.
        digest: SHA-256 of what was signed, for owners to compare.
        path: where it lies now.
        in_force: whether enough owners have signed it.
        signers: who has.
        others: who could still, of those that it takes.
    """

    what: RootDocument | TrustList
    digest: bytes
    path: Path
    in_force: bool
    signers: Sequence[str]
    others: Sequence[str]


Record: TypeAlias = Callable[[RootDocument | TrustList, bytes, tuple[bytes, ...]], None]
"""Takes down what is signed, its digest, and the identifiers of the keys that have.

Called before any of it is written; what it raises stops the signing.
"""


def keep_no_record(
    what: RootDocument | TrustList, digest: bytes, signers: tuple[bytes, ...]
) -> None:
    """For demonstrations, whose owners answer to nobody."""
    del what, digest, signers


@dataclass(frozen=True, slots=True)
class _Work:
    """Something to be signed, by whom, and what is done with it then.

    Attributes:
        what: the root document or trust list.
        message: the same, with the signatures so far.
        roles: all that have to be met.
        pending: where it lies until they are.
        travels: that it lies there for other owners too, so also afterwards.
        put_in_force: puts the signed file in its place, and says where.
    """

    what: RootDocument | TrustList
    message: Cosigned
    roles: Sequence[Role]
    pending: Path
    travels: bool
    put_in_force: Callable[[bytes], Path]

    def signed_by(self, keys: Iterable[RootKey], record: Record) -> Signing:
        """Sign with those of the keys that the roles name, recorded beforehand."""
        named = {key.identifier: key.name for role in self.roles for key in role.keys}
        message = self.message
        for key in keys:
            if key.identifier in named:
                message = message.signed_by(key)
        if not message.signatures:
            raise ConfigurationError(
                f"it takes keys of {_names(named.values())}; none is here. Name one: "
                "--key FILE"
            )
        lacking = [role for role in self.roles if not _is_met(message, role)]
        data = dump_cosigned(message)
        record(self.what, message.digest, tuple(sorted(message.signatures)))
        if lacking or self.travels:
            write_atomically(self.pending, data)
        signed = message.signatures
        others = {
            key.name
            for role in lacking
            for key in role.keys
            if key.identifier not in signed
        }
        return Signing(
            what=self.what,
            digest=message.digest,
            path=self.pending if lacking else self.put_in_force(data),
            in_force=not lacking,
            signers=sorted(name for each, name in named.items() if each in signed),
            others=sorted(others),
        )


def sign_root(
    home: Home,
    root: RootDocument,
    keys: Iterable[RootKey],
    record: Record = keep_no_record,
) -> Signing:
    """Sign a new root document: the first, or the one after that in force.

    Raises:
        ConfigurationError: none of the keys is one that it takes.
        StorageError: a file cannot be read or written.
        TrustListError: a file is not in order, or this does not follow.
    """
    with _alone(home):
        return _root_work(home, root, draw_up_root(root), None).signed_by(keys, record)


def sign_trust(
    home: Home,
    keys: Iterable[RootKey],
    at: datetime,
    expires_at: datetime,
    record: Record = keep_no_record,
) -> Signing:
    """Sign the draft of the home, as the trust list after the newest there is.

    Raises:
        ConfigurationError: none of the keys is one that it takes.
        StorageError: a file cannot be read or written.
        TrustListError: a file is not in order, or its version can rise no further
            under this root document.
    """
    root = home.root()
    with _alone(home):
        trust = TrustList(
            version=_next_version(home, root),
            root_version=root.version,
            issued_at=at,
            expires_at=expires_at,
            entries=home.draft(),
        )
        try:
            message = draw_up_trust(trust)
        except ValueError as error:
            raise TrustListError(f"the draft makes no trust list: {error}") from None
        return _trust_work(home, trust, message, None).signed_by(keys, record)


def sign_pending(
    home: Home, path: Path, keys: Iterable[RootKey], record: Record = keep_no_record
) -> Signing:
    """Sign what waits in a file; put it in force here if that is enough.

    Raises:
        ConfigurationError: none of the keys is one that it takes.
        StorageError: a file cannot be read or written.
        TrustListError: a file is not in order, or it does not follow what is in force.
    """
    data = read_limited(path, LIMITS.trust_file_bytes)
    with _alone(home):
        try:
            message, root = read_drawn_up_root(data)
        except TrustListError:
            message, trust = read_drawn_up_trust(data)
            return _trust_work(home, trust, message, path).signed_by(keys, record)
        return _root_work(home, root, message, path).signed_by(keys, record)


def read_root_key(path: Path) -> RootKey:
    """A private root key from a file, such as one on a stick.

    Raises:
        StorageError: it cannot be read.
        TrustListError: others can read it, or it is something else.
    """
    key = at_hand(load_key(read_private(path, LIMITS.key_file_bytes)))
    if not isinstance(key, RootKey):
        raise TrustListError(f"{path}: not a private root key")
    return key


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Keep another command from signing in the same home meanwhile."""
    make_private_directory(home.path)
    with locked(home.root_path):
        yield


def _root_work(
    home: Home, root: RootDocument, message: Cosigned, path: Path | None
) -> _Work:
    roles = [root.root]
    if home.root_path.exists():
        old = home.root()
        if root.version != old.version + 1:
            raise TrustListError(
                f"root document {root.version} does not follow {old.version}, which is "
                "in force here"
            )
        roles.append(old.root)
    elif root.version != 1:
        raise ConfigurationError(
            f"lay the root document before {root.version} down as {home.root_path}"
        )

    def put_in_force(data: bytes) -> Path:
        home.save_root(root, data)
        _remove(home.path / _ROOT_PENDING)
        return home.root_path

    pending = path or home.path / _ROOT_PENDING
    return _Work(root, message, roles, pending, path is not None, put_in_force)


def _trust_work(
    home: Home, trust: TrustList, message: Cosigned, path: Path | None
) -> _Work:
    root = home.root()

    def put_in_force(data: bytes) -> Path:
        new = read_trust(data, root)
        if _is_behind(new, _there(home.trust_path)):
            raise TrustListError(
                f"trust list {new.version} is older than the one in force here, or "
                "another of that version"
            )
        home.save_trust(data)
        waiting = home.path / _TRUST_PENDING
        if not _is_behind(new, _there(waiting)):
            _remove(waiting)
        return home.trust_path

    pending = path or home.path / _TRUST_PENDING
    travels = path is not None
    return _Work(trust, message, [root.trust], pending, travels, put_in_force)


def _next_version(home: Home, root: RootDocument) -> int:
    """After the list in force and the one that waits, under that root document."""
    there = map(_there, (home.trust_path, home.path / _TRUST_PENDING))
    versions = (
        trust.version for trust in there if trust and trust.root_version == root.version
    )
    return max(versions, default=0) + 1


def _there(path: Path) -> TrustList | None:
    """The list that lies there, by whomever it is signed."""
    if not path.exists():
        return None
    return read_drawn_up_trust(read_limited(path, LIMITS.trust_file_bytes))[1]


def _is_behind(trust: TrustList, other: TrustList | None) -> bool:
    if other is None:
        return False
    return HighWater(trust=TrustMark.of(other)).is_above_trust(trust)


def _is_met(message: Cosigned, role: Role) -> bool:
    return len(message.signers(role)) >= role.threshold


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{path} cannot be removed: {error.strerror}") from None
