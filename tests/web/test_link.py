"""The messages between a gate and its pages: what is written is read, nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.presentation.challenge import Move
from ostiary.reasons import Reason
from ostiary.web.gate.link import (
    MAX_BYTES,
    TO_GATE,
    TO_PAGES,
    Answered,
    Asked,
    AskedNoMore,
    Attended,
    Called,
    Consented,
    Entered,
    HandDrawn,
    HandDropped,
    HandEnded,
    Handout,
    HandSeconded,
    HandSigned,
    HandWaits,
    HandWished,
    Health,
    HelpWanted,
    HourOver,
    Invitation,
    Kind,
    LinkError,
    Message,
    Opening,
    Scene,
    decode,
    encode,
)

TEXTS = st.text(max_size=40)
SCENES = st.builds(
    Scene,
    kind=st.sampled_from(Kind),
    reason=st.none() | st.sampled_from(Reason),
    move=st.none() | st.sampled_from(Move),
    seconds=st.none() | st.floats(0, 600),
    turn=st.integers(0, 2**40),
)
SECONDS = st.floats(0, 1e6)
OPENINGS = st.builds(Opening, idle=SECONDS, whole=SECONDS)
ATTENDED = (
    st.builds(Called)
    | st.builds(Health)
    | st.builds(HourOver, TEXTS)
    | st.builds(Asked, seconds=SECONDS)
    | st.builds(AskedNoMore)
    | st.builds(HandDrawn)
    | st.builds(HandWaits, seconds=SECONDS)
    | st.builds(HandEnded)
)
HANDOUTS = st.builds(Handout, TEXTS) | st.builds(Invitation, TEXTS)
TO_PAGES_SAID = SCENES | HANDOUTS | OPENINGS | ATTENDED
TO_GATE_SAID = (
    st.sampled_from([Entered(), HelpWanted(), Consented("2026-11")])
    | st.builds(Attended)
    | st.builds(Answered)
    | st.builds(HandWished)
    | st.builds(HandSigned)
    | st.builds(HandSeconded)
    | st.builds(HandDropped)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=8,
)


@given(TO_PAGES_SAID)
def test_what_a_gate_says_is_read_as_it_was_said(message: Message) -> None:
    assert decode(encode(message), TO_PAGES) == message


@given(TO_GATE_SAID)
def test_what_pages_say_is_read_as_it_was_said(message: Message) -> None:
    assert decode(encode(message), TO_GATE) == message


def test_the_longest_assertion_goes_through() -> None:
    parts = ("00" * 1_024, "00" * 1_024, "00" * 512)
    signed = HandSeconded("7" * 32, "7" * 32, "00" * 32, *parts)
    assert decode(encode(signed), TO_GATE) == signed


@given(st.binary(max_size=MAX_BYTES + 8) | JSON.map(lambda j: json.dumps(j).encode()))
def test_whatever_comes_is_a_message_or_refused(packet: bytes) -> None:
    for kinds in (TO_PAGES, TO_GATE):
        try:
            message = decode(packet, kinds)
        except LinkError:
            continue
        assert type(message) in kinds.values()


@given(
    st.sampled_from(["say", "kind", "reason", "move", "seconds", "turn", "more"]),
    JSON,
)
def test_a_scene_with_one_other_value_is_a_scene_or_refused(
    name: str, value: object
) -> None:
    table = json.loads(encode(Scene(Kind.IDLE)))
    try:
        message = decode(json.dumps(table | {name: value}).encode(), TO_PAGES)
    except LinkError:
        return
    assert isinstance(message, Scene)
    assert name != "more"


@pytest.mark.parametrize(
    "change",
    [
        {"seconds": 1},
        {"seconds": True},
        {"seconds": "8.0"},
        {"turn": 1.0},
        {"turn": True},
        {"kind": "IDLE"},
        {"kind": ["idle"]},
        {"reason": "HOLDER_VERIFIED"},
        {"say": "entered"},
        {"say": None},
    ],
)
def test_values_of_another_type_are_refused(change: dict[str, Any]) -> None:
    table = json.loads(encode(Scene(Kind.IDLE)))
    with pytest.raises(LinkError):
        decode(json.dumps(table | change).encode(), TO_PAGES)


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"{",
        b"[" * MAX_BYTES,
        b"null",
        b"\xff",
        encode(Scene(Kind.IDLE)) + b" " * MAX_BYTES,
        encode(Scene(Kind.IDLE, seconds=1.0)).replace(b"1.0", b"NaN"),
        encode(Scene(Kind.IDLE, seconds=1.0)).replace(b"1.0", b"1e999"),
        encode(Scene(Kind.IDLE)).replace(b'"kind": "idle", ', b""),
    ],
)
def test_what_is_no_message_is_refused(packet: bytes) -> None:
    with pytest.raises(LinkError):
        decode(packet, TO_PAGES)


def test_one_side_cannot_speak_for_the_other() -> None:
    with pytest.raises(LinkError):
        decode(encode(Scene(Kind.GRANTED)), TO_GATE)
    with pytest.raises(LinkError):
        decode(encode(HelpWanted()), TO_PAGES)


def test_what_lets_somebody_in_is_not_shown() -> None:
    opening = Opening(
        certificate=None,
        key=None,
        hosts="",
        language="en",
        sound=True,
        trial=False,
        name="north",
        staff=None,
        token=None,
        others="",
        unsafe="",
        idle=1.0,
        whole=1.0,
        session="secret",
        by_hand=False,
    )
    shown = repr((opening, Invitation("secret"), Handout("secret")))
    assert "secret" not in shown
