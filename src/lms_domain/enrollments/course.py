"""What enrollment needs to know of a course; the courses context owns the rest."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lms_domain.enrollments.codes import EnrollmentCode
from lms_domain.enrollments.errors import CourseNotOpen
from lms_domain.enrollments.model import Enrollment, Measure
from lms_domain.kernel import Actor, CourseId, RevisionId
from lms_domain.standing import (
    CourseStatus,
    Standing,
    Visibility,
    may_edit,
    may_see,
    may_teach,
    must_edit,
    must_see,
    must_teach,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseSight:
    """A course as far as it decides who may see it, and what the actor is to it."""

    id: CourseId
    status: CourseStatus
    visibility: Visibility
    is_active: bool
    standing: Standing

    def must_be_seen_by(self, actor: Actor) -> None:
        must_see(actor, self, self.standing)

    def must_be_taught_by(self, actor: Actor) -> None:
        must_teach(actor, self, self.standing)

    def must_be_run_by(self, actor: Actor) -> None:
        must_edit(actor, self, self.standing)

    def is_seen_by(self, actor: Actor) -> bool:
        return may_see(actor, self.standing, status=self.status, visibility=self.visibility, is_active=self.is_active)

    def is_taught_by(self, actor: Actor) -> bool:
        return self.is_active and may_teach(actor, self.standing)

    def is_run_by(self, actor: Actor) -> bool:
        return self.is_active and may_edit(actor, self.standing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On which terms anybody enters the course right now. `total` counts the lessons that make up 100 %:
    the required ones, or all of them where none is required.
    """

    status: CourseStatus
    revision_id: RevisionId | None
    total: int
    seats: int | None = None  # None: as many as come
    access_days: int | None = None
    price_amount: int | None = None  # minor units; None: free
    price_currency: str | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.status is CourseStatus.PUBLISHED and self.revision_id is not None

    @property
    def revision(self) -> RevisionId:
        if not self.is_open or self.revision_id is None:
            raise CourseNotOpen(status=self.status)
        return self.revision_id

    def measure(self, done: int = 0) -> Measure:
        return Measure(revision_id=self.revision, total=self.total, done=done)

    def access_until(self, now: datetime) -> datetime | None:
        return None if self.access_days is None else now + timedelta(days=self.access_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingCourse:
    """A prerequisite that the learner has not completed; nameless while it is not in the public catalog."""

    course_id: CourseId
    slug: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The terms for one learner, and what they have of the course already.

    `code` is the one that was shown, if there is such a code and it is of this course.
    """

    sight: CourseSight
    terms: Terms
    missing: tuple[MissingCourse, ...] = ()
    enrollment: Enrollment | None = None
    done: int = 0  # lessons that count, completed earlier
    position: int | None = None  # on the waitlist, from 1
    code: EnrollmentCode | None = None

    @property
    def measure(self) -> Measure:
        return self.terms.measure(self.done)
