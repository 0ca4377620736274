"""The desk's sign-in: who comes in, and what holds for every page."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser

from ostiary.staff import State
from ostiary.web.careful import HEADERS
from tests.web.desk_stand import PASSWORD, DeskStand, desk_stand

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")
pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskStand]:
    with desk_stand(tmp_path_factory.mktemp("desk") / "home") as there:
        yield there


@pytest.mark.parametrize("name", ["isa", "lee"])
def test_issuers_and_owners_come_in(stand: DeskStand, name: str) -> None:
    visitor = stand.visitor(name)
    assert "httponly" in visitor.sign_in(name).headers["set-cookie"].lower()
    assert visitor.get("/").status == 200


def test_attendants_are_told_that_it_is_not_for_them(stand: DeskStand) -> None:
    answer = stand.visitor().sign_in("kim")
    assert (answer.status, "set-cookie" in answer.headers) == (403, False)
    assert "other pages" in answer.text
    assert stand.visitor().sign_in("kim", "wrong words on tea").status == 401


def test_nobody_sees_anything_before_signing_in(stand: DeskStand) -> None:
    assert stand.visitor().get("/").headers["location"] == "/sign-in"


def test_every_answer_carries_the_headers(stand: DeskStand) -> None:
    visitor = stand.visitor("isa")
    for path in ("/", "/sign-in", "/nothing", "/static/desk/desk.css"):
        answer = visitor.get(path)
        assert {name: answer.headers[name.lower()] for name in HEADERS} == HEADERS


def test_a_session_is_new_with_each_sign_in_and_ends_with_the_sign_out(
    stand: DeskStand,
) -> None:
    visitor = stand.visitor("isa")
    first = visitor.cookie
    visitor.sign_in("isa")
    assert visitor.cookie != first
    left = replace(visitor, cookie=first)
    assert left.get("/").headers["location"] == "/sign-in"
    assert visitor.post("/sign-out").status == 303
    assert visitor.get("/").headers["location"] == "/sign-in"


def test_whoever_is_suspended_is_out_at_once(stand: DeskStand) -> None:
    visitor = stand.visitor("isa")
    staff = stand.home.staff
    isa = staff.read().existing("isa")
    staff.change(lambda known: known.changed(replace(isa, state=State.SUSPENDED)))
    try:
        assert visitor.get("/").headers["location"] == "/sign-in"
        assert stand.visitor().sign_in("isa").status == 401
    finally:
        staff.change(lambda known: known.changed(isa))


def test_no_other_site_can_act(stand: DeskStand) -> None:
    visitor = stand.visitor("isa")
    body = f"csrf={visitor.csrf}".encode()
    for headers in ({}, {"Origin": "http://elsewhere.test"}):
        assert visitor.ask("POST", "/sign-out", body, headers).status == 403
    assert visitor.post("/sign-out", csrf="wrong").headers["location"] == "/sign-in"
    assert visitor.get("/").status == 200


def test_a_person_signs_in_in_a_browser(stand: DeskStand, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(stand.origin)
    page.wait_for_load_state()
    page.fill("#name", "isa")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("text=Sign out isa")
    page.close()
