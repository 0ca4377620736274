"""Openings by hand between browser and gate: what is asked, lost, or made up."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import cbor
from ostiary.errors import ConfigurationError
from ostiary.gate.openings import NotOpened
from ostiary.journal import Assertion, OpeningReason, read_cose_key
from ostiary.storage.authenticators import AuthenticatorsFile
from ostiary.web.gate import hand
from ostiary.web.gate.hand import LOST, MOST_WISHES, Hands, registration_text
from ostiary.web.gate.link import (
    HandDrawn,
    HandDropped,
    HandEnded,
    HandSeconded,
    HandSigned,
    HandWaits,
    HandWished,
    Message,
)
from tests.authenticator import drawn_key
from tests.loops import run

SAID = Assertion(bytes(37), b"{}", bytes(8))
CHALLENGE = bytes(32)
HOST, ORIGIN = "localhost", "http://localhost:8470"
IDENTIFIER = bytes(range(32))


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def attestation(host: str = HOST) -> bytes:
    point = drawn_key(b"kim")
    key = cbor.encode({1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
    data = hashlib.sha256(host.encode()).digest() + b"\x45" + bytes(4) + bytes(16)
    data += len(IDENTIFIER).to_bytes(2) + IDENTIFIER + bytes(key)
    return bytes(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data}))


def client_data(**other: str) -> bytes:
    said = {"type": "webauthn.create", "challenge": b64(CHALLENGE), "origin": ORIGIN}
    return json.dumps(said | other).encode()


def answer(client: bytes | None = None, attested: bytes | None = None) -> str:
    return json.dumps(
        {
            "id": b64(IDENTIFIER),
            "rawId": b64(IDENTIFIER),
            "type": "public-key",
            "response": {
                "clientDataJSON": b64(client or client_data()),
                "attestationObject": b64(attested or attestation()),
            },
        }
    )


def read(text: str) -> str:
    return registration_text(CHALLENGE, HOST, ORIGIN, text)


def test_a_registration_becomes_a_text_that_owners_enter() -> None:
    identifier, key = map(bytes.fromhex, read(answer()).split("."))
    assert identifier == IDENTIFIER
    assert read_cose_key(key)[1] == drawn_key(b"kim")


@pytest.mark.parametrize(
    "text",
    [
        answer(client_data(challenge=b64(bytes(31) + b"7"))),
        answer(client_data(origin="https://elsewhere.example")),
        answer(client_data(type="webauthn.get")),
        answer(attested=attestation("elsewhere.example")),
        answer(attested=b"\xff"),
        answer(client=b"7"),
        "",
        "7",
        "{}",
        "[" * 10_000,
        "\x00",
    ],
)
def test_another_registration_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        read(text)


@given(st.binary(max_size=300), st.integers(0, 400), st.integers(0, 255))
def test_whatever_is_registered_is_a_text_or_a_documented_error(
    data: bytes, place: int, octet: int
) -> None:
    whole = attestation()
    spoilt = whole[:place] + bytes([octet]) + whole[place + 1 :]
    for text in (answer(attested=spoilt), answer(attested=data), answer(client=data)):
        try:
            read(text)
        except ConfigurationError:
            continue


class Gate:
    """The other end: hears, and answers as it is told to."""

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.answers: Callable[[Message], HandDrawn | HandEnded | None] = lambda _: None
        self.hands = Hands(self.tell)

    def tell(self, message: Message) -> None:
        self.heard.append(message)
        said = self.answers(message)
        if said is not None:
            self.hands.hear(said)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    monkeypatch.setattr(hand, "DRAWING_SECONDS", 0.05)
    monkeypatch.setattr(hand, "SIGNING_SECONDS", 0.0)
    return Gate()


def wish(gate: Gate) -> HandDrawn | HandEnded:
    return run(gate.hands.wish(IDENTIFIER, OpeningReason.OTHER))


def test_what_the_gate_draws_up_comes_back(gate: Gate) -> None:
    def draw(message: Message) -> HandDrawn:
        assert isinstance(message, HandWished)
        assert message.attendant == hashlib.sha256(IDENTIFIER).hexdigest()
        return HandDrawn(message.wish, 7, "north", "00" * 32, 1)

    gate.answers = draw
    assert isinstance(wish(gate), HandDrawn)


def test_a_gate_that_does_not_answer_is_lost(gate: Gate) -> None:
    ended = wish(gate)
    assert isinstance(ended, HandEnded)
    assert ended.refusal == LOST
    assert run(gate.hands.sign("wish", SAID)).refusal == LOST


def test_an_answer_to_another_wish_is_none(gate: Gate) -> None:
    gate.answers = lambda _: HandEnded("of somebody else", None)
    ended = run(gate.hands.sign("wish", SAID))
    assert ended.refusal == LOST


def test_an_entry_to_be_signed_is_no_answer_to_a_signature(gate: Gate) -> None:
    gate.answers = lambda _: HandDrawn("wish", 7, "north", "00" * 32, 1)
    assert run(gate.hands.sign("wish", SAID)).refusal == LOST


def test_one_wish_is_signed_once_at_a_time(gate: Gate) -> None:
    async def twice() -> tuple[HandEnded, HandEnded]:
        first = asyncio.create_task(gate.hands.sign("wish", SAID))
        await asyncio.sleep(0)
        return await gate.hands.sign("wish", SAID), await first

    second, _ = run(twice())
    assert second.refusal == NotOpened.ANOTHER
    assert [type(each) for each in gate.heard] == [HandSigned]


def test_so_many_wishes_wait_and_no_more(gate: Gate) -> None:
    async def many() -> list[HandEnded]:
        wishes = [gate.hands.sign(f"{n}", SAID) for n in range(MOST_WISHES + 3)]
        return await asyncio.gather(*wishes)

    ended = [each.refusal for each in run(many())]
    assert ended.count(NotOpened.ANOTHER) == 3


WAITS = HandWaits("first", 7, "north", OpeningReason.OTHER, "00" * 32, "00" * 32, 60)


@pytest.fixture
def registered(gate: Gate, tmp_path: Path) -> Gate:
    """Kim has an authenticator, lee has none."""
    gate.hands.file = AuthenticatorsFile(tmp_path / "authenticators.json")
    gate.hands.file.put("kim", IDENTIFIER)
    return gate


def test_what_waits_is_shown_to_whoever_can_sign_it(registered: Gate) -> None:
    hands = registered.hands
    hands.hear(WAITS)
    assert hands.waiting("kim") == (WAITS,)
    assert hands.waiting("lee") == ()
    hands.hear(HandEnded("first", None))
    assert hands.waiting("kim") == ()


def test_nobody_is_asked_to_sign_what_they_signed(registered: Gate) -> None:
    hands = registered.hands
    own = hashlib.sha256(IDENTIFIER).hexdigest()
    hands.hear(replace(WAITS, attendant=own))
    assert hands.waiting("kim") == ()
    assert hands.account(own) == "kim"
    assert hands.account("00" * 32) is None


def test_what_waited_too_long_is_shown_no_more(registered: Gate) -> None:
    now = 0.0
    hands = registered.hands
    hands.seconds = lambda: now
    hands.hear(WAITS)
    now = 59.0
    assert hands.waiting("kim") == (WAITS,)
    now = 60.0
    assert hands.waiting("kim") == ()


def test_the_second_names_what_waits_and_who_they_are(gate: Gate) -> None:
    def end(message: Message) -> HandEnded:
        assert isinstance(message, HandSeconded)
        assert message.first == "first"
        assert message.attendant == hashlib.sha256(IDENTIFIER).hexdigest()
        return HandEnded(message.wish, None)

    gate.answers = end
    gate.hands.hear(WAITS)
    assert run(gate.hands.countersign(bytes(32), IDENTIFIER, SAID)).refusal is None


def test_what_does_not_wait_is_late_and_the_gate_is_not_asked(gate: Gate) -> None:
    gate.hands.hear(WAITS)
    for challenge in (b"", b"first", bytes(31), bytes([1] * 32)):
        late = run(gate.hands.countersign(challenge, IDENTIFIER, SAID))
        assert late.refusal == NotOpened.LATE
    assert gate.heard == []


def test_a_second_signature_that_the_gate_does_not_answer_is_lost(gate: Gate) -> None:
    gate.hands.hear(WAITS)
    assert run(gate.hands.countersign(bytes(32), IDENTIFIER, SAID)).refusal == LOST


def test_the_gate_hears_that_nobody_signs(gate: Gate) -> None:
    gate.hands.drop("wish")
    assert gate.heard == [HandDropped("wish")]


def test_a_registration_is_answered_once(gate: Gate) -> None:
    gate.hands.begin_registration("session")
    for _ in range(2):
        with pytest.raises(ConfigurationError):
            gate.hands.registered("session", HOST, ORIGIN, answer())
    for number in range(MOST_WISHES + 1):
        gate.hands.begin_registration(f"{number}")
    with pytest.raises(ConfigurationError, match="begun"):
        gate.hands.registered("0", HOST, ORIGIN, answer())


def test_a_file_that_is_not_in_order_gives_nobody_an_authenticator(
    gate: Gate, tmp_path: Path
) -> None:
    file = AuthenticatorsFile(tmp_path / "authenticators.json")
    gate.hands.file = file
    assert gate.hands.identifier("kim") is None
    file.put("kim", IDENTIFIER)
    assert gate.hands.identifier("kim") == IDENTIFIER
    file.path.chmod(0o644)
    assert gate.hands.identifier("kim") is None
