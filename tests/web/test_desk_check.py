"""The self-check at the desk's pages, as a holder meets it."""

import io
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import cv2
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from playwright.sync_api import Browser, Page

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")

from ostiary.capture.qr import qr_image, qr_png
from ostiary.cli.clock import now
from ostiary.credential import BiometricReference, Coding
from ostiary.desk.issuing import IssuedPass, PassRequest, draft_pass
from ostiary.desk.service import Order
from ostiary.errors import StorageError
from ostiary.reasons import ADVICE, Reason
from ostiary.storage.registry.records import Consent, ConsentMeans, RevocationReason
from ostiary.web.desk import check
from ostiary.web.desk.check import MOST_BYTES, text_of
from ostiary.web.wallet import wallet_link
from tests.web.desk_stand import Answer, DeskStand, desk_stand

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskStand]:
    patch = pytest.MonkeyPatch()
    patch.setattr(check, "SECONDS_BETWEEN", 0.0)
    with desk_stand(tmp_path_factory.mktemp("desk") / "home") as there:
        yield there
    patch.undo()


@pytest.fixture(scope="module")
def made(stand: DeskStand) -> IssuedPass:
    return issued(stand)


def issued(stand: DeskStand) -> IssuedPass:
    at = stand.at
    desk = stand.site.desk
    life = desk.home.trust_in_force(at).entries.zones[0].life
    wanted = PassRequest(
        issuer="desk", zones=("north",), not_before=at, expires_at=life.ends_at
    )
    reference = BiometricReference("test/1", Coding.INT8, bytearray(b"\x07" * 128))
    consent = Consent("2026-11", at, ConsentMeans.PAPER)
    order = Order(draft_pass(wanted, desk.home, at), reference, consent)
    return desk.issue(order, lambda _: None, desk.by(at), os.urandom)


def asked(stand: DeskStand, text: str) -> Answer:
    return stand.visitor().post("/check", text=text)


def pictured(stand: DeskStand, picture: bytes) -> Answer:
    return stand.visitor().send("/check/picture", picture, "image/jpeg")


def test_anybody_may_ask(stand: DeskStand) -> None:
    answer = stand.visitor().get("/check")
    assert answer.status == 200
    assert "camera=(self)" in answer.headers["permissions-policy"]
    assert "camera=()" in stand.visitor().get("/sign-in").headers["permissions-policy"]


def test_a_holder_is_told_what_their_pass_holds(
    stand: DeskStand, made: IssuedPass
) -> None:
    answer = asked(stand, made.text)
    assert answer.status == 200
    for said in (
        "its gates take the pass now",
        f"{made.claims.expires_at:%F %R}",
        "128 bytes, of the kind <code>test/1</code>",
        "whose signature is in order",
    ):
        assert said in answer.text
    # Its number would revoke it, and is not for whoever found a copy.
    assert made.claims.identifier.hex() not in answer.text
    assert made.text not in answer.text
    link = wallet_link("https://passes.example/wallet/", made.text)
    assert asked(stand, link).text == answer.text


def test_a_revoked_pass_is_called_so(stand: DeskStand) -> None:
    made = issued(stand)
    desk = stand.site.desk
    desk.revoke(made.claims.identifier, RevocationReason.LOST, desk.by(now()))
    assert ADVICE[Reason.REVOKED].holder in asked(stand, made.text).text


@pytest.mark.parametrize(
    "text", ["", "rubbish", "<script>", "\u20ac" * 1000, "A" * 5000, "https://[#A", "#"]
)
def test_rubbish_is_told_to_be_no_pass(stand: DeskStand, text: str) -> None:
    answer = asked(stand, text)
    assert (answer.status, "could not be read" in answer.text) == (422, True)
    assert "<script>" not in answer.text


@given(st.text())
def test_a_text_or_a_link_is_a_text(given: str) -> None:
    assert isinstance(text_of(given), str)
    assert text_of(wallet_link("https://a.example/", "A B%C")) == "A B%C"


def test_a_picture_is_read(stand: DeskStand, made: IssuedPass) -> None:
    answer = pictured(stand, qr_png(made.text, "M"))
    assert (answer.status, answer.text) == (200, made.text)


def jpeg(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    done, data = cv2.imencode(".jpg", pixels)
    assert done
    return data.tobytes()


def test_other_pictures_are_refused_by_name(stand: DeskStand, made: IssuedPass) -> None:
    code = qr_image(made.text)
    other = np.rot90(qr_image("ANOTHER"))
    wide = np.full((code.shape[0], code.shape[1] + 400, 3), 255, np.uint8)
    wide[:, : code.shape[1]] = code
    wide[100 : 100 + other.shape[0], -other.shape[1] - 50 : -50] = other
    huge = io.BytesIO()
    Pillow.new("1", (3000, 3000)).save(huge, "PNG")
    cases = {
        b"": check.NO_PICTURE,
        b"no picture": check.NO_PICTURE,
        huge.getvalue(): check.NO_PICTURE,
        jpeg(np.zeros((60, 80, 3), np.uint8)): check.NO_CODE,
        jpeg(wide): check.SEVERAL,
    }
    for picture, said in cases.items():
        answer = pictured(stand, picture)
        assert (answer.status, answer.text) == (422, said)


def test_no_other_site_and_nothing_too_long(stand: DeskStand, made: IssuedPass) -> None:
    visitor = stand.visitor()
    body = urlencode({"text": made.text}).encode()
    elsewhere = {"Origin": "https://elsewhere.test"}
    assert visitor.ask("POST", "/check", body, elsewhere).status == 403
    assert visitor.ask("POST", "/check/picture", body, elsewhere).status == 403
    assert pictured(stand, bytes(MOST_BYTES + 1)).status == 403
    assert asked(stand, "A" * 20_000).status == 403


def test_there_is_a_pause_between_two(
    tmp_path: Path, made: IssuedPass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "SECONDS_BETWEEN", 3600.0)
    with desk_stand(tmp_path / "home") as own:
        assert asked(own, made.text).status == 200
        answer = asked(own, made.text)
        assert (answer.status, check.BUSY in answer.text) == (429, True)
        assert pictured(own, qr_png(made.text, "M")).status == 200
        picture = pictured(own, qr_png(made.text, "M"))
        assert (picture.status, picture.text) == (429, check.BUSY)


def test_a_registry_that_fails_is_said(
    stand: DeskStand, made: IssuedPass, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_home: object, _at: object) -> None:
        raise StorageError("the disk is gone")

    monkeypatch.setattr(type(stand.home), "trust_in_force", gone)
    answer = asked(stand, made.text)
    assert (answer.status, check.AMISS in answer.text) == (503, True)
    # Whoever asks is nobody: what names files and servers is not for them.
    assert "the disk" not in answer.text


def test_one_picture_at_a_time_is_read(
    stand: DeskStand, made: IssuedPass, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(_data: bytearray) -> tuple[str, str]:
        begun.set()
        go_on.wait(60)
        return "", check.NO_CODE

    monkeypatch.setattr(check, "_read", slow)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(pictured, stand, b"slow")
        assert begun.wait(60)
        try:
            second = pictured(stand, b"another")
        finally:
            go_on.set()
        assert (second.status, second.text) == (429, check.BUSY)
        assert first.result().text == check.NO_CODE


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 320, "height": 568})
    faults: list[str] = []
    context.on("weberror", lambda fault: faults.append(str(fault.error)))
    yield context.new_page()
    context.close()
    assert faults == []


def test_a_saved_picture_is_checked_in_a_browser(
    stand: DeskStand, made: IssuedPass, page: Page, tmp_path: Path
) -> None:
    path = tmp_path / "pass.png"
    path.write_bytes(qr_png(made.text, "M"))
    page.goto(f"{stand.origin}/check")
    page.wait_for_selector("#ways:not([hidden])")
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response
    assert found["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_input_files("#picture", path)
    page.wait_for_selector("text=What this pass holds")
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response
    assert found["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_what_is_no_pass_is_said_in_a_browser(
    stand: DeskStand, page: Page, tmp_path: Path
) -> None:
    page.goto(f"{stand.origin}/check")
    page.wait_for_selector("#ways:not([hidden])")
    for name, data, said in (
        ("empty.png", jpeg(np.zeros((60, 80, 3), np.uint8)), check.NO_CODE),
        ("torn.png", b"torn", check.NO_PICTURE),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        page.set_input_files("#picture", path)
        page.wait_for_selector(f"text={said}")


def test_a_camera_is_looked_through_and_let_go(
    stand: DeskStand, made: IssuedPass, page: Page
) -> None:
    # A screen of the page's own in the place of a camera, which shows the pass.
    page.add_init_script(
        """if (navigator.mediaDevices) {
          navigator.mediaDevices.getUserMedia = async () => {
            const picture = new Image();
            picture.src = globalThis.shown;
            await picture.decode();
            const canvas = document.createElement("canvas");
            canvas.width = picture.width;
            canvas.height = picture.height;
            const draw = () => canvas.getContext("2d").drawImage(picture, 0, 0);
            draw();
            setInterval(draw, 50);
            return canvas.captureStream(20);
          };
        }"""
    )
    page.goto(f"{stand.origin}/check")
    page.wait_for_selector("#ways:not([hidden])")
    page.route("**/shown.png", lambda route: route.fulfill(body=qr_png(made.text, "L")))
    page.evaluate("globalThis.shown = '/shown.png'")
    page.click("#look")
    page.wait_for_selector("text=What this pass holds")


def test_a_camera_that_is_refused_is_said(stand: DeskStand, page: Page) -> None:
    page.goto(f"{stand.origin}/check")
    page.wait_for_selector("#ways:not([hidden])")
    page.click("#look")
    page.wait_for_selector("text=The camera cannot be used")
