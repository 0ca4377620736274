"""From light beams to a count of people; knows nothing of wires."""

import threading


class PassageCounter:
    """Counts who goes through one beam, or through two in the order of going in.

    With one beam whoever leaves it has gone through. With two, so close to each other
    that a person breaks both at once, whoever breaks the second while the first is
    broken has, on the heels of somebody or not; those who come out are not counted.

    Args:
        beams: 1 or 2, in the order in which a person who goes in breaks them.
    """

    def __init__(self, beams: int) -> None:
        self._broken = [False] * beams
        self._inwards = self._outwards = False
        self._count = 0
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        """How many have gone through."""
        return self._count

    @property
    def blocked(self) -> bool:
        """Whether a beam is broken."""
        return any(self._broken)

    def tell(self, beam: int, *, broken: bool) -> None:
        """A beam is broken, or is not any more; harmless when told twice."""
        with self._lock:
            if self._broken[beam] is broken:
                return
            self._broken[beam] = broken
            self._count += self._passes(beam, broken=broken)

    def _passes(self, beam: int, *, broken: bool) -> bool:
        if len(self._broken) == 1:
            return not broken
        if beam == 0:
            # Whoever went in before may stand in the second beam still.
            self._inwards = broken and not self._outwards
            return False
        self._outwards = broken and not self._inwards
        return broken and self._inwards
