"""Places to wait in: whoever sends a thousand requests in a moment takes none from other networks."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Places:
    """Of `size` one network has half at most."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._taken: Counter[str] = Counter()

    def has_one_for(self, network: str) -> bool:
        return self._taken.total() < self.size and self._taken[network] < self.size // 2

    @contextmanager
    def one_for(self, network: str) -> Iterator[None]:
        self._taken[network] += 1
        try:
            yield
        finally:
            self._taken[network] -= 1
            if not self._taken[network]:
                del self._taken[network]
