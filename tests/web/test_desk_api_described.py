"""The description of the desk's interface is true: schemathesis tries all of it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.schemas import OpenApiSchema

from ostiary.cli.clock import now
from ostiary.desk.consent import VERSION
from ostiary.web.desk.api.app import description
from tests.web.programs import PREFIX, ApiStand, Program, api_stand

pytestmark = pytest.mark.enable_socket

DESCRIBED = Path(__file__).parents[2] / "docs" / "spec" / "desk-api.json"
OPERATIONS = [
    (path, method)
    for path, methods in json.loads(description())["paths"].items()
    for method in methods
]


BOUNDED = settings(
    max_examples=10,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiStand]:
    """A desk at which nobody has to wait, since hundreds of requests are sent."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ostiary.web.desk.api.entry.BURST", 1e9)
        patch.setattr("ostiary.web.desk.api.sittings.MOST_OF_ONE", 10**9)
        patch.setattr("ostiary.web.desk.studio.MOST_ENROLMENTS", 10**9)
        patch.setattr("ostiary.staff.throttle.FREE", 10**9)
        with api_stand(tmp_path_factory.mktemp("api") / "home") as made:
            yield made


@pytest.fixture(scope="module")
def program(stand: ApiStand) -> Program:
    return stand.program()


@pytest.fixture(scope="module")
def schema(stand: ApiStand) -> OpenApiSchema:
    return schemathesis.openapi.from_url(f"{stand.origin}{PREFIX}/openapi.json")


def test_the_description_in_the_documents_is_this_one() -> None:
    """`docs/generate.py` writes it."""
    assert DESCRIBED.read_text(encoding="utf-8") == description()


def fill(case: Case[Any], program: Program, path: str) -> None:
    """Name what there is, where a request names anything that could be."""
    if "identifier" in case.path_parameters:
        case.path_parameters["identifier"] = (
            program.order().json()["record"]["identifier"]
            if path.startswith("/passes")
            else program.begin().json()["enrolment"]
        )
    if path == "/passes":
        ends = (now() + timedelta(days=30)).isoformat()
        case.body = {"enrolment": None, "zones": ["north"], "expires_at": ends}
    if path == "/enrolments":
        case.body = {"consent": {"version": VERSION, "means": "page"}}


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_what_is_as_described_is_answered_as_described(
    program: Program, schema: OpenApiSchema, path: str, method: str
) -> None:
    """With all checks of schemathesis, of authentication too."""

    @BOUNDED
    @given(schema[path][method].as_strategy(), st.booleans())
    def try_it(case: Case[Any], is_there: bool) -> None:  # noqa: FBT001 - as drawn
        if is_there:
            fill(case, program, path)
        if path == "/passes":
            # The same one for another request is refused, rightly.
            case.headers["Idempotency-Key"] = str(uuid4())
        case.call_and_validate(headers={"Authorization": f"Bearer {program.secret}"})

    try_it()


@pytest.mark.parametrize(
    ("path", "method"),
    [each for each in OPERATIONS if each[0] not in {"/consent", "/status"}],
)
def test_what_is_not_as_described_is_refused_as_described(
    program: Program, schema: OpenApiSchema, path: str, method: str
) -> None:
    """Wrong types, lengths, members, headers."""

    @BOUNDED
    @given(schema[path][method].as_strategy(GenerationMode.NEGATIVE))
    def try_it(case: Case[Any]) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {program.secret}"})

    try_it()
