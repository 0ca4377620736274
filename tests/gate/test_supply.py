"""A gate sleeps when its supply says so, and no answer of a supply ever wakes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.gate.supply import (
    Patience,
    Power,
    Stage,
    Supply,
    advance,
    read_status,
)

PATIENCE = Patience(low=5, lost=15, back=30)

M, B, L, U = Supply.MAINS, Supply.BATTERY, Supply.LOW, Supply.UNKNOWN


def walk(*said: Supply, every: float = 1.0) -> list[Stage]:
    """The stages that follow, one answer a second."""
    power, stages = Power.new(0.0), []
    for number, each in enumerate(said, start=1):
        power = advance(power, each, number * every, PATIENCE)
        stages.append(power.stage)
    return stages


def test_a_power_cut_from_its_beginning_to_its_end() -> None:
    said = [M] * 3 + [B] * 10 + [L] * 6 + [U] * 20 + [M] * 31
    stages = walk(*said)
    expected = [
        *[Stage.MAINS] * 3,
        *[Stage.ON_BATTERY] * 10,
        *[Stage.LOW] * 5,
        *[Stage.ASLEEP] * 21,
        *[Stage.RETURNING] * 30,
        Stage.MAINS,
    ]
    assert stages == expected


def test_a_blip_puts_nobody_to_sleep() -> None:
    assert Stage.ASLEEP not in walk(*([B, L, L, B] * 20))
    assert Stage.ASLEEP not in walk(*([L, M] * 20))


def test_silence_on_mains_changes_nothing() -> None:
    assert set(walk(M, *[U] * 5000)) == {Stage.MAINS}
    assert set(walk(*[U] * 5000)) == {Stage.MAINS}


def test_silence_on_battery_is_a_low_battery() -> None:
    stages = walk(B, *[U] * 40)
    assert stages.index(Stage.LOW) == 15
    assert stages.index(Stage.ASLEEP) == 20


def test_power_that_goes_again_does_not_wake_it() -> None:
    stages = walk(*[L] * 7, *([M] * 29 + [B]) * 5)
    assert set(stages[6:]) == {Stage.ASLEEP, Stage.RETURNING}


def test_a_battery_that_is_no_longer_low_does_not_wake_it() -> None:
    assert walk(*[L] * 7, *[B] * 100)[-1] is Stage.ASLEEP


@given(st.lists(st.tuples(st.sampled_from([B, L, U]), st.floats(0.1, 1000))))
def test_whoever_sleeps_wakes_by_mains_alone(
    said: list[tuple[Supply, float]],
) -> None:
    power = Power(Stage.ASLEEP, 0.0, 0.0)
    seconds = 0.0
    for each, later in said:
        seconds += later
        power = advance(power, each, seconds, PATIENCE)
        assert power.is_asleep


@given(st.lists(st.tuples(st.sampled_from(Supply), st.floats(0, 20))))
def test_it_wakes_after_mains_without_a_break(
    said: list[tuple[Supply, float]],
) -> None:
    power = Power.new(0.0)
    seconds = mains = 0.0
    for each, later in said:
        seconds += later
        if each is not M:
            mains = seconds
        before, power = power, advance(power, each, seconds, PATIENCE)
        if before.is_asleep and not power.is_asleep:
            assert seconds - mains >= PATIENCE.back
        assert power.since <= seconds


@pytest.mark.parametrize(
    ("status", "supply"),
    [
        ("OL", M),
        ("OL CHRG", M),
        ("OL LB CHRG", M),
        ("OB DISCHRG", B),
        ("OB DISCHRG LB", L),
        ("ALARM OB LB RB", L),
        ("OL FSD", L),
        ("FSD", L),
        ("", U),
        ("OL OB", U),
        ("LB", U),
        ("WAIT", U),
        ("ol", U),
        ("OLX", U),
    ],
)
def test_what_a_status_says(status: str, supply: Supply) -> None:
    assert read_status(status) is supply


@given(st.text())
def test_any_status_is_read(status: str) -> None:
    assert isinstance(read_status(status), Supply)
