"""Policies of witnesses: what they say, and what is refused in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import new_journal_key
from ostiary.errors import JournalError
from ostiary.journal import NoteKey, SignatureType
from ostiary.journal.policy import MOST_BYTES, read_policy
from tests.conftest import drawn


def key(name: str, kind: SignatureType = SignatureType.COSIGNATURE) -> str:
    made = new_journal_key("any", drawn(name.encode())).key.public_key()
    return NoteKey(name, made, kind).text


LOG = key("ostiary/home/1", SignatureType.ED25519)
THREE = "".join(f"witness {name} {key(name)}\n" for name in "abc")


def test_a_policy_of_groups_says_who_suffices() -> None:
    text = f"""
# A remark.
log {LOG} https://log.example
{THREE}witness d {key("d")} https://d.example/
group two 2 a b c
\tgroup  all-of-it all two d
quorum all-of-it
"""
    policy = read_policy(text.encode())
    assert list(policy.logs) == ["ostiary/home/1"]
    assert policy.witnesses["d"].url == "https://d.example/"
    assert policy.suffices({"a", "c", "d"})
    assert not policy.suffices({"a", "b", "c"})
    assert not policy.suffices({"a", "d"})


def test_a_policy_may_ask_for_nobody_or_one() -> None:
    assert read_policy(b"quorum none\n").suffices(())
    alone = read_policy(f"{THREE}quorum b\n".encode())
    assert alone.suffices({"b"})
    assert not alone.suffices({"a", "c"})
    assert read_policy(f"{THREE}group g any a b\nquorum g".encode()).suffices({"b"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "says its quorum"),
        (THREE, "says its quorum"),
        ("quorum none\nquorum none", "line 2.*once"),
        ("quorum a", "line 1.*no line above"),
        ("witness a\nquorum none", "line 1.*none of log, witness"),
        ("nothing a b", "line 1.*none of log, witness"),
        (f"witness none {key('n')}", "line 1"),
        (f"{THREE}witness a {key('z')}", "line 4.*stands once"),
        (f"{THREE}witness z {key('a')}", "line 4.*stands once"),
        (f"{THREE}group g 4 a b c", "line 4.*one to all"),
        (f"{THREE}group g 0 a", "line 4.*one to all"),
        (f"{THREE}group g 01 a", "line 4"),
        (f"{THREE}group g 2 a a", "line 4.*each once"),
        (f"{THREE}group g any a\ngroup h any a", "line 5.*one group"),
        (f"{THREE}group g all", "line 4.*one to all"),
        (f"{THREE}group g any g", "line 4.*no line above"),
        (f"witness a {LOG}", "line 1.*type 4"),
        (f"log {key('a')}", "line 1.*type 1"),
        (f"log {LOG}\nlog {LOG}", "line 2.*once"),
        (f"witness a {key('a')} ftp://a", "line 1.*https"),
        ("log rubbish", "line 1"),
    ],
)
def test_what_is_no_policy_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(JournalError, match=reason):
        read_policy(text.encode())


def test_one_key_under_two_names_counts_once() -> None:
    made = new_journal_key("any", drawn(b"a")).key.public_key()
    other = NoteKey("other", made, SignatureType.COSIGNATURE).text
    with pytest.raises(JournalError, match="whatever its name"):
        read_policy(f"{THREE}witness z {other}".encode())


@given(
    st.binary(max_size=200) | st.text("lognewitsqurm \n#+", max_size=99).map(str.encode)
)
def test_any_bytes_are_a_policy_or_a_documented_error(data: bytes) -> None:
    try:
        read_policy(data)
    except JournalError:
        return
    assert b"quorum" in data


def test_a_policy_that_is_too_long_is_refused() -> None:
    with pytest.raises(JournalError, match="at most"):
        read_policy(b"#" * (MOST_BYTES + 1))
