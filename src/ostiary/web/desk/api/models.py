"""What programs send and are sent: closed, bounded, and described by `openapi.json`."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from ostiary.credential import Hours
from ostiary.storage.registry.records import (
    MOST_ZONES,
    OWN_REFERENCE_BYTES,
    ConsentMeans,
    PassRecord,
    PassState,
    RevocationReason,
    RevokedFor,
)

_WRITTEN: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d", re.ASCII)
"""How a moment begins; pydantic sees to the rest."""


def _written(value: object) -> object:
    """Moments are texts: no number of seconds, of which nobody says since when.

    Raises:
        ValueError: it is none.
    """
    match value:
        case str() if _WRITTEN.match(value):
            return value
        case datetime():
            return value
        case _:
            raise ValueError("a moment is a text (RFC 3339)")


Moment: TypeAlias = Annotated[AwareDatetime, BeforeValidator(_written)]
Name: TypeAlias = Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9-]{0,31}$")]
PassId: TypeAlias = Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]
EnrolmentId: TypeAlias = Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]
Word: TypeAlias = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9._-]{1,16}$")]
Own: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=OWN_REFERENCE_BYTES)
]
Clock: TypeAlias = Annotated[
    str, StringConstraints(pattern="^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")
]


MOST_WINDOWS: Final = 28
"""One a day for each zone."""


class Closed(BaseModel):
    """Nothing but its members; what is wrong is never quoted."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Weekday(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_DAYS: Final[Mapping[Weekday, int]] = MappingProxyType(
    {day: number for number, day in enumerate(Weekday)}
)


class Window(Closed):
    """Hours of a zone, on the gate's civil clock; past midnight takes two of them."""

    zone: Name
    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7)]
    start: Clock
    end: Clock

    @property
    def hours(self) -> Hours:
        """The same, as a pass says it.

        Raises:
            ValueError: it ends before it starts.
        """
        days = frozenset(_DAYS[day] for day in self.weekdays)
        return Hours(days, _minute(self.start), _minute(self.end))


class PassOrder(Closed):
    """A pass that is to be issued."""

    enrolment: Annotated[
        EnrolmentId | None,
        Field(description="Whose photographs are complete; null: without a face."),
    ]
    zones: Annotated[list[Name], Field(min_length=1, max_length=MOST_ZONES)]
    expires_at: Annotated[Moment, Field(description="First moment past its validity.")]
    not_before: Annotated[
        Moment | None, Field(description="First valid moment; null: now.")
    ] = None
    hours: Annotated[
        list[Window],
        Field(
            default_factory=list,
            max_length=MOST_WINDOWS,
            description="A zone that none of them names opens always.",
        ),
    ]
    issuer: Annotated[
        Name | None, Field(description="Whose key signs; null: of the only issuer.")
    ] = None
    own: Annotated[
        Own | None, Field(description="Your own reference; sealed in the registry.")
    ] = None
    renews: Annotated[
        PassId | None,
        Field(description="The pass that ends when this one is confirmed."),
    ] = None


class ConsentGiven(Closed):
    """That a person accepted the text of `GET /consent`, and by which act."""

    version: Word
    means: Annotated[
        Literal[ConsentMeans.PAGE, ConsentMeans.PAPER],
        Field(description="By which act they accepted it."),
    ]


class EnrolmentWanted(Closed):
    """An enrolment that is to begin: consent comes before capture."""

    consent: ConsentGiven


class EnrolmentBegun(Closed):
    """An enrolment that waits for photographs."""

    enrolment: EnrolmentId
    wanted: Annotated[int, Field(description="How many photographs it takes.")]


class Look(Closed):
    """What came of a photograph."""

    taken: Annotated[bool, Field(description="Whether it counts.")]
    reason: Annotated[
        str | None, Field(description="Why it does not, of docs/reasons.md.")
    ]
    advice: Annotated[
        str | None, Field(description="A sentence for the person before the camera.")
    ]
    count: Annotated[int, Field(description="How many count by now.")]
    complete: Annotated[bool, Field(description="Whether those are all.")]


class Revocation(Closed):
    """Why a pass is to end; what the desk alone can know of one is not said here."""

    reason: RevokedFor


class Search(Closed):
    """Whose passes are looked for."""

    own: Own


class ConsentSaid(Closed):
    """The consent on record."""

    version: str
    at: Moment
    means: ConsentMeans


class Record(Closed):
    """What the registry says of a pass; never a face, and never your own reference."""

    identifier: PassId
    state: PassState
    reason: RevocationReason | None
    changed_at: Moment
    issuer: str
    zones: list[str]
    issued_at: Moment
    not_before: Moment
    expires_at: Moment
    consent: Annotated[
        ConsentSaid | None, Field(description="To its face; null: without one.")
    ]
    status_list: str
    status_index: int

    @classmethod
    def of(cls, record: PassRecord) -> "Record":
        """A record of the registry's."""
        given = record.consent
        return cls(
            identifier=record.identifier.hex(),
            state=record.state,
            reason=record.reason,
            changed_at=record.changed_at,
            issuer=record.issuer,
            zones=list(record.zones),
            issued_at=record.issued_at,
            not_before=record.not_before,
            expires_at=record.expires_at,
            consent=None
            if given is None
            else ConsentSaid(version=given.version, at=given.at, means=given.means),
            status_list=record.uri,
            status_index=record.index,
        )


class Records(Closed):
    """What was found, the oldest first."""

    passes: list[Record]


class Made(Closed):
    """A pass, and its record; the only copy there is."""

    text: Annotated[str, Field(description="The sealed pass in base45, for a QR code.")]
    record: Record


class ConsentText(Closed):
    """What a person is told before they consent."""

    version: str
    points: list[str]


class ListStanding(Closed):
    """A status list of an issuer's."""

    issuer: str
    number: int
    uri: str
    size: int
    taken: int
    closed: bool
    signed_until: Annotated[
        Moment | None,
        Field(description="End of the newest that is signed; null: none."),
    ]
    unpublished: Annotated[
        int, Field(description="Revocations that the signed list does not say yet.")
    ]


class Standing(Closed):
    """How things stand at the desk."""

    now: Moment
    passes: Annotated[
        dict[PassState, int], Field(description="Records by state, of all accounts.")
    ]
    unconfirmed: Annotated[
        int, Field(description="Reserved for an hour and more: nobody may have them.")
    ]
    lists: list[ListStanding]


class ProblemBody(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    reason: Annotated[
        str | None, Field(description="Of docs/reasons.md, where there is one.")
    ] = None
    places: Annotated[
        list[str] | None, Field(description="Where the request is not as described.")
    ] = None
    identifier: Annotated[
        str | None, Field(description="The pass that this request made before.")
    ] = None


SENT: Final[tuple[type[Closed], ...]] = (
    PassOrder,
    Window,
    EnrolmentWanted,
    ConsentGiven,
    Revocation,
    Search,
)
"""What programs send."""


def in_seconds(moment: datetime) -> datetime:
    """A moment in UTC, to the second, as a pass can say it.

    Raises:
        ValueError: it lies before the first year or past the last.
    """
    try:
        return moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise ValueError("a moment lies between 1970 and 9999") from None


def _minute(clock: str) -> int:
    hour, minute = clock.split(":")
    return 60 * int(hour) + int(minute)
