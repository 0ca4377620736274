"""The wallet: a pass out of an address, in a browser with and without a network."""

import asyncio
import hashlib
import json
import os
import socket
import string
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Final
from urllib.parse import unquote, urlsplit

import cv2
import httpx
import numpy as np
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, BrowserContext, Page
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ostiary.capture.qr import read_qr
from ostiary.credential import (
    BiometricReference,
    Claims,
    Coding,
    StatusReference,
    issue,
    new_issuer_key,
    new_zone_key,
)
from ostiary.credential.text import read_text, write_text
from ostiary.errors import ConfigurationError, StorageError
from ostiary.web.careful import Careful
from ostiary.web.languages import Languages
from ostiary.web.wallet import (
    save_wallet,
    wallet_address,
    wallet_files,
    wallet_link,
    wallet_routes,
)
from ostiary.web.wallet.texts import TEXTS
from tests.loops import run

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BASE45 = string.digits + string.ascii_uppercase + " $%*+-./:"
PLACE = "https://passes.example/wallet/"

QR_SHA256 = "a0de370051f94bd74f218f74401fdf197585e3f9ef0143164f87ea941a3fdd6f"
"""Of `index.js` of the package `qr` 0.7.0 by Paul Miller, MIT or Apache-2.0."""


def made(zones: int = 1) -> str:
    """A pass with a face, as large as usual."""
    names = tuple(f"zone-{number}" for number in range(zones))
    issuer = new_issuer_key("acme", os.urandom)
    keys = [new_zone_key(each, 0, AT, AT + 60 * DAY, os.urandom) for each in names]
    claims = Claims(
        issuer="acme",
        zones=names,
        issued_at=AT,
        not_before=AT,
        expires_at=AT + 30 * DAY,
        identifier=os.urandom(16),
        status=StatusReference("https://acme.example/status", 7),
        hours={},
        reference=BiometricReference("test/1", Coding.INT8, os.urandom(128)),
    )
    return issue(claims, issuer, [key.public for key in keys], os.urandom)


@pytest.fixture(scope="module")
def text() -> str:
    return made()


# The link.


@given(st.text(BASE45))
def test_a_link_carries_every_text_behind_its_number_sign(text: str) -> None:
    parts = urlsplit(wallet_link(PLACE, text))
    assert parts._replace(fragment="").geturl() == PLACE
    assert unquote(parts.fragment) == text


@pytest.mark.parametrize(
    "address",
    [
        PLACE,
        "https://passes.example/",
        "https://[2001:db8::1]:8443/a/b/",
        "http://localhost:8080/wallet/",
        "http://127.0.0.1:8080/wallet/",
        "http://[::1]:8080/wallet/",
    ],
)
def test_an_address_of_a_wallet_is_taken(address: str) -> None:
    assert wallet_address(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "passes.example/wallet/",
        "http://passes.example/wallet/",
        "https:///wallet/",
        "https://passes.example/wallet",
        "https://passes.example/wallet/?a=b/",
        "https://passes.example/wallet/#/",
        "https://owner:secret@passes.example/wallet/",
        "https://passes.example:0/wallet/",
        "https://passes.example:x/wallet/",
        "https://passes.example/wal let/",
        "https://passes.example/wallet/\n",
        "https://p\u00e4sse.example/",
        "javascript:alert(1)/",
        "http://localhost.example/wallet/",
    ],
)
def test_what_is_no_address_of_a_wallet_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="no address of a wallet"):
        wallet_link(address, "TEXT")


@given(st.text())
def test_rubbish_is_no_address(address: str) -> None:
    with suppress(ConfigurationError):
        assert wallet_address(address).startswith("http")


# The files.


def test_the_encoder_is_the_one_that_was_chosen() -> None:
    files = wallet_files()
    assert hashlib.sha256(files["qr.js"].content).hexdigest() == QR_SHA256
    assert b"MIT License" in files["LICENSE-qr.txt"].content


def test_the_worker_keeps_every_file_and_changes_with_each() -> None:
    files = wallet_files()
    head = files["worker.js"].content.decode().splitlines()
    named = json.loads(head[0].removeprefix("const FILES = ").removesuffix(";"))
    assert set(named) == {"./", *files} - {"index.html", "worker.js"}
    digest = hashlib.sha256()
    for name, file in files.items():
        if name != "worker.js":
            digest.update(hashlib.sha256(file.content).digest())
    assert digest.hexdigest()[:16] in head[1]


def test_the_page_itself_says_what_a_host_may_not() -> None:
    page = wallet_files()["index.html"].content.decode()
    assert "default-src 'none'; script-src 'self'" in page
    assert 'name="referrer" content="no-referrer"' in page
    assert f"<title>{TEXTS['title']}</title>" in page
    assert "//" not in page


async def answered(paths: Iterable[str]) -> list[httpx.Response]:
    app = Starlette(routes=list(wallet_routes()))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        return [await client.get(path) for path in paths]


def test_they_are_served_and_nothing_else_is() -> None:
    files = wallet_files()
    [moved, page] = run(answered(["/wallet?a=b", "/wallet/"]))
    assert (moved.status_code, moved.headers["location"]) == (308, "/wallet/")
    assert page.content == files["index.html"].content
    served = run(answered(f"/wallet/{name}" for name in files))
    for file, answer in zip(files.values(), served, strict=True):
        assert answer.content == file.content
        assert answer.headers["content-type"].startswith(file.media_type)
    others = ("__init__.py", "..%2f__init__.py", "%2e%2e/texts.py", "files", "a/b")
    for answer in run(answered(f"/wallet/{name}" for name in others)):
        assert answer.status_code == 404


def test_a_folder_holds_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "wallet"
    save_wallet(folder)
    (folder / "wallet.js").write_text("older")
    save_wallet(folder)
    found = {each.name: each.read_bytes() for each in folder.iterdir()}
    assert found == {name: file.content for name, file in wallet_files().items()}
    with pytest.raises(StorageError):
        save_wallet(folder / "wallet.js")


# In a browser.


@dataclass(frozen=True)
class Host:
    """A server of the page, and all that it was ever told.

    Attributes:
        address: of the page.
        heard: what browsers sent, with their headers and bodies.
    """

    address: str
    heard: list[str] = field(default_factory=list)

    def link(self, text: str) -> str:
        return wallet_link(self.address, text)


def _hearing(app: ASGIApp, heard: list[str]) -> ASGIApp:
    async def hear(scope: Scope, receive: Receive, send: Send) -> None:
        # Everything but the application itself, which stands in it as well.
        heard.append(str({**scope, "app": None}))

        async def received() -> Message:
            message = await receive()
            heard.append(str(message))
            return message

        await app(scope, received, send)

    return hear


def _serve(app: ASGIApp, path: str) -> Iterator[Host]:
    heard: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = Host(f"http://localhost:{listener.getsockname()[1]}{path}", heard)
        config = uvicorn.Config(
            _hearing(app, heard), lifespan="off", log_config=None, ws="none"
        )
        server = uvicorn.Server(config)
        sockets = [listener]
        thread = Thread(target=lambda: asyncio.run(server.serve(sockets=sockets)))
        thread.start()
        yield host
        server.should_exit = True
        thread.join()


@pytest.fixture
def host() -> Iterator[Host]:
    """The page behind the headers of all pages."""
    routes = Starlette(routes=list(wallet_routes()))
    yield from _serve(Careful(routes, ["localhost"]), "/wallet/")


@pytest.fixture
def static_host(tmp_path: Path) -> Iterator[Host]:
    """Any host of static files, somewhere below its origin."""
    save_wallet(tmp_path / "passes")
    files = StaticFiles(directory=tmp_path / "passes", html=True)
    yield from _serve(Starlette(routes=[Mount("/some/where", files)]), "/some/where/")


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A small telephone, on which every fault of a page fails the test."""
    context = browser.new_context(viewport={"width": 320, "height": 568})
    faults: list[str] = []
    context.on("weberror", lambda fault: faults.append(str(fault.error)))
    yield context
    context.close()
    assert faults == []


def opened(phone: BrowserContext, link: str, state: str = "closing") -> Page:
    page = phone.new_page()
    page.goto(link)
    settled(page, state)
    return page


def settled(page: Page, state: str) -> None:
    page.wait_for_selector(f"body[data-state={state}]")


def codes(page: Page) -> tuple[str, ...]:
    """What the reader of a gate sees on the screen."""
    page.evaluate("scrollTo(0, 0)")
    picture = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return read_qr(np.asarray(picture, np.uint8))


network = pytest.mark.enable_socket


@network
@pytest.mark.parametrize("zones", [1, 4])
def test_the_code_is_read_off_a_small_screen(
    phone: BrowserContext, host: Host, zones: int
) -> None:
    text = made(zones)
    page = opened(phone, host.link(text))
    assert codes(page) == (text,)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.get_by_role("img", name=TEXTS["alt"]).is_visible()


@network
def test_nobody_is_told_of_it(phone: BrowserContext, host: Host, text: str) -> None:
    page = opened(phone, host.link(text))
    assert page.url == host.address
    page.click("#keep")
    settled(page, "kept")
    page.reload()
    settled(page, "kept")
    assert host.heard
    # Short pieces, however they were written.
    for start in range(0, len(text) - 12, 12):
        piece = text[start : start + 12]
        written = wallet_link(host.address, piece).partition("#")[2]
        for heard in host.heard:
            assert piece not in heard
            assert written not in heard
    # The worker has the page's files alone.
    names = page.evaluate(
        """async () => {
          const found = [];
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            found.push(...(await cache.keys()).map((each) => each.url));
          }
          return found;
        }"""
    )
    expected = {"", *wallet_files()} - {"index.html", "worker.js"}
    assert set(names) == {host.address + each for each in expected}


@network
@pytest.mark.parametrize("served", ["host", "static_host"])
def test_what_is_kept_is_there_without_a_network(
    phone: BrowserContext, request: pytest.FixtureRequest, text: str, served: str
) -> None:
    host: Host = request.getfixturevalue(served)
    page = opened(phone, host.link(text))
    page.click("#keep")
    settled(page, "kept")
    phone.set_offline(True)
    page.reload()
    settled(page, "kept")
    assert codes(page) == (text,)
    other = opened(phone, host.address, "kept")
    assert codes(other) == (text,)


@network
def test_nothing_is_kept_unless_somebody_asks(
    phone: BrowserContext, host: Host, text: str
) -> None:
    page = opened(phone, host.link(text))
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert page.evaluate("caches.keys()") == []
    page.reload()
    settled(page, "none")
    assert codes(page) == ()
    assert page.inner_text("#told") == TEXTS["none"]


@network
def test_what_is_forgotten_is_gone(
    phone: BrowserContext, host: Host, text: str
) -> None:
    page = opened(phone, host.link(text))
    page.click("#keep")
    settled(page, "kept")
    page.click("#forget")
    settled(page, "forgotten")
    assert codes(page) == ()
    assert page.evaluate("localStorage.length") == 0
    assert page.evaluate("caches.keys()") == []
    page.reload()
    settled(page, "none")


@network
def test_where_a_browser_keeps_nothing_it_says_so(
    phone: BrowserContext, host: Host, text: str
) -> None:
    phone.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('no room'); };"
    )
    page = opened(phone, host.link(text))
    page.click("#keep")
    settled(page, "unkept")
    assert codes(page) == (text,)


@network
def test_where_no_worker_can_be_it_needs_a_network(
    phone: BrowserContext, host: Host, text: str
) -> None:
    phone.add_init_script(
        "const workers = navigator.serviceWorker;"
        "if (workers) { workers.register = () => Promise.reject('none'); }"
    )
    page = opened(phone, host.link(text))
    page.click("#keep")
    settled(page, "online")
    page.reload()
    settled(page, "online")
    assert codes(page) == (text,)


RUBBISH: Final[Mapping[str, Callable[[str], str]]] = {
    "cut off": lambda text: text[:-30],
    "cut to no group": lambda text: text[:-1],
    "changed": lambda text: text[:300] + text[300:330][::-1] + text[330:],
    "more behind it": lambda text: text + "000",
    "of no zlib": lambda _text: "ABCDEF",
    "a value too high": lambda text: ":::" + text[3:],
    "small letters": lambda text: text.lower(),
    "markup": lambda _text: "<img src=x onerror=alert(1)>",
    "too long": lambda _text: "0" * 4299,
    "another message": lambda _text: write_text(b"\xa0" * 40),
    "too short a message": lambda _text: write_text(b"\xd8"),
    "a bomb": lambda _text: write_text(b"\xd8\x60" + bytes(70_000))[:3000],
}


FOREIGN: Final = ("%", "%zz", "%ff", "a=b&c=d", "\u20ac")
"""Fragments that no link of ours has."""


@network
def test_rubbish_is_called_so_and_not_drawn(
    phone: BrowserContext, host: Host, text: str
) -> None:
    links = [host.link(spoilt(text)) for spoilt in RUBBISH.values()]
    page = phone.new_page()
    for link in (*links, *(f"{host.address}#{end}" for end in FOREIGN)):
        page.goto("about:blank")
        page.goto(link)
        settled(page, "damaged")
        assert page.inner_text("#told") == TEXTS["damaged"]
        assert page.locator("svg").count() == 0
        assert not page.is_visible("#keep")
        assert page.url == host.address


@network
def test_a_pass_that_is_not_sealed_is_not_shown(
    phone: BrowserContext, host: Host
) -> None:
    page = opened(phone, host.link(write_text(b"\xd2\x84")), "open")
    assert page.inner_text("#told") == TEXTS["open"]
    assert page.locator("svg").count() == 0


@network
def test_another_link_in_the_same_window_takes_its_place(
    phone: BrowserContext, host: Host, text: str
) -> None:
    page = opened(phone, host.link(text))
    second = made(2)
    page.evaluate("link => { location.href = link; }", host.link(second))
    page.wait_for_url(host.address)
    page.wait_for_selector("#code svg")
    page.goto(host.link("RUBBISH"))
    settled(page, "damaged")
    page.goto(host.link(second))
    settled(page, "closing")
    assert codes(page) == (second,)


@network
def test_the_screen_is_asked_to_stay_on(
    phone: BrowserContext, host: Host, text: str
) -> None:
    phone.add_init_script(
        """globalThis.asked = [];
        if (navigator.wakeLock) {
          navigator.wakeLock.request = (kind) => {
            asked.push(kind);
            return Promise.reject(new DOMException("battery"));
          };
        }"""
    )
    assert opened(phone, host.address, "none").evaluate("asked") == []
    page = opened(phone, host.link(text))
    assert page.evaluate("asked") == ["screen"]


@network
@pytest.mark.parametrize("code", Languages())
def test_it_speaks_the_language_of_the_phone(
    browser: Browser, host: Host, text: str, code: str
) -> None:
    context = browser.new_context(
        locale=f"{code}-XX", viewport={"width": 320, "height": 568}
    )
    page = opened(context, host.link(text))
    language = Languages()[code]
    assert page.inner_text("h1") == language.say(TEXTS["title"])
    assert page.get_attribute("html", "dir") == language.direction
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert codes(page) == (text,)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response
    assert found["violations"] == []
    context.close()


@network
def test_another_language_leaves_the_pass_where_it_is(
    phone: BrowserContext, host: Host, text: str
) -> None:
    page = opened(phone, host.link(text))
    page.select_option("#language", "ar")
    assert page.get_attribute("html", "dir") == "rtl"
    assert page.inner_text("#place") == Languages()["ar"].say(TEXTS["closing"])
    assert codes(page) == (text,)


@network
def test_it_can_be_printed(phone: BrowserContext, host: Host, text: str) -> None:
    page = opened(phone, host.link(text))
    page.emulate_media(media="print")
    box = page.locator("svg").bounding_box()
    assert box is not None
    assert box["width"] == pytest.approx(75 / 25.4 * 96, abs=1)
    assert not page.is_visible("#keep")


@network
def test_the_screen_is_white_whatever_the_phone_prefers(
    browser: Browser, host: Host, text: str
) -> None:
    context = browser.new_context(color_scheme="dark", forced_colors="active")
    page = opened(context, host.link(text))
    assert codes(page) == (text,)
    colours = page.locator("#code svg").evaluate(
        "each => [getComputedStyle(each).backgroundColor, getComputedStyle(each).fill]"
    )
    assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    context.close()


def test_a_pass_is_still_one_after_its_link(text: str) -> None:
    read = unquote(urlsplit(wallet_link(PLACE, text)).fragment)
    assert read_text(read) == read_text(text)
