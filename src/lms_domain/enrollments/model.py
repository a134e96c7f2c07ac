"""Enrollment: one learner's place on one course, and how far they have come."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from lms_domain.enrollments import events
from lms_domain.enrollments.errors import AccessExpired, NotOnCourse
from lms_domain.enrollments.events import CodeId, EnrollmentId
from lms_domain.kernel import CourseId, Event, Invalid, LessonId, Problem, RevisionId, UserId, new_id, refuse_if_any
from lms_domain.text import clean_moment


class Status(StrEnum):
    ACTIVE = "active"
    COMPLETED = "completed"
    WAITLISTED = "waitlisted"
    DROPPED = "dropped"

    @property
    def has_seat(self) -> bool:
        return self in {Status.ACTIVE, Status.COMPLETED}


class Source(StrEnum):
    """How a learner came onto the course."""

    SELF = "self"
    CODE = "code"
    STAFF = "staff"
    BULK = "bulk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """On whose word a learner enters. `expires_at` is what staff set; otherwise the course decides."""

    source: Source
    by: UserId
    code_id: CodeId | None = None
    expires_at: datetime | None = None

    @property
    def renews_access(self) -> bool:
        return self.source is not Source.SELF


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What progress is measured against: `done` of the `total` lessons that count in a revision."""

    revision_id: RevisionId
    total: int
    done: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What a change of status does to the counters of the course."""

    seats: int = 0
    waiting: int = 0

    @classmethod
    def between(cls, before: Status | None, after: Status) -> Self:
        return cls(
            seats=after.has_seat - (before is not None and before.has_seat),
            waiting=(after is Status.WAITLISTED) - (before is Status.WAITLISTED),
        )


@dataclass(slots=True, kw_only=True)
class Enrollment:
    """Dropping sets `is_active` to false; the row and its progress stay, and coming back finds them."""

    id: EnrollmentId
    course_id: CourseId
    learner_id: UserId
    status: Status = Status.ACTIVE
    source: Source
    code_id: CodeId | None = None
    enrolled_by: UserId
    enrolled_at: datetime
    waitlisted_at: datetime | None = None
    expires_at: datetime | None = None
    completed_at: datetime | None = None
    dropped_at: datetime | None = None
    dropped_by: UserId | None = None
    last_activity_at: datetime | None = None
    last_lesson_id: LessonId | None = None
    credited_at: datetime | None = None  # real time before this is spent: see `progress`
    revision_id: RevisionId
    required_total: int
    required_done: int = 0
    progress_percent: int = 0
    is_active: bool = True
    version: int = 1

    @classmethod
    def begin(cls, course_id: CourseId, learner_id: UserId, entry: Entry, measure: Measure, *, now: datetime) -> Self:
        """A new one, not yet on the course: `enter` or `wait` says where it stands."""
        return cls(
            id=EnrollmentId(new_id()),
            course_id=course_id,
            learner_id=learner_id,
            source=entry.source,
            code_id=entry.code_id,
            enrolled_by=entry.by,
            enrolled_at=now,
            revision_id=measure.revision_id,
            required_total=measure.total,
        )

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def enter(self, entry: Entry, measure: Measure, *, access_until: datetime | None, now: datetime) -> Iterator[Event]:
        """Take a seat, for the first time or again; `access_until` is what the course grants from now on."""
        returning = self.dropped_at is not None
        self._arrive(entry)
        kept = None if entry.renews_access else self.expires_at
        self.expires_at = entry.expires_at or kept or access_until
        happened = events.LearnerReturned if returning else events.LearnerEnrolled
        yield happened(at=now, source=entry.source, **self.names())
        yield from self._sit_down(measure, now)

    def wait(self, entry: Entry, *, now: datetime) -> Iterator[Event]:
        """Join the end of the waitlist."""
        self._arrive(entry)
        self.status, self.waitlisted_at = Status.WAITLISTED, now
        yield events.LearnerWaitlisted(at=now, **self.names())

    def promote(self, measure: Measure, *, access_until: datetime | None, now: datetime) -> Iterator[Event]:
        """From the waitlist onto a seat; access counts from here."""
        self.enrolled_at, self.expires_at = now, self.expires_at or access_until
        yield events.LearnerPromoted(at=now, **self.names())
        yield from self._sit_down(measure, now)

    def drop(self, by: UserId, *, now: datetime) -> Iterator[Event]:
        """Leave the course or its waitlist. Dropping twice is silent."""
        if self.status is Status.DROPPED:
            return
        self.status, self.is_active = Status.DROPPED, False
        self.dropped_at, self.dropped_by = now, by
        yield events.LearnerDropped(at=now, dropped_by=by, **self.names())

    def renew(self, entry: Entry, *, access_until: datetime | None, now: datetime) -> Iterator[Event]:
        """Fresh access for somebody whose own has ended."""
        self.source, self.code_id, self.enrolled_by = entry.source, entry.code_id, entry.by
        yield from self.change_access(entry.expires_at or access_until, by=entry.by, now=now)

    def change_access(self, expires_at: datetime | None, *, by: UserId, now: datetime) -> Iterator[Event]:
        """`None`: without end. A time in the past ends the access now."""
        if not self.status.has_seat:
            raise NotOnCourse(status=self.status)
        if expires_at == self.expires_at:
            return
        problems: list[Problem] = []
        clean_moment(expires_at, "expires_at", problems)
        refuse_if_any(problems)
        if expires_at is not None and expires_at <= self.enrolled_at:
            raise Invalid(Problem("expires_at", "must be after the enrollment began"))
        before, self.expires_at = self.expires_at, expires_at
        yield events.AccessChanged(at=now, by=by, before=before, expires_at=expires_at, **self.names())

    def must_be_studied(self, now: datetime) -> None:
        if not self.status.has_seat:
            raise NotOnCourse(status=self.status)
        if self.is_expired(now):
            raise AccessExpired(expires_at=self.expires_at)

    def measure(self, measured: Measure, *, now: datetime) -> Iterator[Event]:
        """Set the progress; the first time that everything is done completes the course, for ever."""
        self.revision_id = measured.revision_id
        self.required_total, self.required_done = measured.total, measured.done
        if self.completed_at is None and 0 < measured.total <= measured.done:
            self.status, self.completed_at = Status.COMPLETED, now
            yield events.CourseCompleted(at=now, **self.names())
        self.progress_percent = 100 if self.completed_at else percent(measured.done, measured.total)

    def count_one_more(self, *, now: datetime) -> Iterator[Event]:
        """One more lesson is done: the same as measuring anew, without reading the other lessons."""
        done = self.required_done + 1
        yield from self.measure(Measure(revision_id=self.revision_id, total=self.required_total, done=done), now=now)

    def _sit_down(self, measure: Measure, now: datetime) -> Iterator[Event]:
        self.status = Status.COMPLETED if self.completed_at else Status.ACTIVE
        self.credited_at = now
        yield from self.measure(measure, now=now)

    def _arrive(self, entry: Entry) -> None:
        self.source, self.code_id, self.enrolled_by = entry.source, entry.code_id, entry.by
        self.is_active, self.dropped_at, self.dropped_by = True, None, None

    def names(self) -> events.Names:
        return {"enrollment_id": self.id, "course_id": self.course_id, "learner_id": self.learner_id}


def percent(done: int, total: int) -> int:
    """Rounded down, so that 100 means everything."""
    return done * 100 // total if total else 0
