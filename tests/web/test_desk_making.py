"""A new pass at the desk's page: what is done on the way, and what is refused."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ostiary.capture.photographs import decode_photograph
from ostiary.capture.qr import read_qr
from ostiary.cli.clock import now
from ostiary.credential import inspect_opened
from ostiary.desk import consent
from ostiary.desk.consent import VERSION
from ostiary.desk.service import Desk
from ostiary.errors import StorageError
from ostiary.storage.registry.records import (
    ConsentMeans,
    PassRecord,
    PassState,
    RevocationReason,
)
from ostiary.web.careful import HEADERS
from ostiary.web.desk import counter, making, studio
from tests.desk.staged_enrolment import (
    NOBODY,
    OTHER,
    PERSON,
    SCREEN,
    StagedChain,
    picture,
    staged,
)
from tests.web.desk_stand import DeskStand, Issuing, Visitor, desk_stand

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")
pytestmark = pytest.mark.enable_socket

CHAIN = StagedChain()


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskStand]:
    folder = tmp_path_factory.mktemp("desk") / "home"
    with desk_stand(folder, staged(CHAIN)) as there:
        yield there


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures may follow each other as fast as they come."""
    monkeypatch.setattr(studio, "SECONDS_BETWEEN", 0.0)


@pytest.fixture(scope="module")
def isa(stand: DeskStand) -> Visitor:
    """Signed in once: a password takes a good part of a second."""
    return stand.visitor("isa")


@pytest.fixture
def issuing(isa: Visitor) -> Iterator[Issuing]:
    yield Issuing(isa)
    isa.post("/new/give-up")


def record(stand: DeskStand, number: str) -> PassRecord:
    return stand.site.desk.registry.record(bytes.fromhex(number))


def test_from_the_wish_to_the_hand_over(stand: DeskStand, issuing: Issuing) -> None:
    number = issuing.until_pass()
    assert record(stand, number).state is PassState.RESERVED
    shown = decode_photograph(issuing.visitor.get("/new/pass/pass.png").body)
    (text,) = read_qr(shown)
    opened = inspect_opened(text, stand.home.zone_keys("north"))
    assert opened.identifier.hex() == number
    answer = issuing.visitor.post("/new/handed-over")
    assert (answer.status, number in answer.text) == (200, True)
    there = record(stand, number)
    assert there.state is PassState.ISSUED
    isa = stand.home.staff.read().existing("isa")
    assert there.account == isa.digest
    assert there.consent is not None
    assert there.consent.version == f"{VERSION}.en"
    assert there.consent.means is ConsentMeans.PAGE
    assert issuing.visitor.get("/new/pass/pass.png").status == 404
    assert not any(sample.values.any() for sample in CHAIN.taken)
    assert not any(image.any() for image in CHAIN.looked_at)


@pytest.mark.parametrize("name", sorted(making.DOWNLOADS))
def test_every_file_of_a_pass(issuing: Issuing, name: str) -> None:
    issuing.until_pass()
    answer = issuing.visitor.get(f"/new/pass/{name}")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith(making.DOWNLOADS[name][0])


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "..%2f..%2fstaff.json", "pass.txt", "pass.png%00", "%2e%2e"],
)
def test_no_other_file_is_looked_for(issuing: Issuing, name: str) -> None:
    issuing.until_pass()
    assert issuing.visitor.get(f"/new/pass/{name}").status == 404


def test_a_pass_without_a_face_takes_neither_consent_nor_camera(
    stand: DeskStand, issuing: Issuing
) -> None:
    answer = issuing.wish(lane="faceless")
    assert answer.headers["location"] == "/new/preview"
    assert (
        "an attendant looks at a document" in issuing.visitor.get("/new/preview").text
    )
    issuing.visitor.post("/new/issue")
    number = issuing.number()
    issuing.visitor.post("/new/handed-over")
    assert record(stand, number).consent is None
    assert record(stand, number).state is PassState.ISSUED


def test_what_was_not_handed_over_is_revoked(
    stand: DeskStand, issuing: Issuing
) -> None:
    number = issuing.until_pass()
    assert "revoked" in issuing.visitor.post("/new/give-up").text
    assert record(stand, number).reason is RevocationReason.NEVER_HANDED_OVER


def test_what_was_revoked_meanwhile_can_be_given_up(
    stand: DeskStand, issuing: Issuing
) -> None:
    number = issuing.until_pass()
    desk = stand.site.desk
    desk.revoke(bytes.fromhex(number), RevocationReason.LOST, desk.by(now()))
    assert issuing.visitor.post("/new/handed-over").status == 409
    assert issuing.visitor.post("/new/give-up").status == 200
    assert issuing.visitor.get("/new").status == 200


def test_what_was_confirmed_meanwhile_is_not_said_to_be_never_handed_over(
    stand: DeskStand, issuing: Issuing
) -> None:
    number = issuing.until_pass()
    desk = stand.site.desk
    desk.confirm(bytes.fromhex(number), desk.by(now()), None)
    answer = issuing.visitor.post("/new/give-up")
    assert (answer.status, "it is issued" in answer.text) == (409, True)
    assert record(stand, number).state is PassState.ISSUED
    assert issuing.visitor.get("/new").status == 200


def test_whoever_signs_out_is_told_of_a_pass_that_could_not_be_revoked(
    stand: DeskStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuing = Issuing(stand.visitor("isa"))
    number = issuing.until_pass()

    def away(*_: object) -> bool:
        raise StorageError("the registry cannot be reached")

    with monkeypatch.context() as patch:
        patch.setattr(Desk, "give_up", away)
        answer = issuing.visitor.post("/sign-out")
    assert answer.status == 503
    assert f"could not revoke pass {number}" in answer.text
    assert record(stand, number).state is PassState.RESERVED
    assert issuing.visitor.get("/").headers["location"] == "/sign-in"


def test_signing_out_gives_up_what_was_being_made(stand: DeskStand) -> None:
    issuing = Issuing(stand.visitor("isa"))
    number = issuing.until_pass()
    issuing.visitor.post("/sign-out")
    assert record(stand, number).reason is RevocationReason.NEVER_HANDED_OVER


def test_the_end_of_the_process_gives_up_what_was_being_made(tmp_path: Path) -> None:
    with desk_stand(tmp_path / "home", staged(CHAIN)) as own:
        number = Issuing(own.visitor("isa")).until_pass()
    assert record(own, number).reason is RevocationReason.NEVER_HANDED_OVER


def test_what_nobody_goes_on_with_is_given_up(
    stand: DeskStand,
    issuing: Issuing,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[[Callable[[], bool]], None],
) -> None:
    number = issuing.until_pass()
    monkeypatch.setattr(counter, "PATIENCE_SECONDS", -1.0)
    eventually(lambda: record(stand, number).state is PassState.REVOKED)


def test_a_pass_that_waits_is_not_lost_to_another_wish(issuing: Issuing) -> None:
    issuing.until_pass()
    assert issuing.visitor.get("/new").headers["location"] == "/new/pass"
    body = {"issuer": "desk", "zone-north": "on", "lane": "face"}
    assert issuing.visitor.post("/new", **body).headers["location"] == "/new/pass"


def test_a_registry_that_is_lost_loses_no_pass(
    stand: DeskStand, issuing: Issuing, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = issuing.until_pass()
    registry = type(stand.site.desk.registry)

    def lost(*_: object, **__: object) -> None:
        raise StorageError("the registry cannot be reached")

    with monkeypatch.context() as away:
        away.setattr(registry, "confirm", lost)
        answer = issuing.visitor.post("/new/handed-over")
        assert (answer.status, "cannot be reached" in answer.text) == (503, True)
    assert issuing.number() == number
    assert issuing.visitor.post("/new/handed-over").status == 200
    assert record(stand, number).state is PassState.ISSUED


def test_neither_lane_is_chosen_for_anybody(issuing: Issuing) -> None:
    page = issuing.visitor.get("/new").text
    lanes = re.findall(r'<input type="radio" name="lane"[^>]*>', page)
    assert len(lanes) == 2
    assert not any("checked" in each for each in lanes)


def test_no_picture_is_taken_before_consent(stand: DeskStand, issuing: Issuing) -> None:
    before = len(CHAIN.looked_at)
    visitor = issuing.visitor
    sent = [visitor.send("/new/look", picture(PERSON), "image/jpeg").status]
    issuing.wish()
    assert visitor.get("/new/face").headers["location"] == "/new/consent"
    assert visitor.post("/new/begin").status == 409
    sent.append(visitor.send("/new/look", picture(PERSON), "image/jpeg").status)
    assert sent == [409, 409]
    assert len(CHAIN.looked_at) == before
    assert visitor.get("/new/preview").headers["location"] == "/new/consent"
    assert visitor.post("/new/issue").headers["location"] == "/new/face"


def test_consent_is_an_act_of_its_own(issuing: Issuing) -> None:
    issuing.wish()
    answer = issuing.consent(agreed="")
    assert (answer.status, "nothing is captured" in answer.text) == (409, True)
    assert issuing.visitor.post("/new/begin").status == 409


@pytest.mark.parametrize("other", [{"version": "2025-01"}, {"digest": "0" * 64}])
def test_an_outdated_text_is_no_consent(
    issuing: Issuing, other: dict[str, str]
) -> None:
    issuing.wish()
    answer = issuing.consent(**other)
    assert (answer.status, "has changed" in answer.text) == (409, True)
    assert issuing.visitor.post("/new/begin").status == 409


def test_the_digest_is_of_what_is_shown_in_each_language(issuing: Issuing) -> None:
    issuing.wish()
    english = issuing.visitor.get("/new/consent?language=en").text
    french = issuing.visitor.get("/new/consent?language=fr").text
    found = [re.findall(r'"digest" value="(\w+)"', each) for each in (english, french)]
    assert found[0] != found[1]
    assert found[0] == [consent.digest_of(consent.POINTS)]
    assert 'lang="fr"' in french
    issuing.visitor.post(
        "/new/consent?language=fr", version=VERSION, digest=found[0][0], agreed="yes"
    )
    assert issuing.visitor.post("/new/begin").status == 409
    assert issuing.consent("fr").headers["location"] == "/new/face?language=fr"


def test_the_camera_is_allowed_on_the_one_page_that_needs_it(issuing: Issuing) -> None:
    issuing.wish()
    issuing.consent()
    visitor = issuing.visitor
    allowed = visitor.get("/new/face").headers["permissions-policy"]
    assert allowed.startswith("camera=(self)")
    for path in ("/", "/new", "/new/consent", "/static/desk/face.js"):
        headers = visitor.get(path).headers
        assert headers["permissions-policy"] == HEADERS["Permissions-Policy"]


def test_guidance_says_what_to_do(issuing: Issuing) -> None:
    issuing.wish()
    issuing.consent()
    issuing.visitor.post("/new/begin")
    told = issuing.look(NOBODY)
    assert (told["reason"], told["taken"]) == ("no-face", 0)
    assert "camera" in str(told["said"])
    assert issuing.look(PERSON)["taken"] == 1
    told = issuing.look(SCREEN)
    assert (told["reason"], told["taken"]) == ("attack-suspected", 0)
    assert issuing.look(PERSON)["reason"] == "attack-suspected"
    assert issuing.visitor.post("/new/begin").status == 204
    assert issuing.look(PERSON)["taken"] == 1


def test_several_people_make_no_pass(issuing: Issuing) -> None:
    issuing.wish()
    issuing.consent()
    issuing.visitor.post("/new/begin")
    told = [issuing.look(colour) for colour in (PERSON, PERSON, OTHER)][-1]
    assert (told["reason"], told["taken"], told["complete"]) == ("non-match", 0, False)
    assert issuing.visitor.get("/new/preview").headers["location"] == "/new/face"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (picture(PERSON), "multipart/form-data", 422),
        (picture(PERSON), "image/gif", 422),
        (b"", "image/jpeg", 422),
        (b"\xff\xd8\xff rubbish", "image/jpeg", 422),
        (picture(PERSON)[:200], "image/jpeg", 422),
        (picture(PERSON, "GIF"), "image/png", 422),
        (bytes(making.MAX_PICTURE_BYTES + 1), "image/jpeg", 403),
    ],
)
def test_what_is_no_picture_is_refused(
    issuing: Issuing, body: bytes, kind: str, status: int
) -> None:
    issuing.wish()
    issuing.consent()
    issuing.visitor.post("/new/begin")
    before = len(CHAIN.looked_at)
    assert issuing.visitor.send("/new/look", body, kind).status == status
    assert len(CHAIN.looked_at) == before


def test_pictures_come_no_faster_than_they_may(
    issuing: Issuing, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuing.wish()
    issuing.consent()
    issuing.visitor.post("/new/begin")
    monkeypatch.setattr(studio, "SECONDS_BETWEEN", 1000.0)
    answer = issuing.visitor.send("/new/look", picture(PERSON), "image/jpeg")
    assert answer.status == 429


def test_passes_without_a_face_come_no_faster_than_they_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counter, "FACELESS_BURST", 2.0)
    monkeypatch.setattr(counter, "FACELESS_PER_SECOND", 1 / 3600)
    with desk_stand(tmp_path / "home", staged(CHAIN)) as stand:
        here, elsewhere = (Issuing(stand.visitor("isa")) for _ in range(2))
        for issuing in (here, elsewhere):
            issuing.wish(lane="faceless")
            # Pressed twice, it is one pass.
            for _ in range(2):
                answer = issuing.visitor.post("/new/issue")
                assert answer.headers["location"] == "/new/pass"
        here.visitor.post("/new/handed-over")
        here.wish(lane="faceless")
        refused = here.visitor.post("/new/issue")
        assert (refused.status, "too fast" in refused.text) == (429, True)
        assert 3000 < int(refused.headers["retry-after"]) <= 3600
        assert here.visitor.get("/new/preview").status == 200
        other = Issuing(stand.visitor("lee"))
        other.wish(lane="faceless")
        assert other.visitor.post("/new/issue").headers["location"] == "/new/pass"
        # A face takes its own time.
        assert here.until_pass()


def test_leaving_the_page_forgets_the_face(issuing: Issuing) -> None:
    issuing.until_preview()
    assert issuing.visitor.post("/new/leave").status == 204
    assert issuing.visitor.get("/new/preview").headers["location"] == "/new/face"
    answer = issuing.visitor.send("/new/look", picture(PERSON), "image/jpeg")
    assert answer.status == 409


def test_one_sign_in_sees_nothing_of_anothers(
    stand: DeskStand, issuing: Issuing
) -> None:
    second = Issuing(stand.visitor("lee"))
    issuing.until_pass()
    assert second.visitor.get("/new/pass/pass.png").status == 404
    assert second.visitor.get("/new/pass").headers["location"] == "/new"
    second.visitor.csrf = issuing.visitor.csrf
    assert second.visitor.post("/new/handed-over").headers["location"] == "/sign-in"
    answer = second.visitor.send("/new/look", picture(PERSON), "image/jpeg")
    assert answer.status == 401


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", "nobody"),
        ("issuer", "../../root"),
        ("zone-north", None),
        ("first", "yesterday"),
        ("first", "2020-01-01"),
        ("last", "2020-01-01"),
        ("last", "9999-12-31"),
        ("last", ""),
        ("lane", "both"),
        ("own", "x" * 400),
        ("own", "line\x00"),
        ("renews", "abc"),
        ("renews", "0" * 32),
    ],
)
def test_rubbish_in_a_field_is_told_and_nothing_begins(
    issuing: Issuing, field: str, value: str | None
) -> None:
    other = {field: value or ""}
    if value is None:
        other = {"zone-nowhere": "on", "zone-north": ""}
        answer = issuing.visitor.post("/new", issuer="desk", lane="face", **other)
    else:
        answer = issuing.wish(**other)
    assert answer.status in {409, 422, 503}
    assert 'role="alert"' in answer.text
    assert issuing.visitor.get("/new/consent").headers["location"] == "/new"


@pytest.mark.parametrize(
    ("hours", "fits"),
    [
        ({"day-0": "on", "start": "08:00", "end": "18:00"}, True),
        ({"day-6": "on", "start": "08:00", "end": "00:00"}, True),
        ({"start": "08:00", "end": "18:00"}, False),
        ({"day-0": "on", "start": "18:00", "end": "08:00"}, False),
        ({"day-0": "on", "start": "soon", "end": "later"}, False),
    ],
)
def test_hours(issuing: Issuing, hours: dict[str, str], fits: bool) -> None:  # noqa: FBT001 - a table's column
    answer = issuing.wish(when="hours", **hours)
    assert answer.status == (303 if fits else 422)


def test_a_pass_is_renewed_by_the_hand_over(stand: DeskStand, issuing: Issuing) -> None:
    issuing.wish(lane="faceless")
    issuing.visitor.post("/new/issue")
    old = issuing.number()
    issuing.visitor.post("/new/handed-over")
    issuing.wish(lane="faceless", renews=old)
    issuing.visitor.post("/new/issue")
    new = issuing.number()
    assert record(stand, old).state is PassState.ISSUED
    issuing.visitor.post("/new/handed-over")
    assert record(stand, old).reason is RevocationReason.RENEWED
    assert record(stand, new).state is PassState.ISSUED


def test_pressing_twice_does_it_once_and_says_the_same(
    stand: DeskStand, issuing: Issuing
) -> None:
    number = issuing.until_pass()
    hidden = issuing.visitor.hidden()
    first, again = (issuing.visitor.post("/new/handed-over", **hidden) for _ in "12")
    assert (first.status, first.text) == (200, again.text)
    assert number in again.text
    assert record(stand, number).state is PassState.ISSUED
    said = issuing.visitor.post("/new/give-up", **hidden)
    assert (said.status, "it is issued" in said.text) == (409, True)


def test_giving_up_twice_says_the_same(issuing: Issuing) -> None:
    issuing.until_pass()
    hidden = issuing.visitor.hidden()
    first, again = (issuing.visitor.post("/new/give-up", **hidden) for _ in "12")
    assert (first.status, first.text) == (200, again.text)
    assert "is revoked" in again.text
    assert issuing.visitor.post("/new/handed-over", **hidden).status == 409


def test_a_page_that_was_left_open_acts_on_no_other_pass(
    stand: DeskStand, issuing: Issuing
) -> None:
    issuing.wish(lane="faceless")
    before = issuing.visitor.hidden()
    issuing.wish(lane="faceless", own="staff 8")
    answer = issuing.visitor.post("/new/issue", **before)
    assert answer.headers["location"] == "/new/preview"
    issuing.visitor.post("/new/issue")
    former = issuing.visitor.hidden()
    issuing.visitor.post("/new/give-up")
    issuing.wish(lane="faceless")
    issuing.visitor.post("/new/issue")
    number = issuing.number()
    assert issuing.visitor.post("/new/handed-over", **former).status == 409
    assert "is revoked" in issuing.visitor.post("/new/give-up", **former).text
    assert record(stand, number).state is PassState.RESERVED


def test_a_consent_counts_for_the_pass_it_was_given_for(issuing: Issuing) -> None:
    issuing.wish()
    before = issuing.visitor.hidden()
    issuing.wish()
    assert issuing.consent(**before).headers["location"] == "/new/consent"
    assert issuing.visitor.get("/new/face").headers["location"] == "/new/consent"


def test_an_answer_that_was_lost_is_given_again(
    stand: DeskStand, issuing: Issuing, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = issuing.until_pass()
    registry = type(stand.site.desk.registry)
    confirm = registry.confirm

    def lost(*of: object, **more: object) -> None:
        confirm(*of, **more)  # type: ignore[arg-type] # whatever it was called with
        raise StorageError("the registry cannot be reached")

    with monkeypatch.context() as away:
        away.setattr(registry, "confirm", lost)
        assert issuing.visitor.post("/new/handed-over").status == 503
    assert issuing.visitor.post("/new/handed-over").status == 200
    assert record(stand, number).state is PassState.ISSUED
