"""What the page on background work says of the queues is what they are."""

import re
from datetime import timedelta
from pathlib import Path

from lms_domain.queues import QUEUES

PAGE = Path(__file__).parents[2] / "docs" / "background.md"
UNITS = (("h", 3600), ("min", 60), ("s", 1))


def in_words(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return next(f"{seconds // size} {unit}" for unit, size in UNITS if seconds % size == 0)


def test_every_queue_is_described_as_it_is() -> None:
    told = {
        row[0]: row[1:]
        for row in re.findall(r"^\| `(\w+)` \| [^|]+ \| (.+) \| (\d+) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    }
    assert told == {
        name: (
            in_words(queue.time_limit),
            str(queue.attempts),
            f"{in_words(queue.first_wait)}, doubling, to {in_words(queue.longest_wait)}",
        )
        for name, queue in QUEUES.items()
    }
    assert list(told) == sorted(told, key=lambda name: QUEUES[name].priority)
