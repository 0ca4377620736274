"""In which form a pass comes back, by what the request accepts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from starlette.responses import Response

from ostiary.capture.qr import qr_png, qr_svg
from ostiary.desk.issuing import IssuedPass
from ostiary.desk.printing import card_pdf, require_printing, sheet_pdf
from ostiary.web.desk.api.models import Made, Record
from ostiary.web.desk.api.problems import Kind, ProblemError

JSON: Final = "application/json"
PDF: Final = "application/pdf"


class Paper(StrEnum):
    """What a PDF is for: a card, or a sheet with marks to cut it by."""

    A6 = "a6"
    A4 = "a4"


_SHEETS: Final[Mapping[Paper, Callable[[IssuedPass], bytes]]] = MappingProxyType(
    {Paper.A6: card_pdf, Paper.A4: sheet_pdf}
)

_FORMS: Final[Mapping[str, Callable[[IssuedPass, Paper], bytes]]] = MappingProxyType(
    {
        "text/plain": lambda issued, _paper: issued.text.encode(),
        "image/png": lambda issued, _paper: qr_png(issued.text, "M"),
        "image/svg+xml": lambda issued, _paper: qr_svg(issued.text, "M"),
        PDF: lambda issued, paper: _SHEETS[paper](issued),
    }
)

MEDIA_TYPES: Final = (JSON, *_FORMS)
"""Every form, the one that is sent where any is welcome first."""

SCHEMAS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        JSON: {"$ref": "#/components/schemas/Made"},
        "text/plain": {"type": "string"},
        **{
            each: {"type": "string", "format": "binary"}
            for each in ("image/png", "image/svg+xml", PDF)
        },
    }
)
"""How the description says what each form is."""


@dataclass(frozen=True, slots=True)
class Form:
    """In which form a pass is wanted.

    Attributes:
        media_type: one of `MEDIA_TYPES`.
        paper: of a PDF.
    """

    media_type: str
    paper: Paper

    @classmethod
    def wanted(cls, accept: str, paper: Paper) -> "Form":
        """The first of ours that a request names; weights are not looked at.

        Args:
            accept: the header (RFC 9110, section 12.5.1).
            paper: of a PDF.

        Raises:
            ProblemError: it names none of ours.
            ConfigurationError: what printing needs is not installed.
        """
        named = [each.partition(";")[0].strip().lower() for each in accept.split(",")]
        known = {"*/*": JSON, "application/*": JSON, "": JSON} | {
            each: each for each in MEDIA_TYPES
        }
        found = next((known[each] for each in named if each in known), None)
        if found is None:
            raise ProblemError(
                Kind.NOT_ACCEPTABLE, f"a pass comes as: {', '.join(MEDIA_TYPES)}"
            )
        if found == PDF:
            require_printing()
        return cls(found, paper)

    def answer(self, issued: IssuedPass, record: Record, place: str) -> Response:
        """The pass, with the address of its record."""
        if self.media_type == JSON:
            body = Made(text=issued.text, record=record).model_dump_json().encode()
        else:
            body = _FORMS[self.media_type](issued, self.paper)
        headers = {"Location": place}
        return Response(body, 201, headers, self.media_type)
