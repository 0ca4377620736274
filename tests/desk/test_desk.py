"""The desk: consent first, passes that fit the keys, nothing kept."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from ostiary.credential import (
    BiometricReference,
    Coding,
    inspect_opened,
    new_issuer_key,
    new_zone_key,
)
from ostiary.desk.consent import TEXT, VERSION, require_consent
from ostiary.desk.issuing import PassRequest, issue_pass
from ostiary.errors import ConfigurationError
from ostiary.storage.home import Home

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)

Randomness = Callable[[int], bytes]


@pytest.fixture
def home(tmp_path: Path, randomness: Randomness) -> Home:
    home = Home(tmp_path / "home")
    home.add_issuer(new_issuer_key("acme", randomness), "urn:acme")
    for epoch, ends in ((1, AT + 10 * DAY), (2, AT + 60 * DAY)):
        key = new_zone_key("north", epoch, AT - DAY, ends, randomness)
        home.add_zone_key(key)
    return home


def request(days: int = 30, zone: str = "north") -> PassRequest:
    return PassRequest(
        issuer="acme", zones=(zone,), not_before=AT, expires_at=AT + days * DAY
    )


def reference() -> BiometricReference:
    return BiometricReference("test/1", Coding.INT8, bytearray(range(1, 65)))


def test_without_consent_the_text_is_shown() -> None:
    require_consent(VERSION)
    for version in (None, "", "2020-01"):
        with pytest.raises(ConfigurationError) as error:
            require_consent(version)
        assert TEXT in str(error.value)
        assert f"--consent {VERSION}" in str(error.value)


def test_a_pass_is_sealed_to_the_newest_key(home: Home, randomness: Randomness) -> None:
    issued = issue_pass(request(), reference(), home, AT, randomness)
    newest = home.zone_keys("north")[-1]
    opened = inspect_opened(issued.text, [newest])
    assert newest.public.epoch == 2
    assert (opened.issuer, opened.zones) == ("acme", ("north",))
    assert opened.status is not None
    assert opened.status.index == issued.status_index
    assert opened.template_bytes == 64


def test_the_template_is_overwritten_when_sealed(
    home: Home, randomness: Randomness
) -> None:
    face = reference()
    issue_pass(request(), face, home, AT, randomness)
    assert bytes(face.data) == bytes(64)


def test_the_template_is_overwritten_when_refused(
    home: Home, randomness: Randomness
) -> None:
    face = reference()
    with pytest.raises(ConfigurationError, match="would outlive the key"):
        issue_pass(request(days=61), face, home, AT, randomness)
    assert bytes(face.data) == bytes(64)


def test_no_two_passes_share_an_identifier_or_a_status_index(home: Home) -> None:
    passes = [issue_pass(request(), None, home, AT, os.urandom) for _ in range(20)]
    assert len({each.status_index for each in passes}) == 20
    assert len({each.claims.identifier for each in passes}) == 20
    assert len({each.text for each in passes}) == 20


def test_a_zone_without_a_key_is_named(home: Home, randomness: Randomness) -> None:
    with pytest.raises(ConfigurationError, match="no key of zone 'south'"):
        issue_pass(request(zone="south"), None, home, AT, randomness)


def test_a_zone_whose_keys_have_ended_is_named(
    home: Home, randomness: Randomness
) -> None:
    with pytest.raises(ConfigurationError, match="no key of zone 'north'"):
        issue_pass(request(), None, home, AT + 61 * DAY, randomness)


def test_a_refused_request_hands_out_no_index(
    home: Home, randomness: Randomness
) -> None:
    with pytest.raises(ConfigurationError):
        issue_pass(request(days=61), None, home, AT, randomness)
    assert not np.any(home.register("acme").read().handed_out)


def test_a_window_that_ends_before_it_begins_is_no_pass(
    home: Home, randomness: Randomness
) -> None:
    with pytest.raises(ConfigurationError, match="no pass can say this"):
        issue_pass(request(days=-1), None, home, AT, randomness)
