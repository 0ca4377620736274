"""Opening by hand in a real browser, with Chromium's virtual authenticator."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from typer.testing import CliRunner

from ostiary.audit.trail import Trail
from ostiary.capture.qr import read_qr
from ostiary.cli.application import app
from ostiary.errors import WriteFailedError
from ostiary.gate.openings import HandOpenings
from ostiary.journal import (
    ManualOpening,
    OpeningReason,
    load_entry,
    read_receipt,
)
from ostiary.storage.journal import Journal
from tests.web.attended import KIM, LEE, PASSWORD, AttendedGate, attended_gate

pytestmark = pytest.mark.enable_socket

PATIENCE_MS = 15_000

PASS = bytes(range(16))
"""Identifier of one."""

WIDTH = 360
"""Of a phone, in pixels."""


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=PATIENCE_MS)


@dataclass
class HandGate:
    """A gate that can be opened by hand, and how often it was."""

    gate: AttendedGate
    openings: HandOpenings
    home: Path
    opened: list[int] = field(default_factory=list)

    @property
    def journal(self) -> Journal:
        return Journal.open(self.home / "journal")

    @property
    def address(self) -> str:
        # An address of numbers is no name that an authenticator could be bound to.
        return self.gate.address.replace("127.0.0.1", "localhost")

    def entered(self) -> list[ManualOpening]:
        entries = map(load_entry, self.journal.reader.entries())
        return [each for each in entries if isinstance(each, ManualOpening)]

    def show_pass(self, identifier: bytes) -> None:
        """A pass is verified, and its holder is refused."""
        done = threading.Event()

        def note() -> None:
            self.openings.last_pass.note(identifier, time.monotonic())
            done.set()

        self.gate.do(note)
        assert done.wait(15)

    def command(self, *words: str) -> None:
        result = CliRunner().invoke(app, ["opening", *words, "--home", str(self.home)])
        assert result.exit_code == 0, result.output


@pytest.fixture
def hand(tmp_path: Path) -> Iterator[HandGate]:
    """A gate whose owner has begun a journal; no authenticator is in it yet."""
    path = tmp_path / "journal"
    journal = Journal.begin(path, "home", os.urandom)
    openings = HandOpenings(journal, "north", os.urandom)
    with attended_gate(
        tmp_path, KIM, LEE, openings=openings, journal=path, name="north"
    ) as gate:
        yield HandGate(gate, openings, tmp_path, gate.opened)


@dataclass
class Desk:
    """A page with an authenticator plugged in."""

    page: Page


@pytest.fixture
def desks(browser: Browser, hand: HandGate) -> Iterator[Callable[..., Desk]]:
    contexts, faults = [], []

    def open_desk(name: str = "kim") -> Desk:
        context = browser.new_context(
            viewport={"width": WIDTH, "height": 720}, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        cdp = context.new_cdp_session(page)
        cdp.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "usb",
            "hasUserVerification": True,
            "isUserVerified": True,
        }
        cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        page.goto(f"{hand.address}/attend")
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.click("text=Open by hand")
        expect(page.locator("h1")).to_have_text("Open by hand")
        return Desk(page)

    yield open_desk
    for context in contexts:
        context.close()
    assert faults == []


def register(desk: Desk, hand: HandGate, name: str = "kim") -> str:
    """The attendant registers, and the owner enters it."""
    desk.page.click("#register")
    expect(desk.page.locator("#registered-key")).not_to_be_empty()
    text = desk.page.input_value("#registered-text")
    hand.command("rules", "--origin", hand.address, "--pause", "0")
    hand.command("add", name, text)
    desk.page.reload()
    return desk.page.locator("code").first.inner_text()


def wish(page: Page, reason: OpeningReason = OpeningReason.ACCESSIBILITY) -> None:
    page.check(f"input[value={reason}]")
    page.click("text=Go on")


def ask_for_receipt(page: Page) -> None:
    page.check("input[name=receipt]")
    wish(page)


def ask_until(page: Page, name: str) -> None:
    """Ask until this is said: the kiosk may only just have come."""
    for _ in range(20):
        ask_for_receipt(page)
        expect(page.locator("#said")).not_to_be_empty()
        if page.locator("#said").get_attribute("data-name") == name:
            return
        page.wait_for_timeout(200)
    said(page, name)


def said(page: Page, name: str) -> None:
    """What came of it is told; without a name, that the gate opens."""
    expect(page.locator("#said")).to_have_attribute("data-name", name)
    expect(page.locator("#said")).not_to_be_empty()


def test_from_a_new_key_to_an_open_door_that_an_audit_understands(
    hand: HandGate, desks: Callable[..., Desk]
) -> None:
    desk = desks()
    assert Axe().run(desk.page).violations_count == 0
    key = register(desk, hand)
    # One who does not sign opens nothing, and keeps nobody waiting.
    wish(desk.page, OpeningReason.EMERGENCY)
    desk.page.click("#drop")
    wish(desk.page)
    expect(desk.page.locator("#entry-gate")).to_have_text("north")
    results = Axe().run(desk.page)
    assert results.violations_count == 0, results.generate_report()
    width = desk.page.evaluate("document.documentElement.scrollWidth")
    assert width <= WIDTH
    assert hand.entered() == []
    desk.page.click("#sign")
    expect(desk.page.locator("#said")).to_have_text(
        "It is entered, and the gate opens."
    )
    (entered,) = hand.entered()
    assert entered.opening.attendant.hex() == key
    assert entered.opening.reason is OpeningReason.ACCESSIBILITY
    assert hand.opened == [1]
    trail = Trail("home")
    hand.journal.reader.verify(trail.see)
    assert trail.findings == []


def test_a_receipt_goes_from_the_kiosk_to_a_check_of_the_journal(
    hand: HandGate, desks: Callable[..., Desk], browser: Browser
) -> None:
    desk = desks()
    register(desk, hand)
    ask_for_receipt(desk.page)
    said(desk.page, "no-kiosk-for-a-receipt")
    context = browser.new_context()
    kiosk = context.new_page()
    kiosk.goto(hand.gate.pages.invite())
    kiosk.wait_for_selector("body[data-turn]")
    # A pass that cannot be read leaves nothing to make a receipt of.
    ask_until(desk.page, "no-pass-for-a-receipt")
    hand.show_pass(PASS)
    ask_for_receipt(desk.page)
    expect(desk.page.locator("#entry-receipt")).to_contain_text("ago")
    assert Axe().run(desk.page).violations_count == 0
    expect(kiosk.locator("#receipt")).to_be_visible()
    code = kiosk.locator("#receipt-code")
    kiosk.wait_for_function("e => e.naturalWidth > 0", arg=code.element_handle())
    picture = np.frombuffer(code.screenshot(), np.uint8)
    (text,) = read_qr(np.asarray(cv2.imdecode(picture, cv2.IMREAD_COLOR), np.uint8))
    desk.page.click("#sign")
    expect(desk.page.locator("#said")).to_have_attribute("data-name", "")
    expect(desk.page.locator("#said")).not_to_be_empty()
    (entered,) = hand.entered()
    assert read_receipt(text).fits(entered.opening, PASS)
    result = CliRunner().invoke(
        app, ["journal", "receipt", text, "--home", str(hand.home)]
    )
    assert result.exit_code == 0, result.output
    assert "gate north opened by hand, accessibility" in result.output
    context.close()


def test_an_authenticator_that_knows_nothing_of_it_opens_nothing(
    hand: HandGate, desks: Callable[..., Desk]
) -> None:
    register(desks(), hand)
    # The same account, at a desk with another key in it.
    desk = desks()
    wish(desk.page)
    desk.page.click("#sign")
    said(desk.page, "authenticator-silent")
    assert hand.entered() == []
    assert hand.opened == []


def test_suspended_while_the_page_is_open(
    hand: HandGate, desks: Callable[..., Desk]
) -> None:
    desk = desks()
    register(desk, hand)
    wish(desk.page)
    hand.command("suspend", "kim")
    desk.page.click("#sign")
    said(desk.page, "authenticator-suspended")
    assert hand.opened == []


def test_two_attendants_at_once(hand: HandGate, desks: Callable[..., Desk]) -> None:
    one, other = desks(), desks("lee")
    register(one, hand)
    # An account without an authenticator is not offered to open.
    expect(other.page.locator("#wish")).to_have_count(0)
    register(other, hand, "lee")
    for desk in (one, other):
        wish(desk.page)
        expect(desk.page.locator("#entry")).to_be_visible()
    # Neither keeps the other waiting.
    for desk in (other, one):
        desk.page.click("#sign")
        said(desk.page, "")
    assert hand.opened == [1, 1]
    assert len(hand.entered()) == 2


def two_desks(hand: HandGate, desks: Callable[..., Desk]) -> tuple[Page, Page]:
    """Those of two attendants, where the rules ask for both."""
    one, other = desks(), desks("lee")
    register(one, hand)
    register(other, hand, "lee")
    hand.command("rules", "--origin", hand.address, "--pause", "0", "--two")
    return one.page, other.page


def wait_for_a_second(one: Page) -> None:
    """The first of two wishes, and signs."""
    wish(one)
    one.click("#sign")
    said(one, "second-wanted")


def test_whoever_is_to_sign_second_sees_what_and_who_asked(
    hand: HandGate, desks: Callable[..., Desk]
) -> None:
    one, other = two_desks(hand, desks)
    # Whoever watches the gates is told, and led there.
    other.click("text=Back")
    wait_for_a_second(one)
    other.click("text=Sign as the second attendant")
    asked = other.locator("#waiting article")
    for text in ("north", "Somebody cannot use the gate as it is", "kim"):
        expect(asked).to_contain_text(text)
    # What names the first one's wish is for the first one alone.
    (waiting,) = hand.openings.waiting(time.monotonic())
    assert waiting.wish not in other.content()
    results = Axe().run(other)
    assert results.violations_count == 0, results.generate_report()
    assert other.evaluate("document.documentElement.scrollWidth") <= WIDTH
    assert hand.opened == []


def test_two_attendants_open_a_door_that_an_audit_understands(
    hand: HandGate, desks: Callable[..., Desk]
) -> None:
    one, other = two_desks(hand, desks)
    wait_for_a_second(one)
    other.click("text=Sign as the second attendant")
    for page in (one, other):
        expect(page.locator("#said")).to_have_text("It is entered, and the gate opens.")
    expect(other.locator("#waiting article")).to_have_count(0)
    assert hand.opened == [1]
    (entered,) = hand.entered()
    assert entered.second is not None
    assert entered.second.attendant != entered.opening.attendant
    trail = Trail("home")
    hand.journal.reader.verify(trail.see)
    assert trail.findings == []


def test_one_attendant_at_two_pages_is_one(
    hand: HandGate, desks: Callable[..., Desk]
) -> None:
    one, _ = two_desks(hand, desks)
    again = one.context.new_page()
    again.goto(f"{hand.address}/attend/hand")
    wait_for_a_second(one)
    expect(again.locator("#wish button")).to_be_enabled()
    expect(again.locator("#waiting article")).to_have_count(0)
    assert hand.opened == []


def test_who_may_open_no_more_is_no_second_one(
    hand: HandGate, desks: Callable[..., Desk]
) -> None:
    one, other = two_desks(hand, desks)
    wait_for_a_second(one)
    expect(other.locator("#waiting article")).to_be_visible()
    hand.command("suspend", "lee")
    other.click("text=Sign as the second attendant")
    said(other, "authenticator-suspended")
    assert hand.opened == []
    assert hand.entered() == []


def test_a_journal_that_cannot_be_written_says_so(
    hand: HandGate, desks: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise WriteFailedError("the disk is full")

    desk = desks()
    register(desk, hand)
    wish(desk.page)
    expect(desk.page.locator("#entry")).to_be_visible()
    monkeypatch.setattr(Journal, "append", fail)
    desk.page.click("#sign")
    said(desk.page, "not-entered")
    assert hand.opened == []


@pytest.mark.parametrize("act", ["wish", "sign"])
def test_an_answer_that_is_lost_is_not_said_to_have_done_nothing(
    hand: HandGate, desks: Callable[..., Desk], act: str
) -> None:
    desk = desks()
    register(desk, hand)
    desk.page.route(f"**/attend/hand/{act}*", lambda route: route.abort())
    wish(desk.page)
    if act == "sign":
        expect(desk.page.locator("#entry")).to_be_visible()
        desk.page.click("#sign")
    said(desk.page, "gate-lost")
    expect(desk.page.locator("#said")).to_contain_text("go and look")


def test_a_door_that_does_not_answer_is_not_said_to_open(
    hand: HandGate, desks: Callable[..., Desk]
) -> None:
    desk = desks()
    register(desk, hand)
    hand.gate.door_serves = False
    wish(desk.page)
    expect(desk.page.locator("#entry")).to_be_visible()
    desk.page.click("#sign")
    said(desk.page, "door-fault")
    assert hand.opened == []
    assert len(hand.entered()) == 1


def test_nobody_opens_who_is_not_signed_in(hand: HandGate, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{hand.address}/attend/hand")
    expect(page.locator("#password")).to_be_visible()
    status = page.evaluate(
        "async () => (await fetch('/attend/hand/wish',"
        " {method: 'POST', body: 'reason=emergency'})).status"
    )
    assert status == 401
    page.close()
