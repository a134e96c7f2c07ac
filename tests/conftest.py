"""How many processes share the tests."""

import os

LEAST = (
    4  # half of the tests wait for processes that they have started, so two to a core do not stand in each other's way
)


def pytest_xdist_auto_num_workers() -> int:
    return max(LEAST, os.cpu_count() or 1)
