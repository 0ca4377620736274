"""The desk: consent first, passes that fit the keys, nothing kept."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from ostiary.credential import (
    AnyEntry,
    BiometricReference,
    Coding,
    Hours,
    LifeCycle,
    inspect_opened,
    new_issuer_key,
    new_zone_key,
)
from ostiary.desk.consent import TEXT, VERSION, require_consent
from ostiary.desk.issuing import (
    PassRequest,
    draft_pass,
    issue_pass,
    load_photographs,
)
from ostiary.errors import CaptureError, ConfigurationError, TrustListError
from ostiary.storage.home import Home
from tests.owner import listed, put_in_force, trusted

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)

Randomness = Callable[[int], bytes]


@pytest.fixture
def home(tmp_path: Path, randomness: Randomness) -> Home:
    home = Home(tmp_path / "home")
    issuer = new_issuer_key("acme", randomness)
    home.add_issuer(issuer, "urn:acme")
    keys = [
        new_zone_key("north", epoch, AT - DAY, ends, randomness)
        for epoch, ends in ((1, AT + 10 * DAY), (2, AT + 60 * DAY))
    ]
    for key in keys:
        home.add_zone_key(key)
    signer = trusted(issuer.public, AT - DAY, AT + 90 * DAY, {"north"})
    put_in_force(home, signer, *map(listed, keys))
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
    issued = issue_pass(draft_pass(request(), home, AT), reference(), randomness)
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
    issue_pass(draft_pass(request(), home, AT), face, randomness)
    assert bytes(face.data) == bytes(64)


def test_the_template_is_overwritten_when_the_register_fails(
    home: Home, randomness: Randomness
) -> None:
    face, draft = reference(), draft_pass(request(), home, AT)
    (home.path / "status" / "acme.register.json").write_text("{")
    with pytest.raises(TrustListError):
        issue_pass(draft, face, randomness)
    assert bytes(face.data) == bytes(64)


def test_no_two_passes_share_an_identifier_or_a_status_index(home: Home) -> None:
    passes = [
        issue_pass(draft_pass(request(), home, AT), None, os.urandom) for _ in range(20)
    ]
    assert len({each.status_index for each in passes}) == 20
    assert len({each.claims.identifier for each in passes}) == 20
    assert len({each.text for each in passes}) == 20


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (request(zone="south"), "no key of zone 'south'"),
        (request(days=61), "ends before the credential"),
        (request(days=-1), "no pass can say this"),
        (replace(request(), zones=("north", "north")), "a zone stands twice"),
        (replace(request(), not_before=AT - 2 * DAY), "starts after the credential"),
        (replace(request(), zones=()), "at least one zone"),
        (
            replace(request(), hours={"south": (Hours(frozenset({0}), 0, 60),)}),
            "hours belong to a zone",
        ),
    ],
)
def test_what_no_pass_can_say_is_named_before_anything_is_handed_out(
    home: Home, wanted: PassRequest, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        draft_pass(wanted, home, AT)
    assert not np.any(home.register("acme").read().handed_out)


def test_a_zone_whose_keys_have_ended_is_named(home: Home) -> None:
    with pytest.raises(ConfigurationError, match="no key of zone 'north'"):
        draft_pass(request(), home, AT + 61 * DAY)


def test_a_photograph_that_cannot_be_loaded_is_named_by_its_number(
    tmp_path: Path,
) -> None:
    good = tmp_path / "secret-name.png"
    Pillow.fromarray(np.full((9, 9, 3), 90, np.uint8)).save(good)
    with pytest.raises(CaptureError, match="photograph 2: ") as error:
        load_photographs([good, tmp_path / "another-name.png"])
    assert "name" not in str(error.value)


def entries(home: Home, **changes: datetime) -> tuple[list[AnyEntry], AnyEntry]:
    """What is listed, and apart from it the newest zone key, changed."""
    issuers, (older, newest) = home.draft().issuers, home.draft().zones
    return [*issuers, older], replace(newest, life=replace(newest.life, **changes))


def test_a_desk_seals_to_the_newest_active_key_of_the_list(home: Home) -> None:
    [key] = draft_pass(request(5), home, AT).zone_keys
    assert key.epoch == 2

    others, newest = entries(home, active_from=AT + DAY)
    put_in_force(home, *others, newest)

    [key] = draft_pass(request(5), home, AT).zone_keys
    assert key.epoch == 1
    put_in_force(home, *others[:1])
    with pytest.raises(ConfigurationError, match="no key of zone 'north'"):
        draft_pass(request(5), home, AT)


def test_no_pass_outlives_the_life_of_a_key(home: Home) -> None:
    others, newest = entries(home, ending_from=AT + DAY, ends_at=AT + 20 * DAY)
    put_in_force(home, *others, newest)
    with pytest.raises(ConfigurationError, match="key of its zone 'north' ends before"):
        draft_pass(request(21), home, AT)
    assert draft_pass(request(20), home, AT).claims.expires_at == AT + 20 * DAY

    issuer = replace(others[0], life=LifeCycle(AT - DAY, AT + DAY, AT + 9 * DAY))
    put_in_force(home, issuer, *others[1:], newest)
    with pytest.raises(ConfigurationError, match="key of its issuer ends before"):
        draft_pass(request(10), home, AT)


def test_a_desk_issues_for_the_zones_that_it_is_trusted_for(home: Home) -> None:
    others, newest = entries(home)
    put_in_force(home, replace(others[0], zones=frozenset({"south"})), newest)
    with pytest.raises(ConfigurationError, match="does not let its issuer"):
        draft_pass(request(), home, AT)


def test_a_desk_that_has_another_machines_zone_keys_in_the_list_needs_no_copies(
    home: Home,
) -> None:
    for path in (home.path / "zones").iterdir():
        path.unlink()
    assert [key.epoch for key in draft_pass(request(), home, AT).zone_keys] == [2]


@pytest.mark.parametrize("life", [(-9, -1, 9), (1, 2, 3)])
def test_a_desk_signs_with_a_key_in_use(home: Home, life: tuple[int, int, int]) -> None:
    others, newest = entries(home)
    moments = [AT + days * DAY for days in life]
    put_in_force(home, replace(others[0], life=LifeCycle(*moments)), newest)
    with pytest.raises(ConfigurationError, match="no key of issuer 'acme'"):
        draft_pass(request(1), home, AT)


def test_a_desk_relies_on_no_list_that_has_expired(home: Home) -> None:
    others, newest = entries(home)
    put_in_force(home, *others, newest, expires_at=AT)
    with pytest.raises(TrustListError, match="trust sign"):
        draft_pass(request(), home, AT)
