"""What a chain holds of a face.

It is found by looking into the chain and not by a list, so that an array that somebody
adds is searched for as well.
"""

import gc
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ostiary.gate.stopwatch import StageTimes
from ostiary.ports import AttackDetector, MotionMeter
from ostiary.presentation.challenge import Motion
from ostiary.terms import Image, Probe
from ostiary.vision.chain import FaceChain
from ostiary_residue.patterns import Patterns, add_numbers

_HOLDING: Final = (dict, list, tuple)


class Looker:
    """Looks at faces as a gate does.

    Args:
        chain: as the gate's.
        attacks: as the gate's.
        meter: as the gate's.
        other: a zone with somebody else in it: what the chain holds of everybody, such
            as its constants, tells of nobody.
    """

    def __init__(
        self,
        chain: FaceChain,
        attacks: AttackDetector,
        meter: MotionMeter,
        other: Image,
    ) -> None:
        self._chain = chain
        self._attacks = attacks
        self._meter = meter
        self._take(other)
        self._others = [array.copy() for array in self._arrays()]
        self._forget()

    def look(self, zone: Image, patterns: Patterns) -> None:
        """Look at a face, and search for all that there is of it then.

        Raises:
            ModelError: a runtime fails.
        """
        for values in self._take(zone):
            add_numbers(patterns, "probe", values)
        held = list(self._arrays())
        others = self._others if len(self._others) == len(held) else [None] * len(held)
        for array, other in zip(held, others, strict=True):
            patterns.parts("array of the chain", array, unlike=other)
        self._forget()

    def _take(self, zone: Image) -> Iterator[NDArray[np.float32]]:
        motion = self._chain.observe_motion(
            zone, self._meter, self._attacks, lambda _: True, StageTimes()
        )
        probe = self._chain.observe(zone, self._attacks, StageTimes())
        seen = (motion, probe)
        return (s.features.values for s in seen if isinstance(s, Motion | Probe))

    def _forget(self) -> None:
        self._chain.forget()
        self._attacks.forget()
        self._meter.forget()

    def _arrays(self) -> Iterator[NDArray[np.generic]]:
        return arrays_within(self._chain, self._attacks, self._meter)


def arrays_within(*roots: object) -> Iterator[NDArray[np.generic]]:
    """Every array that these hold, however deep, in an order that stays."""
    seen: set[int] = set()
    to_do: list[object] = list(reversed(roots))
    while to_do:
        each = to_do.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, np.ndarray):
            yield each
        elif isinstance(each, _HOLDING) or _is_ours(each):
            to_do += reversed(gc.get_referents(each))


def _is_ours(value: object) -> bool:
    """Whether it is a value of a class of the product's own, and not a class."""
    kind = type(value)
    return not isinstance(value, type) and kind.__module__.startswith("ostiary.")
