"""Takes the pictures of docs/design.md: `make screenshots`. The faces are drawn.

Each is made of several screens of the kiosk: by state in English, by language, by size;
of the attendants' console, one for each language and for a telephone.
"""

import sys
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from ostiary.web.languages import Languages
from pages.console import NAME, PASSWORD, console
from pages.staged import CHROMIUM, CHROMIUM_OPTIONS, SCENES, Stand, stand

DOCS: Final = Path(__file__).parents[1] / "docs/design"
SCREEN: Final = (1920, 1080)
SIZES: Final = ((320, 568), (1080, 1920), (1024, 768), (3840, 2160))
CONSOLE: Final = (1280, 960)
TELEPHONE: Final = (360, 740)
COLUMNS: Final = 2
TILE: Final = 640
GAP: Final = 12
PAPER: Final = "#cfc8b8"
SETTLED_MS: Final = 500
"""How long a colour takes to change, and more."""


def shots(
    browser: Browser, there: Stand, code: str, screen: tuple[int, int]
) -> Iterator[tuple[str, Image.Image]]:
    """Every scene in a language and size, with its name."""
    context = browser.new_context(
        viewport={"width": screen[0], "height": screen[1]}, locale=code
    )
    page = context.new_page()
    page.goto(there.pages.invite())
    page.goto(f"{there.pages.address}/kiosk?language={code}")
    page.wait_for_selector("body[data-turn]")
    for name, show in SCENES.items():
        there.fail(None)
        there.rest()
        show(there)
        _settle(page, there, name)
        yield name, Image.open(BytesIO(page.screenshot())).convert("RGB")
    there.fail(None)
    there.rest()
    _settle(page, there, "idle")
    page.click("#without")
    yield "faceless", Image.open(BytesIO(page.screenshot())).convert("RGB")
    context.close()


def _settle(page: Page, there: Stand, name: str) -> None:
    kind = {"guidance": "look"}.get(name, name)
    page.wait_for_selector(f'body[data-kind="{kind}"]')
    while kind in {"look", "move"} and not page.is_visible("#mirror"):
        there.reflect()
        page.wait_for_timeout(100)
    end = time.monotonic() + SETTLED_MS / 1000
    while time.monotonic() < end:
        if kind in {"look", "move"}:
            there.reflect()
        page.wait_for_timeout(100)


def sheet(screens: list[Image.Image]) -> Image.Image:
    """Several screens on one picture."""
    small = [
        each.resize(
            (TILE, round(each.height * TILE / each.width)), Image.Resampling.LANCZOS
        )
        for each in screens
    ]
    rows = -(-len(small) // COLUMNS)
    height = max(each.height for each in small)
    size = (COLUMNS * (TILE + GAP) + GAP, rows * (height + GAP) + GAP)
    made = Image.new("RGB", size, PAPER)
    for number, each in enumerate(small):
        row, column = divmod(number, COLUMNS)
        made.paste(each, (GAP + column * (TILE + GAP), GAP + row * (height + GAP)))
    return made


def write(folder: Path) -> None:
    """Take all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    with stand() as there, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(CHROMIUM_OPTIONS)
        )
        for code in Languages():
            taken = dict(shots(browser, there, code, SCREEN))
            _save(sheet(list(taken.values())), folder / f"kiosk-{code}.png")
        for screen in SIZES:
            taken = dict(shots(browser, there, "en", screen))
            some = [taken[name] for name in ("idle", "guidance", "refused", "faceless")]
            width, height = screen
            _save(sheet(some), folder / f"kiosk-{width}x{height}.png")
        browser.close()


def write_consoles(folder: Path) -> None:
    """Take the attendants' console, with ten gates."""
    with console() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(CHROMIUM_OPTIONS)
        )
        for code in Languages():
            screen = _console(browser, address, code, CONSOLE)
            _save(screen, folder / f"console-{code}.png")
        width, height = TELEPHONE
        screen = _console(browser, address, "en", TELEPHONE)
        _save(screen, folder / f"console-{width}x{height}.png")
        browser.close()


def _console(
    browser: Browser, address: str, code: str, screen: tuple[int, int]
) -> Image.Image:
    context = browser.new_context(
        viewport={"width": screen[0], "height": screen[1]}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{address}/attend?language={code}")
    page.fill("#name", NAME)
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_selector("#tiles")
    page.wait_for_timeout(SETTLED_MS)
    taken = Image.open(BytesIO(page.screenshot())).convert("RGB")
    context.close()
    return taken


def _save(picture: Image.Image, path: Path) -> None:
    """In 64 colours, which is what these pages have."""
    picture.quantize(64).save(path, optimize=True)


if __name__ == "__main__":
    there = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS
    write(there)
    write_consoles(there)
