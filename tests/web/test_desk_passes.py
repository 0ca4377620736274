"""Passes that were issued, at the desk's page: found, renewed, ended, erased."""

from collections.abc import Iterator

import pytest

from ostiary.errors import RegistryError
from ostiary.storage.registry.records import PassRecord, RevocationReason
from tests.web.desk_stand import DeskStand, Issuing, Visitor, desk_stand

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")
pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskStand]:
    with desk_stand(tmp_path_factory.mktemp("desk") / "home") as there:
        yield there


@pytest.fixture(scope="module")
def isa(stand: DeskStand) -> Visitor:
    return stand.visitor("isa")


@pytest.fixture
def number(isa: Visitor) -> str:
    """The number of a pass without a face, `staff 7` in the owner's books."""
    issuing = Issuing(isa)
    issuing.wish(lane="faceless")
    isa.post("/new/issue")
    number = issuing.number()
    isa.post("/new/handed-over")
    return number


def record(stand: DeskStand, number: str) -> PassRecord:
    return stand.site.desk.registry.record(bytes.fromhex(number))


def test_nobody_is_listed_unasked(isa: Visitor, number: str) -> None:
    assert number not in isa.get("/passes").text
    assert isa.post("/passes", which="").status == 422


@pytest.mark.parametrize("how", ["number", "spaced", "own"])
def test_a_pass_is_found_by_what_names_it(isa: Visitor, number: str, how: str) -> None:
    spaced = " ".join(number[at : at + 4] for at in range(0, 32, 4))
    which = {"number": number, "spaced": spaced, "own": "staff 7"}[how]
    assert f"<code>{number}</code>" in isa.post("/passes", which=which).text


def test_a_pass_that_is_scanned_is_found(stand: DeskStand, isa: Visitor) -> None:
    issuing = Issuing(isa)
    issuing.wish(lane="faceless")
    isa.post("/new/issue")
    (making,) = stand.site.counter._making.values()
    assert making.issued is not None
    number, text = issuing.number(), making.issued.text
    isa.post("/new/handed-over")
    assert f"<code>{number}</code>" in isa.post("/passes", which=text).text


def test_what_is_not_there_is_said(isa: Visitor) -> None:
    assert "no such pass" in isa.post("/passes", which="somebody else").text
    answer = isa.post("/passes", which="0" * 32)
    assert (answer.status, 'role="alert"' in answer.text) == (409, True)


@pytest.mark.parametrize("which", ["\x00", "x" * 2000, "<script>", "%%%", "\ud7ff"])
def test_rubbish_finds_nothing(isa: Visitor, which: str) -> None:
    answer = isa.post("/passes", which=which)
    assert answer.status in {200, 422}
    assert "<script>" not in answer.text


@pytest.mark.parametrize("reason", [RevocationReason.LOST, "consent-withdrawn"])
def test_a_pass_is_ended_for_a_reason(
    stand: DeskStand, isa: Visitor, number: str, reason: str
) -> None:
    answer = isa.post("/passes/end", identifier=number, reason=reason)
    assert "next status list" in answer.text
    assert record(stand, number).reason == reason
    assert record(stand, number).changed_by == (
        stand.home.staff.read().existing("isa").digest
    )


@pytest.mark.parametrize("reason", ["", "never-handed-over", "because"])
def test_no_pass_is_ended_for_another_reason(
    stand: DeskStand, isa: Visitor, number: str, reason: str
) -> None:
    assert isa.post("/passes/end", identifier=number, reason=reason).status == 422
    assert record(stand, number).reason is None


def test_a_pass_that_ended_is_not_ended_again(isa: Visitor, number: str) -> None:
    ended = [isa.post("/passes/end", identifier=number, reason="lost") for _ in "12"]
    assert [answer.status for answer in ended] == [200, 409]


def test_a_record_is_erased_by_an_act_of_its_own(
    stand: DeskStand, isa: Visitor, number: str
) -> None:
    assert isa.post("/passes/erase", identifier=number).status == 422
    assert record(stand, number).reason is None
    assert isa.post("/passes/erase", identifier=number, sure="yes").status == 200
    with pytest.raises(RegistryError):
        record(stand, number)


def test_nothing_is_ended_by_another_site_or_by_nobody(
    stand: DeskStand, isa: Visitor, number: str
) -> None:
    body = f"identifier={number}&reason=lost&csrf={isa.csrf}".encode()
    for headers in ({}, {"Origin": "http://elsewhere.test"}):
        assert isa.ask("POST", "/passes/end", body, headers).status == 403
    answer = isa.post("/passes/end", identifier=number, reason="lost", csrf="")
    assert answer.headers["location"] == "/sign-in"
    nobody = stand.visitor()
    assert nobody.post("/passes", which=number).headers["location"] == "/sign-in"
    assert record(stand, number).reason is None


def test_renewing_begins_with_what_the_pass_was(isa: Visitor, number: str) -> None:
    page = isa.get(f"/new?renews={number}&lane=faceless&zone-north=on").text
    assert f'name="renews" value="{number}"' in page
    assert 'value="faceless" checked' in page
    assert 'value="staff 7"' in page


@pytest.mark.parametrize("renews", ["rubbish", "0" * 32])
def test_nothing_is_renewed_that_is_not_there(isa: Visitor, renews: str) -> None:
    assert isa.get(f"/new?renews={renews}").status in {200, 409}
