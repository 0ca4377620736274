"""What gates tell consoles, and what consoles tell gates: the parsers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.gate.supply import Stage as PowerStage
from ostiary.reasons import Reason
from ostiary.web.gate.link import LinkError
from ostiary.web.gate.view import (
    MOST,
    Act,
    Call,
    CallState,
    Deed,
    Hour,
    Question,
    View,
    Wants,
    dump_act,
    dump_view,
    load_act,
    load_view,
    steady,
)

numbers = st.integers(0, 10**6)
seconds = st.floats(0, 10**6)
names = st.text("abc xyz-", min_size=1, max_size=30).map(str.strip).filter(bool)
calls = st.builds(
    Call,
    numbers,
    st.sampled_from(Reason) | st.just(Wants.HELP),
    seconds,
    st.sampled_from(CallState),
)
views = st.builds(
    View,
    gate=names,
    faults=st.lists(st.sampled_from(Reason), max_size=3).map(tuple),
    unsafe=st.lists(names, max_size=3).map(tuple),
    calls=st.lists(calls, max_size=4).map(tuple),
    question=st.none() | st.builds(Question, numbers, seconds),
    ended=st.none() | st.sampled_from(Reason),
    hours=st.lists(
        st.builds(Hour, st.just("2026-11-21 16"), numbers, numbers, numbers),
        max_size=4,
    ).map(tuple),
    power=st.none() | st.sampled_from(PowerStage),
    broker=st.none() | st.booleans(),
    ages=st.lists(numbers, max_size=4).map(tuple),
)


@given(views)
def test_a_view_is_read_as_it_was_told(view: View) -> None:
    assert load_view(dump_view(view)) == view
    assert b"\n" not in dump_view(view)


@given(st.sampled_from(Deed), numbers)
def test_an_act_is_read_as_it_was_told(deed: Deed, number: int) -> None:
    assert load_act(dump_act(Act(deed, number))) == Act(deed, number)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_rubbish_is_refused(data: bytes) -> None:
    for load in (load_view, load_act):
        with pytest.raises(LinkError):
            load(data)


VIEW = View(gate="north", question=Question(1, 5.0), calls=(
    Call(1, Reason.DOOR_FAULT, 2.0, CallState.WAITING),
))  # fmt: skip


@pytest.mark.parametrize(
    "members",
    [
        {"gate": ""},
        {"gate": "a\nb"},
        {"gate": "x" * 1000},
        {"faults": ["quite-broken"]},
        {"faults": "camera-fault"},
        {"holder": "somebody"},
        {"calls": [{}]},
        {"calls": [{"number": 1, "why": "help", "waited": 1, "state": "late"}]},
        {"calls": [{"number": True, "why": "help", "waited": 1, "state": "coming"}]},
        {"unsafe": ["a"] * (MOST + 1)},
        {"question": {"number": 1, "left": 1, "name": "somebody"}},
        {"ended": "well"},
        {"hours": None},
        {"power": "mains and more"},
        {"broker": 1},
        {"ages": [-1]},
        {"ages": [True]},
        {"ages": ["1"]},
        {"ages": [1] * (MOST + 1)},
    ],
    ids=str,
)
def test_what_is_no_view_is_refused(members: dict[str, object]) -> None:
    content = json.loads(dump_view(VIEW)) | members
    with pytest.raises(LinkError):
        load_view(json.dumps(content).encode())


def test_every_member_has_to_be_there() -> None:
    content = json.loads(dump_view(VIEW))
    for name in content:
        less = {key: value for key, value in content.items() if key != name}
        with pytest.raises(LinkError):
            load_view(json.dumps(less).encode())


def test_time_goes_on_and_is_no_news() -> None:
    later = VIEW.older(3.0)
    assert later.question == Question(1, 2.0)
    assert later.calls[0].waited == 5.0
    assert VIEW.older(60.0).question == Question(1, 0.0)
    assert steady(later) == steady(VIEW)
    assert steady(View(gate="north")) != steady(VIEW)
