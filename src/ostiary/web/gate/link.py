"""What the gate and the process of its pages say to each other.

Each message is one packet: a JSON object of one flat dataclass. The parser takes what
`encode` writes and nothing else; both sides drop what it refuses. Nothing here can say
who somebody is.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from math import isfinite
from types import MappingProxyType, UnionType
from typing import Any, Final, TypeAlias, get_args, get_type_hints

from ostiary.gate.supply import Stage as PowerStage
from ostiary.journal import OpeningReason
from ostiary.presentation.challenge import Move
from ostiary.reasons import Reason
from ostiary.terms import Confirmation

MAX_BYTES: Final = 8192
"""Longest message. Ours are under 500 bytes; a pass is what a QR code can hold."""

MAX_PICTURE_BYTES: Final = 96 * 1024
"""Longest picture of the mirror. Ours are under 30 kilobytes."""


class LinkError(Exception):
    """A packet that is no message; whoever reads it drops it."""


class Kind(StrEnum):
    """What the kiosk shows."""

    IDLE = "idle"
    LOOK = "look"
    MOVE = "move"
    ATTENDANT = "attendant"
    OPENING = "opening"
    GRANTED = "granted"
    REFUSED = "refused"
    REFERRED = "referred"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Opening:
    """How the pages are served; the first message of a gate, and it comes once.

    Attributes:
        certificate: file of the TLS certificate; None: no TLS.
        key: file of its private key.
        hosts: by which names browsers may call it, with blanks between them.
        language: what the kiosk speaks before it is asked.
        sound: whether the kiosk may be heard.
        trial: whether somebody tries the gate on themselves, and enrols first.
        name: what attendants call this gate.
        staff: file of the accounts of attendants; None: they have no page.
        token: file of what consoles elsewhere show; None: none may watch.
        others: files of the other gates that are watched here, one on a line.
        unsafe: names of weakening settings that are on, with blanks between them.
        idle: seconds until a sign-in ends in which nobody did anything.
        whole: seconds until it ends whatever is done.
        session: what the kiosk's browser shows from its way in on.
        by_hand: whether attendants may ask it to open by hand.
    """

    certificate: str | None
    key: str | None
    hosts: str
    language: str
    sound: bool
    trial: bool
    name: str
    staff: str | None
    token: str | None
    others: str
    unsafe: str
    idle: float
    whole: float
    session: str = field(repr=False)
    by_hand: bool


@dataclass(frozen=True, slots=True)
class Invitation:
    """A way in for the kiosk's browser; a later one takes its place.

    Attributes:
        entry: whoever shows it becomes the kiosk, once.
    """

    entry: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Scene:
    """All that the kiosk is told of a moment: each replaces the one before.

    Attributes:
        kind: what is shown.
        reason: why, or what the person can do.
        move: the move that is asked for.
        seconds: how long it can last from where it began; None: as long as it likes.
        turn: grows when something begins, so that a countdown does.
    """

    kind: Kind
    reason: Reason | None = None
    move: Move | None = None
    seconds: float | None = None
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Handout:
    """The pass of whoever tries the gate on themselves, for them alone.

    Attributes:
        text: base45, as its QR code has it: sealed.
    """

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Consented:
    """Whoever tries the gate on themselves accepted the text of the desk's consent.

    Attributes:
        version: of which version.
    """

    version: str


@dataclass(frozen=True, slots=True)
class Entered:
    """The invitation was used, and is void."""


@dataclass(frozen=True, slots=True)
class HelpWanted:
    """Somebody at the kiosk asks for the attendant."""


@dataclass(frozen=True, slots=True)
class Called:
    """Attendants are called.

    Attributes:
        reason: what for.
    """

    reason: Reason


@dataclass(frozen=True, slots=True)
class Health:
    """What attendants are told of the gate itself; each replaces the one before.

    Attributes:
        camera: why it gives no picture; None: it does.
        passes: why none can be judged; None: they can.
        door: why it did not open when it was last told to, or what alarm stands.
        reader: why it reads no passes; None: it does.
        power: how far a power cut has come; None: no supply is asked.
        broker: whether the broker hears the gate; None: none is told of it.
        ages: of the status lists that can be used, in minutes, with blanks between.
        reasons: for which it can be opened by hand, with blanks between; empty: none.
    """

    camera: Reason | None = None
    passes: Reason | None = None
    door: Reason | None = None
    reader: Reason | None = None
    power: PowerStage | None = None
    broker: bool | None = None
    ages: str = ""
    reasons: str = ""


@dataclass(frozen=True, slots=True)
class HourOver:
    """How many of each outcome fell into an hour that is over.

    Attributes:
        hour: when it began on the gate's civil clock, such as `2026-11-21 16`.
        granted: how many.
        refused: how many.
        referred: how many.
    """

    hour: str
    granted: int
    refused: int
    referred: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A pass without a face waits for an attendant's look at the document.

    Attributes:
        question: its number, which the answer has to name.
        seconds: how long it waits from now on.
    """

    question: int
    seconds: float


@dataclass(frozen=True, slots=True)
class AskedNoMore:
    """Whatever was asked has ended.

    Attributes:
        reason: how.
    """

    reason: Reason


@dataclass(frozen=True, slots=True)
class Attended:
    """Whether anybody watches this gate: said again and again, and soon forgotten."""

    watched: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """What an attendant said.

    Attributes:
        question: to which question.
        answer: what.
    """

    question: int
    answer: Confirmation


@dataclass(frozen=True, slots=True)
class HandWished:
    """An attendant wishes to open by hand.

    Attributes:
        wish: names this wish, at random.
        attendant: SHA-256 of the authenticator's credential identifier, hexadecimal.
        reason: from the list.
        receipt: whether the person wants one.
    """

    wish: str
    attendant: str
    reason: OpeningReason
    receipt: bool = False


@dataclass(frozen=True, slots=True)
class HandDrawn:
    """What is to be entered, and so to be signed.

    Attributes:
        wish: for which wish.
        at: seconds since 1970.
        gate: its name.
        challenge: what the authenticator signs, hexadecimal.
        signers: how many attendants sign it.
        shown: how many seconds ago the pass was shown that the receipt is of; None:
            there is no receipt.
    """

    wish: str
    at: int
    gate: str
    challenge: str
    signers: int
    shown: int | None = None


@dataclass(frozen=True, slots=True)
class HandReceipt:
    """What the person is given, for the kiosk alone.

    Attributes:
        wish: for which wish.
        text: of the receipt; it holds no identifier.
    """

    wish: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HandWaits:
    """An opening that one attendant signed, and another one has to.

    Attributes:
        wish: names it.
        at: seconds since 1970.
        gate: its name.
        reason: from the list.
        attendant: who signed: SHA-256 of the credential identifier, hexadecimal.
        challenge: what the other one's authenticator signs, hexadecimal.
        seconds: how long it waits from now on.
    """

    wish: str
    at: int
    gate: str
    reason: OpeningReason
    attendant: str
    challenge: str
    seconds: float


@dataclass(frozen=True, slots=True)
class HandSigned:
    """What the authenticator said, hexadecimal.

    Attributes:
        wish: for which wish.
        authenticator_data: as in the assertion.
        client_data: as in the assertion.
        signature: as in the assertion.
    """

    wish: str
    authenticator_data: str
    client_data: str
    signature: str


@dataclass(frozen=True, slots=True)
class HandSeconded:
    """What another attendant's authenticator said, hexadecimal.

    Attributes:
        wish: names this one, at random.
        first: names what waits, as in `HandWaits`.
        attendant: SHA-256 of the authenticator's credential identifier.
        authenticator_data: as in the assertion.
        client_data: as in the assertion.
        signature: as in the assertion.
    """

    wish: str
    first: str
    attendant: str
    authenticator_data: str
    client_data: str
    signature: str


@dataclass(frozen=True, slots=True)
class HandDropped:
    """Whoever wished it does not sign."""

    wish: str


@dataclass(frozen=True, slots=True)
class HandEnded:
    """What came of a wish.

    Attributes:
        wish: which.
        refusal: the name of why the door stays shut; None: it was entered, and the door
            opened.
    """

    wish: str
    refusal: str | None


Message: TypeAlias = (
    Opening
    | Invitation
    | Scene
    | Handout
    | Called
    | Health
    | HourOver
    | Asked
    | AskedNoMore
    | Entered
    | HelpWanted
    | Consented
    | Attended
    | Answered
    | HandWished
    | HandDrawn
    | HandReceipt
    | HandWaits
    | HandSigned
    | HandSeconded
    | HandDropped
    | HandEnded
)

TO_PAGES: Final[Mapping[str, type[Message]]] = MappingProxyType(
    {
        "opening": Opening,
        "invitation": Invitation,
        "scene": Scene,
        "handout": Handout,
        "called": Called,
        "health": Health,
        "hour-over": HourOver,
        "asked": Asked,
        "asked-no-more": AskedNoMore,
        "hand-drawn": HandDrawn,
        "hand-receipt": HandReceipt,
        "hand-waits": HandWaits,
        "hand-ended": HandEnded,
    }
)
"""What a gate says, by its name in the packet."""

TO_GATE: Final[Mapping[str, type[Message]]] = MappingProxyType(
    {
        "entered": Entered,
        "help-wanted": HelpWanted,
        "consented": Consented,
        "attended": Attended,
        "answered": Answered,
        "hand-wished": HandWished,
        "hand-signed": HandSigned,
        "hand-seconded": HandSeconded,
        "hand-dropped": HandDropped,
    }
)
"""What its pages say."""

_NAMES: Final = {kind: name for name, kind in (*TO_PAGES.items(), *TO_GATE.items())}


def encode(message: Message) -> bytes:
    """The packet of a message."""
    values = {each.name: getattr(message, each.name) for each in fields(message)}
    return json.dumps({"say": _NAMES[type(message)], **values}).encode()


def decode(packet: bytes, kinds: Mapping[str, type[Message]]) -> Message:
    """The message of a packet.

    Args:
        packet: as it came.
        kinds: what the other side may say.

    Raises:
        LinkError: too long, no JSON object, not one of these messages, a field that is
            missing, unknown, of another type or out of range.
    """
    table = _table(packet)
    kind = kinds.get(str(table.pop("say", "")))
    if kind is None:
        raise LinkError("not a message of that side")
    types = get_type_hints(kind)
    if set(table) != set(types):
        raise LinkError("other fields than the message has")
    return kind(**{name: _value(table[name], types[name]) for name in types})


def _table(packet: bytes) -> dict[str, object]:
    if len(packet) > MAX_BYTES:
        raise LinkError("too long")
    try:
        table = json.loads(packet, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise LinkError("no JSON") from None
    if not isinstance(table, dict):
        raise LinkError("no object")
    return table


def _refuse(name: str) -> object:
    raise ValueError(name)


def _value(value: object, kind: object) -> Any:  # noqa: ANN401 - typed by `kind`
    if isinstance(kind, UnionType):
        inner, _ = get_args(kind)
        return None if value is None else _value(value, inner)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _member(value, kind)
    if type(value) is not kind:
        raise LinkError("a value of another type")
    if isinstance(value, float) and not isfinite(value):
        raise LinkError("a number that is none")
    return value


def _member(value: object, kind: type[StrEnum]) -> StrEnum:
    if not isinstance(value, str) or value not in set(kind):
        raise LinkError("a word that is none of these")
    return kind(value)
