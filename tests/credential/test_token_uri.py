"""PKCS#11 URIs: what is written is read, and nothing that says more or less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import (
    IssuerPublicKey,
    SigningPrivateKey,
    TokenKey,
    TokenUri,
    dump_key,
    load_key,
    new_issuer_key,
    new_root_key,
    new_settings_key,
)
from ostiary.errors import TrustListError

DRIVER = "module-path=/usr/lib/driver.so"
WHOLE = f"pkcs11:token=desk;object=signs?{DRIVER}"
ISSUER = new_issuer_key("acme", lambda size: b"\x01" * size)
ROOT = new_root_key("owner", lambda size: b"\x02" * size)
SETTINGS = new_settings_key("settings", lambda size: b"\x03" * size)

TEXTS = st.text(min_size=1, max_size=20).filter(
    lambda text: text.encode(errors="replace").decode() == text
)
PATHS = st.text(st.characters(categories=["L", "N", "P"]), max_size=20).map(
    lambda text: f"/{text}"
)


@given(
    module=PATHS,
    label=TEXTS | st.none(),
    identifier=st.binary(min_size=1, max_size=20),
    token=st.dictionaries(
        st.sampled_from(["serial", "manufacturer", "model"]), TEXTS, max_size=3
    ).map(lambda said: {"token": "desk", **said}),
    pin_file=PATHS | st.none(),
)
def test_what_is_written_is_read(
    module: str,
    label: str | None,
    identifier: bytes,
    token: dict[str, str],
    pin_file: str | None,
) -> None:
    uri = TokenUri(module, label, identifier, token, pin_file)
    assert TokenUri.read(uri.text) == uri


@given(st.text() | st.text().map(lambda text: f"pkcs11:{text}"))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        uri = TokenUri.read(text)
    except ValueError:
        return
    assert TokenUri.read(uri.text) == uri


def test_a_uri_as_tools_print_it_is_read() -> None:
    uri = TokenUri.read(
        "pkcs11:model=SoftHSM%20v2;manufacturer=SoftHSM%20project;serial=8d9b;"
        "token=desk;id=%01%ff;object=signs;type=private"
        "?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/pin"
    )
    assert uri.token == {
        "model": "SoftHSM v2",
        "manufacturer": "SoftHSM project",
        "serial": "8d9b",
        "token": "desk",
    }
    assert (uri.label, uri.identifier) == ("signs", b"\x01\xff")
    assert uri.pin_file == "/etc/pin"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pkcs11:",
        f"PKCS12:token=desk;object=signs?{DRIVER}",
        f"pkcs11:object=signs?{DRIVER}",
        f"pkcs11:token=desk?{DRIVER}",
        "pkcs11:token=desk;object=signs",
        "pkcs11:token=desk;object=signs?module-path=driver.so",
        f"pkcs11:token=desk;token=desk;object=signs?{DRIVER}",
        f"pkcs11:token=desk;object=?{DRIVER}",
        f"pkcs11:token=desk;object=signs;slot-id=1?{DRIVER}",
        f"pkcs11:token=desk;object=signs;type=public?{DRIVER}",
        f"pkcs11:token=desk;object=%ff?{DRIVER}",
        f"pkcs11:token=desk;object=%4?{DRIVER}",
        f"pkcs11:token=desk;object=two words?{DRIVER}",
        f"{WHOLE}&{DRIVER}",
        f"{WHOLE}&pin-source=pin",
        f"{WHOLE}&pin-source=file:///etc/%0a",
        f"{WHOLE}&module-name=driver",
        f"{WHOLE}#more",
        f"pkcs11:token=desk;object={'a' * 2_000}?{DRIVER}",
    ],
)
def test_a_uri_that_says_more_or_less_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="token"):
        TokenUri.read(text)


def test_a_pin_in_a_uri_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="PIN") as refused:
        TokenUri.read(f"{WHOLE}&pin-value=4711")
    assert "4711" not in str(refused.value)


@pytest.mark.parametrize("key", [ISSUER, ROOT, SETTINGS], ids=lambda key: key.name)
def test_a_key_on_a_token_travels_in_a_file(
    key: SigningPrivateKey,
) -> None:
    kept = TokenKey(key.public, TokenUri.read(WHOLE))
    assert load_key(dump_key(kept)) == kept
    assert kept.behind(key.key) == key


@pytest.mark.parametrize(
    "member", ['"token": "pkcs11:"', '"token": 1', '"d": "AA", "token": "pkcs11:"']
)
def test_a_key_file_with_a_wrong_token_is_refused(member: str) -> None:
    whole = dump_key(ISSUER.public).decode().rstrip().removesuffix("}").rstrip()
    assert isinstance(load_key((whole + "}").encode()), IssuerPublicKey)
    with pytest.raises(TrustListError):
        load_key(f"{whole}, {member}}}".encode())


def test_a_key_is_here_or_on_a_token_and_not_both() -> None:
    whole = dump_key(ISSUER).decode().rstrip().removesuffix("}").rstrip()
    with pytest.raises(TrustListError, match="unknown members"):
        load_key(f'{whole}, "token": "{WHOLE}"}}'.encode())
