"""A pass that stays in view counts once; one that comes back counts again."""

from ostiary.gate.in_view import InView


def test_a_pass_in_view_is_fresh_once() -> None:
    view = InView(absence_seconds=2.0)
    assert view.fresh(("A",), 0.0) == ("A",)
    assert view.fresh(("A",), 1.9) == ()
    assert view.fresh(("A",), 3.8) == ()


def test_after_its_absence_it_is_fresh_again() -> None:
    view = InView(absence_seconds=2.0)
    view.fresh(("A",), 0.0)
    assert view.fresh(("A",), 2.0) == ("A",)


def test_another_pass_is_fresh_beside_it() -> None:
    view = InView(absence_seconds=2.0)
    view.fresh(("A",), 0.0)
    assert view.fresh(("A", "B"), 1.0) == ("B",)


def test_what_is_only_seen_at_rest_is_still_fresh_later() -> None:
    view = InView(absence_seconds=2.0)
    view.keep(("B",), 0.0)
    assert view.fresh(("B",), 0.1) == ("B",)


def test_holding_bridges_the_time_in_which_nobody_looked() -> None:
    view = InView(absence_seconds=2.0)
    view.fresh(("A",), 0.0)
    view.hold(5.0)
    assert view.fresh(("A",), 6.0) == ()


def test_a_clock_that_runs_backwards_makes_it_fresh() -> None:
    view = InView(absence_seconds=2.0)
    view.fresh(("A",), 100.0)
    assert view.fresh(("A",), 1.0) == ("A",)
