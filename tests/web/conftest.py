"""Pages that are served, and a real browser that looks at them."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from http.client import HTTPConnection, HTTPResponse
from threading import Thread
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
)

from ostiary.config import Credentials
from ostiary.web.gate import process, server
from pages.staged import Stand, stand
from tests.storage.conftest import postgresql  # noqa: F401 - a fixture


class InThread:
    """The process of the pages as a thread of this one, where coverage sees it."""

    @property
    def pid(self) -> int:
        raise AssertionError("this one has no process that could be killed")

    def __init__(self, descriptors: Sequence[int]) -> None:
        own = [os.dup(each) for each in descriptors]
        self._thread = Thread(target=server.serve, args=own)
        self._thread.start()

    def poll(self) -> int | None:
        return None if self._thread.is_alive() else 0

    def wait(self, _seconds: float) -> None:
        self._thread.join()


@pytest.fixture
def in_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that are started now are served by a thread."""
    monkeypatch.setattr(process, "launch", InThread)


@pytest.fixture(scope="session")
def shared_stand() -> Iterator[Stand]:
    """Served pages that are started once: it takes a second."""
    patch = pytest.MonkeyPatch()
    patch.setattr(process, "launch", InThread)
    # With the mark of an unsafe setting, so that it is measured with everything else.
    with stand(credentials=Credentials(unsafe_accept_unsealed=True)) as there:
        # Others have a process, which can be killed.
        patch.undo()
        yield there


@pytest.fixture
def standing(shared_stand: Stand) -> Stand:
    """Served pages at which nobody stands."""
    shared_stand.fail(None)
    shared_stand.rest()
    return shared_stand


@pytest.fixture
def own_stand() -> Iterator[Stand]:
    """Served pages for a test that breaks them."""
    with stand() as there:
        yield there


class Client:
    """Whoever speaks HTTP to the pages."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookie = ""
        self._opened: list[HTTPConnection | HTTPResponse] = []

    def connect(self) -> HTTPConnection:
        there = urlsplit(self.address)
        assert there.hostname is not None
        return HTTPConnection(there.hostname, there.port, timeout=20)

    def open(
        self, method: str, path: str, headers: dict[str, str] | None = None
    ) -> HTTPResponse:
        """The answer, its body not yet read."""
        sent = {"Cookie": self.cookie, **(headers or {})}
        connection = self.connect()
        body = b"" if method == "POST" else None
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        self._opened += [connection, answer]
        return answer

    def close(self) -> None:
        for each in self._opened:
            each.close()

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        answer = self.open("GET", path, headers)
        return answer.status, answer.read()

    def post(self, path: str, **headers: str) -> int:
        sent = {"Origin": self.address, **headers}
        return self.open("POST", path, sent).status

    def enter(self, invitation: str) -> int:
        """Use a way in, and keep the session that it gives."""
        answer = self.open("GET", urlsplit(invitation).path)
        cookie = answer.getheader("Set-Cookie", "")
        self.cookie = cookie.partition(";")[0]
        return answer.status


@pytest.fixture
def clients() -> Iterator[Callable[[Stand], Client]]:
    """Makes clients of pages."""
    made = []

    def make(there: Stand) -> Client:
        made.append(Client(there.pages.address))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def client(standing: Stand, clients: Callable[[Stand], Client]) -> Client:
    return clients(standing)


@pytest.fixture
def kiosk(standing: Stand, client: Client) -> Client:
    """A client that is the kiosk."""
    assert client.enter(standing.pages.invite()) == 303
    return client


@pytest.fixture
def own_kiosk(own_stand: Stand, clients: Callable[[Stand], Client]) -> Client:
    """The kiosk of pages that a test breaks."""
    client = clients(own_stand)
    assert client.enter(own_stand.pages.invite()) == 303
    return client


class Kiosks:
    """Opens the kiosk's page; each opening is another browser profile."""

    def __init__(self, browser: Browser, standing: Stand) -> None:
        self._browser = browser
        self._standing = standing
        self._opened: list[BrowserContext] = []
        self.faults: list[str] = []

    def open(
        self, width: int = 1920, height: int = 1080, *, still: bool = False
    ) -> Page:
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            reduced_motion="reduce" if still else "no-preference",
        )
        self._opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._note)
        page.goto(self._standing.pages.invite())
        page.wait_for_selector("body[data-turn]")
        return page

    def close(self) -> None:
        for context in self._opened:
            context.close()

    def _note(self, message: ConsoleMessage) -> None:
        # What the content security policy refuses is said here.
        if message.type == "error" and "Content Security" in message.text:
            self.faults.append(message.text)


@pytest.fixture
def kiosks(browser: Browser, standing: Stand) -> Iterator[Kiosks]:
    """Browsers that look at the pages; a fault on a page fails the test."""
    there = Kiosks(browser, standing)
    yield there
    there.close()
    assert there.faults == []


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Waits until something is so, for as long as a loaded machine may take."""

    def wait(happened: Callable[[], bool]) -> None:
        for _ in range(600):
            if happened():
                return
            time.sleep(0.1)
        raise AssertionError("it never happened")

    return wait
