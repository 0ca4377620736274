"""Owners' page of accounts: who may, what is entered, and whose password is whose."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from ostiary.demo.desk_home import add_account
from ostiary.journal import OwnerAct, OwnerActKind, load_entry
from ostiary.staff import StaffRole, State
from tests.web.desk_stand import PASSWORD, DeskStand, Visitor, desk_stand

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")
pytestmark = pytest.mark.enable_socket

NEW = "five words on black tea"
ACTS = ("/staff/add", "/staff/kim/act")


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskStand]:
    with desk_stand(tmp_path_factory.mktemp("desk") / "home") as there:
        yield there


@pytest.fixture(scope="module")
def isa(stand: DeskStand) -> Visitor:
    return stand.visitor("isa")


@pytest.fixture(scope="module")
def lee(stand: DeskStand) -> Visitor:
    return stand.visitor("lee")


def acts(stand: DeskStand) -> list[OwnerActKind]:
    entries = map(load_entry, stand.site.desk.journal.reader.entries())
    return [entry.act for entry in entries if isinstance(entry, OwnerAct)]


def code_of(page: str) -> str:
    found = re.search(r'<code dir="ltr">([a-z2-7-]+)</code>', page)
    assert found is not None
    return found[1]


def test_from_a_new_account_to_its_end(stand: DeskStand, lee: Visitor) -> None:
    before = acts(stand)
    made = lee.post("/staff/add", name="Zoe", role="issuer", own=PASSWORD)
    assert made.status == 200
    account = stand.home.staff.read().existing("zoe")
    assert (account.role, account.state) == (StaffRole.ISSUER, State.ACTIVE)
    # Nobody can sign in with it before a password is chosen.
    assert stand.visitor().sign_in("zoe").status == 401
    new, chosen = code_of(made.text), {"password": NEW, "again": NEW}
    nobody = stand.visitor()
    assert nobody.post("/welcome", code=new, password=NEW, again="").status == 409
    assert nobody.post("/welcome", code=new, **chosen).status == 200
    assert nobody.post("/welcome", code=new, **chosen).status == 403
    zoe = stand.visitor()
    assert zoe.sign_in("zoe", NEW).status == 303
    lee.post("/staff/zoe/act", act="suspend", own=PASSWORD)
    assert zoe.get("/").headers["location"] == "/sign-in"
    lee.post("/staff/zoe/act", act="reinstate", own=PASSWORD)
    assert zoe.sign_in("zoe", NEW).status == 303
    gone = lee.post("/staff/zoe/act", act="remove", own=PASSWORD)
    assert gone.headers["location"] == "/staff?said=done"
    assert "stands in the journal" in lee.get("/staff?said=done").text
    assert stand.home.staff.read().find("zoe") is None
    assert acts(stand) == [
        *before,
        OwnerActKind.STAFF_ADDED,
        OwnerActKind.STAFF_PASSWORD_SET,
        OwnerActKind.STAFF_SUSPENDED,
        OwnerActKind.STAFF_REINSTATED,
        OwnerActKind.STAFF_REMOVED,
    ]


def test_somebody_who_forgot_their_password_keeps_it_until_they_choose(
    stand: DeskStand, lee: Visitor
) -> None:
    add_account(stand.home, "ida", StaffRole.ISSUER, PASSWORD, os.urandom)
    given = lee.post("/staff/ida/act", act="invite", own=PASSWORD)
    ida, code = stand.visitor("ida"), code_of(given.text)
    chosen = stand.visitor().post("/welcome", code=code, password=NEW, again=NEW)
    assert chosen.status == 200
    assert ida.get("/").headers["location"] == "/sign-in"
    assert stand.visitor().sign_in("ida", NEW).status == 303


@pytest.mark.parametrize("path", ["/staff", "/staff/kim"])
def test_nobody_but_an_owner_sees_it(stand: DeskStand, isa: Visitor, path: str) -> None:
    assert isa.get(path).status == 403
    assert stand.visitor().get(path).headers["location"] == "/sign-in"


@pytest.mark.parametrize("path", ACTS)
def test_nobody_but_an_owner_acts_and_no_other_site(
    stand: DeskStand, isa: Visitor, lee: Visitor, path: str
) -> None:
    before = acts(stand)
    fields = {"name": "max", "role": "owner", "act": "remove", "own": PASSWORD}
    assert isa.post(path, **fields).status == 403
    assert stand.visitor().post(path, **fields).headers["location"] == "/sign-in"
    assert lee.post(path, **fields | {"csrf": "no"}).headers["location"] == "/sign-in"
    elsewhere = {"Origin": "http://elsewhere.example"}
    assert lee.ask("POST", path, b"", elsewhere).status == 403
    assert acts(stand) == before


def test_an_act_takes_the_own_password_and_guesses_are_slowed(tmp_path: Path) -> None:
    with desk_stand(tmp_path / "home") as stand:
        # No time passes, so that no delay is over.
        stand.site.entrance.seconds = lambda: 0.0
        lee = stand.visitor("lee")
        statuses = [
            lee.post("/staff/kim/act", act="suspend", own=own).status
            for own in ("", "wrong words on tea", "a" * 128, "four words on te", "no")
        ]
        assert statuses == [401, 401, 401, 401, 429]
        assert lee.post("/staff/kim/act", act="suspend", own=PASSWORD).status == 429
        assert acts(stand) == []


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/staff/add", {"name": "kim", "role": "owner"}),
        ("/staff/add", {"name": "", "role": "owner"}),
        ("/staff/add", {"name": "\u202eeel", "role": "owner"}),
        ("/staff/add", {"name": "кim", "role": "owner"}),
        ("/staff/add", {"name": "z" * 33, "role": "owner"}),
        ("/staff/add", {"name": "<b>", "role": "owner"}),
        ("/staff/add", {"name": "zoe", "role": "king"}),
        ("/staff/add", {"name": "zoe"}),
        ("/staff/kim/act", {"act": "promote"}),
        ("/staff/kim/act", {}),
        ("/staff/kim/act", {"act": "reinstate"}),
        ("/staff/nobody/act", {"act": "remove"}),
        ("/staff/%E2%80%AE/act", {"act": "invite"}),
        ("/staff/lee/act", {"act": "suspend"}),
        ("/staff/lee/act", {"act": "remove"}),
    ],
)
def test_rubbish_is_refused_and_nothing_is_done(
    stand: DeskStand, lee: Visitor, path: str, fields: dict[str, str]
) -> None:
    before = acts(stand)
    answer = lee.post(path, own=PASSWORD, **fields)
    assert answer.status == 409
    assert "\u202e" not in answer.text
    assert "<b>" not in answer.text
    assert acts(stand) == before


@pytest.mark.parametrize("code", ["", "aaaa", "\u202e", "a" * 5_000, "\x00"])
def test_what_is_no_code_changes_no_password(stand: DeskStand, code: str) -> None:
    before = acts(stand)
    answer = stand.visitor().post("/welcome", code=code, password=NEW, again=NEW)
    assert answer.status == 403
    assert acts(stand) == before


def test_an_account_that_is_gone_has_no_page(lee: Visitor) -> None:
    assert lee.get("/staff/nobody").status == 409


def test_every_page_of_it_can_be_read_by_everybody(
    stand: DeskStand, browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 640})
    page.goto(stand.origin)
    page.fill("#name", "lee")
    page.fill("#password", PASSWORD)
    page.click("main button")
    for path in ("/staff", "/staff/kim", "/staff/lee", "/welcome"):
        page.goto(stand.origin + path)
        page.wait_for_load_state()
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
    page.close()
