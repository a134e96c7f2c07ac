"""How many processes share the tests, and how they show a fault."""

import os

import structlog

# Half of the tests wait for processes that they have started, so two to a core do not stand in each other's way.
LEAST = 4
# Tracebacks as Python writes them: in colours and with every variable, one takes a second.
SHOWN = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], SHOWN])


def pytest_xdist_auto_num_workers() -> int:
    return max(LEAST, os.cpu_count() or 1)
