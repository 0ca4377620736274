"""The file of attendants' authenticators on a disk."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.errors import ConfigurationError, TrustListError
from ostiary.storage.authenticators import (
    AuthenticatorsFile,
    dump_authenticators,
    load_authenticators,
)

NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,31}", fullmatch=True)
KNOWN = st.dictionaries(NAMES, st.binary(min_size=16, max_size=64), max_size=5)


@pytest.fixture
def file(tmp_path: Path) -> AuthenticatorsFile:
    return AuthenticatorsFile.beside(tmp_path / "new" / "staff.json")


def test_without_a_file_nobody_has_one(file: AuthenticatorsFile) -> None:
    assert dict(file.read()) == {}


def test_an_account_has_one_and_the_file_is_private(file: AuthenticatorsFile) -> None:
    file.put("kim", bytes(16))
    file.put("lee", bytes(32))
    file.put("kim", bytes(20))
    assert dict(file.read()) == {"kim": bytes(20), "lee": bytes(32)}
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_others_can_read_is_refused(file: AuthenticatorsFile) -> None:
    file.put("kim", bytes(16))
    file.path.chmod(0o640)
    with pytest.raises(TrustListError, match="chmod 600"):
        file.read()


@pytest.mark.parametrize(
    ("account", "identifier"),
    [("Kim", bytes(16)), ("kim", bytes(15)), ("kim", bytes(1024))],
)
def test_what_cannot_be_read_again_is_not_written(
    file: AuthenticatorsFile, account: str, identifier: bytes
) -> None:
    with pytest.raises(ConfigurationError):
        file.put(account, identifier)
    assert not file.path.exists()


@given(KNOWN)
def test_what_is_written_is_read(known: dict[str, bytes]) -> None:
    assert dict(load_authenticators(dump_authenticators(known))) == known


@given(st.binary(max_size=200) | KNOWN.map(dump_authenticators), st.integers(0, 400))
def test_any_bytes_are_a_file_or_a_documented_error(data: bytes, place: int) -> None:
    spoilt = data[:place] + b"7" + data[place + 1 :]
    try:
        known = load_authenticators(spoilt)
    except ConfigurationError:
        return
    assert load_authenticators(dump_authenticators(known)) == known


def test_an_account_stands_once() -> None:
    data = dump_authenticators({"kim": bytes(16), "lee": bytes(16)})
    with pytest.raises(ConfigurationError, match="twice"):
        load_authenticators(data.replace(b"lee", b"kim"))
