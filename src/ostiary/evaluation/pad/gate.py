"""What the whole gate does with a presentation: comparison, looks, tables, policy.

By the very tables that a gate decides by. Nothing that was recorded can be asked to
move, so a challenge is where it ends here: what is asked is counted as asked.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ostiary.comparison import compare
from ostiary.comparison import decide as decide_comparison
from ostiary.config import Vision
from ostiary.evaluation.pad.presentations import Presentation
from ostiary.evaluation.pad.results import Verdicts
from ostiary.policy import Compared
from ostiary.policy import decide as decide_access
from ostiary.presentation import fusion
from ostiary.presentation.fusion import Asking
from ostiary.terms import Challenge, ComparisonDecision, Features, Outcome

DEFAULT: Final = Vision().asking
"""When a gate asks people to move unless its owner chose."""


class Fate(StrEnum):
    """What becomes of a presentation at the gate."""

    LET_IN = "let-in"
    ASKED = "asked"
    REFERRED = "referred"
    REFUSED = "refused"
    NO_RESPONSE = "no-response"


_FATES: Final[Mapping[Outcome, Fate]] = MappingProxyType(
    {
        Outcome.GRANT: Fate.LET_IN,
        Outcome.REFER: Fate.REFERRED,
        Outcome.REFUSE: Fate.REFUSED,
    }
)


def matches(each: Presentation, reference: Features, threshold: float) -> bool:
    """Whether it was compared at all, and is a match."""
    return _compared(each, reference, threshold) is ComparisonDecision.MATCH


def fate(
    each: Presentation, reference: Features, threshold: float, asking: Asking
) -> Fate:
    """What the gate does with a presentation.

    Args:
        each: the presentation.
        reference: what the pass holds that is shown with it.
        threshold: lowest comparison score that is a match.
        asking: when the gate asks people to move.
    """
    if not each.responded:
        return Fate.NO_RESPONSE
    compared = _compared(each, reference, threshold)
    if fusion.asks(asking, each.appearance, compared):
        return Fate.ASKED
    looks = fusion.decide(each.appearance, Challenge.NOT_ASKED)
    return _FATES[decide_access(Compared(compared, looks)).outcome]


def verdicts(
    made: Sequence[Presentation],
    species: Sequence[str],
    known: Mapping[str, Features],
    threshold: float,
) -> Iterator[Verdicts]:
    """Of every species, under every setting of `vision.challenge`.

    Args:
        made: presentations, of people and attacks.
        species: which are wanted.
        known: a reference of each subject; who has none is not counted.
        threshold: lowest comparison score that is a match.
    """
    for name in species:
        own = [p for p in made if p.species == name and p.subject in known]
        for asking in Asking:
            counts = Counter(
                fate(each, known[each.subject], threshold, asking) for each in own
            )
            yield Verdicts(
                species=name,
                challenge=asking,
                presentations=len(own),
                let_in=counts[Fate.LET_IN],
                asked=counts[Fate.ASKED],
                referred=counts[Fate.REFERRED],
                refused=counts[Fate.REFUSED],
                no_response=counts[Fate.NO_RESPONSE],
            )


def _compared(
    each: Presentation, reference: Features, threshold: float
) -> ComparisonDecision:
    if each.features is None:
        return ComparisonDecision.UNDETERMINED
    return decide_comparison(compare(reference, each.features), threshold)
