"""The turnstile of a course: whoever changes who is on it, or what progress is measured against, waits for it."""

from dataclasses import dataclass
from typing import Protocol

from lms_domain.kernel import CourseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What is counted per course. `seats_taken` and `enrollment_count`: active and completed."""

    course_id: CourseId
    seats_taken: int = 0
    waitlisted: int = 0
    enrollment_count: int = 0
    completed_count: int = 0
    review_count: int = 0
    rating_sum: int = 0


class Turnstiles(Protocol):
    async def open(self, course_id: CourseId, /) -> None:
        """A new course gets its turnstile, all counters zero."""

    async def lock(self, course_id: CourseId, /) -> Counters:
        """Wait for one's turn; the turnstile is this transaction's until it ends. Raises NotFound.

        Take it before any other lock, and read what you decide on in a statement after it.
        """
