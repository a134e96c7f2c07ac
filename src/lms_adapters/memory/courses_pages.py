"""What an actor is to a course, a course as it is seen, and markup that is good enough for tests; in memory."""

import re
from collections.abc import Callable, Collection, Sequence
from copy import deepcopy
from html import escape, unescape
from typing import Any
from uuid import UUID

from lms_adapters.memory.organizations import member_of
from lms_adapters.memory.store import Store
from lms_domain.courses.model import Course, Lesson, Section, StaffMember
from lms_domain.courses.revision import LessonText, Revision
from lms_domain.courses.views.course import CourseSight, Rating
from lms_domain.kernel import CourseId, NotFound, OrganizationId, UserId
from lms_domain.policies import Policy
from lms_domain.standing import NOBODY, OrganizationRole, Place, Standing
from lms_domain.turnstile import Counters

DEFAULT = OrganizationId(UUID(int=1))


class MemoryStandings:
    def __init__(self, store: Store) -> None:
        self._courses: dict[CourseId, Course] = store.setdefault(Course, {})
        self._staff: dict[tuple[CourseId, UserId], StaffMember] = store.setdefault(StaffMember, {})
        self._store = store

    async def of(self, course_id: CourseId, actor_id: UserId | None, /) -> Standing:
        course = self._courses.get(course_id)
        if course is None:
            return NOBODY
        organization = self._store.get("organizations", {}).get(course.organization_id)
        if organization is not None and not organization.is_active:
            raise NotFound(entity="Course", id=course_id)
        if actor_id is None:
            return NOBODY
        member = self._staff.get((course_id, actor_id))
        return Standing(
            organization_role=self._role(course.organization_id, actor_id),
            course_role=member.role if member else None,
            staff_networks=self._networks(course.organization_id),
        )

    async def of_each(self, course_ids: Collection[CourseId], actor_id: UserId, /) -> dict[CourseId, Standing]:
        return {id: await self.of(id, actor_id) for id in course_ids if id in self._courses}

    async def in_organization(self, organization_id: OrganizationId | None, actor_id: UserId, /) -> Place:
        id = organization_id or DEFAULT
        if id != DEFAULT and id not in self._store.get("organizations", {}):
            raise NotFound(entity="Organization", id=id)
        role, networks = self._role(id, actor_id), self._networks(id)
        return Place(organization_id=id, is_default=id == DEFAULT, role=role, staff_networks=networks)

    def _networks(self, id: OrganizationId) -> tuple[str, ...]:
        policy = self._store.get(Policy, {}).get(id)
        return tuple(policy.staff_networks) if policy else ()

    def _role(self, organization_id: OrganizationId, actor_id: UserId) -> OrganizationRole | None:
        member = member_of(self._store, organization_id, actor_id)
        return OrganizationRole(member.role) if member else None


class MemoryCoursePages:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._standings = MemoryStandings(store)

    async def of(self, course_id: CourseId, actor_id: UserId | None, /) -> CourseSight:
        course = self._store.setdefault(Course, {}).get(course_id)
        if course is None or not course.is_active:
            raise NotFound(entity="Course", id=course_id)
        revision = self._store.setdefault(Revision, {}).get(course.published_revision_id)
        counters = self._store.setdefault(Counters, {})[course_id]
        return CourseSight(
            course=deepcopy(course),
            standing=await self._standings.of(course_id, actor_id),
            published_page=deepcopy(revision.page) if revision else None,
            revision=revision.number if revision else None,
            published_at=revision.published_at if revision else None,
            lesson_count=revision.lesson_count if revision else self._drafted(course_id),
            seats_taken=counters.seats_taken,
            enrollment_count=counters.enrollment_count,
            rating=Rating.of(counters.rating_sum, counters.review_count),
        )

    async def by_slug(self, slug: str, actor_id: UserId | None, /) -> CourseSight:
        for course in self._store.setdefault(Course, {}).values():
            if course.slug == slug:
                return await self.of(course.id, actor_id)
        raise NotFound(entity="Course", slug=slug)

    def _drafted(self, course_id: CourseId) -> int:
        sections: dict[Any, Section] = self._store.setdefault(Section, {})
        lessons: dict[Any, Lesson] = self._store.setdefault(Lesson, {})
        mine = (lesson for lesson in lessons.values() if lesson.course_id == course_id and lesson.is_active)
        return sum(sections[lesson.section_id].is_active for lesson in mine)


class PlainRendering:
    """Every line a paragraph, no markup."""

    def markdown_to_html(self, text: str, /) -> str:
        return "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line)

    def sanitize_html(self, html: str, /) -> str:
        return re.sub(r"(?is)<script.*?</script>|\son\w+=\S+", "", html)

    def readdressed_html(self, html: str, _: Callable[[str], str | None], /) -> str:
        return html

    def readdressed_markdown(self, text: str, _: Callable[[str], str | None], /) -> str:
        return text

    def plain_text(self, html: str, /) -> str:
        return unescape(re.sub(r"<[^>]*>", " ", html)).strip()


class NoListings:
    async def show(self, course: Course, revision: Revision, texts: Sequence[LessonText], /) -> None: ...
    async def change(self, course: Course, /) -> None: ...
    async def hide(self, course_id: CourseId, /) -> None: ...
