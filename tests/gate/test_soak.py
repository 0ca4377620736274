"""A gate over hundreds of transactions: nothing that it holds grows.

The long run, with a plot, is `benchmarks/soak.py`.
"""

from benchmarks.soak import scripted
from ostiary.reasons import Reason

VISITS = 200


def test_nothing_grows_with_the_number_of_transactions() -> None:
    growth = scripted(VISITS)
    assert growth.decisions.total() == VISITS
    assert growth.decisions[Reason.HOLDER_VERIFIED] > 0.9 * VISITS
    assert len(set(growth.decisions)) > 4
    assert {each.descriptors for each in growth.settled} == {
        growth.settled[0].descriptors
    }
    # What is left of a visit would be some objects each.
    assert growth.grown(lambda each: each.objects) < VISITS / 4
    # A picture of each would be 150 megabytes.
    assert growth.grown(lambda each: each.memory) < 10
