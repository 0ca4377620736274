"""Which indices of a status list are handed out, and which are revoked.

One file an issuer: two bit strings, one bit a credential, compressed. Nothing in it
tells whose an index is. It suits one desk; it holds one lock and one file. Bits stay
packed, eight to a byte, in memory too: that of ten million passes is 1.25 MB twice.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ostiary.credential.checks import check_uri
from ostiary.credential.jsonfile import Members, base64url, read_object
from ostiary.errors import TrustListError
from ostiary.storage.files import (
    create_atomically,
    locked,
    read_limited,
    write_atomically,
)

SIZE: Final = 2**17
"""Credentials that a register is made for, unless told otherwise."""

MAX_SIZE: Final = 2**24
"""Credentials that a register can hold at all. A list of as many, half of them revoked,
does not compress; its two mebibytes still fit a token (`LIMITS.status_token_bytes`)."""

MAX_FILE_BYTES: Final = MAX_SIZE // 2
"""Two bit strings that do not compress take two thirds of this in base64."""

IDENTITY_BYTES: Final = 16
"""What a registry is told apart by."""

UNNAMED: Final = bytes(IDENTITY_BYTES)
"""Of whichever registry took a register over before they had identities; no other has
this one, so that only the registry that has its list goes on from it."""

_VERSION: Final = 1

_Octets = NDArray[np.uint8]


def check_size(size: int) -> None:
    """A register holds whole bytes of indices, within `MAX_SIZE`.

    Raises:
        ValueError: it would not.
    """
    if size % 8 or not 0 < size <= MAX_SIZE:
        raise ValueError(f"a register holds 8 to {MAX_SIZE} indices, by eights")


@dataclass(frozen=True, slots=True)
class Entries:
    """What a register says at one moment.

    Index i stands in bit i modulo 8 of byte i // 8, least significant first, as in a
    status list.

    Attributes:
        uri: where gates know the status list by.
        handed_out: uint8; a bit that is set was handed out.
        revoked: the same for what was withdrawn, all of which was handed out.
        taken_over_by: identity of the registry that goes on from here, so that nothing
            of this is to be signed or changed any more; None where none does.
    """

    uri: str
    handed_out: _Octets = field(repr=False)
    revoked: _Octets = field(repr=False)
    taken_over_by: bytes | None = None

    def __post_init__(self) -> None:
        """Check that the parts fit each other.

        Raises:
            ValueError: they do not.
        """
        check_uri(self.uri)
        check_size(self.size)
        if (self.revoked & ~self.handed_out).any():
            raise ValueError("an index is revoked that was never handed out")

    @property
    def size(self) -> int:
        """How many indices there are, free ones included."""
        return 8 * self.handed_out.size

    @property
    def bits(self) -> bytes:
        """The status list's bits: 1 is revoked, index 0 in the lowest bit of byte 0."""
        return self.revoked.tobytes()

    def is_handed_out(self, index: int) -> bool:
        """Whether there is such an index and it was handed out."""
        return 0 <= index < self.size and bool(
            self.handed_out[index // 8] >> index % 8 & 1
        )

    @property
    def free(self) -> int:
        """How many indices can still be handed out."""
        return self.size - int(np.bitwise_count(self.handed_out).sum())

    def closed(self, revoked: bytes) -> "Entries":
        """What a register says that is restored from an older state of itself.

        Which indices it has handed out since then, nobody knows: so it hands out none
        any more. What it or the list says is revoked stays so.

        Args:
            revoked: bits of a status list of the same size, as `bits`.

        Raises:
            ValueError: of another size.
        """
        if len(revoked) != self.revoked.size:
            raise ValueError("a status list of another size than the register")
        return Entries(
            self.uri,
            np.full_like(self.handed_out, 0xFF),
            self.revoked | np.frombuffer(revoked, np.uint8),
            self.taken_over_by,
        )

    def nth_free(self, number: int) -> int:
        """The free index that has `number` free ones below it.

        Args:
            number: 0 to `free` - 1.
        """
        free = ~self.handed_out
        up_to = np.cumsum(np.bitwise_count(free), dtype=np.uint32)
        octet = int(np.searchsorted(up_to, number, side="right"))
        below = int(up_to[octet - 1]) if octet else 0
        places = np.flatnonzero(np.unpackbits(free[octet], bitorder="little"))
        return 8 * octet + int(places[number - below])


class StatusRegister:
    """The register of one issuer, in one file.

    Args:
        path: the file; `create` makes it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def create(cls, path: Path, uri: str, size: int = SIZE) -> "StatusRegister":
        """Make a register in which every index is free.

        Raises:
            StorageError: there is one already, or it cannot be written.
            ValueError: a size or an address that cannot be one.
        """
        check_size(size)
        none = np.zeros(size // 8, np.uint8)
        create_atomically(path, dump_register(Entries(uri, none, none)), private=True)
        return cls(path)

    @property
    def uri(self) -> str:
        """Where gates know the status list by; raises as `read`."""
        return self.read().uri

    def bits(self) -> bytes:
        """The status list's bits as they are now; raises as `read`."""
        return self.read().bits

    def read(self) -> Entries:
        """All of it, as it is now.

        Raises:
            StorageError: the file cannot be read.
            TrustListError: it is no register.
        """
        return load_register(read_limited(self._path, MAX_FILE_BYTES))

    def hand_out(self, randomness: Callable[[int], bytes]) -> int:
        """An index that was free until now, each as likely as any other.

        Its order tells nothing of when a credential was issued. It is on the disk as
        handed out before this returns, and no two calls return the same one, be it from
        two processes.

        Args:
            randomness: a source of that many random bytes.

        Raises:
            StorageError: the file cannot be read or written.
            TrustListError: it is no register, a registry has taken it over, or every
                index is handed out.
        """
        with locked(self._path):
            entries = self._own()
            if not entries.free:
                raise TrustListError(
                    f"the status register is full: all {entries.size} indices are "
                    "handed out; make a new issuer key with a register of its own"
                )
            # 128 bits over at most 2**24 places: the bias is under 2**-104.
            drawn = int.from_bytes(randomness(16)) % entries.free
            index = entries.nth_free(drawn)
            self._write(replace(entries, handed_out=_with(entries.handed_out, [index])))
        return index

    def revoke(self, indices: Iterable[int]) -> None:
        """Withdraw the credentials at these indices, all or none; twice is harmless.

        Raises:
            StorageError: the file cannot be read or written.
            TrustListError: it is no register, a registry has taken it over, or one of
                them was never handed out.
        """
        wanted = list(indices)
        with locked(self._path):
            entries = self._own()
            for index in wanted:
                if not entries.is_handed_out(index):
                    raise TrustListError(f"index {index} was never handed out")
            self._write(replace(entries, revoked=_with(entries.revoked, wanted)))

    @contextmanager
    def held(self) -> Iterator[Entries]:
        """What it says now, and goes on saying until this is left.

        Whoever signs and publishes it does so in here, one after the other: a list that
        is published later than another then never revokes less.

        Raises:
            StorageError: the file cannot be read.
            TrustListError: it is no register, or a registry has taken it over.
        """
        with locked(self._path):
            yield self._own()

    def take_over(self, registry: bytes) -> Entries:
        """What it says; from here on it stands for nothing, and the registry does.

        It is marked before the registry is filled: where that is cut short, nobody
        hands out anything until it is done again, from the same state.

        Args:
            registry: its identity, 16 bytes.

        Raises:
            StorageError: the file cannot be read or written.
            TrustListError: it is no register.
        """
        with locked(self._path):
            entries = replace(self.read(), taken_over_by=registry)
            self._write(entries)
        return entries

    def _own(self) -> Entries:
        """What it says, while it is this that counts.

        Raises:
            TrustListError: a registry has taken it over, and knows of later passes and
                revocations.
        """
        entries = self.read()
        if entries.taken_over_by is not None:
            raise TrustListError(
                f"{self._path}: a registry has taken this over, and knows what was "
                "revoked since; registry.toml, which says where it is, is gone: bring "
                "that back"
            )
        return entries

    def _write(self, entries: Entries) -> None:
        write_atomically(self._path, dump_register(entries), private=True)


def _with(bits: _Octets, indices: list[int]) -> _Octets:
    changed = bits.copy()
    places = np.array(indices, np.int64)
    masks = np.left_shift(1, places % 8).astype(np.uint8)
    # Unlike `|=` on an index array, this counts each of two indices in one byte.
    np.bitwise_or.at(changed, places // 8, masks)
    return changed


def dump_register(entries: Entries) -> bytes:
    """The file of a register: a JSON object, UTF-8, ending in a line feed."""
    content = {
        "version": _VERSION,
        "uri": entries.uri,
        "size": entries.size,
        "handed_out": _packed(entries.handed_out),
        "revoked": _packed(entries.revoked),
    }
    if entries.taken_over_by is not None:
        content["taken_over"] = base64url(entries.taken_over_by)
    return (json.dumps(content, indent=2) + "\n").encode()


def _packed(bits: _Octets) -> str:
    # Random bits hardly compress, so a slower level would gain next to nothing.
    return base64url(zlib.compress(bits.tobytes(), 1))


def _read_registry(members: Members) -> bytes | None:
    if "taken_over" not in members:
        return None
    if members.left["taken_over"] is True:
        # As it was written before registries had identities.
        del members.left["taken_over"]
        return UNNAMED
    return members.octets("taken_over", IDENTITY_BYTES)


def load_register(data: bytes) -> Entries:
    """Read the file of a register.

    Raises:
        TrustListError: anything but a file as `dump_register` writes it.
    """
    members = read_object(data, MAX_FILE_BYTES)
    if members.integer("version") != _VERSION:
        raise TrustListError("a status register of another version")
    uri, size = members.text("uri"), members.integer("size")
    try:
        handed_out = _read_bits(members, "handed_out", size)
        revoked = _read_bits(members, "revoked", size)
        registry = _read_registry(members)
        members.finish()
        return Entries(uri, handed_out, revoked, registry)
    except ValueError as error:
        raise TrustListError(f"a status register that cannot be one: {error}") from None


def _read_bits(members: Members, name: str, size: int) -> _Octets:
    check_size(size)
    try:
        packed = base64.b64decode(members.text(name) + "==", b"-_")
        inflater = zlib.decompressobj()
        octets = inflater.decompress(packed, size // 8 + 1)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"{name!r} does not inflate") from error
    if len(octets) * 8 != size or not inflater.eof or inflater.unused_data:
        raise ValueError(f"{name!r} does not fit the size")
    return np.frombuffer(octets, np.uint8)
