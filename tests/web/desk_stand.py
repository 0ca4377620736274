"""A desk of a test's own: its home, its accounts, its pages."""

import asyncio
import json
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import uvicorn

from ostiary.cli.clock import now
from ostiary.demo.desk_home import add_account, make_desk
from ostiary.desk.consent import VERSION
from ostiary.desk.enrolment import Enrolment
from ostiary.errors import ModelError
from ostiary.staff import StaffRole
from ostiary.storage.home import Home
from ostiary.web.connections import Loop
from ostiary.web.desk.app import make_desk_app
from ostiary.web.desk.server import Place, make_site, serve_until_told
from ostiary.web.desk.site import DeskSite
from ostiary.web.serving import settings_of
from tests.desk.staged_enrolment import PERSON, picture

PASSWORD = "four words on tea"  # noqa: S105 - of nobody
STAFF = {
    "kim": StaffRole.ATTENDANT,
    "isa": StaffRole.ISSUER,
    "lee": StaffRole.OWNER,
}
"""The accounts that there are, all with the one password."""
OF_A_PASS = ("/new/consent", "/new/issue", "/new/handed-over", "/new/give-up")
"""Whose forms name the pass that they are of."""


def make_home(folder: Path, begin: Callable[[], Enrolment]) -> DeskSite:
    """A desk with its accounts, made now."""
    desk = make_desk(folder, now(), os.urandom)
    for name, role in STAFF.items():
        add_account(desk.home, name, role, PASSWORD, os.urandom)
    return make_site(desk, begin, now)


def no_models() -> Enrolment:
    """For pages at which nobody is enrolled."""
    raise ModelError("this desk has no models")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Visitor:
    """A browser without scripts: it keeps its cookie, and sends what a page would."""

    origin: str
    cookie: str = ""
    csrf: str = ""

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, with exactly these headers beside the cookie."""
        host = self.origin.partition("//")[2]
        connection = HTTPConnection(host, timeout=30)
        try:
            sent = {"Cookie": self.cookie, **(headers or {})}
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            came = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, came, answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def post(self, path: str, **fields: str) -> Answer:
        """A form of the session's, with what its page hides in it."""
        hidden = self.hidden() if path.startswith(OF_A_PASS) else {}
        body = urlencode({"csrf": self.csrf, **hidden, **fields}).encode()
        return self.ask("POST", path, body, {"Origin": self.origin})

    def hidden(self) -> dict[str, str]:
        """What the page that a pass has come to hides in its forms."""
        pages = (self.get(f"/new/{name}") for name in ("pass", "preview", "consent"))
        text = next((page.text for page in pages if page.status == 200), "")
        return dict(re.findall(r'name="(making|identifier)" value="(\w+)"', text))

    def send(self, path: str, body: bytes, kind: str) -> Answer:
        """What a script sends."""
        headers = {"Origin": self.origin, "X-CSRF": self.csrf, "Content-Type": kind}
        return self.ask("POST", path, body, headers)

    def sign_in(self, name: str, password: str = PASSWORD) -> Answer:
        """Sign in, and keep the session and its token."""
        answer = self.post("/sign-in", name=name, password=password)
        if answer.status == 303:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
            found = re.search(r'data-csrf="([^"]+)"', self.get("/").text)
            assert found is not None
            self.csrf = found[1]
        return answer


@dataclass
class DeskStand:
    """A desk that is served on loopback."""

    site: DeskSite
    origin: str
    at: datetime = field(default_factory=now)

    @property
    def home(self) -> Home:
        return self.site.home

    def visitor(self, name: str | None = None) -> Visitor:
        """A browser; signed in, where an account is named."""
        visitor = Visitor(self.origin)
        if name is not None:
            assert visitor.sign_in(name).status == 303
        return visitor


@contextmanager
def served(site: DeskSite) -> Iterator[DeskStand]:
    """Serve a desk in a thread, where coverage sees it."""
    place = Place()
    with place.listener() as listener:
        server = uvicorn.Server(settings_of(make_desk_app(site, place.names), None))
        origin = place.origin(listener.getsockname()[1])

        def serve() -> None:
            with asyncio.Runner(loop_factory=Loop) as runner:
                runner.run(serve_until_told(site, server, listener))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield DeskStand(site, origin)
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def desk_stand(
    folder: Path, begin: Callable[[], Enrolment] = no_models
) -> Iterator[DeskStand]:
    """A desk with its accounts, served on loopback."""
    with served(make_home(folder, begin)) as stand:
        yield stand


@dataclass
class Issuing:
    """Somebody at the desk, step by step."""

    visitor: Visitor

    def wish(self, **other: str) -> Answer:
        fields = {
            "issuer": "desk",
            "zone-north": "on",
            "first": fields_of(self.visitor)["first"],
            "last": fields_of(self.visitor)["last"],
            "lane": "face",
            "when": "always",
            "own": "staff 7",
        }
        return self.visitor.post("/new", **{**fields, **other})

    def consent(self, language: str = "en", **other: str) -> Answer:
        path = f"/new/consent?language={language}"
        found = re.search(r'name="digest" value="(\w+)"', self.visitor.get(path).text)
        assert found is not None
        fields = {"version": VERSION, "digest": found[1], "agreed": "yes"}
        return self.visitor.post(path, **{**fields, **other})

    def look(self, colour: str) -> dict[str, object]:
        answer = self.visitor.send("/new/look", picture(colour), "image/jpeg")
        assert answer.status == 200
        told: dict[str, object] = json.loads(answer.body)
        return told

    def until_preview(self) -> None:
        assert self.wish().headers["location"] == "/new/consent"
        assert self.consent().status == 303
        assert self.visitor.post("/new/begin").status == 204
        seen = [self.look(PERSON) for _ in range(3)]
        assert seen[-1]["complete"]

    def until_pass(self) -> str:
        """The number of the pass, which waits to be handed over."""
        self.until_preview()
        assert self.visitor.post("/new/issue").headers["location"] == "/new/pass"
        return self.number()

    def number(self) -> str:
        found = re.search(r"<code>(\w{32})</code>", self.visitor.get("/new/pass").text)
        assert found is not None
        return found[1]


def fields_of(visitor: Visitor) -> dict[str, str]:
    return dict(
        re.findall(
            r'name="(\w+)" type="date" value="([^"]+)"', visitor.get("/new").text
        )
    )
