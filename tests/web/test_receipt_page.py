"""The receipt of an opening by hand, on the kiosk's page in a real browser."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from ostiary.capture.qr import read_qr
from ostiary.gate.displays import Stage
from ostiary.journal import Receipt, read_receipt, write_receipt
from ostiary.web.gate.link import HandEnded, HandReceipt
from pages.staged import Stand

pytestmark = pytest.mark.enable_socket

Kiosks = Any
"""The fixture's type; test modules import nothing from one another."""

RECEIPT = Receipt("ostiary/home/0123456789abcdef", bytes(32), bytes(range(32)))
TEXT = write_receipt(RECEIPT)

SIZES = [(320, 568), (568, 320), (768, 1024), (1080, 1920), (1920, 1080)]


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=15_000)


def say(standing: Stand, wish: str = "a") -> None:
    assert standing.pages.say(HandReceipt(wish, TEXT))


def shown(page: Page) -> None:
    expect(page.locator("#receipt")).to_be_visible()
    # The picture is there, and not only its place.
    page.wait_for_function(
        "() => document.getElementById('receipt-code').naturalWidth > 0"
    )


def photographed(page: Page) -> tuple[str, ...]:
    """What a telephone reads off the screen."""
    picture = np.frombuffer(page.screenshot(), np.uint8)
    return read_qr(np.asarray(cv2.imdecode(picture, cv2.IMREAD_COLOR), np.uint8))


def test_a_receipt_can_be_photographed_and_is_taken_away(
    standing: Stand, kiosks: Kiosks
) -> None:
    page = kiosks.open()
    say(standing)
    shown(page)
    assert [read_receipt(text) for text in photographed(page)] == [RECEIPT]
    where = page.locator("#receipt-code").get_attribute("src")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.keyboard.press("Enter")
    expect(page.locator("#receipt")).to_be_hidden()
    assert photographed(page) == ()
    # It is gone from the server too: whoever comes later finds none.
    status = page.evaluate("path => fetch(path).then((r) => r.status)", where)
    assert status == 403


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_can_be_read_on_any_screen(
    standing: Stand, kiosks: Kiosks, width: int, height: int
) -> None:
    page = kiosks.open(width, height, still=True)
    say(standing)
    shown(page)
    assert photographed(page) == (TEXT,)
    page.locator("#receipt-taken").scroll_into_view_if_needed()
    box = page.locator("#receipt-taken").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width


ENDINGS: list[Callable[[Stand, Page], object]] = [
    lambda standing, _: standing.pages.enter(Stage.FACE),
    lambda standing, _: standing.pages.enter(Stage.ATTENDANT),
    lambda standing, _: standing.pages.say(HandEnded("a", "answer-late")),
    lambda _, page: page.keyboard.press("Escape"),
    lambda _, page: page.click("#receipt-taken"),
]


@pytest.mark.parametrize("end", ENDINGS)
def test_it_goes_when_somebody_else_is_served_or_nothing_was_opened(
    standing: Stand, kiosks: Kiosks, end: Callable[[Stand, Page], object]
) -> None:
    page = kiosks.open()
    say(standing)
    shown(page)
    end(standing, page)
    expect(page.locator("#receipt")).to_be_hidden()
    assert page.locator("#receipt-code").get_attribute("src") is None


def test_it_stays_while_its_owner_goes_through_and_others_are_refused(
    standing: Stand, kiosks: Kiosks
) -> None:
    page = kiosks.open()
    say(standing)
    shown(page)
    standing.pages.say(HandEnded("of another attendant", "another-is-signed"))
    standing.pages.say(HandEnded("a", None))
    standing.pages.enter(Stage.PASSAGE)
    page.wait_for_selector('body[data-kind="opening"]')
    expect(page.locator("#receipt")).to_be_visible()


def test_another_receipt_takes_its_place(standing: Stand, kiosks: Kiosks) -> None:
    page = kiosks.open()
    say(standing)
    shown(page)
    code = page.locator("#receipt-code")
    former = code.get_attribute("src") or ""
    say(standing, "b")
    expect(code).not_to_have_attribute("src", former)
    expect(page.locator("#receipt")).to_be_visible()


def test_nobody_but_the_kiosk_sees_it(standing: Stand, kiosks: Kiosks) -> None:
    page = kiosks.open()
    say(standing)
    shown(page)
    stranger = page.context.browser.new_context()
    try:
        where = page.locator("#receipt-code").get_attribute("src")
        answer = stranger.request.get(f"{standing.pages.address}{where}")
        assert answer.status == 403
        assert "OSTIARY-RECEIPT" not in answer.text()
    finally:
        stranger.close()
