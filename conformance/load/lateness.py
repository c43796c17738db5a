"""How late a process has sent, counted as it goes: a million requests take no more memory than ten."""

from array import array

_NS_PER_BUCKET = 10_000
_BUCKETS = 100_000
"""Up to one second; what is later counts in the last one, and as the longest."""
_NS_PER_MS = 1_000_000


class Lateness:
    """Counts in steps of 10 us, rounded up; the longest is exact."""

    def __init__(self) -> None:
        self._buckets = array("L", bytes(_BUCKETS * array("L").itemsize))
        self._count = 0
        self._longest_ns = 0

    def add(self, late_ns: int) -> None:
        """Count one request that was sent; what was sent early is not late."""
        self._count += 1
        self._longest_ns = max(self._longest_ns, late_ns)
        self._buckets[min(max(late_ns, 0) // _NS_PER_BUCKET, _BUCKETS - 1)] += 1

    @property
    def longest_ms(self) -> float:
        """0 where nothing was counted."""
        return self._longest_ns / _NS_PER_MS

    @property
    def p99_ms(self) -> float:
        """99 of 100 were no later; 0 where nothing was counted."""
        left = (self._count * 99 + 99) // 100
        for bucket, times in enumerate(self._buckets):
            left -= times
            if left <= 0:
                return min((bucket + 1) * _NS_PER_BUCKET, self._longest_ns) / _NS_PER_MS if self._count else 0.0
        return self.longest_ms
