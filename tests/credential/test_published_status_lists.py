"""The vectors that draft-ietf-oauth-status-list publishes, as far as they can be ours.

Sources: sections 4.2, 4.3 and 5.2 and appendix C.1 of draft-ietf-oauth-status-list-20.

The draft's token is signed with ES256, with a key that is not published, has its key
identifier in the unprotected header, and its map keys are not in the deterministic
order. Our profile refuses each of these. So its bits and its claims are checked, and
its signature is not.
"""

import base64
import zlib
from datetime import UTC, datetime, timedelta
from typing import Final

import cbor2
import pytest

from ostiary.credential import (
    StatusList,
    new_issuer_key,
    read_status_list,
    sign_status_list,
)
from ostiary.credential.cbor import Encodable, Key, encode
from ostiary.credential.signing import sign
from ostiary.errors import TrustListError
from ostiary.reasons import Reason
from tests.owner import LONG_AGO, in_force, trusted

EXAMPLE: Final = bytes([0xB9, 0xA3])
STATUSES: Final = (1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1)
IN_JSON: Final = "eNrbuRgAAhcBXQ"
IN_CBOR: Final = bytes.fromhex("a2646269747301636c73744a78dadbb918000217015d")
TOKEN: Final = bytes.fromhex(
    "d2845820a2012610781a6170706c69636174696f6e2f7374617475736c6973742b63"
    "7774a1044231325850a502782168747470733a2f2f6578616d706c652e636f6d2f73"
    "74617475736c697374732f31061a648c5bea041a8898dfea19fffe19a8c019fffda2"
    "646269747301636c73744a78dadbb918000217015d584093fa4d01032b18c35e2fe1"
    "101b77fd6cc9440022caa4694450c4e4e9feab4e99d1fa6d9772ce2bf3a12e0323de"
    "d7c982c5e101a5e67f0cbc1e2b6f57ce99c279"
)
MILLION: Final = bytes.fromhex(
    "a2646269747301636c737458bd78daeddc010dc0200c0041a88249400ad2903e0f4b"
    "ba00bd93f002beb7a2a2010000a91e09000000000000000000000000000000807296"
    "04000000000000000000000000000000000000000000000000000000000000000000"
    "000000000000005c6f4800000000000000fc2c240000000000000000000000be1b12"
    "000000000000000000ecaa4b000000000000000000000000000000009b0b09000000"
    "00000000000038de9400000000000000002a30cc010000000080642f0bd8011b"
)
REVOKED: Final = (
    0,
    1_993,
    25_460,
    159_495,
    495_669,
    554_353,
    645_645,
    723_232,
    854_545,
    934_534,
    1_000_345,
)

AT: Final = datetime.fromtimestamp(1_686_920_170, UTC)
END: Final = datetime.fromtimestamp(2_291_720_170, UTC)
ISSUER: Final = new_issuer_key("example", lambda size: b"\x01" * size)
TRUST: Final = in_force(trusted(ISSUER.public, LONG_AGO, END, ()))
HEADERS: Final[dict[Key, Encodable]] = {16: "application/statuslist+cwt"}


def signed_here(claims: dict[Key, Encodable]) -> StatusList:
    """What our reader makes of claims in our order under our signature."""
    return read_status_list(bytes(sign(encode(claims), ISSUER, HEADERS)), TRUST, AT)


def published(lst: bytes) -> StatusList:
    return signed_here(
        {
            2: "https://example.com/statuslists/1",
            4: 2_291_720_170,
            6: 1_686_920_170,
            65533: {"bits": 1, "lst": lst},
            65534: 43_200,
        }
    )


def test_the_sixteen_statuses_stand_in_the_published_bits() -> None:
    status = published(base64.urlsafe_b64decode(IN_JSON + "=="))
    assert status.bits == EXAMPLE
    assert tuple(map(status.is_revoked, range(16))) == STATUSES
    assert cbor2.loads(IN_CBOR) == {
        "bits": 1,
        "lst": base64.urlsafe_b64decode(IN_JSON + "=="),
    }


def test_the_published_claims_are_read_label_by_label() -> None:
    tag = cbor2.loads(TOKEN)
    protected, unprotected, payload, signature = tag.value
    claims = dict(cbor2.loads(payload))

    assert tag.tag == 18
    assert cbor2.loads(protected) == {1: -7, **HEADERS}  # -7 is ES256
    assert unprotected == {4: b"12"}
    assert len(signature) == 64
    claims[65533] = dict(claims[65533])
    assert signed_here(claims) == StatusList(
        issuer="example",
        uri="https://example.com/statuslists/1",
        issued_at=AT,
        expires_at=END,
        ttl=timedelta(seconds=43_200),
        bits=EXAMPLE,
    )


def test_a_list_of_ours_has_the_claims_of_the_published_one() -> None:
    token = sign_status_list(published(zlib.compress(EXAMPLE)), ISSUER)
    claims = cbor2.loads(cbor2.loads(token).value[2])
    theirs = cbor2.loads(cbor2.loads(TOKEN).value[2])
    ours = zlib.decompress(claims[65533].pop("lst"))
    assert ours == zlib.decompress(theirs[65533].pop("lst"))
    assert claims == theirs


def test_the_published_token_as_it_stands_is_refused_for_its_open_header() -> None:
    with pytest.raises(TrustListError, match=Reason.COSE_MALFORMED):
        read_status_list(TOKEN, TRUST, AT)


def test_the_published_order_of_claims_is_not_ours() -> None:
    payload = cbor2.loads(TOKEN).value[2]
    with pytest.raises(TrustListError, match=Reason.CBOR_NOT_CANONICAL):
        read_status_list(bytes(sign(bytearray(payload), ISSUER, HEADERS)), TRUST, AT)


def test_the_list_of_a_million_has_the_published_indices_and_no_others() -> None:
    status = published(cbor2.loads(MILLION)["lst"])
    assert status.size == 2**20
    found = [index for index in range(status.size) if status.is_revoked(index)]
    assert tuple(found) == REVOKED
