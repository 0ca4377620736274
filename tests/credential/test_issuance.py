"""Issuing: sizes, misuse, what is sealed, and what inspection then shows."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import (
    BiometricReference,
    Claims,
    Coding,
    Hours,
    StatusReference,
    inspect_opened,
    inspect_outside,
    issue,
    issue_unsealed,
    new_issuer_key,
    new_zone_key,
)
from ostiary.credential import issuance as issuance_module
from ostiary.credential.text import read_text
from ostiary.errors import CannotUnsealError, CredentialError
from ostiary.reasons import Reason

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TEMPLATE = hashlib.shake_256(b"template").digest(128)


def drawn(label: str) -> Callable[[int], bytes]:
    count = iter(range(1 << 32))
    return lambda size: hashlib.shake_256(f"{label} {next(count)}".encode()).digest(
        size
    )


ISSUER = new_issuer_key("desk.example", drawn("issuer"))
STRANGER = new_issuer_key("fair.example", drawn("stranger"))
ZONE_KEYS = [
    new_zone_key(zone, 0, AT - DAY, AT + 90 * DAY, drawn(zone))
    for zone in ("north", "south", "east", "west")
]
PUBLIC = [key.public for key in ZONE_KEYS]
CLAIMS = Claims(
    issuer="desk.example",
    zones=("north",),
    issued_at=AT,
    not_before=AT,
    expires_at=AT + 30 * DAY,
    identifier=bytes(range(16)),
    status=StatusReference("https://status.example/1", 4711),
    hours={},
    reference=BiometricReference("retail-0095/2", Coding.INT4, TEMPLATE),
)


def for_zones(count: int) -> Claims:
    return replace(CLAIMS, zones=tuple(key.zone for key in PUBLIC[:count]))


@pytest.mark.parametrize(("zones", "most"), [(1, 519), (2, 649), (4, 860)])
def test_a_pass_is_small(zones: int, most: int) -> None:
    text = issue(for_zones(zones), ISSUER, PUBLIC[:zones], drawn("small"))
    assert inspect_outside(text).cose_bytes <= most


@pytest.mark.parametrize(("zones", "most"), [(1, 565), (2, 672), (3, 777)])
def test_a_pass_of_the_fused_chain_is_larger(zones: int, most: int) -> None:
    template = drawn("fused")(192)
    reference = BiometricReference("fused/2", Coding.INT4, template)
    claims = replace(for_zones(zones), reference=reference)
    text = issue(claims, ISSUER, PUBLIC[:zones], drawn("larger"))
    assert inspect_outside(text).cose_bytes <= most


def test_nothing_of_the_claims_shows_outside() -> None:
    message = read_text(issue(CLAIMS, ISSUER, PUBLIC[:1], drawn("hidden")))
    for secret in (TEMPLATE, CLAIMS.identifier, b"desk", b"north", b"status"):
        assert secret not in message


def test_an_unsealed_pass_shows_the_template_to_anyone() -> None:
    text = issue_unsealed(CLAIMS, ISSUER)
    assert TEMPLATE in read_text(text)
    assert not inspect_outside(text).sealed


def test_two_passes_share_no_key() -> None:
    one, other = (
        read_text(issue(CLAIMS, ISSUER, PUBLIC[:1], drawn(label)))
        for label in ("one", "other")
    )
    shared = sum(a == b for a, b in zip(one, other, strict=True))
    assert shared < len(one) // 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"issuer": "fair.example"}, "own"),
        ({"zones": ()}, "at least one"),
        ({"zones": ("south",)}, "each of its zones"),
        ({"zones": ("north", "south")}, "each of its zones"),
        ({"expires_at": AT + 91 * DAY}, "ends before"),
        ({"not_before": AT - 2 * DAY}, "starts after"),
    ],
)
def test_what_does_not_belong_together_is_not_issued(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        issue(replace(CLAIMS, **change), ISSUER, PUBLIC[:1], drawn("misuse"))


def test_one_key_a_zone() -> None:
    with pytest.raises(ValueError, match="each of its zones"):
        issue(CLAIMS, ISSUER, [PUBLIC[0], PUBLIC[0]], drawn("misuse"))


def test_an_issuer_signs_its_own() -> None:
    with pytest.raises(ValueError, match="own"):
        issue_unsealed(CLAIMS, STRANGER)


def test_a_zone_key_without_a_secret_is_not_used() -> None:
    point = X25519PublicKey.from_public_bytes(bytes(32))
    with pytest.raises(ValueError, match="no secret"):
        issue(CLAIMS, ISSUER, [replace(PUBLIC[0], key=point)], drawn("zero"))


def test_the_desks_buffers_are_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytearray] = []

    def spied(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(buffer: bytearray, *rest: object) -> object:
            seen.append(buffer)
            return function(buffer, *rest)

        return call

    for name in ("sign", "seal"):
        function = getattr(issuance_module, name)
        monkeypatch.setattr(issuance_module, name, spied(function))
    issue(CLAIMS, ISSUER, PUBLIC[:1], drawn("wiped"))
    assert len(seen) == 2
    assert not any(any(buffer) for buffer in seen)


def test_outside_view() -> None:
    text = issue(for_zones(2), ISSUER, PUBLIC[:2], drawn("outside"))
    view = inspect_outside(text)
    assert view.sealed
    assert view.text_characters == len(text)
    assert view.cose_bytes == len(read_text(text))
    assert view.cose_bytes < view.compressed_bytes < view.text_characters
    assert view.algorithms == ("A256GCM", "ECDH-ES+A256KW over X25519")
    assert view.key_identifiers == (PUBLIC[0].identifier, PUBLIC[1].identifier)


def test_opened_view_is_everything_but_the_template() -> None:
    hours = {"north": (Hours(frozenset({0}), 0, 60),)}
    claims = replace(for_zones(2), hours=hours)
    text = issue(claims, ISSUER, PUBLIC[:2], drawn("opened"))
    view = inspect_opened(text, ZONE_KEYS[1:])
    assert view.signature == "not checked"
    assert view.signing_key == ISSUER.public.identifier
    for field in ("issuer", "zones", "issued_at", "not_before", "expires_at"):
        assert getattr(view, field) == getattr(claims, field)
    assert (view.identifier, view.status, view.hours) == (
        claims.identifier,
        claims.status,
        hours,
    )
    assert (view.extractor, view.coding) == ("retail-0095/2", Coding.INT4)
    assert view.template_bytes == len(TEMPLATE)


def test_opened_views_of_other_forms() -> None:
    unsealed = inspect_opened(issue_unsealed(CLAIMS, ISSUER), [])
    assert unsealed.issuer == "desk.example"
    faceless = replace(CLAIMS, reference=None)
    view = inspect_opened(issue(faceless, ISSUER, PUBLIC[:1], drawn("f")), ZONE_KEYS)
    assert (view.extractor, view.coding, view.template_bytes) == (None, None, 0)


def test_another_zones_key_opens_nothing() -> None:
    text = issue(CLAIMS, ISSUER, PUBLIC[:1], drawn("other"))
    with pytest.raises(CannotUnsealError) as refused:
        inspect_opened(text, ZONE_KEYS[1:])
    assert refused.value.reason is Reason.NO_RECIPIENT


@given(st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"))
def test_inspection_of_junk_is_refused(text: str) -> None:
    with pytest.raises(CredentialError):
        inspect_outside(text)
    with pytest.raises(CredentialError):
        inspect_opened(text, ZONE_KEYS)
