"""What clients see of enrollments and progress, where that is not the entity itself."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from lms_domain.enrollments.events import EnrollmentId
from lms_domain.enrollments.model import Enrollment, Source, Status
from lms_domain.enrollments.progress import Study
from lms_domain.kernel import CourseId, LessonId, LmsError, RevisionId, SectionId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentState:
    """What an act on an enrollment answers. `expired`: the access has ended, the progress is kept."""

    id: EnrollmentId
    course_id: CourseId
    learner_id: UserId
    status: Status
    source: Source
    progress_percent: int
    required_done: int
    required_total: int
    waitlist_position: int | None
    enrolled_at: datetime
    waitlisted_at: datetime | None
    expires_at: datetime | None
    expired: bool
    completed_at: datetime | None
    dropped_at: datetime | None
    last_activity_at: datetime | None
    version: int

    @classmethod
    def of(cls, enrollment: Enrollment, *, now: datetime, position: int | None = None) -> Self:
        e = enrollment
        return cls(
            id=e.id,
            course_id=e.course_id,
            learner_id=e.learner_id,
            status=e.status,
            source=e.source,
            progress_percent=e.progress_percent,
            required_done=e.required_done,
            required_total=e.required_total,
            waitlist_position=position if e.status is Status.WAITLISTED else None,
            enrolled_at=e.enrolled_at,
            waitlisted_at=e.waitlisted_at,
            expires_at=e.expires_at,
            expired=e.is_expired(now),
            completed_at=e.completed_at,
            dropped_at=e.dropped_at,
            last_activity_at=e.last_activity_at,
            version=e.version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePoint:
    """The lesson visited last; the first one for a learner who has not begun."""

    lesson_id: LessonId
    title: str
    position_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledCourse:
    """A course as its revision for this enrollment describes it."""

    id: CourseId
    slug: str
    title: str
    thumbnail: str | None
    status: str  # of the course: learners read it while it is published


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentView:
    """One enrollment as its learner sees it, on the dashboard and by itself."""

    id: EnrollmentId
    course_id: CourseId
    learner_id: UserId
    course: EnrolledCourse
    revision_id: RevisionId
    status: Status
    source: Source
    progress_percent: int
    required_done: int
    required_total: int
    resume: ResumePoint | None
    waitlist_position: int | None
    enrolled_at: datetime
    waitlisted_at: datetime | None
    expires_at: datetime | None
    expired: bool
    completed_at: datetime | None
    dropped_at: datetime | None
    last_activity_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressView:
    """The lesson's progress, and what it made of the enrollment: `status` is the enrollment's."""

    enrollment_id: EnrollmentId
    lesson_id: LessonId
    started_at: datetime
    updated_at: datetime
    position_seconds: int
    furthest_seconds: int
    time_spent_seconds: int
    viewed: bool
    completed: bool
    completed_at: datetime | None
    progress_percent: int
    required_done: int
    required_total: int
    status: Status
    version: int  # the enrollment's

    @classmethod
    def of(cls, study: Study) -> Self:
        enrollment, progress = study.enrollment, study.begun
        return cls(
            enrollment_id=enrollment.id,
            lesson_id=study.lesson.lesson_id,
            started_at=progress.started_at,
            updated_at=progress.updated_at,
            position_seconds=progress.position_seconds,
            furthest_seconds=progress.furthest_seconds,
            time_spent_seconds=progress.time_spent_seconds,
            viewed=progress.viewed,
            completed=progress.completed_at is not None,
            completed_at=progress.completed_at,
            progress_percent=enrollment.progress_percent,
            required_done=enrollment.required_done,
            required_total=enrollment.required_total,
            status=enrollment.status,
            version=enrollment.version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonLine:
    """One lesson of the revision, with what the learner has done in it."""

    lesson_id: LessonId
    section_id: SectionId
    position: int
    title: str
    kind: str
    required: bool
    duration_seconds: int | None
    started_at: datetime | None
    updated_at: datetime | None
    position_seconds: int
    furthest_seconds: int
    time_spent_seconds: int
    viewed: bool
    completed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterLine:
    """One learner of a course, as its staff see them. `email`: of who came by themselves, has worked on the course, or
    is a member of its organization; nobody is put on a course to be asked for their address.
    """

    enrollment_id: EnrollmentId
    learner_id: UserId
    full_name: str
    email: str | None
    status: Status
    source: Source
    progress_percent: int
    enrolled_at: datetime
    waitlisted_at: datetime | None
    expires_at: datetime | None
    expired: bool
    completed_at: datetime | None
    last_activity_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptLine:
    """What a learner has made of one course."""

    enrollment_id: EnrollmentId
    course_id: CourseId
    slug: str
    title: str
    status: Status
    progress_percent: int
    lessons_completed: int
    time_spent_seconds: int
    enrolled_at: datetime
    completed_at: datetime | None


class RowStatus(StrEnum):
    ENROLLED = "enrolled"
    ALREADY = "already"
    REACTIVATED = "reactivated"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    code: str
    message: str

    @classmethod
    def of(cls, error: LmsError) -> Self:
        return cls(code=error.code, message=str(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What became of one row, counted from 1 without the header."""

    row: int
    status: RowStatus
    enrollment_id: EnrollmentId | None = None
    error: RowError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkResult:
    enrolled: int
    already: int
    reactivated: int
    failed: int
    rows: list[RowResult]
