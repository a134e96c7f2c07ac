"""A published course with learners, written straight into the tables: the ground that enrollment tests stand on."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from lms_adapters.postgres import courses_tables as c
from lms_adapters.postgres.identity_tables import credentials, memberships, organizations, users
from lms_domain.kernel import Actor, CourseId, LessonId, RevisionId, UserId, new_id

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonPlan:
    id: LessonId = field(default_factory=lambda: LessonId(new_id()))
    kind: str = "text"
    required: bool = True
    rule: dict[str, Any] = field(default_factory=lambda: {"kind": "viewed"})
    duration: int | None = None


@dataclass(slots=True, kw_only=True)
class Classroom:
    """`teacher` owns the course."""

    engine: AsyncEngine
    course_id: CourseId
    organization_id: UUID
    section_id: UUID
    teacher: Actor
    lessons: list[LessonPlan]
    revision_id: RevisionId
    number: int = 1

    async def learner(self, name: str = "Ada") -> Actor:
        return (await self.learners(1, name))[0]

    async def learners(self, count: int, name: str = "Ada") -> list[Actor]:
        return await add_users(self.engine, count, name)

    async def change(self, **settings: Any) -> None:
        """Settings of the course, as the courses context would write them."""
        async with self.engine.begin() as conn:
            await conn.execute(c.courses.update().where(c.courses.c.id == self.course_id).values(**settings))

    async def counters(self) -> dict[str, int]:
        query = c.course_counters.select().where(c.course_counters.c.course_id == self.course_id)
        async with self.engine.connect() as conn:
            return {str(k): v for k, v in (await conn.execute(query)).mappings().one().items() if k != "course_id"}

    async def add_revision(self, lessons: list[LessonPlan], conn: AsyncConnection | None = None) -> RevisionId:
        """Write the next revision and let learners read it, without measuring anybody against it."""
        if conn is None:
            async with self.engine.begin() as own:
                return await self.add_revision(lessons, own)
        self.number, known = self.number + 1, {lesson.id for lesson in self.lessons}
        new = [plan for plan in lessons if plan.id not in known]
        self.lessons = [*self.lessons, *new]
        await _add_lessons(conn, self.course_id, self.section_id, new)
        return await _add_revision(conn, self.course_id, self.section_id, self.number, lessons)


async def add_users(engine: AsyncEngine, count: int, name: str = "Ada", role: str = "student") -> list[Actor]:
    ids = [UserId(new_id()) for _ in range(count)]
    rows = [
        {
            "id": id,
            "email": f"{name.lower()}.{id.hex}@example.org",
            "full_name": f"{name} {number}",
            "roles": [role],
            "locale": "en",
            "timezone": "UTC",
            "bio": "",
            "metadata": {},
            "is_active": True,
            "created_at": LONG_AGO,
            "updated_at": LONG_AGO,
            "last_login_at": LONG_AGO,
            "version": 1,
        }
        for number, id in enumerate(ids)
    ]
    async with engine.begin() as conn:
        await conn.execute(insert(users), rows)
        await conn.execute(insert(credentials), [_unopened(id) for id in ids])
    return [Actor(id=id) for id in ids]


def _unopened(id: UserId) -> dict[str, Any]:
    """No password opens it."""
    return {"user_id": id, "password_hash": "!", "changed_at": LONG_AGO, "auth_version": 1}


async def a_classroom(
    engine: AsyncEngine, lessons: list[LessonPlan] | None = None, *, members_only: bool = False, **settings: Any
) -> Classroom:
    """Of an organization of its own."""
    plans = [LessonPlan(), LessonPlan()] if lessons is None else lessons
    [teacher] = await add_users(engine, 1, "Teacher")
    course_id, organization_id, section_id = CourseId(new_id()), new_id(), new_id()
    async with engine.begin() as conn:
        await conn.execute(insert(organizations), _organization(organization_id))
        await conn.execute(insert(c.courses), _course(course_id, organization_id, members_only=members_only) | settings)
        await conn.execute(insert(c.course_counters), {"course_id": course_id})
        await conn.execute(insert(c.course_staff), _staff(course_id, teacher.id))
        await conn.execute(insert(c.sections), _section(section_id, course_id))
        await _add_lessons(conn, course_id, section_id, plans)
        revision_id = await _add_revision(conn, course_id, section_id, 1, plans)
    return Classroom(
        engine=engine,
        course_id=course_id,
        organization_id=organization_id,
        section_id=section_id,
        teacher=teacher,
        lessons=plans,
        revision_id=revision_id,
    )


async def add_member(room: Classroom, who: Actor, role: str = "student") -> None:
    row = {"organization_id": room.organization_id, "user_id": who.id, "role": role, "version": 1}
    row |= {"added_at": LONG_AGO, "accepted_at": LONG_AGO}
    async with room.engine.begin() as conn:
        await conn.execute(insert(memberships), row)


async def add_staff(room: Classroom, who: Actor, role: str) -> None:
    async with room.engine.begin() as conn:
        await conn.execute(insert(c.course_staff), _staff(room.course_id, who.id) | {"role": role})


async def _add_lessons(conn: AsyncConnection, course_id: CourseId, section_id: UUID, plans: list[LessonPlan]) -> None:
    rows = [_lesson(plan, course_id, section_id, n) for n, plan in enumerate(plans)]
    if rows:
        await conn.execute(insert(c.lessons), rows)
        contents = [{"id": p.id, "lesson_id": p.id, "digest": p.id.bytes, "content": {}} for p in plans]
        await conn.execute(insert(c.lesson_contents), contents)


async def _add_revision(
    conn: AsyncConnection, course_id: CourseId, section_id: UUID, number: int, plans: list[LessonPlan]
) -> RevisionId:
    id = RevisionId(new_id())
    row = {
        "id": id,
        "course_id": course_id,
        "number": number,
        "page": {"title": "Bees", "thumbnail": "/bees.png"},
        "sections": [],
        "lesson_count": len(plans),
        "required_count": sum(plan.required for plan in plans),
        "total_seconds": 0,
        "note": "",
        "published_at": LONG_AGO,
    }
    await conn.execute(insert(c.revisions), row)
    await conn.execute(insert(c.revision_lessons), [_frozen(p, id, section_id, n) for n, p in enumerate(plans)])
    await conn.execute(text("update courses set published_revision_id = :r where id = :c"), {"r": id, "c": course_id})
    return id


def _frozen(plan: LessonPlan, revision_id: RevisionId, section_id: UUID, position: int) -> dict[str, Any]:
    return {
        "revision_id": revision_id,
        "lesson_id": plan.id,
        "section_id": section_id,
        "position": position,
        "title": f"Lesson {position}",
        "kind": plan.kind,
        "required": plan.required,
        "preview": False,
        "completion_rule": plan.rule,
        "duration_seconds": plan.duration,
        "metadata": {},
        "content_id": plan.id,
    }


def _lesson(plan: LessonPlan, course_id: CourseId, section_id: UUID, position: int) -> dict[str, Any]:
    return {
        "id": plan.id,
        "course_id": course_id,
        "section_id": section_id,
        "title": f"Lesson {position}",
        "kind": plan.kind,
        "content": {},
        "required": plan.required,
        "preview": False,
        "completion_rule": plan.rule,
        "duration_seconds": plan.duration,
        "position": position,
        "metadata": {},
        "is_active": True,
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
        "version": 1,
    }


def _organization(id: UUID) -> dict[str, Any]:
    return {
        "id": id,
        "slug": id.hex,
        "name": "Bee school",
        "is_default": False,
        "metadata": {},
        "is_active": True,
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
        "version": 1,
    }


def _course(id: CourseId, organization_id: UUID, *, members_only: bool) -> dict[str, Any]:
    return {
        "id": id,
        "organization_id": organization_id,
        "slug": id.hex,
        "page": {"title": "Bees"},
        "status": "published",
        "visibility": "members" if members_only else "public",
        "prerequisite_ids": [],
        "metadata": {},
        "is_active": True,
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
        "version": 1,
    }


def _staff(course_id: CourseId, user_id: UserId) -> dict[str, Any]:
    return {"course_id": course_id, "user_id": user_id, "role": "owner", "added_at": LONG_AGO}


def _section(id: UUID, course_id: CourseId) -> dict[str, Any]:
    return {
        "id": id,
        "course_id": course_id,
        "title": "Section",
        "summary": "",
        "position": 0,
        "is_active": True,
        "version": 1,
    }
