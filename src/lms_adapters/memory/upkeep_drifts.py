"""Sums counted anew, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from lms_adapters.memory.enrollments_ground import Ground
from lms_adapters.memory.store import Store
from lms_domain.courses.reviews import Review
from lms_domain.drifts import DriftKind
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.enrollments.model import Status
from lms_domain.kernel import CourseId
from lms_domain.upkeep.model import Drift


class MemoryDrifts:
    """Finds nothing by itself: the clock of the unit tests strikes only where a test says so."""

    def __init__(self, store: Store) -> None:
        self._ground = Ground(store)
        self._reviews: dict[Any, Review] = store.setdefault(Review, {})
        self._reported: dict[tuple[DriftKind, UUID], Drift] = store.setdefault("drifts", {})

    async def among(self, _: DriftKind, __: int, /) -> Sequence[Drift]:
        return []

    async def of(self, kind: DriftKind, subject_id: UUID, /) -> Drift:
        kept, counted = self._of_course(subject_id) if kind is DriftKind.COURSE else self._of_enrollment(subject_id)
        wrong = [name for name, count in counted.items() if kept[name] != count]
        return Drift(
            kind=kind,
            subject_id=subject_id,
            kept={name: kept[name] for name in wrong},
            counted={name: counted[name] for name in wrong},
        )

    async def report(self, drifts: Sequence[Drift], /, *, now: datetime) -> None:  # noqa: ARG002 (the port's)
        self._reported.update({(drift.kind, drift.subject_id): drift for drift in drifts})

    async def settle(self, kind: DriftKind, subject_id: UUID, /) -> None:
        self._reported.pop((kind, subject_id), None)

    async def set_counters(self, course_id: CourseId, counted: Mapping[str, int], /) -> None:
        values: Any = counted
        self._ground.keep(replace(self._ground.counters(course_id), **values))

    def _of_course(self, subject_id: UUID) -> tuple[dict[str, int], dict[str, int]]:
        of_course = [e for e in self._ground.all_enrollments().values() if e.course_id == subject_id]
        seated = sum(each.status.has_seat for each in of_course)
        ratings = [each.rating for each in self._reviews.values() if each.course_id == subject_id and each.is_active]
        return asdict(self._ground.counters(CourseId(subject_id))), {
            "seats_taken": seated,
            "enrollment_count": seated,
            "waitlisted": sum(each.status is Status.WAITLISTED for each in of_course),
            "review_count": len(ratings),
            "rating_sum": sum(ratings),
        }

    def _of_enrollment(self, subject_id: UUID) -> tuple[dict[str, int], dict[str, int]]:
        enrollment = self._ground.all_enrollments()[EnrollmentId(subject_id)]
        if not enrollment.status.has_seat:
            return {}, {}
        done = self._ground.done(enrollment, enrollment.revision_id)
        return {"required_done": enrollment.required_done}, {"required_done": done}
