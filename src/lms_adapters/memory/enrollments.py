"""Enrollments in memory, over the courses that the same store holds."""

from collections.abc import Sequence
from dataclasses import replace

from lms_adapters.memory.courses_pages import MemoryStandings
from lms_adapters.memory.enrollments_ground import Ground
from lms_adapters.memory.store import MemoryRepository, Store
from lms_domain.enrollments.codes import EnrollmentCode
from lms_domain.enrollments.course import CourseSight, MissingCourse, Offer, Terms
from lms_domain.enrollments.errors import CodeTaken
from lms_domain.enrollments.events import CodeId, EnrollmentId
from lms_domain.enrollments.model import Enrollment, Shift, Status
from lms_domain.enrollments.ports import Candidate, Placement, Waiting
from lms_domain.enrollments.roll import RollRow
from lms_domain.kernel import Clock, CourseId, NotFound, RevisionId, UserId
from lms_domain.standing import NOBODY


class MemoryEnrollmentCodes(MemoryRepository[EnrollmentCode]):
    entity = EnrollmentCode
    unique = ((("code",), CodeTaken),)


class MemoryEnrollments(MemoryRepository[Enrollment]):
    entity = Enrollment

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._ground = Ground(store)
        self._codes = MemoryEnrollmentCodes(store)

    async def place(self, placement: Placement, /, *, code_id: CodeId | None = None) -> None:
        await self.place_all(placement.enrollment.course_id, [placement])
        if code_id is not None:
            code = await self._codes.get(code_id)
            code.uses += 1
            await self._codes.save(code)

    async def place_all(self, course_id: CourseId, placements: Sequence[Placement], /) -> None:
        for placement in placements:
            await (self.add if placement.before is None else self.save)(placement.enrollment)
            shift = Shift.between(placement.before, placement.enrollment.status)
            self._ground.count(course_id, seats=shift.seats, waiting=shift.waiting)

    async def open_of(self, learner_id: UserId, /) -> list[EnrollmentId]:
        mine = self._where(lambda e: e.learner_id == learner_id and e.status in {Status.ACTIVE, Status.WAITLISTED})
        return [each.id for each in sorted(mine, key=lambda e: e.course_id)]

    async def waiting(self, course_id: CourseId, limit: int | None, /, *, measured: RevisionId) -> list[Waiting]:
        found = self._ground.queue(course_id)[:limit]
        return [Waiting(e, self._ground.done(e, measured)) for e in found]


class MemorySights:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._ground, self._standings, self._clock = Ground(store), MemoryStandings(store), clock

    async def of(self, course_id: CourseId, actor_id: UserId, /) -> CourseSight:
        course, mine = self._ground.course(course_id), self._ground.enrollment(course_id, actor_id)
        enrolled = mine is not None and mine.status.has_seat
        access = mine is not None and enrolled and not mine.is_expired(self._clock.now())
        try:
            standing, in_sight = await self._standings.of(course_id, actor_id), course.is_active
        except NotFound:  # its organization is deleted
            standing, in_sight = NOBODY, False
        return CourseSight(
            id=course.id,
            status=course.status,
            visibility=course.visibility,
            is_active=in_sight,
            standing=replace(standing, enrolled=enrolled, access=access),
        )


class MemoryOffers:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._ground, self._sights = Ground(store), MemorySights(store, clock)

    async def to(
        self, learner_id: UserId, /, *, course_id: CourseId, actor_id: UserId, code: str | None = None
    ) -> Offer:
        sight, terms = await self._sights.of(course_id, actor_id), self._terms(course_id)
        mine, queue = self._ground.enrollment(course_id, learner_id), self._ground.queue(course_id)
        elsewhere = mine is not None and not mine.status.has_seat and terms.revision_id is not None
        return Offer(
            sight=sight,
            terms=terms,
            missing=self._missing(course_id, learner_id),
            enrollment=mine,
            done=self._ground.done(mine, terms.revision_id) if elsewhere and mine and terms.revision_id else 0,
            position=next((n for n, e in enumerate(queue, start=1) if e.learner_id == learner_id), None),
            code=self._ground.code(course_id, code),
        )

    async def terms(self, course_id: CourseId, /) -> Terms:
        return self._terms(course_id)

    def _terms(self, course_id: CourseId) -> Terms:
        course = self._ground.course(course_id)
        return Terms(
            status=course.status,
            revision_id=course.published_revision_id,
            total=len(self._ground.counting(course.published_revision_id)),
            seats=course.seats,
            access_days=course.access_days,
            price_amount=course.price.amount if course.price else None,
            price_currency=course.price.currency if course.price else None,
            opens_at=course.enrollment_opens_at,
            closes_at=course.enrollment_closes_at,
        )

    def _missing(self, course_id: CourseId, learner_id: UserId) -> tuple[MissingCourse, ...]:
        needed = [self._ground.course(id) for id in self._ground.course(course_id).prerequisite_ids]
        return tuple(
            MissingCourse(course_id=course.id, slug=course.slug, title=course.page.title)
            for course in needed
            if course.is_active and not self._ground.has_completed(course.id, learner_id)
        )


class MemoryLearners:
    def __init__(self, store: Store) -> None:
        self._ground = Ground(store)

    async def named(self, course_id: CourseId, row: RollRow, /, *, anybody: bool) -> UserId | None:
        return self._ground.user_id(course_id, row, anybody=anybody)

    async def candidates(
        self, course_id: CourseId, rows: Sequence[RollRow], /, *, measured: RevisionId, anybody: bool
    ) -> list[Candidate]:
        found = (self._ground.user_id(course_id, row, anybody=anybody) for row in rows)
        return [self._candidate(course_id, learner_id, measured) for learner_id in found]

    def _candidate(self, course_id: CourseId, learner_id: UserId | None, measured: RevisionId) -> Candidate:
        mine = None if learner_id is None else self._ground.enrollment(course_id, learner_id)
        away = mine is not None and mine.status in {Status.DROPPED, Status.WAITLISTED}
        return Candidate(learner_id, mine, self._ground.done(mine, measured) if mine and away else 0)


class MemoryCompletions:
    def __init__(self, store: Store) -> None:
        self._ground = Ground(store)

    async def count_one(self, course_id: CourseId, /) -> None:
        counters = self._ground.counters(course_id)
        self._ground.keep(replace(counters, completed_count=counters.completed_count + 1))
