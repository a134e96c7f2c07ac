"""What enrollment asks of the outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lms_domain.enrollments.codes import EnrollmentCode
from lms_domain.enrollments.course import CourseSight, Offer, Terms
from lms_domain.enrollments.events import CodeId, EnrollmentId
from lms_domain.enrollments.model import Enrollment, Status
from lms_domain.enrollments.progress import Study
from lms_domain.enrollments.roll import RollRow
from lms_domain.enrollments.views import EnrollmentView, LessonLine, RosterLine, TranscriptLine
from lms_domain.kernel import CourseId, Event, LessonId, Page, PageRequest, Ports, Repository, RevisionId, UserId
from lms_domain.turnstile import Turnstiles


class Offers(Protocol):
    async def to(
        self, learner_id: UserId, /, *, course_id: CourseId, actor_id: UserId, code: str | None = None
    ) -> Offer:
        """What the learner finds, and what the actor is to the course. Read under the turnstile. Raises NotFound."""

    async def terms(self, course_id: CourseId, /) -> Terms:
        """Raises NotFound."""


class Sights(Protocol):
    async def of(self, course_id: CourseId, actor_id: UserId, /) -> CourseSight:
        """Raises NotFound."""


@dataclass(frozen=True, slots=True)
class Placement:
    """An enrollment that changes its place; `before` is None for a new one."""

    enrollment: Enrollment
    before: Status | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who is to be put on a course; `done` of the lessons that count are done from earlier."""

    learner_id: UserId | None = None
    enrollment: Enrollment | None = None
    done: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    enrollment: Enrollment
    done: int


class Enrollments(Repository[Enrollment], Protocol):
    async def locked(self, id: EnrollmentId, /) -> Enrollment: ...
    async def place(self, placement: Placement, /, *, code_id: CodeId | None = None) -> None:
        """Write it with what it does to the course's counters and, where one is shown, to the code."""

    async def place_all(self, course_id: CourseId, placements: Sequence[Placement], /) -> None:
        """As `place` for many, in a number of statements that does not grow with them."""

    async def open_of(self, learner_id: UserId, /) -> list[EnrollmentId]:
        """Active or in line, in the order of their courses."""

    async def waiting(self, course_id: CourseId, limit: int | None, /, *, measured: RevisionId) -> list[Waiting]:
        """The head of the waitlist, in its order; nobody else changes them until this transaction ends."""


class Learners(Protocol):
    """By id whoever has an account; by address `anybody`, or else whom the course's organization knows: its members,
    and who has been on the course. The default organization knows everybody.
    """

    async def named(self, course_id: CourseId, row: RollRow, /, *, anybody: bool) -> UserId | None: ...
    async def candidates(
        self, course_id: CourseId, rows: Sequence[RollRow], /, *, measured: RevisionId, anybody: bool
    ) -> list[Candidate]:
        """One for each row, in the order of the rows."""


class Studies(Protocol):
    async def of(self, id: EnrollmentId, learner_id: UserId, lesson_id: LessonId, /) -> Study | None:
        """The learner's own enrollment at one lesson; None if it is not theirs. Raises LessonNotInCourse."""

    async def save(self, study: Study, events: Sequence[Event], /) -> None:
        """Both in one statement. Raises Clashed if the enrollment has changed since it was read."""


class EnrollmentCodes(Repository[EnrollmentCode], Protocol): ...


class Completions(Protocol):
    async def count_one(self, course_id: CourseId, /) -> None:
        """One more learner has completed the course."""


class EnrollmentPorts(Ports, Protocol):
    @property
    def turnstiles(self) -> Turnstiles: ...
    @property
    def offers(self) -> Offers: ...
    @property
    def sights(self) -> Sights: ...
    @property
    def enrollments(self) -> Enrollments: ...
    @property
    def learners(self) -> Learners: ...
    @property
    def studies(self) -> Studies: ...
    @property
    def enrollment_codes(self) -> EnrollmentCodes: ...
    @property
    def completions(self) -> Completions: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterFilter:
    """`sort` is one of ROSTER_SORTS, with a minus in front for the other way round."""

    status: Status | None = None
    search: str | None = None
    sort: str = "-enrolled_at"


ROSTER_SORTS = ("enrolled_at", "name", "progress", "last_activity")


class EnrollmentPages(Protocol):
    """Reads for learners. What is returned belongs to `learner_id`, except where an id names it."""

    async def seen(self, id: EnrollmentId, viewer_id: UserId, /) -> tuple[EnrollmentView, CourseSight]:
        """The enrollment, and what the viewer is to its course. Raises NotFound."""

    async def of_learner(
        self, learner_id: UserId, page: PageRequest, /, *, status: Status | None
    ) -> Page[EnrollmentView]: ...

    async def lessons(self, id: EnrollmentId, /) -> list[LessonLine]: ...
    async def transcript(self, learner_id: UserId, page: PageRequest, /) -> Page[TranscriptLine]: ...


class Rosters(Protocol):
    async def of(self, course_id: CourseId, page: PageRequest, only: RosterFilter, /) -> Page[RosterLine]: ...
    async def codes(self, course_id: CourseId, page: PageRequest, /) -> Page[EnrollmentCode]: ...


class EnrollmentReads(Protocol):
    @property
    def sights(self) -> Sights: ...
    @property
    def enrollments(self) -> EnrollmentPages: ...
    @property
    def rosters(self) -> Rosters: ...
