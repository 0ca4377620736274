"""The desk's interface for programs: passes from order to erasure."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ostiary.capture.photographs import decode_photograph
from ostiary.capture.qr import read_qr
from ostiary.cli.clock import now
from ostiary.credential import inspect_opened
from ostiary.desk.enrolment import WANTED
from ostiary.desk.issuing import IssuedPass
from ostiary.desk.service import Desk
from ostiary.errors import StorageError
from ostiary.journal import DeskHour, load_entry
from ostiary.staff.access import Scope
from ostiary.storage.registry.hours import LATE
from ostiary.storage.registry.records import PassState, RevocationReason
from ostiary.storage.registry.requests import Requests
from ostiary.terms import Observation
from ostiary.web.desk.api.sittings import MOST_OF_ONE
from tests.desk.staged_enrolment import (
    NOBODY,
    OTHER,
    PERSON,
    SCREEN,
    StagedChain,
    picture,
)
from tests.web.programs import ApiStand, Program, Reply, api_stand

pytestmark = pytest.mark.enable_socket

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"

WINDOW = {"zone": "north", "weekdays": ["mon", "fri"], "start": "08:00", "end": "16:00"}


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[ApiStand]:
    with api_stand(tmp_path / "home") as made:
        yield made


@pytest.fixture
def program(stand: ApiStand) -> Program:
    return stand.program(name="till")


def opened(stand: ApiStand, text: str) -> tuple[str, bool]:
    """Of which identifier a pass is, and whether it holds a face."""
    claims = inspect_opened(text, stand.home.zone_keys("north"))
    return claims.identifier.hex(), claims.template_bytes > 0


def test_a_pass_without_a_face_from_its_order_to_its_erasure(
    stand: ApiStand, program: Program
) -> None:
    made = program.order(own="staff 7")
    assert made.status == 201
    record = made.json()["record"]
    identifier = record["identifier"]
    assert opened(stand, made.json()["text"]) == (identifier, False)
    assert made.headers["location"] == f"/api/v1/passes/{identifier}"
    assert made.headers["cache-control"] == "no-store"
    assert (record["state"], record["consent"]) == ("reserved", None)
    assert program.confirm(identifier).json()["state"] == "issued"
    assert program.confirm(identifier).json()["state"] == "issued"
    found = program.ask("POST", "/passes/find", {"own": "staff 7"}).json()["passes"]
    assert [each["identifier"] for each in found] == [identifier]
    path = f"/passes/{identifier}"
    lost = program.ask("PUT", f"{path}/revocation", {"reason": "lost"})
    assert (lost.json()["state"], lost.json()["reason"]) == ("revoked", "lost")
    assert program.ask("GET", path).json() == lost.json()
    assert program.ask("DELETE", path).status == 204
    for method in ("GET", "DELETE"):
        assert program.ask(method, path).status == 404


def test_a_pass_with_a_face_takes_consent_and_three_photographs(
    stand: ApiStand, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = program.ask("GET", "/consent").json()
    begun = program.begin(said["version"])
    assert (begun.status, begun.json()["wanted"]) == (201, 3)
    enrolment = begun.json()["enrolment"]
    empty = program.show(enrolment, picture(NOBODY)).json()
    assert (empty["taken"], empty["reason"]) == (False, "no-face")
    assert empty["advice"]
    early = program.order(enrolment=enrolment)
    assert (early.status, early.json()["detail"]) == (
        409,
        "the enrolment is not complete",
    )
    for number, kind in enumerate(("PNG", "JPEG", "WEBP"), start=1):
        data = picture(PERSON, kind)
        seen = program.show(enrolment, data, f"image/{kind.lower()}").json()
        assert (seen["taken"], seen["count"]) == (True, number)
        assert seen["complete"] == (number == WANTED)
    made = program.order(enrolment=enrolment).json()
    assert opened(stand, made["text"]) == (made["record"]["identifier"], True)
    assert made["record"]["consent"]["version"] == said["version"]
    assert made["record"]["consent"]["means"] == "paper"
    again = program.order(enrolment=enrolment)
    assert again.status == 404


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/html, text/plain;q=0.5", "text/plain"),
        ("image/png", "image/png"),
        ("image/svg+xml", "image/svg+xml"),
        ("application/pdf", "application/pdf"),
    ],
)
def test_a_pass_comes_in_the_form_that_is_asked_for(
    stand: ApiStand, program: Program, accept: str, kind: str
) -> None:
    made = program.order(accept=accept)
    assert made.headers["content-type"].partition(";")[0] == kind
    identifier = made.headers["location"].rpartition("/")[2]
    if kind == "text/plain":
        assert opened(stand, made.text) == (identifier, False)
    if kind == "image/png":
        (text,) = read_qr(decode_photograph(made.body))
        assert opened(stand, text) == (identifier, False)
    if kind == "application/pdf":
        assert made.body.startswith(b"%PDF-")


def test_what_comes_in_no_form_of_ours_is_not_made(
    stand: ApiStand, program: Program
) -> None:
    assert program.order(accept="text/html").status == 406
    assert stand.desk.registry.counts()[PassState.RESERVED] == 0


def test_a_request_that_is_sent_again_leaves_one_pass(
    stand: ApiStand, program: Program
) -> None:
    """The first answer was lost; the second is the pass, until it is confirmed."""
    ends = (stand.clock.at + timedelta(days=3)).isoformat()
    first, second = (program.order(KEY, expires_at=ends) for _ in range(2))
    lost, kept = (each.json()["record"]["identifier"] for each in (first, second))
    assert stand.state(lost) is PassState.REVOKED
    assert stand.state(kept) is PassState.RESERVED
    assert program.confirm(lost).status == 409
    assert program.confirm(kept).status == 200
    third = program.order(KEY, expires_at=ends)
    assert (third.status, third.json()["identifier"]) == (409, kept)
    # Nor does one that ended since make room for another.
    program.ask("PUT", f"/passes/{kept}/revocation", {"reason": "lost"})
    assert program.order(KEY, expires_at=ends).status == 409
    program.ask("DELETE", f"/passes/{kept}")
    assert program.order(KEY, expires_at=ends).status == 409
    assert stand.desk.registry.counts()[PassState.ISSUED] == 0


def test_another_request_under_the_same_key_is_refused(
    stand: ApiStand, program: Program
) -> None:
    ends = (stand.clock.at + timedelta(days=3)).isoformat()
    assert program.order(KEY, expires_at=ends).status == 201
    refused = program.order(KEY, expires_at=ends, own="somebody else")
    assert refused.status == 422
    assert refused.json()["type"].endswith(":idempotency-key-reused")
    # Another program's key is its own.
    assert stand.program().order(KEY, expires_at=ends).status == 201


@pytest.mark.parametrize(
    "key", ["", "short", "x" * 65, "spaces in between it", "é" * 16]
)
def test_a_pass_takes_a_key(program: Program, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1").decode("latin-1")}
    if not key:
        headers = {}
    refused = program.ask("POST", "/passes", {"enrolment": None}, headers)
    assert refused.status == 422
    assert "/header/Idempotency-Key" in refused.json()["places"]


def test_of_two_at_once_one_is_done(
    stand: ApiStand, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on = threading.Event(), threading.Event()
    prepare = Desk.prepare

    def slowly(desk: Desk, *args: object, **named: object) -> IssuedPass:
        began.set()
        assert go_on.wait(60)
        return prepare(desk, *args, **named)  # type: ignore[arg-type] # as they came

    monkeypatch.setattr(Desk, "prepare", slowly)
    ends = (stand.clock.at + timedelta(days=3)).isoformat()
    answers: list[int] = []
    first = threading.Thread(
        target=lambda: answers.append(program.order(KEY, expires_at=ends).status)
    )
    first.start()
    assert began.wait(60)
    second = program.order(KEY, expires_at=ends)
    go_on.set()
    first.join()
    assert answers == [201]
    assert second.status == 409
    assert second.json()["type"].endswith(":busy")
    assert int(second.headers["retry-after"]) > 0


def test_what_fails_half_way_can_be_sent_again(
    stand: ApiStand, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = (stand.clock.at + timedelta(days=3)).isoformat()

    def fail(*_: object) -> None:
        raise StorageError("postgresql://desk@10.0.0.7/registry: server is gone")

    with monkeypatch.context() as patch:
        patch.setattr("ostiary.desk.service.sign_pass", fail)
        failed = program.order(KEY, expires_at=ends)
    assert failed.status == 503
    assert "10.0.0.7" not in failed.text
    assert program.order(KEY, expires_at=ends).status == 201
    counts = stand.desk.registry.counts()
    assert (counts[PassState.RESERVED], counts[PassState.REVOKED]) == (1, 1)


def test_what_a_pass_renews_ends_when_the_new_one_is_confirmed(
    stand: ApiStand, program: Program
) -> None:
    old = program.issue()
    new = program.order(renews=old).json()["record"]["identifier"]
    assert stand.state(old) is PassState.ISSUED
    assert program.confirm(new).status == 200
    record = stand.desk.registry.record(bytes.fromhex(old))
    assert record.reason is RevocationReason.RENEWED
    assert program.order(renews=old).status == 409
    assert program.order(renews="00" * 16).status == 409


def test_what_is_confirmed_while_it_is_asked_for_again_stays(
    stand: ApiStand, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = (now() + timedelta(days=3)).isoformat()
    made = program.order("k" * 16, expires_at=ends).json()["record"]["identifier"]
    settle = Desk.settle

    def confirmed_first(desk: Desk, at: datetime) -> int:
        assert program.confirm(made).status == 200
        return settle(desk, at)

    with monkeypatch.context() as patch:
        patch.setattr(Desk, "settle", confirmed_first)
        again = program.order("k" * 16, expires_at=ends)
    assert (again.status, again.json()["identifier"]) == (409, made)
    assert stand.desk.registry.record(bytes.fromhex(made)).state is PassState.ISSUED


def test_of_two_confirmations_at_once_neither_is_refused(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = program.order().json()["record"]["identifier"]
    renewed_by = Requests.renewed_by

    def confirmed_first(requests: Requests, identifier: bytes) -> bytes | None:
        with monkeypatch.context() as patch:
            patch.setattr(Requests, "renewed_by", renewed_by)
            assert program.confirm(made).status == 200
        return renewed_by(requests, identifier)

    monkeypatch.setattr(Requests, "renewed_by", confirmed_first)
    assert program.confirm(made).json()["state"] == "issued"


def test_a_pass_is_confirmed_by_who_made_it_within_a_day(
    stand: ApiStand, program: Program
) -> None:
    made = program.order().json()["record"]["identifier"]
    assert stand.program().confirm(made).status == 404
    stand.clock.at += timedelta(hours=25)
    stand.program().order()
    late = stand.program(name="late")
    assert late.confirm(made).status == 404


@pytest.mark.parametrize(
    "order",
    [
        {"zones": ["nowhere"]},
        {"zones": ["north", "north"]},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "9999-12-31T23:59:59-14:00"},
        {"not_before": "0001-01-01T00:00:00+14:00"},
        {"expires_at": "2099-01-01T00:00:00Z"},
        {"issuer": "nobody"},
        {"own": "\u0000"},
        {"own": "\u202e" + "x"},
        {"own": "é" * 20},
        {"hours": [{**WINDOW, "zone": "west"}]},
        {"hours": [{**WINDOW, "start": "18:00"}]},
        {"hours": [{**WINDOW, "start": "9:00"}]},
        {"hours": [WINDOW] * 29},
        {"enrolment": "00" * 16},
    ],
)
def test_what_no_pass_can_say_is_refused_and_leaves_nothing(
    stand: ApiStand, program: Program, order: dict[str, object]
) -> None:
    refused = program.order(None, accept="", **order)
    assert refused.status in {404, 409, 422}
    assert refused.headers["content-type"] == "application/problem+json"
    assert set(stand.desk.registry.counts().values()) == {0}


def test_hours_stand_in_the_pass(stand: ApiStand, program: Program) -> None:
    made = program.order(hours=[WINDOW, {**WINDOW, "end": "24:00"}]).json()
    claims = inspect_opened(made["text"], stand.home.zone_keys("north"))
    first, second = claims.hours["north"]
    assert first.weekdays == second.weekdays == {0, 4}
    assert (first.start_minute, first.end_minute) == (480, 960)
    assert second.end_minute == 1440


@pytest.mark.parametrize("reason", ["renewed", "never-handed-over"])
def test_what_only_a_desk_knows_is_not_said_by_programs(
    program: Program, reason: str
) -> None:
    path = f"/passes/{program.issue()}/revocation"
    assert program.ask("PUT", path, {"reason": reason}).status == 422


def test_an_old_copy_of_the_registry_is_not_believed(
    stand: ApiStand, program: Program
) -> None:
    path = stand.home.path / "registry.sqlite"
    made = program.issue(own="member 7")
    copy = path.read_bytes()
    revoked = program.ask("PUT", f"/passes/{made}/revocation", {"reason": "lost"})
    assert revoked.status == 200
    path.write_bytes(copy)
    for refused in (
        program.ask("GET", f"/passes/{made}"),
        program.ask("POST", "/passes/find", {"own": "member 7"}),
        program.ask("GET", "/status"),
        program.confirm(made),
    ):
        assert refused.status == 409
        assert "old copy" in refused.json()["detail"]


def test_a_pass_is_revoked_once_for_one_reason(program: Program) -> None:
    made = program.issue()
    path = f"/passes/{made}/revocation"
    for _ in range(2):
        answer = program.ask("PUT", path, {"reason": "consent-withdrawn"})
        assert answer.json()["reason"] == "consent-withdrawn"
    assert program.ask("PUT", path, {"reason": "lost"}).status == 409
    assert program.ask("PUT", path, {"reason": "bored"}).status == 422


def test_an_enrolment_is_of_who_began_it(stand: ApiStand, program: Program) -> None:
    enrolment = program.begin().json()["enrolment"]
    other = stand.program()
    assert other.show(enrolment, picture(PERSON)).status == 404
    assert other.ask("DELETE", f"/enrolments/{enrolment}").status == 404
    assert program.ask("DELETE", f"/enrolments/{enrolment}").status == 204
    assert program.show(enrolment, picture(PERSON)).status == 404


def test_one_program_leaves_room_for_others(stand: ApiStand, program: Program) -> None:
    for _ in range(MOST_OF_ONE):
        assert program.begin().status == 201
    full = program.begin()
    assert (full.status, full.headers["retry-after"]) == (409, "10")
    assert stand.program().begin().status == 201


def test_pictures_come_one_after_the_other(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on = threading.Event(), threading.Event()
    acquire = StagedChain.acquire

    def slowly(*seen: Any) -> Observation:  # noqa: ANN401 - as they came
        began.set()
        assert go_on.wait(60)
        return acquire(*seen)

    monkeypatch.setattr(StagedChain, "acquire", slowly)
    enrolment = program.begin().json()["enrolment"]
    answers: list[Reply] = []
    first = threading.Thread(
        target=lambda: answers.append(program.show(enrolment, picture(PERSON)))
    )
    first.start()
    assert began.wait(60)
    second = program.show(enrolment, picture(PERSON))
    go_on.set()
    first.join()
    assert (second.status, answers[0].json()["count"]) == (429, 1)
    # Whoever waits for the answer is not told to wait for anything else.
    assert program.show(enrolment, picture(PERSON)).json()["count"] == 2


def test_the_same_photograph_counts_once_and_the_answer_says_what_to_do(
    program: Program,
) -> None:
    enrolment = program.begin().json()["enrolment"]
    whole = picture(PERSON)
    told = [program.show(enrolment, whole).json() for _ in range(3)]
    assert [each["count"] for each in told] == [1, 1, 1]
    assert told[-1]["reason"] == "camera-repeats"
    assert "Take another one" in told[-1]["advice"]


def test_what_is_no_picture_is_said_to_be_none(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolment = program.begin().json()["enrolment"]
    whole = picture(PERSON)
    for data in (b"", b"rubbish", whole[:40], b"GIF89a" + bytes(64)):
        refused = program.show(enrolment, data)
        assert (refused.status, refused.json()["type"]) == (
            409,
            "urn:ostiary:problem:conflict",
        )
    assert program.show(enrolment, whole).json()["taken"]


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        ((SCREEN, PERSON, PERSON, PERSON), "attack-suspected"),
        ((PERSON, PERSON, OTHER), "non-match"),
    ],
)
def test_no_pass_comes_of_a_screen_or_of_several_people(
    program: Program,
    monkeypatch: pytest.MonkeyPatch,
    shown: tuple[str, ...],
    reason: str,
) -> None:
    enrolment = program.begin().json()["enrolment"]
    seen = [program.show(enrolment, picture(each)).json() for each in shown]
    assert (seen[-1]["reason"], seen[-1]["complete"]) == (reason, False)
    assert program.order(enrolment=enrolment).status == 409


def test_an_outdated_consent_begins_nothing(program: Program) -> None:
    refused = program.begin("2020-01")
    assert refused.status == 409
    assert "current text" in refused.json()["detail"]


def test_every_act_stands_in_the_totals_of_its_token(
    stand: ApiStand, program: Program
) -> None:
    hour = stand.clock.at.replace(minute=0, second=0)
    program.ask("PUT", f"/passes/{program.issue()}/revocation", {"reason": "lost"})
    (token,) = stand.home.access.read()
    stand.desk.settle(hour + timedelta(hours=1) + LATE)
    entries = map(load_entry, stand.desk.journal.reader.entries())
    assert [each for each in entries if isinstance(each, DeskHour)] == [
        DeskHour(hour, token.account, 1, 1)
    ]


def test_the_desk_says_how_it_stands(stand: ApiStand) -> None:
    reader = stand.program(Scope.READ)
    writer = stand.program()
    lost = writer.issue()
    writer.ask("PUT", f"/passes/{lost}/revocation", {"reason": "lost"})
    writer.order()
    said = reader.ask("GET", "/status").json()
    assert said["passes"] == {"reserved": 1, "issued": 0, "revoked": 1}
    (listed,) = said["lists"]
    assert (listed["issuer"], listed["taken"], listed["unpublished"]) == ("desk", 2, 1)
    assert listed["signed_until"] is not None
    stand.clock.at += timedelta(hours=2)
    assert reader.ask("GET", "/status").json()["unconfirmed"] == 1
