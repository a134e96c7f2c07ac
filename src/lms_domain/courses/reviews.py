"""What learners say of a course: one review per enrollment, counted on the course as it is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol
from uuid import UUID

from lms_domain.courses.events import CourseEvent
from lms_domain.kernel import (
    Conflict,
    CourseId,
    Event,
    Forbidden,
    Page,
    PageRequest,
    Ports,
    Problem,
    Repository,
    UserId,
    refuse_if_any,
)
from lms_domain.standing import CourseStatus, Standings, Visibility
from lms_domain.text import clean_text
from lms_domain.turnstile import Turnstiles

ReviewId = NewType("ReviewId", UUID)
EARLIEST_PERCENT = 20  # of the course, before somebody may judge it
BEST = 5
LONGEST_BODY = 5_000


class ReviewSort(StrEnum):
    NEWEST = "-created_at"
    OLDEST = "created_at"
    BEST = "-rating"
    WORST = "rating"


@dataclass(slots=True, kw_only=True)
class Review:
    id: ReviewId
    enrollment_id: UUID
    course_id: CourseId
    learner_id: UserId
    rating: int
    body: str
    is_active: bool = True
    removed_by: UserId | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def change(self, rating: int, body: str, *, now: datetime) -> Iterator[Event]:
        if (rating, body) == (self.rating, self.body):
            return
        self.rating, self.body, self.updated_at = rating, body, now
        yield ReviewChanged(at=now, course_id=self.course_id, by=self.learner_id, review_id=self.id, rating=rating)

    def write_again(self, rating: int, body: str, *, now: datetime) -> None:
        """After the author took it back; what the staff removed stays removed."""
        if self.removed_by != self.learner_id:
            raise ReviewRemoved
        self.rating, self.body, self.is_active, self.removed_by, self.updated_at = rating, body, True, None, now

    def delete(self, *, by: UserId, now: datetime) -> Iterator[Event]:
        self.is_active, self.removed_by, self.updated_at = False, by, now
        yield ReviewDeleted(at=now, course_id=self.course_id, by=by, review_id=self.id, learner_id=self.learner_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLine:
    """A review as everybody sees it: its author by name."""

    id: ReviewId
    course_id: CourseId
    learner_id: UserId
    learner_name: str
    rating: int
    body: str
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """What reviewing needs to know of an enrollment. `is_on_course`: active or completed."""

    enrollment_id: UUID
    learner_name: str
    is_on_course: bool
    progress_percent: int

    def must_suffice(self) -> None:
        """For a first review; who has written one may change it whatever has become of the enrollment."""
        if not self.is_on_course:
            raise NotEnrolled
        if self.progress_percent < EARLIEST_PERCENT:
            raise TooEarly(progress_percent=self.progress_percent, needed_percent=EARLIEST_PERCENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedCourse:
    """What reviewing needs to know of a course."""

    id: CourseId
    status: CourseStatus
    visibility: Visibility
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEvent(CourseEvent):
    review_id: ReviewId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewWritten(ReviewEvent):
    name = "review.written"
    rating: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewChanged(ReviewEvent):
    name = "review.changed"
    rating: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDeleted(ReviewEvent):
    name = "review.deleted"
    learner_id: UserId


class AlreadyReviewed(Conflict):
    message = "You have reviewed this course; change your review instead."


class ReviewRemoved(Forbidden):
    message = "The staff of this course has removed your review."


class TooEarly(Forbidden):
    message = "Work through some more of the course before you review it."


class NotEnrolled(Forbidden):
    message = "Only learners of this course may review it."


class Reviews(Repository[Review], Protocol):
    async def of_enrollment(self, enrollment_id: UUID, /) -> Review | None:
        """Deleted or not: there is one at most."""

    async def count(self, course_id: CourseId, /, *, reviews: int, ratings: int) -> None:
        """Add to the course's counters. The caller holds its turnstile."""


class Attendances(Protocol):
    async def of(self, course_id: CourseId, user_id: UserId, /) -> Attendance | None:
        """Of who is on the course, or was; None for who never was, and for whose account is closed.

        Nobody closes or erases it until the transaction ends.
        """

    async def course(self, course_id: CourseId, /) -> ReviewedCourse:
        """Raises NotFound."""


class ReviewPorts(Ports, Protocol):
    @property
    def reviews(self) -> Reviews: ...
    @property
    def attendances(self) -> Attendances: ...
    @property
    def standings(self) -> Standings: ...
    @property
    def turnstiles(self) -> Turnstiles: ...


class ReviewLists(Protocol):
    async def one(self, review_id: ReviewId, /) -> ReviewLine:
        """Raises NotFound."""

    async def page(
        self, course_id: CourseId, rating: int | None, sort: ReviewSort, paging: PageRequest, /
    ) -> Page[ReviewLine]:
        """Without a `rating` the total is the course's own counter, and exact however many there are."""

    async def course(self, course_id: CourseId, /) -> ReviewedCourse:
        """Raises NotFound."""


class ReviewReads(Protocol):
    @property
    def review_lists(self) -> ReviewLists: ...
    @property
    def standings(self) -> Standings: ...


def clean_review(rating: int, body: str) -> str:
    problems: list[Problem] = []
    if not 1 <= rating <= BEST:
        problems.append(Problem("rating", f"a whole number from 1 to {BEST}"))
    text = clean_text(body, "body", problems, longest=LONGEST_BODY, multiline=True)
    refuse_if_any(problems)
    return text
