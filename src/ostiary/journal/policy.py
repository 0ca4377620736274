"""Which witnesses have to have seen a journal (after C2SP tlog-policy).

A policy is a text of a few lines: the journals' keys, the witnesses' keys, groups of
witnesses or of other groups with how many of each suffice, and the one that has to.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, TypeAlias

from ostiary.errors import JournalError
from ostiary.journal.checkpoint import cosigned_at
from ostiary.journal.note import Note, NoteKey, SignatureType, read_number

MOST_BYTES: Final = 65_536
_NONE: Final = "none"
_BLANK: Final = re.compile(r"[ \t]+")
_URL: Final = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody who has seen a journal only ever grow.

    Attributes:
        name: in this policy.
        key: of its cosignatures.
        url: where it is asked; empty where a stick is carried.
    """

    name: str
    key: NoteKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """So many of these suffice."""

    least: int
    members: tuple[str, ...]


@dataclass(slots=True)
class WitnessPolicy:
    """What an auditor asks for.

    Attributes:
        logs: the journals' keys by origin.
        witnesses: by name.
        groups: by name; members stand above them.
        quorum: the witness or group that has to have signed; "none": nobody.
            Empty while it is read.
    """

    logs: dict[str, NoteKey] = field(default_factory=dict)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = ""

    def suffices(self, signed: Collection[str]) -> bool:
        """Whether those witnesses are enough."""
        found = {name: name in signed for name in self.witnesses}
        for name, group in self.groups.items():
            found[name] = sum(found[each] for each in group.members) >= group.least
        return self.quorum == _NONE or found[self.quorum]

    def signers(self, note: Note) -> Mapping[str, datetime]:
        """Which of the witnesses signed a checkpoint, and when.

        Raises:
            TamperedError: a signature of one does not hold.
        """
        moments = {
            name: cosigned_at(note, witness.key)
            for name, witness in self.witnesses.items()
        }
        return {name: at for name, at in moments.items() if at is not None}


def read_policy(data: bytes) -> WitnessPolicy:
    """Read a policy.

    Raises:
        JournalError: it is not one; the message says in which line.
    """
    if len(data) > MOST_BYTES:
        raise JournalError(f"a policy has at most {MOST_BYTES} bytes")
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError:
        raise JournalError("a policy is text in UTF-8") from None
    policy = WitnessPolicy()
    for number, line in enumerate(lines, 1):
        word, *rest = _BLANK.split(line.strip(" \t"))
        try:
            if not word.startswith("#"):
                _LINES[word](policy, *rest)
        except (KeyError, TypeError):
            known = ", ".join(filter(None, _LINES))
            raise JournalError(
                f"line {number} of the policy: none of {known} with what belongs to it"
            ) from None
        except JournalError as error:
            raise JournalError(f"line {number} of the policy: {error}") from None
    if not policy.quorum:
        raise JournalError("a policy says its quorum, if only: quorum none")
    return policy


def _read_log(policy: WitnessPolicy, key: str, url: str = "") -> None:
    read = NoteKey.read(key)
    _check_url(url)
    if read.kind is not SignatureType.ED25519 or _stands(read, policy.logs.values()):
        raise JournalError("journals' keys are of type 1, and stand once each")
    policy.logs[read.name] = read


def _read_witness(policy: WitnessPolicy, name: str, key: str, url: str = "") -> None:
    _check_new(policy, name)
    read = NoteKey.read(key)
    if read.kind is not SignatureType.COSIGNATURE:
        raise JournalError("a witness's key is one of cosignatures (type 4)")
    if _stands(read, [each.key for each in policy.witnesses.values()]):
        # Under two names it would count twice.
        raise JournalError("a witness's key stands once, whatever its name")
    _check_url(url)
    policy.witnesses[name] = Witness(name, read, url)


def _read_group(policy: WitnessPolicy, name: str, least: str, *members: str) -> None:
    _check_new(policy, name)
    counted = {each for group in policy.groups.values() for each in group.members}
    for member in members:
        _check_known(policy, member)
        if member in counted:
            raise JournalError("a member belongs to one group, and counts there alone")
    words = {"any": 1, "all": len(members)}
    count = words[least] if least in words else read_number(least)
    if len(set(members)) != len(members) or not 1 <= count <= len(members):
        raise JournalError("a group asks for one to all of its members, each once")
    policy.groups[name] = Group(count, members)


def _read_quorum(policy: WitnessPolicy, name: str) -> None:
    if policy.quorum:
        raise JournalError("a policy says its quorum once")
    if name != _NONE:
        _check_known(policy, name)
    policy.quorum = name


def _read_nothing(policy: WitnessPolicy) -> None:
    """An empty line, or a remark."""


_Line: TypeAlias = Callable[..., None]

_LINES: Final[Mapping[str, _Line]] = MappingProxyType(
    {
        "": _read_nothing,
        "log": _read_log,
        "witness": _read_witness,
        "group": _read_group,
        "quorum": _read_quorum,
    }
)


def _stands(key: NoteKey, others: Iterable[NoteKey]) -> bool:
    return key.key in [other.key for other in others]


def _check_url(url: str) -> None:
    if url and not url.startswith(_URL):
        raise JournalError("an address begins with https:// or http://")


def _check_new(policy: WitnessPolicy, name: str) -> None:
    if name in policy.witnesses or name in policy.groups or name == _NONE:
        raise JournalError("a name of a witness or group stands once, and is not none")


def _check_known(policy: WitnessPolicy, name: str) -> None:
    if name not in policy.witnesses and name not in policy.groups:
        raise JournalError("a name that no line above says")
