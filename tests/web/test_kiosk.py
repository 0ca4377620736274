"""The kiosk's page in a real browser: what people read, hear and press."""

import math
import time
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from ostiary.gate.displays import Stage
from ostiary.presentation.challenge import Move
from ostiary.reasons import ADVICE, Reason
from ostiary.terms import Outcome
from ostiary.web.languages import Languages
from pages import catalogues
from pages.staged import SCENES, Stand

pytestmark = pytest.mark.enable_socket

Kiosks = Any
"""The fixture's type; test modules import nothing from one another."""

LANGUAGES = Languages()

METRES = 2.0
SCREEN_MM = 344.2
"""Width of the smallest screen that is recommended: 15.6 inches, 16 to 9."""

CAPITAL = 0.714
"""Height of a capital letter of Noto Sans, in its size (OS/2 table)."""

SIZES = [(320, 568), (568, 320), (768, 1024), (1080, 1920), (1920, 1080), (3840, 2160)]


def minutes_of_arc(pixels: float, screen_pixels: float) -> float:
    """How high a capital is for an eye that is two metres away."""
    height = pixels * CAPITAL * SCREEN_MM / screen_pixels
    return math.degrees(math.atan(height / (METRES * 1000))) * 60


def size_of(page: Page, selector: str) -> float:
    size = page.locator(selector).evaluate("e => getComputedStyle(e).fontSize")
    return float(str(size).removesuffix("px"))


def shows(page: Page, name: str) -> None:
    kind = {"guidance": "look"}.get(name, name)
    page.wait_for_selector(f'body[data-kind="{kind}"]')


def overflow(page: Page) -> list[str]:
    """Elements that reach past the screen's sides, or over one another."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("h1, p, button, a, .stage")]
        .filter((each) => each.offsetParent && !each.classList.contains("unseen"))
        .filter((each) => { const box = each.getBoundingClientRect();
          return box.left < -1 || box.right > innerWidth + 1
            || !each.matches(".stage") && each.clientWidth
              && each.scrollWidth > each.clientWidth + 1; })
        .map((each) => each.outerHTML.slice(0, 80))"""
    )
    return found


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 15
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_from_idle_to_granted_and_back(standing: Stand, kiosks: Kiosks) -> None:
    page = kiosks.open()
    expect(page.locator("h1")).to_have_text("Show your pass")
    standing.pages.enter(Stage.FACE)
    expect(page.locator("h1")).to_have_text("Look here")
    expect(page.locator("#seconds")).to_have_text("8")
    standing.pages.enter(Stage.MOVES)
    standing.pages.prompt(Move.TURN_LEFT)
    expect(page.locator("h1")).to_have_text(
        "Turn your head a little to your left, please."
    )
    expect(page.locator("#text")).to_have_text(
        "If you cannot, just wait: you will be helped."
    )
    standing.pages.enter(Stage.DOOR)
    expect(page.locator("#text")).to_have_text("The door is opening.")
    standing.decide(Stage.PASSAGE, Outcome.GRANT, Reason.HOLDER_VERIFIED)
    expect(page.locator("h1")).to_have_text("Welcome")
    standing.pages.enter(Stage.REST)
    expect(page.locator("h1")).to_have_text("Show your pass")


def test_a_refusal_stays_to_be_read_and_gives_way_to_the_next_pass(
    standing: Stand, kiosks: Kiosks
) -> None:
    page = kiosks.open()
    standing.decide(Stage.REST, Outcome.REFUSE, Reason.EXPIRED)
    standing.pages.enter(Stage.IDLE)
    standing.pass_time()
    expect(page.locator("h1")).to_have_text("The door stays closed")
    expect(page.locator("#text")).to_have_text(ADVICE[Reason.EXPIRED].holder)
    standing.pages.enter(Stage.FACE)
    expect(page.locator("h1")).to_have_text("Look here")


def test_guidance_is_steady_and_the_countdown_goes_on(
    standing: Stand, kiosks: Kiosks
) -> None:
    page = kiosks.open()
    standing.pages.enter(Stage.FACE)
    expect(page.locator("#seconds")).to_have_text("7")
    changes = page.evaluate_handle(
        """() => { const seen = [];
        new MutationObserver(() => seen.push(performance.now()))
          .observe(document.getElementById("text"), { childList: true });
        return seen; }"""
    )
    for _ in range(10):
        for reason in (Reason.FACE_BLURRED, Reason.FACE_TURNED):
            standing.pages.guide(reason)
            page.wait_for_timeout(40)
    expect(page.locator("#text")).to_have_text(ADVICE[Reason.FACE_TURNED].holder)
    assert changes.evaluate("seen => seen.length") <= 4
    assert int(page.locator("#seconds").inner_text()) < 7


def test_the_mirror_is_drawn_and_cleared(standing: Stand, kiosks: Kiosks) -> None:
    page = kiosks.open()

    def painted() -> bool:
        standing.reflect()
        drawn: bool = page.evaluate(
            """() => document.getElementById("canvas").getContext("2d")
            .getImageData(0, 0, 640, 640).data.some((value) => value)"""
        )
        return drawn

    assert not painted()
    standing.pages.enter(Stage.FACE)
    until(painted)
    expect(page.locator("#mirror")).to_be_visible()
    standing.pages.enter(Stage.DOOR)
    expect(page.locator("#mirror")).to_be_hidden()
    assert not painted()


def test_the_mirror_opens_for_the_next_face_at_once(
    standing: Stand, kiosks: Kiosks
) -> None:
    page = kiosks.open()
    for _ in range(6):
        standing.rest()
        standing.pages.enter(Stage.FACE)
        shows(page, "look")
        until(lambda: _reflected(standing, page))


def _reflected(there: Stand, page: Page) -> bool:
    there.reflect()
    return page.is_visible("#mirror")


def test_a_camera_is_lost_and_comes_back(standing: Stand, kiosks: Kiosks) -> None:
    page = kiosks.open()
    standing.fail(Reason.CAMERA_FAULT)
    expect(page.locator("h1")).to_have_text("Out of service")
    standing.fail(None)
    expect(page.locator("h1")).to_have_text("Show your pass")


def test_the_gate_is_lost_and_comes_back(
    own_stand: Stand, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ostiary.web.gate.process.RESTART_SECONDS", 0.0)
    context = browser.new_context()
    page = context.new_page()
    page.clock.install()
    page.goto(own_stand.pages.invite())
    page.wait_for_selector("body[data-turn]")
    own_stand.kill_pages()
    page.clock.run_for(7000)
    expect(page.locator("#text")).to_contain_text("has lost its gate")
    own_stand.pass_time()
    until(lambda: _heard_again(own_stand, page))
    context.close()


def _heard_again(there: Stand, page: Page) -> bool:
    there.pass_time()
    page.clock.run_for(3000)
    page.wait_for_timeout(100)
    return page.locator("h1").inner_text() == "Show your pass"


def test_the_attendant_is_called_by_key_alone(
    own_stand: Stand, browser: Browser
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(own_stand.pages.invite())
    page.wait_for_selector("body[data-turn]")
    page.keyboard.press("F1")
    expect(page.locator("#help")).to_have_text("The attendant was called")
    expect(page.locator("#help-told")).to_have_text("The attendant was called")
    expect(page.locator("#help")).to_be_disabled()
    own_stand.pass_time()
    assert own_stand.calls == 1
    context.close()


def test_whoever_called_by_keyboard_keeps_their_place(
    own_stand: Stand, browser: Browser
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(own_stand.pages.invite())
    page.wait_for_selector("body[data-turn]")
    page.locator("#help").press("Enter")
    expect(page.locator("#help")).to_have_text("The attendant was called")
    expect(page.locator("#help")).to_be_focused()
    context.close()


def test_a_gate_that_is_lost_silently_is_asked_again(
    own_stand: Stand, browser: Browser
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(own_stand.pages.invite())
    page.wait_for_selector("body[data-turn]")
    own_stand.stop_pages()
    expect(page.locator("h1")).to_have_text("Out of service", timeout=20_000)
    with page.expect_request("**/kiosk/events*", timeout=20_000):
        pass
    with page.expect_request("**/kiosk/events*", timeout=20_000):
        pass
    own_stand.kill_pages()
    context.close()


def test_everything_can_be_reached_by_keyboard(standing: Stand, kiosks: Kiosks) -> None:
    page = kiosks.open()
    reached = []
    for _ in range(len(LANGUAGES) + 3):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => document.activeElement.id || 'language'"))
    assert reached == ["language"] * len(LANGUAGES) + ["help", "without", "sound"]
    page.keyboard.press("Space")
    expect(page.locator("#sound")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#faceless")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#faceless")).to_be_hidden()
    assert page.evaluate("() => document.activeElement.id") == "without"


def test_the_way_without_a_face_closes_when_somebody_shows_a_pass(
    standing: Stand, kiosks: Kiosks
) -> None:
    page = kiosks.open()
    page.click("#without")
    expect(page.locator("#faceless h2")).to_be_visible()
    standing.pages.enter(Stage.ATTENDANT)
    expect(page.locator("#faceless")).to_be_hidden()
    expect(page.locator("#text")).to_contain_text("look at your document")


def test_a_language_is_chosen_and_given_back(standing: Stand, kiosks: Kiosks) -> None:
    page = kiosks.open()
    page.get_by_role("link", name="العربية").click()
    expect(page.locator("h1")).to_have_text("أظهر تصريحك")
    page.wait_for_load_state()  # Words come before style sheets.
    assert page.evaluate("() => getComputedStyle(document.body).direction") == "rtl"
    boxes = [page.locator(each).bounding_box() for each in (".stage", ".words")]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["x"] > boxes[1]["x"]
    # Half a minute in a moment.
    page.add_init_script(
        """const wait = setTimeout; window.setTimeout = (then, ms, ...more) =>
        wait(then, ms >= 30000 ? ms / 100 : ms, ...more);"""
    )
    page.reload()
    expect(page.locator("h1")).to_have_text("Show your pass")


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_letter_comes_from_a_font_of_ours(
    standing: Stand, kiosks: Kiosks, code: str
) -> None:
    """Every text of a language on one page: none falls back to the system's fonts."""
    page = kiosks.open()
    page.goto(f"{standing.pages.address}/kiosk?language={code}")
    page.wait_for_selector("body[data-turn]")
    said = " ".join(LANGUAGES[code].say(message) for message in catalogues.messages())
    page.evaluate(
        "said => { document.getElementById('text').textContent = said; }", said
    )
    page.evaluate("() => document.fonts.ready")
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    for selector in ("h1", "#text", "#help span", ".languages"):
        asked = {"nodeId": root, "selector": selector}
        node = session.send("DOM.querySelector", asked)["nodeId"]
        fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        assert all(font["isCustomFont"] for font in fonts), (selector, fonts)


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920)])
def test_words_can_be_read_from_two_metres(
    standing: Stand, kiosks: Kiosks, width: int, height: int
) -> None:
    """ISO 9241-303: 16 minutes of arc at least, 20 to 22 for what has to be found."""
    page = kiosks.open(width, height)
    longer = max(width, height)
    assert minutes_of_arc(size_of(page, "h1"), longer) >= 22
    assert minutes_of_arc(size_of(page, "#text"), longer) >= 16
    standing.pages.enter(Stage.FACE)
    shows(page, "look")
    assert minutes_of_arc(size_of(page, "#seconds"), longer) >= 16


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_nothing_is_cut_off(
    standing: Stand, kiosks: Kiosks, width: int, height: int
) -> None:
    page = kiosks.open(width, height, still=True)
    for code in ("fr", "ar"):
        page.goto(f"{standing.pages.address}/kiosk?language={code}")
        for name in ("refused", "move"):
            SCENES[name](standing)
            shows(page, name)
            assert overflow(page) == []
    if min(width, height) >= 1080:
        high = page.evaluate("() => document.documentElement.scrollHeight")
        assert high <= height


def test_no_state_has_an_accessibility_violation(
    standing: Stand, kiosks: Kiosks
) -> None:
    page = kiosks.open(still=True)
    for name, stage in SCENES.items():
        stage(standing)
        shows(page, name)
        assert violations(page) == [], name
    standing.fail(None)
    for code in LANGUAGES:
        page.goto(f"{standing.pages.address}/kiosk?language={code}")
        page.wait_for_selector("body[data-turn]")
        assert violations(page) == [], code
    page.click("#without")
    assert violations(page) == []


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found["violations"]]


def test_a_slow_network_shows_the_latest(standing: Stand, kiosks: Kiosks) -> None:
    page = kiosks.open()
    session = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 400, "downloadThroughput": 4000}
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": 4000})
    for _ in range(20):
        standing.pages.enter(Stage.FACE)
        standing.reflect()
        standing.rest()
    standing.decide(Stage.PASSAGE, Outcome.GRANT, Reason.HOLDER_VERIFIED)
    expect(page.locator("h1")).to_have_text("Welcome", timeout=15_000)


def test_motion_stops_for_whoever_asks_for_it(standing: Stand, kiosks: Kiosks) -> None:
    page = kiosks.open(still=True)
    moved = page.evaluate("() => getComputedStyle(document.body).transitionDuration")
    assert set(moved.split(", ")) == {"0s"}


def test_cues_are_heard_and_can_be_switched_off(
    standing: Stand, kiosks: Kiosks
) -> None:
    page = kiosks.open()
    page.evaluate(
        """() => { window.tones = 0; const start = OscillatorNode.prototype.start;
        OscillatorNode.prototype.start = function (...when) {
          window.tones += 1; return start.apply(this, when); }; }"""
    )
    page.click("#sound")
    standing.pages.enter(Stage.FACE)
    shows(page, "look")
    assert page.evaluate("() => window.tones") == 0
    page.click("#sound")
    until(lambda: bool(page.evaluate("() => window.tones")))
    standing.decide(Stage.PASSAGE, Outcome.GRANT, Reason.HOLDER_VERIFIED)
    shows(page, "granted")
    assert page.evaluate("() => window.tones") >= 2
