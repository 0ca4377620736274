"""The attendants' page in a real browser: who gets in, what waits, and what is done."""

import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from typer.testing import CliRunner

from ostiary.cli.application import app
from ostiary.reasons import Reason
from ostiary.staff import State
from ostiary.terms import Outcome
from tests.web.attended import KIM, LEE, PASSWORD, AttendedGate, attended_gate
from tests.web.certificates import write_certificate

pytestmark = pytest.mark.enable_socket

PATIENCE_MS = 15_000
"""A busy machine is no failure; what comes at all comes within a second."""


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AttendedGate]:
    folder = tmp_path_factory.mktemp("gate")
    with attended_gate(folder, KIM, LEE, name="North door") as gate:
        yield gate


@pytest.fixture
def gate(serving: AttendedGate) -> AttendedGate:
    """One gate for all of them, of which nothing is known yet."""
    serving.decisions.clear()
    return serving


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A page of a browser that nobody used before; faults of its script are ours."""
    contexts, faults = [], []

    def visit(width: int = 1280, height: int = 720) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield visit
    for context in contexts:
        context.close()
    assert faults == []


def sign_in(
    page: Page, gate: AttendedGate, name: str = "kim", password: str = PASSWORD
) -> None:
    page.goto(f"{gate.address}/attend")
    type_in(page, name, password)


def type_in(page: Page, name: str, password: str) -> None:
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("main button")
    page.wait_for_load_state()


@pytest.fixture
def desk(gate: AttendedGate, visit: Callable[..., Page]) -> Page:
    """The page of somebody who is signed in and watches."""
    page = visit()
    sign_in(page, gate)
    watched(gate)
    for left in range(page.locator(".call").count(), 0, -1):
        page.locator(".call").first.get_by_role("button", name="Done").click()
        expect(page.locator(".call")).to_have_count(left - 1)
    return page


def watched(gate: AttendedGate) -> None:
    """Wait until the gate knows that somebody is there."""
    until(lambda: gate.attendant.present)


def until(happened: Callable[[], bool]) -> None:
    patience = time.monotonic() + PATIENCE_MS / 1000
    while not happened():
        assert time.monotonic() < patience
        time.sleep(0.02)


def reasons(gate: AttendedGate) -> list[Reason]:
    return [decision.reason for decision in gate.decisions]


# --- who gets in


def test_a_wrong_password_and_an_unknown_name_are_told_alike(
    gate: AttendedGate, visit: Callable[..., Page]
) -> None:
    page, told = visit(), []
    for name in ("kim", "nobody"):
        sign_in(page, gate, name, "not the right words")
        told.append(page.inner_text("[role=alert]"))
    assert told[0] == told[1]
    assert page.locator("#main").count() == 0
    sign_in(page, gate)
    expect(page.locator("#main")).to_contain_text("Nobody waits.")


def test_the_session_is_new_with_the_sign_in_and_ends_with_the_sign_out(
    gate: AttendedGate, visit: Callable[..., Page]
) -> None:
    page = visit()
    laid = {"name": "attendant", "value": "A" * 43, "url": gate.address}
    page.context.add_cookies([laid])  # type: ignore[list-item]
    sign_in(page, gate)
    (cookie,) = page.context.cookies()
    assert cookie["value"] != "A" * 43
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    sign_in_again = visit()
    sign_in_again.context.add_cookies([laid])  # type: ignore[list-item]
    sign_in_again.goto(f"{gate.address}/attend")
    expect(sign_in_again.locator("#password")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#password")).to_be_visible()
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto(f"{gate.address}/attend")
    expect(page.locator("#password")).to_be_visible()


def test_whoever_guesses_has_to_wait(
    tmp_path: Path, visit: Callable[..., Page]
) -> None:
    with attended_gate(tmp_path / "gate", KIM) as gate:
        page = visit()
        told = ""
        for _ in range(12):
            sign_in(page, gate, "kim", "not the right words")
            told = page.inner_text("[role=alert]")
            if told.startswith("Tried too often"):
                break
        assert told.startswith("Tried too often")


def test_without_an_account_nobody_can_try(
    tmp_path: Path, visit: Callable[..., Page]
) -> None:
    with attended_gate(tmp_path / "gate") as gate:
        page = visit()
        page.goto(f"{gate.address}/attend")
        expect(page.locator("main")).to_contain_text("ostiary staff add NAME")
        assert page.locator("form").count() == 0


def test_a_session_ends_by_itself_and_says_so_before(
    tmp_path: Path, visit: Callable[..., Page]
) -> None:
    # Three seconds, for the test: settings allow no less than a minute.
    with attended_gate(tmp_path / "gate", KIM, idle_minutes=0.05) as gate:
        page = visit()
        sign_in(page, gate)
        expect(page.locator("main")).to_contain_text("You will be signed out soon")
        expect(page.locator("#password")).to_be_visible()


def test_whoever_is_suspended_is_signed_out_at_once(
    desk: Page, gate: AttendedGate
) -> None:
    gate.staff.change(lambda staff: staff.changed(replace(KIM, state=State.SUSPENDED)))
    expect(desk.locator("#password")).to_be_visible()
    until(lambda: not gate.attendant.present)
    gate.staff.change(lambda staff: staff.changed(KIM))


# --- what waits


def test_calls_come_by_waiting_time_and_go(desk: Page, gate: AttendedGate) -> None:
    gate.call(Reason.ATTACK_SUSPECTED)
    gate.call(Reason.ATTACK_SUSPECTED)
    expect(desk.locator(".call")).to_have_count(1)
    time.sleep(1.1)
    gate.call(Reason.SIGNATURE_INVALID)
    expect(desk.locator(".call")).to_have_count(2)
    first, last = desk.locator(".call .what").all_inner_texts()
    assert "Go and see" in first
    assert "forgery" in last
    desk.locator(".call").first.get_by_role("button", name="I am coming").click()
    expect(desk.locator(".call.coming")).to_contain_text("Somebody is coming")
    expect(desk.locator("#said")).to_have_text("The gate has it.")
    for left in (1, 0):
        desk.locator(".call").first.get_by_role("button", name="Done").click()
        expect(desk.locator(".call")).to_have_count(left)
    expect(desk.locator("#main")).to_contain_text("Nobody waits.")


def test_whoever_asks_at_the_kiosk_is_told_that_somebody_comes(
    desk: Page, gate: AttendedGate, visit: Callable[..., Page]
) -> None:
    kiosk = visit()
    kiosk.goto(gate.pages.invite())
    kiosk.locator("#help").click()
    expect(desk.locator(".call")).to_contain_text("Somebody at the gate asks for you")
    desk.get_by_role("button", name="I am coming").click()
    expect(kiosk.locator("#help")).to_contain_text("An attendant is coming")


def test_what_does_not_work_is_told_and_how_to_mend_it(
    desk: Page, gate: AttendedGate
) -> None:
    expect(desk.locator(".tile")).to_contain_text("Serves")
    gate.do(lambda: gate.display.camera(Reason.CAMERA_FAULT, gate.at))
    expect(desk.locator(".tile")).to_contain_text("Out of order")
    expect(desk.locator(".tile")).to_contain_text("Check its cable")
    gate.do(lambda: gate.display.camera(None, gate.at))
    expect(desk.locator(".tile")).not_to_contain_text("Out of order")


def test_hours_are_told_when_they_are_over(desk: Page, gate: AttendedGate) -> None:
    desk.locator("summary").click()
    gate.do(gate.count(Outcome.GRANT, Outcome.GRANT, Outcome.REFUSE))
    expect(desk.locator("details")).to_contain_text("None yet.")
    gate.pass_hour()
    expect(desk.locator("tbody tr")).to_have_count(1)
    assert desk.locator("tbody tr").first.inner_text().split() == [
        "11-21", "16h", "2", "1", "0",
    ]  # fmt: skip


# --- a pass without a face


@pytest.mark.parametrize(
    ("button", "reason"),
    [
        ("The document fits", Reason.ATTENDANT_CONFIRMED),
        ("Do not let them pass", Reason.ATTENDANT_DECLINED),
    ],
)
def test_an_attendant_looks_and_answers(
    desk: Page, gate: AttendedGate, button: str, reason: Reason
) -> None:
    gate.show_faceless_pass()
    expect(desk.locator(".question")).to_contain_text("Look at the person")
    expect(desk.locator(".question .clock")).to_have_text(re.compile(r"^0:\d\d$"))
    desk.get_by_role("button", name=button).click()
    until(lambda: bool(gate.decisions))
    assert reasons(gate) == [reason]
    expect(desk.locator(".question")).to_have_count(0)


def test_nobody_waits_for_attendants_who_are_not_there(gate: AttendedGate) -> None:
    until(lambda: not gate.attendant.present)
    gate.show_faceless_pass()
    until(lambda: bool(gate.decisions))
    assert reasons(gate) == [Reason.ATTENDANT_ABSENT]


def test_the_first_answer_counts_and_the_other_is_told(
    desk: Page, gate: AttendedGate, visit: Callable[..., Page]
) -> None:
    other = visit()
    sign_in(other, gate, "lee")
    gate.show_faceless_pass()
    for page in (desk, other):
        expect(page.locator(".question")).to_have_count(1)
    # As if both had pressed at once: the other's page does not hear of the first.
    other.context.route("**/attend/events*", lambda route: route.abort())
    held = (
        other.locator(".question form")
        .nth(1)
        .evaluate("form => new URLSearchParams(new FormData(form)).toString()")
    )
    desk.get_by_role("button", name="The document fits").click()
    until(lambda: bool(gate.decisions))
    told = other.evaluate(
        "body => fetch('/attend/act', {method: 'POST',"
        " body: new URLSearchParams(body)}).then(answer => answer.text())",
        held,
    )
    assert "Too late" in told
    assert reasons(gate) == [Reason.ATTENDANT_CONFIRMED]


def test_an_answer_to_an_earlier_question_is_void(
    desk: Page, gate: AttendedGate
) -> None:
    gate.show_faceless_pass()
    form = desk.locator(".question form").first
    held = form.evaluate("form => new URLSearchParams(new FormData(form)).toString()")
    gate.run_out()
    expect(desk.locator(".tile")).to_contain_text("nobody answered")
    gate.show_faceless_pass()
    expect(desk.locator(".question")).to_have_count(1)
    told = desk.evaluate(
        "body => fetch('/attend/act', {method: 'POST',"
        " body: new URLSearchParams(body)}).then(answer => answer.text())",
        held,
    )
    assert "Too late" in told
    assert reasons(gate) == [Reason.ATTENDANT_ABSENT]
    desk.get_by_role("button", name="Do not let them pass").click()
    until(lambda: len(gate.decisions) == 2)
    assert reasons(gate)[-1] is Reason.ATTENDANT_DECLINED


def test_a_gate_that_is_silent_is_told_and_so_is_its_return(
    desk: Page, gate: AttendedGate
) -> None:
    expect(desk.locator("#lost")).to_be_hidden()
    os.kill(gate.pages.process_id, signal.SIGSTOP)
    try:
        expect(desk.locator("#lost")).to_be_visible()
    finally:
        os.kill(gate.pages.process_id, signal.SIGCONT)
    expect(desk.locator("#lost")).to_be_hidden()


def test_a_lost_connection_is_no_answer_and_what_is_back_asks_again(
    desk: Page, gate: AttendedGate
) -> None:
    gate.show_faceless_pass()
    expect(desk.locator(".question")).to_have_count(1)
    os.kill(gate.pages.process_id, signal.SIGKILL)
    time.sleep(1.0)
    assert gate.decisions == []
    # The pages are back, and know of no session.
    expect(desk.locator("#password")).to_be_visible()
    type_in(desk, "kim", PASSWORD)
    expect(desk.locator(".question")).to_have_count(1)
    desk.get_by_role("button", name="The document fits").click()
    until(lambda: bool(gate.decisions))
    assert reasons(gate) == [Reason.ATTENDANT_CONFIRMED]


# --- for everybody


def test_the_keyboard_alone_does(desk: Page, gate: AttendedGate) -> None:
    gate.show_faceless_pass()
    expect(desk.locator(".question")).to_have_count(1)
    for _ in range(12):
        desk.keyboard.press("Tab")
        if "document fits" in desk.evaluate("document.activeElement.textContent"):
            break
    desk.keyboard.press("Enter")
    until(lambda: bool(gate.decisions))
    assert reasons(gate) == [Reason.ATTENDANT_CONFIRMED]
    # And whoever pressed it is not thrown out of the page.
    expect(desk.locator("#waiting-title")).to_be_focused()


def test_a_reader_of_the_screen_hears_what_is_new(
    desk: Page, gate: AttendedGate
) -> None:
    gate.call(Reason.DOOR_FAULT)
    expect(desk.locator("#told")).to_contain_text("North door: The door driver")


@pytest.mark.parametrize(
    ("language", "width", "height"),
    [("en", 3840, 2160), ("ar", 320, 640), ("hi", 1280, 720), ("ko", 320, 640)],
)
def test_every_size_and_direction_without_a_fault(
    gate: AttendedGate,
    visit: Callable[..., Page],
    language: str,
    width: int,
    height: int,
) -> None:
    page = visit(width, height)
    page.goto(f"{gate.address}/attend?language={language}")
    well(page)
    type_in(page, "kim", PASSWORD)
    watched(gate)
    gate.call(Reason.CAMERA_CHANGED)
    gate.do(lambda: gate.display.camera(Reason.CAMERA_FAULT, gate.at))
    gate.do(lambda: gate.display.reader(Reason.READER_FAULT, gate.at))
    gate.pass_hour(Outcome.GRANT)
    gate.show_faceless_pass()
    expect(page.locator(".question")).to_have_count(1)
    page.locator("summary").click()
    direction = "rtl" if language == "ar" else "ltr"
    assert page.locator("html").get_attribute("dir") == direction
    well(page)
    gate.do(lambda: gate.display.camera(None, gate.at))
    gate.do(lambda: gate.display.reader(None, gate.at))


def well(page: Page) -> None:
    """Nothing is cut off, every target is large enough, and axe finds nothing."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    heights = page.eval_on_selector_all(
        "main button, main input:not([type=hidden]), summary",
        "all => all.map(each => each.getBoundingClientRect().height)",
    )
    assert heights
    assert min(heights) >= 44
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


# --- several gates

SHARED = """
name = "South door"
token = "token"
[pages]
port = {port}
certificate = "certificate.pem"
key = "key.pem"
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def test_one_console_watches_several_gates(
    tmp_path: Path, visit: Callable[..., Page]
) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    write_certificate(there)
    settings = SHARED.format(port=free_port())
    with ExitStack() as gates:
        south = gates.enter_context(attended_gate(there, KIM, more=settings))
        words = ["staff", "share", "--config", str(there / "gate.toml")]
        shared = tmp_path / "south.gate.json"
        done = CliRunner().invoke(app, [*words, str(shared)])
        assert done.exit_code == 0, done.output
        south.close()
        # Started again, as the command says, so that it takes the token.
        south = gates.enter_context(attended_gate(there, more=settings))
        north = gates.enter_context(
            attended_gate(here, KIM, name="North door", gates=(shared,))
        )
        page = visit()
        sign_in(page, north)
        expect(page.locator(".tile")).to_have_count(2)
        # Opened by hand it is on its own page; this one says where that is.
        expect(page.locator(".own a")).to_have_attribute(
            "href", f"{south.address}/attend"
        )
        watched(south)
        south.call(Reason.ATTACK_SUSPECTED)
        expect(page.locator(".call")).to_contain_text("South door")
        page.get_by_role("button", name="Done").click()
        expect(page.locator(".call")).to_have_count(0)
        south.show_faceless_pass()
        expect(page.locator(".question")).to_contain_text("South door")
        page.get_by_role("button", name="The document fits").click()
        until(lambda: bool(south.decisions))
        assert reasons(south) == [Reason.ATTENDANT_CONFIRMED]
        south.close()
        expect(page.locator(".tile.lost")).to_contain_text("Cannot be reached")
        page.get_by_role("button", name="Sign out").click()
