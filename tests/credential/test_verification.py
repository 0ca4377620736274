"""Verification: its order, its refusals, what it overwrites, and who may make what.

The vectors show one refusal for each reason; here stands what they cannot show.
"""

import ast
import copy
import hashlib
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import ostiary
from ostiary.credential import (
    BiometricReference,
    Claims,
    Coding,
    Entry,
    GateKnowledge,
    HighWater,
    IssuerKey,
    LifeCycle,
    ListedZone,
    StatusList,
    StatusReference,
    TrustedIssuer,
    TrustList,
    VerifiedCredential,
    ZonePublicKey,
    issue,
    issue_unsealed,
    new_issuer_key,
    new_zone_key,
    read_trust,
    sealing,
    signing,
    verify,
)
from ostiary.credential.claims import write_claims
from ostiary.credential.signing import sign
from ostiary.credential.text import write_text
from ostiary.errors import (
    CannotUnsealError,
    CredentialError,
    IncompatibleReferenceError,
    InvalidSignatureError,
    MalformedError,
    OutsideValidityError,
    RevokedError,
    StatusError,
    TrustError,
    UntrustedIssuerError,
)
from ostiary.reasons import Reason
from tests.owner import ROOT, in_force, listed, signed_trust, trust_list, trusted

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
URI = "https://status.example/1"
TEMPLATE = bytes(1 + byte % 7 for byte in hashlib.shake_256(b"t").digest(64))


def drawn(label: str) -> Callable[[int], bytes]:
    count = iter(range(1 << 32))
    return lambda size: hashlib.shake_256(f"{label} {next(count)}".encode()).digest(
        size
    )


ISSUER = new_issuer_key("desk.example", drawn("issuer"))
STRANGER = new_issuer_key("desk.example", drawn("stranger"))
FORMER = new_zone_key("north", 0, AT - 90 * DAY, AT - DAY, drawn("former"))
CURRENT = new_zone_key("north", 1, AT - 2 * DAY, AT + 90 * DAY, drawn("current"))
SOUTH = new_zone_key("south", 0, AT - 90 * DAY, AT + 90 * DAY, drawn("south"))
TRUSTED = trusted(ISSUER.public, AT - DAY, AT + DAY, {"north"})
ZONES = (listed(FORMER), listed(CURRENT))
STATUS = StatusList(
    "desk.example",
    URI,
    AT - DAY,
    AT + 30 * DAY,
    timedelta(hours=6),
    b"\x80\x00",
    signer=TRUSTED,
)
KNOWLEDGE = GateKnowledge(
    zone="north",
    zone_keys=(FORMER, CURRENT),
    trust=in_force(TRUSTED, *ZONES),
    status_lists=(STATUS,),
    max_status_age=7 * DAY,
    extractor="test/1",
    dimensions=64,
)
CLAIMS = Claims(
    issuer="desk.example",
    zones=("north",),
    issued_at=AT,
    not_before=AT,
    expires_at=AT + DAY,
    identifier=bytes(range(16)),
    status=StatusReference(URI, 0),
    hours={},
    reference=BiometricReference("test/1", Coding.INT8, TEMPLATE),
)

CLASSES = {
    TrustError: "clock-behind trust-expired trust-rolled-back",
    CannotUnsealError: (
        "not-sealed no-recipient zone-key-unlisted zone-key-ended"
        " zone-key-compromised cannot-unseal"
    ),
    UntrustedIssuerError: (
        "issuer-unknown issuer-not-current issuer-compromised issuer-not-for-zone"
    ),
    InvalidSignatureError: "signature-invalid",
    OutsideValidityError: (
        "issued-in-future not-yet-valid expired outlives-zone-key"
        " audience-missing wrong-zone outside-hours"
    ),
    StatusError: (
        "status-missing status-unknown status-invalid status-stale status-in-future"
    ),
    RevokedError: "revoked",
    IncompatibleReferenceError: "reference-incompatible",
}


def class_of(reason: Reason) -> type[CredentialError]:
    """All reasons that are not listed are ways of being malformed."""
    return next(
        (kind for kind, reasons in CLASSES.items() if reason in reasons.split()),
        MalformedError,
    )


def text_of(claims: Claims = CLAIMS) -> str:
    return issue(claims, ISSUER, [CURRENT.public], drawn("text"))


def signed_by(key: IssuerKey, *, flipped: int | None = None) -> bytearray:
    signed = sign(write_claims(CLAIMS), key)
    if flipped is not None:
        signed[flipped] ^= 1
    return signed


def sealed_as_is(
    signed: bytearray, *keys: ZonePublicKey, flipped: int | None = None
) -> str:
    """The text of whatever it is; `issue` would look at it first."""
    sealed = sealing.seal(signed, keys or [CURRENT.public], drawn("as is"))
    if flipped is not None:
        sealed[flipped] ^= 1
    return write_text(sealed)


def text_as_signed(claims: Claims) -> str:
    return sealed_as_is(sign(write_claims(claims), ISSUER))


def refusal(
    text: str, knowledge: GateKnowledge = KNOWLEDGE, at: datetime = AT
) -> CredentialError:
    with pytest.raises(CredentialError) as refused:
        verify(text, knowledge, at)
    assert type(refused.value) is class_of(refused.value.reason)
    return refused.value


def test_a_good_pass_is_verified() -> None:
    verified = verify(text_of(), KNOWLEDGE, AT)
    assert verified.issuer == "desk.example"
    assert verified.issuer == CLAIMS.issuer
    assert verified.reference is not None
    steps = verified.reference.values * 7 / verified.reference.values.max()
    assert steps == pytest.approx(list(TEMPLATE), abs=1e-4)


def test_a_pass_without_a_face_is_verified() -> None:
    verified = verify(text_of(replace(CLAIMS, reference=None)), KNOWLEDGE, AT)
    assert verified.reference is None


def test_a_time_without_a_zone_is_misuse() -> None:
    with pytest.raises(ValueError, match="time zone"):
        verify(text_of(), KNOWLEDGE, AT.replace(tzinfo=None))


def test_a_gate_holds_its_own_zones_keys() -> None:
    with pytest.raises(ValueError, match="own zone"):
        replace(KNOWLEDGE, zone_keys=(SOUTH,))


# The order: each line below is cured before the next one can show.
DEFECTS: list[tuple[Reason, dict[str, Any], dict[str, Any]]] = [
    (Reason.ISSUER_UNKNOWN, {}, {"trust": in_force(*ZONES)}),
    (Reason.ISSUED_IN_FUTURE, {"issued_at": AT + 61 * SECOND}, {}),
    (Reason.NOT_YET_VALID, {"not_before": AT + SECOND}, {}),
    (Reason.OUTLIVES_ZONE_KEY, {"expires_at": AT + 91 * DAY}, {}),
    (Reason.WRONG_ZONE, {"zones": ("south",)}, {}),
    (Reason.STATUS_UNKNOWN, {}, {"status_lists": ()}),
    (Reason.REFERENCE_INCOMPATIBLE, {}, {"extractor": "test/2"}),
]


@pytest.mark.parametrize("first", range(len(DEFECTS)))
def test_the_first_step_that_fails_decides(first: int) -> None:
    claims: dict[str, Any] = {}
    knowledge: dict[str, Any] = {}
    for _, change, lack in DEFECTS[first:]:
        claims |= change
        knowledge |= lack
    text = text_as_signed(replace(CLAIMS, **claims))
    error = refusal(text, replace(KNOWLEDGE, **knowledge))
    assert error.reason is DEFECTS[first][0]


def test_nothing_of_an_unknown_issuers_claims_is_read() -> None:
    """Malformed claims under a stranger's signature: the stranger is the reason."""
    text = sealed_as_is(sign(bytearray(b"\xff"), STRANGER))
    assert refusal(text).reason is Reason.ISSUER_UNKNOWN


def test_of_two_epochs_the_running_one_is_used() -> None:
    text = sealed_as_is(signed_by(ISSUER), FORMER.public, CURRENT.public)
    assert verify(text, KNOWLEDGE, AT).reference is not None
    ended = replace(KNOWLEDGE, zone_keys=(FORMER,))
    assert refusal(text, ended).reason is Reason.ZONE_KEY_ENDED


def test_validity_ends_when_it_says() -> None:
    text = text_of()
    later = replace(
        KNOWLEDGE,
        trust=in_force(
            trusted(ISSUER.public, AT - DAY, AT + 9 * DAY, {"north"}), *ZONES
        ),
    )
    assert refusal(text, at=AT - SECOND).reason is Reason.NOT_YET_VALID
    assert verify(text, later, AT + DAY - SECOND).reference is not None
    assert refusal(text, later, AT + DAY).reason is Reason.EXPIRED


def test_trust_ends_when_it_says() -> None:
    text = text_of(replace(CLAIMS, expires_at=AT + 9 * DAY))
    assert verify(text, KNOWLEDGE, AT + DAY - SECOND).issuer == ISSUER.name
    assert refusal(text, at=AT + DAY).reason is Reason.ISSUER_NOT_CURRENT


def test_revocation() -> None:
    text = text_of(replace(CLAIMS, status=StatusReference(URI, 7)))
    assert refusal(text).reason is Reason.REVOKED


def test_a_list_under_another_address_is_not_the_one() -> None:
    moved = replace(STATUS, uri="https://status.example/2")
    error = refusal(text_of(), replace(KNOWLEDGE, status_lists=(moved,)))
    assert error.reason is Reason.STATUS_UNKNOWN


def test_another_issuers_list_counts_for_nothing() -> None:
    other = new_issuer_key("other", drawn("other")).public
    foreign = replace(STATUS, signer=replace(TRUSTED, key=other))
    error = refusal(text_of(), replace(KNOWLEDGE, status_lists=(foreign,)))
    assert error.reason is Reason.STATUS_INVALID
    both = replace(KNOWLEDGE, status_lists=(STATUS, foreign))
    assert verify(text_of(), both, AT).issuer == ISSUER.name


def test_a_namesake_of_another_zone_revokes_and_absolves_nobody() -> None:
    """Issuers choose their own names; what a key may do is in the trust list."""
    namesake = replace(TRUSTED, key=STRANGER.public, zones=frozenset({"south"}))
    newer = replace(STATUS, issued_at=AT, bits=bytes(2), signer=namesake)
    text = text_of(replace(CLAIMS, status=StatusReference(URI, 7)))
    knowledge = replace(KNOWLEDGE, status_lists=(STATUS, newer))
    assert refusal(text, knowledge).reason is Reason.REVOKED
    alone = replace(KNOWLEDGE, status_lists=(newer,))
    assert refusal(text, alone).reason is Reason.STATUS_INVALID


def test_a_key_for_lists_alone_speaks_for_every_zone_of_its_issuer() -> None:
    signer = replace(TRUSTED, key=STRANGER.public, zones=frozenset())
    lists = (replace(STATUS, signer=signer),)
    assert verify(text_of(), replace(KNOWLEDGE, status_lists=lists), AT).reference


def test_a_list_outlives_neither_the_trust_in_its_key_nor_its_reading() -> None:
    ended = trusted(ISSUER.public, AT - DAY, AT, {"north"})
    for signer in (ended, None):
        lists = (replace(STATUS, signer=signer),)
        error = refusal(text_of(), replace(KNOWLEDGE, status_lists=lists))
        assert error.reason is Reason.STATUS_INVALID


@pytest.mark.parametrize("turn", [1, -1])
def test_of_several_lists_the_newest_counts(turn: int) -> None:
    text = text_of(replace(CLAIMS, status=StatusReference(URI, 7)))
    older = replace(STATUS, issued_at=STATUS.issued_at - SECOND, bits=bytes(16))
    lists = (STATUS, older)[::turn]
    error = refusal(text, replace(KNOWLEDGE, status_lists=lists))
    assert error.reason is Reason.REVOKED


def test_an_unsafe_gate_still_looks_up_a_status_that_is_there() -> None:
    unsafe = replace(KNOWLEDGE, unsafe_accept_without_status=True, status_lists=())
    assert refusal(text_of(), unsafe).reason is Reason.STATUS_UNKNOWN


def test_an_unsealed_pass_is_checked_all_the_same() -> None:
    unsafe = replace(KNOWLEDGE, unsafe_accept_unsealed=True)
    assert verify(issue_unsealed(CLAIMS, ISSUER), unsafe, AT).reference is not None
    error = refusal(issue_unsealed(CLAIMS, STRANGER), unsafe)
    assert error.reason is Reason.ISSUER_UNKNOWN
    # Sealed passes stay sealed passes there.
    assert verify(text_of(), unsafe, AT).reference is not None


# Only `verify` makes a VerifiedCredential.


def test_nobody_else_makes_a_verified_credential() -> None:
    with pytest.raises(TypeError, match="only verify"):
        VerifiedCredential("desk.example", ("north",), AT, bytes(16), None, object())


def test_a_verified_credential_is_not_changed_copied_or_stored() -> None:
    verified = verify(text_of(), KNOWLEDGE, AT)
    for forge in (
        lambda: replace(verified, made_by=None),
        lambda: replace(verified),  # type: ignore[call-arg]  # refused there too
        lambda: copy.copy(verified),
        lambda: copy.deepcopy(verified),
        lambda: pickle.dumps(verified),
    ):
        with pytest.raises((TypeError, ValueError), match=r"made|makes|copied"):
            forge()
    with pytest.raises(AttributeError):
        verified.issuer = "other"  # type: ignore[misc]  # that is the test


def test_nothing_secret_shows_in_a_representation() -> None:
    shown = repr(verify(text_of(), KNOWLEDGE, AT))
    assert "reference" not in shown
    assert "identifier" not in shown


def test_no_other_module_makes_one_or_borrows_the_seal() -> None:
    source = Path(ostiary.__file__).parent
    for path in source.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = set(names_used(tree)) & {"VerifiedCredential()", "_MADE_BY_VERIFY"}
        home = path == source / "credential" / "verification.py"
        assert bool(found) is home, path


def names_used(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                yield f"{name}()"
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                yield name
            case _:
                pass


# What is overwritten.


GOOD = text_of()
REFUSED = [
    (Reason.CANNOT_UNSEAL, sealed_as_is(signed_by(ISSUER), flipped=100)),
    (Reason.ISSUER_UNKNOWN, sealed_as_is(signed_by(STRANGER))),
    (Reason.SIGNATURE_INVALID, sealed_as_is(signed_by(ISSUER, flipped=-1))),
    (Reason.WRONG_ZONE, text_as_signed(replace(CLAIMS, zones=("south",)))),
    (Reason.REVOKED, text_of(replace(CLAIMS, status=StatusReference(URI, 7)))),
    (
        Reason.REFERENCE_MALFORMED,
        text_of(
            replace(
                CLAIMS,
                reference=BiometricReference("test/1", Coding.INT8, TEMPLATE + b"\1"),
            )
        ),
    ),
]


@dataclass
class Watched:
    """Every buffer that held an opened credential, and whether it did hold it."""

    buffers: list[bytearray] = field(default_factory=list)
    held_template: list[bool] = field(default_factory=list)

    def see(self, buffer: bytearray) -> None:
        self.buffers.append(buffer)
        self.held_template.append(TEMPLATE in buffer)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    watched = Watched()

    class Opening:
        def __init__(self, key: bytes) -> None:
            self.cipher = AESGCM(key)

        def decrypt_into(
            self, iv: bytes, ciphertext: bytes, context: bytes, into: bytearray
        ) -> int:
            try:
                return self.cipher.decrypt_into(iv, ciphertext, context, into)
            finally:
                watched.see(into)

    build = signing._signature_input

    def signature_input(protected: memoryview, payload: memoryview) -> bytearray:
        buffer = build(protected, payload)
        watched.see(buffer)
        return buffer

    monkeypatch.setattr(sealing, "AESGCM", Opening)
    monkeypatch.setattr(signing, "_signature_input", signature_input)
    return watched


def test_an_opened_pass_is_overwritten_once_it_is_verified(watched: Watched) -> None:
    assert verify(GOOD, KNOWLEDGE, AT).reference is not None
    assert watched.held_template == [True, True]
    assert not any(any(buffer) for buffer in watched.buffers)


@pytest.mark.parametrize(("reason", "text"), REFUSED, ids=lambda value: value[:20])
def test_a_refused_pass_is_overwritten(
    watched: Watched, reason: Reason, text: str
) -> None:
    error = refusal(text)
    assert error.reason is reason
    assert watched.buffers
    assert not any(any(buffer) for buffer in watched.buffers)


def raised_with(error: BaseException) -> Iterator[object]:
    """Whatever the frames of an exception, and of those behind it, keep alive."""
    frames: TracebackType | None = error.__traceback__
    while frames is not None:
        yield from frames.tb_frame.f_locals.values()
        frames = frames.tb_next
    for behind in (error.__context__, error.__cause__):
        if behind is not None:
            yield from raised_with(behind)


@pytest.mark.parametrize(("reason", "text"), REFUSED, ids=lambda value: value[:20])
def test_a_refusal_keeps_no_template_alive(reason: Reason, text: str) -> None:
    error = refusal(text)
    assert error.args == (reason.value,)
    for value in raised_with(error):
        if isinstance(value, bytes | bytearray | memoryview):
            assert TEMPLATE not in bytes(value)
        assert TEMPLATE.hex() not in repr(value)


# Trust.


def with_trust(trust: TrustList) -> GateKnowledge:
    return replace(KNOWLEDGE, trust=read_trust(signed_trust(trust), ROOT))


def lived(**changes: datetime) -> TrustedIssuer:
    return replace(TRUSTED, life=replace(TRUSTED.life, **changes))


def test_a_gate_relies_on_a_signed_list_only() -> None:
    with pytest.raises(ValueError, match="signed"):
        replace(KNOWLEDGE, trust=trust_list(TRUSTED, *ZONES))


def test_nothing_is_granted_once_the_list_or_its_root_has_expired() -> None:
    ended = with_trust(trust_list(TRUSTED, *ZONES, expires_at=AT + SECOND))
    assert verify(text_of(), ended, AT).issuer == ISSUER.name
    assert refusal(text_of(), ended, AT + SECOND).reason is Reason.TRUST_EXPIRED
    root = replace(ROOT, expires_at=AT)
    trust = read_trust(signed_trust(trust_list(TRUSTED, *ZONES)), root)
    knowledge = replace(KNOWLEDGE, trust=trust)
    assert refusal(text_of(), knowledge).reason is Reason.TRUST_EXPIRED


def test_no_older_list_counts() -> None:
    newer = read_trust(signed_trust(trust_list(TRUSTED, *ZONES, version=2)), ROOT)
    used = HighWater().raised_by_trust(newer, AT)
    behind = replace(KNOWLEDGE, high_water=used)
    assert refusal(text_of(), behind).reason is Reason.TRUST_ROLLED_BACK
    assert verify(text_of(), replace(behind, trust=newer), AT).issuer == ISSUER.name


@pytest.mark.parametrize(
    ("life", "reason"),
    [
        ({"active_from": AT + SECOND}, Reason.ISSUER_NOT_CURRENT),
        ({"active_from": AT}, None),
        ({"ending_from": AT}, Reason.ISSUER_NOT_CURRENT),
        ({"ending_from": AT + SECOND}, None),
        ({"ending_from": AT, "ends_at": AT}, Reason.ISSUER_NOT_CURRENT),
        ({"compromised_at": AT + DAY}, Reason.ISSUER_COMPROMISED),
    ],
)
def test_a_pass_counts_if_its_issuers_key_was_active_when_it_was_issued(
    life: dict[str, datetime], reason: Reason | None
) -> None:
    knowledge = with_trust(trust_list(lived(**life), *ZONES))
    if reason is None:
        assert verify(text_of(), knowledge, AT).issuer == ISSUER.name
    else:
        assert refusal(text_of(), knowledge).reason is reason


def test_a_pass_from_before_the_end_counts_until_the_key_has_ended() -> None:
    knowledge = with_trust(trust_list(lived(ending_from=AT + SECOND), *ZONES))
    text = text_of(replace(CLAIMS, expires_at=AT + 9 * DAY))
    assert verify(text, knowledge, AT + DAY - SECOND).issuer == ISSUER.name
    assert refusal(text, knowledge, AT + DAY).reason is Reason.ISSUER_NOT_CURRENT


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (None, Reason.ZONE_KEY_UNLISTED),
        (listed(replace(CURRENT.public, epoch=2)), Reason.ZONE_KEY_UNLISTED),
        (
            Entry(CURRENT.public, LifeCycle(AT - DAY, AT - SECOND, AT)),
            Reason.ZONE_KEY_ENDED,
        ),
        (Entry(CURRENT.public, LifeCycle(AT - DAY, AT, AT + DAY)), None),
        (
            Entry(CURRENT.public, LifeCycle(AT - DAY, AT, AT + DAY, AT)),
            Reason.ZONE_KEY_COMPROMISED,
        ),
    ],
)
def test_a_zones_key_opens_what_the_trust_list_lets_it(
    entry: ListedZone | None, reason: Reason | None
) -> None:
    others = () if entry is None else (entry,)
    knowledge = with_trust(trust_list(TRUSTED, *others))
    if reason is None:
        assert verify(text_of(), knowledge, AT).issuer == ISSUER.name
    else:
        assert refusal(text_of(), knowledge).reason is reason
