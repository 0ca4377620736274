"""Requests that have one effect, in both databases."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from ostiary.errors import RegistryError
from ostiary.storage.registry.records import REQUESTS_KEPT, Place
from ostiary.storage.registry.registry import Registry
from ostiary.storage.registry.requests import (
    LEASE,
    Begun,
    Refused,
    Request,
    Requests,
)
from tests.registries import AT, KEY

SECOND = timedelta(seconds=1)
WHO, PASS, OLD = b"a" * 32, b"p" * 16, b"o" * 16


@pytest.fixture
def requests(database: str) -> Requests:
    return Requests(Registry.create(Place(database, uuid4().hex, KEY)))


@pytest.fixture
def attempt(requests: Requests) -> Callable[..., Request]:
    def make(
        content: bytes = b"one pass",
        at: datetime = AT,
        who: bytes = WHO,
        key: str = "k",
    ) -> Request:
        return requests.attempt(who, key, content, at, os.urandom)

    return make


def test_a_request_is_begun_once_and_then_known_by_what_came_of_it(
    requests: Requests, attempt: Callable[..., Request]
) -> None:
    first = attempt()
    assert requests.begin(first) == Begun(None)
    assert requests.begin(attempt()) is Refused.BUSY
    requests.note(first, PASS, OLD)
    assert requests.renewed_by(PASS) == OLD
    assert requests.begin(attempt(b"another")) is Refused.OTHER_CONTENT
    assert requests.begin(attempt()) == Begun(PASS)
    assert requests.begin(attempt()) is Refused.BUSY


def test_one_who_failed_lets_the_next_begin(
    requests: Requests, attempt: Callable[..., Request]
) -> None:
    first = attempt()
    requests.begin(first)
    requests.abandon(first)
    assert requests.begin(attempt(b"another")) == Begun(None)


def test_one_who_died_is_waited_for_and_can_note_nothing_late(
    requests: Requests, attempt: Callable[..., Request]
) -> None:
    first = attempt()
    requests.begin(first)
    assert requests.begin(attempt(at=AT + LEASE - SECOND)) is Refused.BUSY
    second = attempt(at=AT + LEASE)
    assert requests.begin(second) == Begun(None)
    with pytest.raises(RegistryError, match="took too long"):
        requests.note(first, PASS, None)
    # Nor does it take away what is another's.
    requests.abandon(first)
    requests.note(second, PASS, None)
    assert requests.renewed_by(PASS) is None


def test_after_a_day_nothing_is_left(
    requests: Requests, attempt: Callable[..., Request]
) -> None:
    first = attempt()
    requests.begin(first)
    requests.note(first, PASS, OLD)
    assert (
        requests.begin(attempt(b"x", AT + REQUESTS_KEPT - SECOND))
        is Refused.OTHER_CONTENT
    )
    assert requests.begin(attempt(b"x", AT + REQUESTS_KEPT)) == Begun(None)
    with pytest.raises(RegistryError, match="last day"):
        requests.renewed_by(PASS)


def test_what_nobody_asks_for_again_is_removed_with_old_records(
    requests: Requests, attempt: Callable[..., Request]
) -> None:
    first = attempt()
    requests.begin(first)
    requests.note(first, PASS, OLD)
    requests.registry.prune(AT + REQUESTS_KEPT - SECOND)
    assert requests.renewed_by(PASS) == OLD
    requests.registry.prune(AT + REQUESTS_KEPT)
    with pytest.raises(RegistryError, match="last day"):
        requests.renewed_by(PASS)


def test_a_clock_set_back_does_not_let_a_second_one_in(
    requests: Requests, attempt: Callable[..., Request]
) -> None:
    requests.begin(attempt())
    assert requests.begin(attempt(at=AT - REQUESTS_KEPT)) is Refused.BUSY


def test_nobody_elses_key_is_the_same(
    requests: Requests, attempt: Callable[..., Request], database: str
) -> None:
    requests.begin(attempt())
    assert requests.begin(attempt(who=b"b" * 32)) == Begun(None)
    assert requests.begin(attempt(key="l")) == Begun(None)
    other = Requests(Registry.create(Place(database, uuid4().hex, KEY)))
    first = attempt()
    assert other.begin(first) == Begun(None)
    other.note(first, PASS, None)
    with pytest.raises(RegistryError, match="last day"):
        requests.renewed_by(PASS)


def test_what_was_asked_is_not_to_be_guessed_from_the_database(
    requests: Requests, attempt: Callable[..., Request]
) -> None:
    asked = attempt(b"member 7")
    elsewhere = Requests(replace(requests.registry, key=bytes(32)))
    guessed = elsewhere.attempt(WHO, "k", b"member 7", AT, os.urandom)
    assert attempt(b"member 7").content == asked.content
    assert guessed.content != asked.content != hashlib.sha256(b"member 7").digest()


def test_of_many_at_once_one_begins(
    requests: Requests, attempt: Callable[..., Request]
) -> None:
    found: list[Begun | Refused] = []
    threads = [
        threading.Thread(target=lambda: found.append(requests.begin(attempt())))
        for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(map(str, found)) == [str(Begun(None)), *["busy"] * 7]


_KILLED = """
import os, sys
from tests.registries import AT, KEY
from ostiary.storage.registry.records import Place
from ostiary.storage.registry.registry import Registry
from ostiary.storage.registry.requests import Requests
requests = Requests(Registry.connect(Place(sys.argv[1], sys.argv[2], KEY)))
request = requests.attempt(b"a" * 32, "k", b"one pass", AT, os.urandom)
requests.begin(request)
if sys.argv[3] == "noted":
    requests.note(request, b"p" * 16, None)
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("how_far", ["begun", "noted"])
def test_what_a_killed_desk_began_is_still_known(
    database: str, how_far: str, attempt: Callable[..., Request]
) -> None:
    tenant = uuid4().hex
    requests = Requests(Registry.create(Place(database, tenant, KEY)))
    words = [sys.executable, "-c", _KILLED, database, tenant, how_far]
    killed = subprocess.run(words, check=False)  # noqa: S603 - fixed words
    assert killed.returncode == -signal.SIGKILL
    expected = {"begun": Refused.BUSY, "noted": Begun(PASS)}
    assert requests.begin(attempt()) == expected[how_far]
