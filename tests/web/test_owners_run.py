"""From a new attendant to what an audit says of them, in real browsers."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from ostiary.gate.openings import HandOpenings
from ostiary.journal import OpeningReason
from ostiary.storage.journal import Journal
from tests.web.attended import AttendedGate, attended_gate
from tests.web.desk_stand import PASSWORD, DeskStand, desk_stand

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")
pytest.importorskip("webauthn", reason="the extra openings is not there")
pytestmark = pytest.mark.enable_socket

PATIENCE_MS = 30_000
OWN = "four words on milk"
NARROW = 320
"""Width in pixels: of a page of 1,280 at 400 % (WCAG 2.2, 1.4.10)."""


@dataclass
class House:
    """A desk and a gate over one directory, and a browser at each."""

    stand: DeskStand
    gate: AttendedGate
    owner: Page
    attendant: Page

    @property
    def door(self) -> str:
        # An address of numbers is no name that an authenticator could be bound to.
        return self.gate.address.replace("127.0.0.1", "localhost")

    def at_desk(self, path: str) -> Page:
        self.owner.goto(self.stand.origin + path)
        self.owner.wait_for_load_state()
        results = Axe().run(self.owner)
        assert results.violations_count == 0, results.generate_report()
        wide = self.owner.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
        return self.owner

    def confirm(self, button: str, field: str = "#own") -> None:
        self.owner.fill(field, PASSWORD)
        self.owner.get_by_role("button", name=button).click()


@pytest.fixture
def house(tmp_path: Path, browser: Browser) -> Iterator[House]:
    expect.set_options(timeout=PATIENCE_MS)
    faults: list[str] = []
    with ExitStack() as stack:
        stand = stack.enter_context(desk_stand(tmp_path / "home"))
        path = stand.home.journal_path
        openings = HandOpenings(Journal.open(path), "north", os.urandom)
        gate = stack.enter_context(
            attended_gate(
                stand.home.path, openings=openings, journal=path, name="north"
            )
        )
        pages = []
        for _ in range(2):
            context = browser.new_context(viewport={"width": NARROW, "height": 800})
            stack.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            page.on("pageerror", lambda error: faults.append(str(error)))
            pages.append(page)
        plug_in(pages[1].context, pages[1])
        yield House(stand, gate, *pages)
    assert faults == []


def plug_in(context: BrowserContext, page: Page) -> None:
    """A security key, at whatever page this browser shows."""
    cdp = context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_in(page: Page, name: str, password: str) -> None:
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("main button")


def wish(page: Page, reason: OpeningReason) -> None:
    page.check(f"input[value={reason}]")
    page.click("text=Go on")


def welcome_zoe(house: House) -> None:
    """The owner makes an account; its attendant chooses the password."""
    sign_in(house.at_desk("/"), "lee", PASSWORD)
    house.owner.wait_for_selector("text=Sign out lee")
    house.at_desk("/staff")
    house.owner.fill("#name", "zoe")
    house.owner.check("input[value=attendant]")
    house.confirm("Make the account")
    code = house.owner.locator(".large code").inner_text()
    house.attendant.goto(f"{house.stand.origin}/welcome")
    house.attendant.fill("#code", code)
    house.attendant.fill("#password", OWN)
    house.attendant.fill("#again", OWN)
    house.attendant.click("main button")
    expect(house.attendant.locator("h1")).to_have_text("Your password is set")


def rule(house: House) -> None:
    """The owner puts rules in force, for two reasons."""
    page = house.at_desk("/openings/rules")
    page.fill("#origins", house.door)
    page.fill("#pause", "0")
    for reason in set(OpeningReason) - {"accessibility", "emergency"}:
        page.uncheck(f"input[name=reasons-{reason}]")
    house.confirm("Put in force")
    expect(page.locator(".told")).to_contain_text("stands in the journal")


def admit(house: House) -> None:
    """The attendant registers a key at the gate; the owner compares and adds it."""
    gate = house.attendant
    gate.goto(f"{house.door}/attend")
    sign_in(gate, "zoe", OWN)
    gate.click("text=Open by hand")
    gate.click("#register")
    expect(gate.locator("#registered-key")).not_to_be_empty()
    desk = house.at_desk("/openings")
    desk.select_option("#account", "zoe")
    desk.fill("#text", gate.input_value("#registered-text"))
    desk.get_by_role("button", name="Go on").click()
    compared = gate.locator("#registered-key").inner_text()
    expect(desk.locator(".large code")).to_have_text(compared)
    results = Axe().run(desk)
    assert results.violations_count == 0, results.generate_report()
    house.confirm("They are the same: let it open")
    expect(desk.locator(".choice")).to_contain_text("opens until")


def suspend(house: House) -> None:
    page = house.at_desk("/openings")
    page.check("input[name=key]")
    house.confirm("Suspend the chosen one", "#own-suspend")
    expect(page.locator(".choice")).to_contain_text("does not open now")


def test_from_a_new_attendant_to_the_audit(house: House) -> None:
    welcome_zoe(house)
    rule(house)
    admit(house)
    gate = house.attendant
    gate.reload()
    wish(gate, OpeningReason.ACCESSIBILITY)
    gate.click("#sign")
    expect(gate.locator("#said")).to_have_text("It is entered, and the gate opens.")
    assert house.gate.opened == [1]
    suspend(house)
    wish(gate, OpeningReason.ACCESSIBILITY)
    expect(gate.locator("#said")).to_have_attribute(
        "data-name", "authenticator-suspended"
    )
    assert house.gate.opened == [1]
    journal = house.at_desk("/journal")
    expect(journal.locator(".entries")).to_contain_text(
        "gate north opened by hand, accessibility, attendant zoe"
    )
    journal.get_by_role("button", name="Audit now").click()
    expect(journal.locator(".told")).to_contain_text("break a rule: 0")
    house.at_desk("/journal/audit")
    expect(journal.locator("main")).to_contain_text("suspended")
