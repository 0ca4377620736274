"""Owners' pages of openings by hand and of the journal, as browsers ask for them."""

import dataclasses
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import Hours, cbor
from ostiary.desk.attendants import fingerprint
from ostiary.journal import (
    AuthenticatorAdded,
    AuthenticatorSuspended,
    GateHour,
    JournalEntry,
    OpeningReason,
    OpeningRules,
    UserCheck,
    dump_entry,
    load_entry,
)
from ostiary.journal.hours import in_order
from ostiary.storage.journal import Journal
from ostiary.web.desk.rules_form import FIELDS, TIME_ZONE, read_rules
from tests.authenticator import drawn_key
from tests.conftest import NOW
from tests.web.desk_stand import PASSWORD, DeskStand, Visitor, desk_stand

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")
pytestmark = pytest.mark.enable_socket

IDENTIFIER = bytes(range(20))
POINT = drawn_key(b"kim")
COSE = bytes(cbor.encode({1: 2, 3: -7, -1: 1, -2: POINT[1:33], -3: POINT[33:]}))
TEXT = f"{IDENTIFIER.hex()}.{COSE.hex()}"
HOUR = NOW.replace(minute=0, second=0)
RULES = {
    "relying_party": "localhost",
    "origins": "http://localhost:8470\r\nhttp://localhost:8471\r\n\r\n",
    "user": "verified",
    "signers": "1",
    "most_an_hour": "10",
    "pause": "20",
    "hours": "",
    "time_zone": "",
    "reasons-emergency": "on",
}
SHOWN = ("/openings", "/openings/rules", "/journal", "/journal/audit")
FORMS = (
    "/openings/compare",
    "/openings/add",
    "/openings/suspend",
    "/openings/rules/enter",
    "/journal/audit",
)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskStand]:
    with desk_stand(tmp_path_factory.mktemp("desk") / "home") as there:
        yield there


@pytest.fixture(scope="module")
def isa(stand: DeskStand) -> Visitor:
    return stand.visitor("isa")


@pytest.fixture(scope="module")
def lee(stand: DeskStand) -> Visitor:
    return stand.visitor("lee")


def entries(stand: DeskStand) -> list[JournalEntry]:
    return list(map(load_entry, stand.site.desk.journal.reader.entries()))


@pytest.mark.parametrize("path", [*SHOWN, "/journal/checkpoint", "/journal/audit.html"])
def test_nobody_but_an_owner_sees_it(stand: DeskStand, isa: Visitor, path: str) -> None:
    assert isa.get(path).status == 403
    assert stand.visitor().get(path).headers["location"] == "/sign-in"


@pytest.mark.parametrize("path", FORMS)
def test_nobody_but_an_owner_acts_and_no_other_site(
    stand: DeskStand, isa: Visitor, lee: Visitor, path: str
) -> None:
    fields = {**RULES, "account": "kim", "text": TEXT, "days": "9", "own": PASSWORD}
    before = entries(stand)
    assert isa.post(path, **fields).status == 403
    assert stand.visitor().post(path, **fields).headers["location"] == "/sign-in"
    assert lee.post(path, **fields | {"csrf": "x"}).headers["location"] == "/sign-in"
    assert lee.ask("POST", path, b"", {"Origin": "http://else.example"}).status == 403
    assert entries(stand) == before


def test_from_a_text_to_an_authenticator_that_is_suspended(
    stand: DeskStand, lee: Visitor
) -> None:
    shown = lee.post("/openings/compare", account="kim", text=f"  {TEXT.upper()} ")
    assert fingerprint(IDENTIFIER, COSE) in shown.text
    told = {"account": "kim", "text": TEXT, "days": "30", "own": PASSWORD}
    assert lee.post("/openings/add", **told).status == 303
    added = entries(stand)[-1]
    assert isinstance(added, AuthenticatorAdded)
    assert added.until - added.at == timedelta(days=30)
    assert stand.home.authenticators.read() == {"kim": IDENTIFIER}
    assert "opens until" in lee.get("/openings").text
    # The journal names nobody; the owner's page does, who knows.
    assert "kim" not in dump_entry(added).decode(errors="replace")
    key = added.attendant.hex()
    assert lee.post("/openings/suspend", key=key, own=PASSWORD).status == 303
    suspended = entries(stand)[-1]
    assert isinstance(suspended, AuthenticatorSuspended)
    assert suspended.attendant == added.attendant
    assert "does not open now" in lee.get("/openings").text


def test_a_key_that_was_put_in_anothers_place_shows() -> None:
    point = drawn_key(b"mallory")
    other = bytes(cbor.encode({1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]}))
    assert fingerprint(IDENTIFIER, other) != fingerprint(IDENTIFIER, COSE)
    assert re.fullmatch(r"([0-9a-f]{4} ){4}[0-9a-f]{4}", fingerprint(IDENTIFIER, COSE))


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/openings/compare", {}),
        ("/openings/compare", {"account": "kim", "text": "7"}),
        ("/openings/compare", {"account": "nobody", "text": TEXT}),
        ("/openings/compare", {"account": "\u202emik", "text": TEXT}),
        ("/openings/compare", {"account": "kim", "text": "<script>.</script>"}),
        ("/openings/add", {"account": "kim", "text": TEXT}),
        ("/openings/add", {"account": "kim", "text": TEXT, "days": "0"}),
        ("/openings/add", {"account": "kim", "text": TEXT, "days": "99999999"}),
        ("/openings/add", {"account": "kim", "text": TEXT, "days": "\u0667"}),
        ("/openings/add", {"account": "kim", "text": "aa" * 20 + ".bb", "days": "9"}),
        ("/openings/suspend", {}),
        ("/openings/suspend", {"key": "nobody"}),
        ("/openings/suspend", {"key": "ab" * 32}),
        ("/openings/rules/enter", {}),
        *(
            ("/openings/rules/enter", {**RULES, name: value})
            for name, value in [
                ("relying_party", ""),
                ("relying_party", "Ada Lovelace"),
                ("relying_party", "x\u202ey"),
                ("origins", ""),
                ("origins", "\n".join(f"https://{n}.example" for n in range(9))),
                ("origins", "javascript alert(1)"),
                ("user", "asleep"),
                ("signers", "3"),
                ("signers", "two"),
                ("most_an_hour", "0"),
                ("most_an_hour", "1e3"),
                ("pause", "-1"),
                ("pause", "9" * 400),
                ("hours", "always"),
                ("hours", "mon-fri,08:00-18:00"),
                ("time_zone", "Nowhere/Land"),
                ("reasons-emergency", ""),
            ]
        ),
    ],
)
def test_rubbish_is_refused_and_nothing_is_entered(
    stand: DeskStand, lee: Visitor, path: str, fields: dict[str, str]
) -> None:
    before = entries(stand)
    answer = lee.post(path, own=PASSWORD, **fields)
    assert answer.status == 409
    assert "\u202e" not in answer.text
    assert "<script>." not in answer.text
    assert entries(stand) == before


def test_rules_are_put_in_force_and_shown(stand: DeskStand, lee: Visitor) -> None:
    told = {**RULES, "reasons-<b>my cousin</b>": "on", "own": PASSWORD}
    assert lee.post("/openings/rules/enter", **told).status == 303
    rules = entries(stand)[-1]
    assert isinstance(rules, OpeningRules)
    assert rules.origins == ("http://localhost:8470", "http://localhost:8471")
    # Hostile words are none of the list, and go nowhere.
    assert rules.reasons == (OpeningReason.EMERGENCY,)
    page = lee.get("/openings/rules").text
    assert "<dd>Emergency</dd>" in page
    assert "my cousin" not in page


def test_the_form_has_every_rule_that_there_is() -> None:
    rules = {each.name for each in dataclasses.fields(OpeningRules)} - {"at"}
    assert {each.name for each in FIELDS} == rules | {TIME_ZONE}


WINDOWS = (
    Hours(frozenset(range(5)), 8 * 60, 18 * 60),
    Hours(frozenset({0, 5}), 9 * 60, 12 * 60),
)


@given(
    st.builds(
        OpeningRules,
        st.just(NOW),
        st.sampled_from(["localhost", "gate.example"]),
        st.sampled_from(
            [("https://a.example",), ("https://a.example", "https://b.io")]
        ),
        st.sampled_from(UserCheck),
        st.integers(1, 1_000),
        st.integers(0, 3_600),
        st.integers(1, 2),
        st.sampled_from([None, in_order("UTC", WINDOWS)]),
        st.sets(st.sampled_from(OpeningReason), min_size=1).map(sorted).map(tuple),
    )
)
def test_what_the_form_shows_is_what_it_says_again(rules: OpeningRules) -> None:
    sent: dict[str, str] = {}
    for each in FIELDS:
        value = each.value(rules)
        if isinstance(value, str):
            sent[each.name] = value
        else:
            sent |= {f"{each.name}-{word}": "on" for word in value}
        assert each.said(rules) or each.nothing
    assert read_rules(sent, NOW) == rules


def test_the_journal_is_told_in_words_and_audited(
    stand: DeskStand, lee: Visitor
) -> None:
    lee.post("/openings/rules/enter", **RULES, own=PASSWORD)
    page = lee.get("/journal").text
    assert "rules of openings: localhost" in page
    assert "No witness has signed it" in page
    note = lee.get("/journal/checkpoint")
    assert note.body == stand.site.desk.journal.reader.note()
    assert note.headers["content-disposition"].startswith("attachment")
    assert lee.post("/journal/audit").headers["location"] == "/journal/audit"
    audited = lee.get("/journal/audit").text
    assert "Findings that break a rule: 0" in audited
    assert "Not checked" in audited
    report = lee.get("/journal/audit.html")
    assert report.headers["content-disposition"].startswith("attachment")
    assert report.body.startswith(b"<!doctype html>")


def test_gates_logs_that_lie_beside_are_audited_too(
    stand: DeskStand, lee: Visitor
) -> None:
    folder = stand.home.audit_path / "logs" / "<north>"
    folder.mkdir(parents=True)
    lee.post("/journal/audit")
    audited = lee.get("/journal/audit").text
    assert "log-not-verified" in audited
    assert "<north>" not in audited
    folder.rmdir()


def test_a_gates_log_is_verified_by_the_policys_key(
    stand: DeskStand, lee: Visitor, tmp_path: Path
) -> None:
    gate = Journal.begin(tmp_path / "journal", "north", os.urandom)
    gate.append(dump_entry(GateHour(HOUR, "north", 40, 0, 0, 0)))
    folder = stand.home.audit_path
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    (folder / "logs" / "north").symlink_to(gate.path / "log")
    (folder / "kept").mkdir()
    (folder / "kept" / "older").write_bytes(gate.reader.note())
    (folder / "policy").write_text(f"log {gate.reader.key.text}\nquorum none\n")
    lee.post("/journal/audit")
    audited = lee.get("/journal/audit").text
    assert "Journals: 2" in audited
    assert "log-not-verified" not in audited
    assert gate.reader.key.name in audited
    (folder / "kept" / "older").write_bytes(b"nonsense\n")
    spoilt = lee.post("/journal/audit")
    assert (spoilt.status, "kept/older is no checkpoint" in spoilt.text) == (409, True)
    (folder / "kept" / "older").unlink()
    (folder / "policy").write_text("nonsense\n")
    assert lee.post("/journal/audit").status == 409
    assert lee.get("/journal").status == 409
    (folder / "policy").unlink()


def test_a_journal_that_was_changed_is_said_to_be(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with desk_stand(tmp_path_factory.mktemp("desk") / "home") as stand:
        lee = stand.visitor("lee")
        lee.post("/openings/rules/enter", **RULES, own=PASSWORD)
        bundle = stand.home.journal_path / "log/tile/entries/000.p/1"
        bundle.write_bytes(bundle.read_bytes().replace(b"localhost", b"lucalhost"))
        assert lee.get("/journal").status == 409
        lee.post("/journal/audit")
        assert "log-not-verified" in lee.get("/journal/audit").text
        answer = lee.post("/openings/rules/enter", **RULES, own=PASSWORD)
        assert answer.status == 409
