"""Key files: what is written is read, and nothing else."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
)
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import (
    IssuerKey,
    IssuerPublicKey,
    PrivateKey,
    dump_key,
    load_key,
    new_gate_key,
    new_issuer_key,
    new_journal_key,
    new_root_key,
    new_settings_key,
    new_zone_key,
)
from ostiary.credential.limits import LIMITS
from ostiary.errors import TrustListError

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ISSUER = new_issuer_key("desk.example", lambda size: b"\x01" * size)
ZONE = new_zone_key("north", 3, START, END, lambda size: b"\x02" * size)
GATE = new_gate_key("main", lambda size: b"\x04" * size)
ROOT = new_root_key("alice", lambda size: b"\x05" * size)
SETTINGS = new_settings_key("office", lambda size: b"\x06" * size)
JOURNAL = new_journal_key("home", lambda size: b"\x07" * size)
KEYS = (ISSUER, ZONE, GATE, ROOT, SETTINGS, JOURNAL)
Change = Callable[[dict[str, Any]], object]


def changed(file: bytes, change: Change) -> bytes:
    content = json.loads(file)
    change(content)
    return json.dumps(content).encode()


@pytest.mark.parametrize("key", KEYS, ids=lambda key: type(key).__name__)
def test_keys_travel_in_files(key: PrivateKey) -> None:
    read = load_key(dump_key(key))

    assert type(read) is type(key)
    assert dump_key(read) == dump_key(key)
    assert load_key(dump_key(key.public)) == key.public


def test_a_public_file_holds_no_private_half() -> None:
    assert set(json.loads(dump_key(ISSUER.public))) == {
        *("kty", "crv", "x", "kind", "name")
    }
    assert all("d" not in json.loads(dump_key(key.public)) for key in KEYS)


@pytest.mark.parametrize(
    ("curve", "key"),
    [(6, ISSUER), (4, ZONE), (4, GATE), (6, ROOT), (6, SETTINGS), (6, JOURNAL)],
)
def test_identifiers_are_cose_key_thumbprints(curve: int, key: PrivateKey) -> None:
    public = key.public.key.public_bytes_raw()
    thumbprint = cbor2.dumps({1: 1, -1: curve, -2: public}, canonical=True)
    assert key.public.identifier == hashlib.sha256(thumbprint).digest()[:8]


def test_both_halves_have_one_identifier() -> None:
    assert ROOT.identifier == ROOT.public.identifier


def test_no_representation_shows_a_key() -> None:
    for key in KEYS:
        secret = json.loads(dump_key(key))["d"]
        assert secret not in repr(key)
        assert "PrivateKey" not in repr(key)


def test_an_epoch_has_a_first_and_a_last_second() -> None:
    assert [
        ZONE.public.is_current(at) for at in (START - SECOND, START, END - SECOND, END)
    ] == [False, True, True, False]


@pytest.mark.parametrize("name", ["", " north", "north ", "a\nb", "ü" * 33, "\u202e"])
def test_names_are_short_and_printable(name: str) -> None:
    for new in (new_issuer_key, new_root_key, new_settings_key):
        with pytest.raises(ValueError, match="name"):
            new(name, bytes)
    with pytest.raises(ValueError, match="name"):
        new_gate_key(name, lambda size: b"\1" * size)
    with pytest.raises(ValueError, match="name"):
        new_zone_key(name, 0, START, END, lambda size: b"\1" * size)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (START, START),
        (END, START),
        (START.replace(tzinfo=None), END),
        (START, END.replace(microsecond=1)),
        (datetime(1969, 1, 1, tzinfo=UTC), END),
    ],
)
def test_windows_are_whole_aware_seconds_in_order(
    start: datetime, end: datetime
) -> None:
    with pytest.raises(ValueError, match=r"window|moment"):
        new_zone_key("north", 0, start, end, lambda size: b"\1" * size)


def test_epochs_count_from_zero() -> None:
    with pytest.raises(ValueError, match="epoch"):
        new_zone_key("north", -1, START, END, lambda size: b"\1" * size)


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key.pop("x"),
        lambda key: key.pop("name"),
        lambda key: key.update(kid="1"),
        lambda key: key.update(kty="EC"),
        lambda key: key.update(crv="Ed448"),
        lambda key: key.update(crv="X25519"),
        lambda key: key.pop("kind"),
        lambda key: key.update(kind="zone"),
        lambda key: key.update(kind="cupboard"),
        lambda key: key.update(kind=1),
        lambda key: key.update(name=7),
        lambda key: key.update(name=""),
        lambda key: key.update(x=key["x"] + "="),
        lambda key: key.update(x=key["x"][:-1]),
        lambda key: key.update(x=key["x"][:-1] + "!"),
        lambda key: key.update(x="A" * 42 + "B"),
        lambda key: key.update(d="A" * 43),
        lambda key: key.update(d=None),
    ],
)
def test_an_issuers_file_with_anything_wrong_is_refused(change: Change) -> None:
    with pytest.raises(TrustListError):
        load_key(changed(dump_key(ISSUER), change))


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key.update(epoch=True),
        lambda key: key.update(epoch=1.0),
        lambda key: key.update(epoch=-1),
        lambda key: key.update(nbf=key["exp"]),
        lambda key: key.update(exp=10**40),
        lambda key: key.update(name="desk.example"),
        lambda key: key.update(d="A" * 43),
    ],
)
def test_a_zones_file_with_anything_wrong_is_refused(change: Change) -> None:
    with pytest.raises(TrustListError):
        load_key(changed(dump_key(ZONE), change))


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key.pop("name"),
        lambda key: key.update(name=" "),
        lambda key: key.update(zone="north"),
        lambda key: key.update(d="A" * 43),
        lambda key: key.update(kind="issuer"),
    ],
)
def test_a_gates_file_with_anything_wrong_is_refused(change: Change) -> None:
    with pytest.raises(TrustListError):
        load_key(changed(dump_key(GATE), change))


def test_a_key_is_of_its_own_kind_alone() -> None:
    issuer = changed(dump_key(ROOT), lambda key: key.update(kind="issuer"))
    assert type(load_key(issuer)) is IssuerKey
    assert load_key(issuer) != ROOT


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"kty": "OKP", "kty": "OKP"}',
        b"[" * 100_000,
        b" " * (LIMITS.key_file_bytes + 1),
    ],
)
def test_what_is_no_json_object_is_no_key(data: bytes) -> None:
    with pytest.raises(TrustListError):
        load_key(data)


@given(st.binary(max_size=60))
def test_junk_is_no_key(data: bytes) -> None:
    with pytest.raises(TrustListError):
        load_key(data)


@given(st.data())
def test_a_key_file_with_one_byte_changed_never_leaks_another_exception(
    data: st.DataObject,
) -> None:
    file = bytearray(dump_key(ZONE))
    file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    try:
        load_key(bytes(file))
    except TrustListError as error:
        message = str(error)
    else:
        message = ""
    assert json.loads(dump_key(ZONE))["d"] not in message


def test_a_loaded_public_key_checks_signatures() -> None:
    key = load_key(dump_key(ISSUER.public))
    assert isinstance(key, IssuerPublicKey)
    key.key.verify(ISSUER.key.sign(b"message"), b"message")


P = 2**255 - 19
TOP = 2**255
ED_8 = int("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826", 16)
ORDERS_OF_2 = (0, 1, P - 1, P, P + 1)
U_OF_8 = (
    int("00b8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0", 16),
    int("57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5f", 16),
)


def with_public(key: PrivateKey, number: int) -> bytes:
    x = urlsafe_b64encode(number.to_bytes(32, "little")).rstrip(b"=").decode()
    return changed(dump_key(key.public), lambda content: content.update(x=x))


@pytest.mark.parametrize("number", [*ORDERS_OF_2, *U_OF_8])
@pytest.mark.parametrize("top", [0, TOP])
def test_a_key_that_nothing_can_be_sealed_to_is_refused(number: int, top: int) -> None:
    private = X25519PrivateKey.from_private_bytes(b"\x07" * 32)
    octets = (number + top).to_bytes(32, "little")
    with pytest.raises(ValueError, match="shared key"):
        private.exchange(X25519PublicKey.from_public_bytes(octets))
    for key in (ZONE, GATE):
        with pytest.raises(TrustListError, match="nobody's"):
            load_key(with_public(key, number + top))


@pytest.mark.parametrize("number", [*ORDERS_OF_2, ED_8, P - ED_8])
@pytest.mark.parametrize("top", [0, TOP])
def test_a_key_that_anyone_can_sign_for_is_refused(number: int, top: int) -> None:
    for key in (ISSUER, ROOT, SETTINGS):
        with pytest.raises(TrustListError, match="nobody's"):
            load_key(with_public(key, number + top))


def test_anyone_can_sign_for_a_point_of_small_order() -> None:
    """Why they are refused: R = B, S = 1 holds for one message in eight or more."""
    one, base = (1).to_bytes(32, "little"), b"\x58" + b"\x66" * 31
    nobodys = Ed25519PublicKey.from_public_bytes(one)
    nobodys.verify(base + one, b"whatever it is")
