"""The desk where staff put learners onto a course: above its price, window and prerequisites, never above its seats."""

from dataclasses import dataclass, field
from datetime import datetime

from lms_domain.enrollments.course import Terms
from lms_domain.enrollments.errors import CourseIsFull, NoSuchLearner
from lms_domain.enrollments.model import Enrollment, Entry, Source, Status
from lms_domain.enrollments.ports import Candidate, Placement
from lms_domain.enrollments.roll import RollRow
from lms_domain.enrollments.views import BulkResult, RowError, RowResult, RowStatus
from lms_domain.kernel import CourseId, Event, Invalid, LmsError, Problem, UserId, refuse_if_any
from lms_domain.text import clean_moment


@dataclass(slots=True, kw_only=True)
class Desk:
    """Learners come one after another. `placements` and `events` are what has to be written in the end."""

    course_id: CourseId
    terms: Terms
    staff_id: UserId
    source: Source
    seats_taken: int
    now: datetime
    placements: list[Placement] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    results: list[RowResult] = field(default_factory=list)
    first: int = 1  # the number of the first row
    _seated: dict[UserId, Enrollment] = field(default_factory=dict)

    def take(self, row: RollRow, candidate: Candidate) -> None:
        """Seat the learner of the next row, or note why not."""
        number = self.first + len(self.results)
        try:
            status, enrollment = self.seat(row, candidate)
        except LmsError as error:
            self.results.append(RowResult(row=number, status=RowStatus.FAILED, error=RowError.of(error)))
        else:
            self.results.append(RowResult(row=number, status=status, enrollment_id=enrollment.id))

    def seat(self, row: RollRow, candidate: Candidate) -> tuple[RowStatus, Enrollment]:
        learner_id = self._learner(row, candidate)
        mine = self._seated.get(learner_id) or candidate.enrollment
        if mine is not None and mine.status.has_seat:
            return RowStatus.ALREADY, mine
        if self.terms.seats is not None and self.seats_taken >= self.terms.seats:
            raise CourseIsFull(seats=self.terms.seats)
        entry = Entry(source=self.source, by=self.staff_id, expires_at=row.expires_at)
        before, measure = mine.status if mine else None, self.terms.measure(candidate.done)
        enrollment = mine or Enrollment.begin(self.course_id, learner_id, entry, measure, now=self.now)
        access_until = self.terms.access_until(self.now)
        self.events.extend(enrollment.enter(entry, measure, access_until=access_until, now=self.now))
        self.placements.append(Placement(enrollment, before))
        self._seated[learner_id] = enrollment
        self.seats_taken += 1
        return RowStatus.REACTIVATED if before is Status.DROPPED else RowStatus.ENROLLED, enrollment

    def summary(self) -> BulkResult:
        counts = {status: sum(1 for result in self.results if result.status is status) for status in RowStatus}
        return BulkResult(rows=self.results, **{status.value: count for status, count in counts.items()})

    def _learner(self, row: RollRow, candidate: Candidate) -> UserId:
        if row.problem is not None:
            raise Invalid(message=f"This row {row.problem}.")
        if candidate.learner_id is None:
            by_email = Problem("email", "has no account that belongs here")
            raise NoSuchLearner(by_email if row.user_id is None else Problem("user_id", "has no account"))
        if row.expires_at is not None and row.expires_at <= self.now:
            raise Invalid(Problem("expires_at", "must be in the future"), message="The access would be over already.")
        problems: list[Problem] = []
        clean_moment(row.expires_at, "expires_at", problems)
        refuse_if_any(problems)
        return candidate.learner_id
