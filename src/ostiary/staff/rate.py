"""How many requests somebody may make: so many at once, and so many a second."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Bucket:
    left: float
    since: float


class Rate:
    """A bucket of tokens for each of those who ask (RFC 2697 calls one a burst size).

    Args:
        burst: requests at once, after a rest.
        per_second: requests a second, without end.
    """

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst = burst
        self._per_second = per_second
        self._buckets: dict[bytes, _Bucket] = {}

    def take(self, who: bytes, seconds: float) -> float:
        """Let one request through, or say for how many seconds it has to wait.

        To be told to wait costs nothing.

        Args:
            who: asks; somebody who is known, so that a flood of names takes no memory.
            seconds: now, on a clock that never runs backwards.
        """
        self._forget(seconds)
        left = self._left(
            self._buckets.get(who, _Bucket(self._burst, seconds)), seconds
        )
        if left < 1:
            return (1 - left) / self._per_second
        self._buckets[who] = _Bucket(left - 1, seconds)
        return 0.0

    def __len__(self) -> int:
        return len(self._buckets)

    def _left(self, bucket: _Bucket, seconds: float) -> float:
        since = seconds - bucket.since
        return min(self._burst, bucket.left + self._per_second * since)

    def _forget(self, seconds: float) -> None:
        """Whoever has rested long enough is as one who never asked."""
        self._buckets = {
            who: bucket
            for who, bucket in self._buckets.items()
            if self._left(bucket, seconds) < self._burst
        }
