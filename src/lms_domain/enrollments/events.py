"""What happens to enrollments, lessons and codes."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType, TypedDict
from uuid import UUID

from lms_domain.kernel import CourseId, Event, LessonId, UserId

EnrollmentId = NewType("EnrollmentId", UUID)
CodeId = NewType("CodeId", UUID)


class Names(TypedDict):
    """Whose event it is."""

    enrollment_id: EnrollmentId
    course_id: CourseId
    learner_id: UserId


class LessonNames(Names):
    lesson_id: LessonId


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentEvent(Event):
    enrollment_id: EnrollmentId
    course_id: CourseId
    learner_id: UserId

    @property
    def aggregate_id(self) -> UUID:
        return self.enrollment_id


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerEnrolled(EnrollmentEvent):
    name = "enrollment.opened"
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerWaitlisted(EnrollmentEvent):
    name = "enrollment.waitlisted"


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerPromoted(EnrollmentEvent):
    """A seat became free, and it was this learner's turn."""

    name = "enrollment.promoted"


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerDropped(EnrollmentEvent):
    name = "enrollment.dropped"
    dropped_by: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerReturned(EnrollmentEvent):
    """Back on the course after having dropped it; what was learned is still there."""

    name = "enrollment.reactivated"
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessChanged(EnrollmentEvent):
    name = "enrollment.access_changed"
    by: UserId
    before: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEnding(EnrollmentEvent):
    """In some days, unless somebody changes it."""

    name = "enrollment.access_ending"
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEnded(EnrollmentEvent):
    """The time is over. The seat stays taken: access can be renewed."""

    name = "enrollment.access_ended"
    expired_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerInactive(EnrollmentEvent):
    """Has done nothing on the course for some time: `since` then."""

    name = "enrollment.inactive"
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonStarted(EnrollmentEvent):
    name = "lesson.started"
    lesson_id: LessonId


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressRecorded(EnrollmentEvent):
    name = "lesson.progressed"
    lesson_id: LessonId
    position_seconds: int
    time_spent_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonCompleted(EnrollmentEvent):
    name = "lesson.completed"
    lesson_id: LessonId


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseCompleted(EnrollmentEvent):
    """Once in the life of an enrollment."""

    name = "enrollment.completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeEvent(Event):
    code_id: CodeId
    course_id: CourseId

    @property
    def aggregate_id(self) -> UUID:
        return self.code_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCreated(CodeEvent):
    name = "enrollment_code.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRevoked(CodeEvent):
    name = "enrollment_code.revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRedeemed(CodeEvent):
    name = "enrollment_code.redeemed"
    learner_id: UserId
