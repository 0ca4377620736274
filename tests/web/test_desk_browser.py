"""The desk's pages in a real browser with a camera: from sign-in to an open gate."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FilePayload, Page, expect

from ostiary.actuators import SimulatedDoor
from ostiary.capture.photographs import decode_photograph, load_photograph
from ostiary.capture.qr import read_qr
from ostiary.capture.stills import Stills
from ostiary.config import load_config
from ostiary.demo.desk_home import write_gate
from ostiary.desk.enrolment import enrolments
from ostiary.gate.assembly import equip
from ostiary.gate.clock import SystemClock
from ostiary.gate.displays import Recorder
from ostiary.gate.loop import Gate
from ostiary.reasons import Reason
from ostiary.storage.registry.records import PassState
from ostiary.terms import Image
from ostiary.vision.store import ModelStore
from ostiary.web.desk.making_texts import AT_THE_DESK
from pages.staged import CHROMIUM, CHROMIUM_OPTIONS
from tests.desk.staged_enrolment import PERSON, SCREEN, StagedChain, picture, staged
from tests.web.desk_stand import PASSWORD, DeskStand, desk_stand

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")
pytestmark = pytest.mark.enable_socket

MEMORY = Path("/dev/shm")  # noqa: S108 - films of people lie in memory alone
HOLDER = "0002"
"""The subject of the development data whom `tests/cli` enrols, too."""

needs_poppler = pytest.mark.skipif(
    shutil.which("pdftoppm") is None, reason="poppler is not installed: make poppler"
)


@contextmanager
def camera(browser: Browser, pictures: Sequence[Image]) -> Iterator[Browser]:
    """A browser with a camera that shows these, over and over."""
    if not MEMORY.is_dir():
        pytest.skip("no directory in memory here for what a camera shows")
    with tempfile.NamedTemporaryFile(dir=MEMORY, suffix=".y4m") as film:
        height, width = pictures[0].shape[:2]
        film.write(b"YUV4MPEG2 W%d H%d F5:1 Ip A1:1 C420\n" % (width, height))
        for each in pictures:
            film.write(b"FRAME\n")
            film.write(cv2.cvtColor(each, cv2.COLOR_BGR2YUV_I420).tobytes())
        film.flush()
        running = browser.browser_type.launch(
            executable_path=CHROMIUM,
            args=[
                *CHROMIUM_OPTIONS,
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={film.name}",
            ],
        )
        try:
            yield running
        finally:
            running.close()


def plain(colour: str) -> Image:
    return np.tile(decode_photograph(picture(colour)), (10, 10, 1))


@contextmanager
def signed_in(browser: Browser, stand: DeskStand) -> Iterator[Page]:
    """A page at the desk; what the content security policy refuses fails the test."""
    page = browser.new_page(accept_downloads=True, reduced_motion="reduce")
    refused: list[str] = []
    page.on("pageerror", lambda error: refused.append(str(error)))
    page.on(
        "console",
        lambda said: refused.append(said.text) if "Security" in said.text else None,
    )
    page.goto(stand.origin)
    page.wait_for_load_state()
    page.fill("#name", "isa")
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible(timeout=60_000)
    yield page
    page.close()
    assert refused == []


def heading(page: Page, said: str) -> None:
    """Wait for a page, and have axe look at it."""
    expect(page.get_by_role("heading", level=1)).to_have_text(said, timeout=60_000)
    page.wait_for_load_state()
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0


def wish(page: Page) -> None:
    page.get_by_role("link", name="New pass").first.click()
    heading(page, "New pass")
    page.get_by_label("north").check()
    page.get_by_label("With a face").check()
    page.get_by_role("button", name="Continue").click()


def agree(page: Page) -> None:
    heading(page, "Before anything is captured")
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Continue").click()
    heading(page, "Face")


def saved(page: Page, link: str) -> bytes:
    with page.expect_download() as downloading:
        page.get_by_role("link", name=link).click()
    return downloading.value.path().read_bytes()


def printed(pdf: bytes, folder: Path) -> Path:
    """The only page of a file, as a printer shows it."""
    (folder / "pass.pdf").write_bytes(pdf)
    words = ["pdftoppm", "-r", "200", "-png", "pass.pdf", "page"]
    subprocess.run(words, check=True, cwd=folder)  # noqa: S603 - fixed words
    [path] = folder.glob("page*.png")
    return path


def shown(
    code: Path, faces: Sequence[Path], gate: Path, models: Path
) -> tuple[Reason, int]:
    """What a gate decides on a printed pass and then a face; how often it opened."""
    config = load_config(gate)
    # The development data shows heads alone, which fill the picture.
    vision = replace(config.vision, standing_zone=(0.0, 0.0, 1.0, 1.0))
    record = Recorder()
    store = ModelStore(models, gate.parent)
    gear = equip(replace(config, vision=vision), store, record)
    pictures = tuple(load_photograph(each) for each in (code, *faces))
    Gate(gear).run(Stills(pictures, SystemClock(config.clock_zone)))
    assert record.decision is not None
    assert isinstance(gear.door, SimulatedDoor)
    return record.decision.reason, gear.door.openings


def issued(page: Page) -> None:
    heading(page, "What the pass will hold")
    page.get_by_role("button", name="Issue the pass").click()
    heading(page, "Hand the pass over")


@needs_poppler
def test_from_the_sign_in_to_a_printed_pass(browser: Browser, tmp_path: Path) -> None:
    chain = StagedChain()
    with (
        desk_stand(tmp_path / "home", staged(chain)) as stand,
        camera(browser, [plain(PERSON)]) as seeing,
        signed_in(seeing, stand) as page,
    ):
        wish(page)
        agree(page)
        page.get_by_role("button", name="Start the camera").click()
        issued(page)
        path = printed(saved(page, "Card of A6, PDF"), tmp_path)
        page.get_by_role("button", name="Yes, it was handed over").click()
        heading(page, "Handed over")
        number = page.locator("main code").inner_text()
        page.get_by_role("link", name="Find a pass").click()
        heading(page, "Find a pass")
        page.fill("#which", number)
        page.get_by_role("button", name="Find", exact=True).click()
        expect(page.get_by_role("button", name="End the pass")).to_be_visible()
        heading(page, "Find a pass")
        record = stand.site.desk.registry.record(bytes.fromhex(number))
    assert record.state is PassState.ISSUED
    assert len(read_qr(load_photograph(path))) == 1
    assert not any(image.any() for image in chain.looked_at)


def test_a_screen_is_refused_by_name_and_begun_again_on_purpose(
    browser: Browser, tmp_path: Path
) -> None:
    with (
        desk_stand(tmp_path / "home", staged(StagedChain())) as stand,
        camera(browser, [plain(SCREEN)]) as seeing,
        signed_in(seeing, stand) as page,
    ):
        wish(page)
        agree(page)
        start = page.get_by_role("button", name="Start the camera")
        start.click()
        told = AT_THE_DESK[Reason.ATTACK_SUSPECTED]
        expect(page.locator("#said")).to_have_text(told, timeout=60_000)
        expect(start).to_be_enabled()
        expect(page.locator("#view")).to_be_hidden()


def test_photographs_from_files_do_without_a_camera(
    browser: Browser, tmp_path: Path
) -> None:
    file = picture(PERSON, "PNG")
    with (
        desk_stand(tmp_path / "home", staged(StagedChain())) as stand,
        signed_in(browser, stand) as page,
    ):
        wish(page)
        agree(page)
        page.get_by_text("Or take photographs from files").click()
        shown = FilePayload(name="a.png", mimeType="image/png", buffer=file)
        page.locator("#files").set_input_files([shown, shown, shown])
        heading(page, "What the pass will hold")


def test_whoever_leaves_the_page_leaves_no_face(
    browser: Browser, tmp_path: Path, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    with (
        desk_stand(tmp_path / "home", staged(StagedChain())) as stand,
        camera(browser, [plain("black")]) as seeing,
        signed_in(seeing, stand) as page,
    ):
        wish(page)
        agree(page)
        page.get_by_role("button", name="Start the camera").click()
        eventually(lambda: len(stand.site.studio._sittings) == 1)
        page.get_by_role("link", name="Find a pass").click()
        heading(page, "Find a pass")
        eventually(lambda: not stand.site.studio._sittings)


@pytest.mark.models
@pytest.mark.data
@needs_poppler
def test_a_person_is_enrolled_and_their_printed_pass_opens_the_gate(
    browser: Browser, tmp_path: Path, models: str, data: str
) -> None:
    faces = sorted((Path(data) / "nuaa-dev" / "bona-fide" / HOLDER).iterdir())
    begin = enrolments("retail-0095", "appearance", ModelStore(Path(models), tmp_path))
    seen = [load_photograph(faces[number]) for number in (0, 5, 10)]
    with (
        desk_stand(tmp_path / "home", begin) as stand,
        camera(browser, seen) as seeing,
        signed_in(seeing, stand) as page,
    ):
        wish(page)
        agree(page)
        page.get_by_role("button", name="Start the camera").click()
        issued(page)
        path = printed(saved(page, "Sheet of A4, PDF"), tmp_path)
        page.get_by_role("button", name="Yes, it was handed over").click()
        heading(page, "Handed over")
        gate = write_gate(stand.home, "retail-0095", "appearance")
    for kind, reason, openings in (
        ("bona-fide", Reason.HOLDER_VERIFIED, 1),
        ("print", Reason.ATTACK_SUSPECTED, 0),
    ):
        there = sorted((Path(data) / "nuaa-dev" / kind / HOLDER).iterdir())[-4:]
        assert shown(path, there, gate, Path(models)) == (reason, openings)
