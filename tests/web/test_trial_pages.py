"""The pages of whoever tries the gate on themselves."""

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from ostiary.capture.qr import read_qr
from ostiary.desk.consent import POINTS, VERSION
from ostiary.web.languages import Languages
from pages.staged import Stand, stand

pytestmark = pytest.mark.enable_socket

Client = Any
"""The fixture's type; test modules import nothing from one another."""

PATHS = ("/try", "/try/pass", "/try/pass.png")


@pytest.fixture
def trying(in_thread: None) -> Iterator[Stand]:
    with stand(trial=True) as there:
        yield there


def test_they_are_not_there_in_service(kiosk: Client) -> None:
    assert {kiosk.get(path)[0] for path in PATHS} == {404}
    assert kiosk.post("/try/consent") == 404


def test_nobody_else_sees_or_agrees_to_anything(
    trying: Stand, clients: Callable[[Stand], Client]
) -> None:
    stranger = clients(trying)
    trying.pages.hand_out("PASS")
    assert {stranger.get(path)[0] for path in PATHS} == {403}
    visitor = clients(trying)
    assert visitor.enter(trying.pages.invite()) == 303
    # Whoever was refused did not take it from them.
    events = visitor.open("GET", "/kiosk/events")
    assert b'"leadsTo": "/try/pass"' in events.readline()
    assert stranger.post("/try/consent") == 403
    trying.pass_time()
    assert trying.pages.consented is None


def test_consent_then_the_pass(
    trying: Stand, clients: Callable[[Stand], Client]
) -> None:
    visitor = clients(trying)
    assert visitor.enter(trying.pages.invite()) == 303
    status, body = visitor.get("/try")
    assert status == 200
    for point in POINTS:
        assert f"<li>{point}</li>" in body.decode()
    assert visitor.get("/try/pass")[0] == 303
    assert visitor.get("/try/pass.png")[0] == 403
    assert visitor.post("/try/consent") == 303
    trying.pass_time()
    assert trying.pages.consented == VERSION
    trying.pages.enrol()
    trying.pages.hand_out("SEALED")
    while visitor.get("/try/pass")[0] != 200:
        pass
    assert visitor.get("/try")[0] == 303
    _, png = visitor.get("/try/pass.png")
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    framed = np.pad(picture, ((40, 40), (40, 40), (0, 0)), constant_values=255)
    assert list(read_qr(framed.astype(np.uint8))) == ["SEALED"]


def test_they_keep_to_the_language(
    trying: Stand, clients: Callable[[Stand], Client]
) -> None:
    visitor = clients(trying)
    visitor.enter(trying.pages.invite())
    assert 'lang="ar" dir="rtl"' in visitor.get("/try?language=ar")[1].decode()
    agreed = visitor.open(
        "POST", "/try/consent?language=ar", {"Origin": visitor.address}
    )
    assert agreed.getheader("Location") == "/kiosk?language=ar"
    assert "/try/pass?language=ar" in visitor.get("/kiosk?language=ar")[1].decode()


@pytest.mark.parametrize("code", Languages())
def test_axe_finds_nothing_and_nothing_is_cut_off(
    trying: Stand, browser: Browser, code: str
) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 568})
    page = context.new_page()
    page.goto(trying.pages.invite())
    for path in ("/try", "/try/pass"):
        page.goto(f"{trying.pages.address}{path}?language={code}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response
        assert found["violations"] == []
        trying.pages.hand_out("SEALED")
    context.close()


def test_the_kiosk_leads_to_the_pass_in_its_language(
    trying: Stand, browser: Browser
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(trying.pages.invite())
    page.goto(f"{trying.pages.address}/kiosk?language=ko")
    trying.pages.hand_out("SEALED")
    page.wait_for_url("**/try/pass?language=ko")
    context.close()
