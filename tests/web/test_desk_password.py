"""Staff choose another password for themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from ostiary.errors import JournalError
from ostiary.journal import OwnerAct, OwnerActKind, load_entry
from ostiary.storage.registry.records import PassState
from tests.web.desk_stand import PASSWORD, DeskStand, Issuing, desk_stand

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")
pytestmark = pytest.mark.enable_socket

NEW = "five words on black tea"
FORM = {"own": PASSWORD, "password": NEW, "again": NEW}


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[DeskStand]:
    with desk_stand(tmp_path / "home") as there:
        yield there


def acts(stand: DeskStand) -> list[OwnerAct]:
    entries = map(load_entry, stand.site.desk.journal.reader.entries())
    return [entry for entry in entries if isinstance(entry, OwnerAct)]


@pytest.mark.parametrize("name", ["isa", "lee"])
def test_it_is_entered_and_every_session_of_the_account_ends(
    stand: DeskStand, name: str
) -> None:
    here, elsewhere, other = (stand.visitor(each) for each in (name, name, "isa"))
    answer = here.post("/password", **FORM)
    assert (answer.status, "password is set" in answer.text) == (200, True)
    assert 'desk=""' in answer.headers["set-cookie"]
    for visitor in (here, elsewhere):
        assert visitor.get("/").headers["location"] == "/sign-in"
    assert (other.get("/").status == 200) == (name != "isa")
    account = stand.home.staff.read().existing(name)
    (act,) = acts(stand)
    assert act.act is OwnerActKind.STAFF_PASSWORD_SET
    assert act.what == account.digest
    assert stand.visitor().sign_in(name).status == 401
    assert stand.visitor().sign_in(name, NEW).status == 303


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"own": ""}, 401),
        ({"own": NEW}, 401),
        ({"password": "", "again": ""}, 409),
        ({"again": PASSWORD}, 409),
        ({"password": "too short", "again": "too short"}, 409),
        ({"password": "the isa of four words", "again": "the isa of four words"}, 409),
        ({"csrf": "no"}, 303),
    ],
)
def test_what_is_refused_changes_nothing(
    stand: DeskStand, changed: dict[str, str], status: int
) -> None:
    isa = stand.visitor("isa")
    before = stand.home.staff.read()
    answer = isa.post("/password", **{**FORM, **changed})
    assert answer.status == status
    assert stand.home.staff.read() == before
    assert acts(stand) == []
    assert isa.get("/password").status == 200
    for typed in set(changed.values()) - {""}:
        assert typed not in answer.text


def test_nobody_else_changes_it(stand: DeskStand) -> None:
    assert stand.visitor().get("/password").headers["location"] == "/sign-in"
    answer = stand.visitor().post("/password", **FORM)
    assert answer.headers["location"] == "/sign-in"
    foreign = {"Origin": "http://elsewhere.example"}
    assert stand.visitor("isa").ask("POST", "/password", b"", foreign).status == 403
    assert acts(stand) == []


def test_whoever_found_a_page_open_guesses_no_faster(stand: DeskStand) -> None:
    # No time passes, so that no delay is over.
    stand.site.entrance.seconds = lambda: 0.0
    isa = stand.visitor("isa")
    tries = [isa.post("/password", **FORM | {"own": str(n)}).status for n in range(5)]
    assert tries == [401, 401, 401, 401, 429]
    assert isa.post("/password", **FORM).status == 429


def test_what_cannot_be_entered_is_not_done(
    stand: DeskStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise JournalError("the journal cannot be written")

    isa = stand.visitor("isa")
    monkeypatch.setattr(type(stand.site.desk.journal), "append", full)
    answer = isa.post("/password", **FORM)
    assert (answer.status, "cannot be written" in answer.text) == (409, True)
    assert isa.get("/").status == 200
    assert stand.visitor().sign_in("isa").status == 303


def test_a_pass_that_was_being_made_is_given_up(stand: DeskStand) -> None:
    issuing = Issuing(stand.visitor("isa"))
    issuing.wish(lane="faceless")
    issuing.visitor.post("/new/issue")
    identifier = bytes.fromhex(issuing.number())
    issuing.visitor.post("/password", **FORM)
    assert stand.site.desk.registry.record(identifier).state is PassState.REVOKED


def test_a_person_changes_it_in_a_browser(stand: DeskStand, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 640})
    page.goto(stand.origin)
    page.fill("#name", "isa")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.click("nav >> text=Your password")
    page.wait_for_load_state()
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    for field, typed in FORM.items():
        page.fill(f"#{field}", typed)
    page.click("main button")
    page.wait_for_selector("text=Sign in with it")
    page.close()
