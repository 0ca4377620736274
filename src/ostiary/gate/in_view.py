"""Which passes are being held up, so that one that stays there is decided upon once."""

from collections.abc import Iterable


class InView:
    """Texts that were decided upon and have not been out of view for long enough.

    They are sealed, are kept in memory only, and are let go with the pass.
    """

    def __init__(self, absence_seconds: float) -> None:
        """Begin with nothing in view.

        Args:
            absence_seconds: how long a pass must be out of view before it counts as
                presented again.
        """
        self._absence = absence_seconds
        self._seen: dict[str, float] = {}

    def keep(self, texts: Iterable[str], seconds: float) -> None:
        """Note which of the known texts are still there, and let go of the others."""
        there = set(texts)
        self._seen = {
            text: seconds if text in there else last
            for text, last in self._seen.items()
            if 0 <= seconds - last < self._absence
        }

    def fresh(self, texts: Iterable[str], seconds: float) -> tuple[str, ...]:
        """The texts that were not there before; from now on they are known."""
        self.keep(texts, seconds)
        new = self.unknown(texts)
        self._seen.update(dict.fromkeys(new, seconds))
        return new

    def unknown(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Those of the texts that were not decided upon lately."""
        return tuple(text for text in texts if text not in self._seen)

    def hold(self, seconds: float) -> None:
        """Count the known texts as seen now: nobody could look for them meanwhile."""
        self._seen = dict.fromkeys(self._seen, seconds)
