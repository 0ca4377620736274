"""A desk of a test's own as programs see it, over HTTP."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from ostiary.cli.clock import now
from ostiary.demo.desk_home import make_desk
from ostiary.desk.consent import VERSION
from ostiary.desk.service import Desk
from ostiary.staff.access import AccessToken, Scope, digest_of, write_secret
from ostiary.storage.home import Home
from ostiary.storage.registry.records import PassState
from ostiary.web.desk.server import make_site
from ostiary.web.desk.site import DeskSite
from tests.desk.staged_enrolment import StagedChain, staged
from tests.web.desk_stand import served

PREFIX: Final = "/api/v1"
ALL: Final = tuple(sorted(Scope))


@dataclass
class Clock:
    """What time it is, for a desk."""

    at: datetime = field(default_factory=now)

    def __call__(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.body)


@dataclass
class Program:
    """A program with a token, or with none."""

    origin: str
    secret: str | None

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request: bytes as they are, anything else as JSON."""
        sent = {} if self.secret is None else {"Authorization": f"Bearer {self.secret}"}
        content = body if isinstance(body, bytes) else None
        if body is not None and content is None:
            content = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        return ask(
            self.origin, method, PREFIX + path, content, {**sent, **(headers or {})}
        )

    def order(
        self, key: str | None = None, *, accept: str = "", **members: object
    ) -> Reply:
        """A pass without a face, unless told otherwise."""
        ends = (now() + timedelta(days=30)).isoformat()
        order = {"enrolment": None, "zones": ["north"], "expires_at": ends, **members}
        headers = {"Idempotency-Key": key or str(uuid4()), "Accept": accept}
        return self.ask("POST", "/passes", order, headers)

    def issue(self, **members: object) -> str:
        """A pass that was confirmed; its identifier."""
        identifier: str = self.order(None, accept="", **members).json()["record"][
            "identifier"
        ]
        assert self.confirm(identifier).status == 200
        return identifier

    def confirm(self, identifier: str) -> Reply:
        return self.ask("PUT", f"/passes/{identifier}/confirmation")

    def begin(self, version: str = VERSION) -> Reply:
        """An enrolment."""
        consent = {"version": version, "means": "paper"}
        return self.ask("POST", "/enrolments", {"consent": consent})

    def show(self, enrolment: str, data: bytes, kind: str = "image/jpeg") -> Reply:
        """What is said of a photograph."""
        path = f"/enrolments/{enrolment}/photographs"
        return self.ask("POST", path, data, {"Content-Type": kind})


@dataclass
class ApiStand:
    """A desk, and the programs that work at it."""

    site: DeskSite
    clock: Clock
    origin: str

    @property
    def home(self) -> Home:
        return self.site.home

    @property
    def desk(self) -> Desk:
        return self.site.desk

    def program(self, *scopes: Scope, name: str | None = None) -> Program:
        """One with a token of its own, for all that there is unless told otherwise."""
        secret = write_secret(os.urandom(32))
        token = AccessToken(
            name or uuid4().hex[:8],
            tuple(sorted(scopes or ALL)),
            digest_of(secret),
            self.clock.at + timedelta(days=1),
        )
        self.home.access.change(lambda tokens: tokens.added(token))
        return Program(self.origin, secret)

    def state(self, identifier: str) -> PassState:
        return self.desk.registry.record(bytes.fromhex(identifier)).state


def ask(
    origin: str, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
) -> Reply:
    """One request, with exactly these headers."""
    connection = HTTPConnection(origin.partition("//")[2], timeout=60)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        came = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, came, answer.read())
    finally:
        connection.close()


@contextmanager
def stand_over(desk: Desk) -> Iterator[ApiStand]:
    """The interface over a desk that is there, served on loopback."""
    clock = Clock()
    with served(make_site(desk, staged(StagedChain()), clock)) as stand:
        yield ApiStand(stand.site, clock, stand.origin)


@contextmanager
def api_stand(folder: Path) -> Iterator[ApiStand]:
    """A desk of its own in a folder."""
    with stand_over(make_desk(folder, now(), os.urandom)) as stand:
        yield stand
