"""Fills the database: courses by the use cases, people and a large class by SQL."""

from typing import Any
from uuid import UUID

import psycopg

from benchmarks.world import CLASS, COURSES, LEARNERS, LESSONS, World
from lms_domain.courses.use_cases import authoring, lessons, publishing, sections
from lms_domain.identity.model import Role, permissions_of
from lms_domain.kernel import Actor, Secret
from lms_domain.ports import AllPorts
from lms_entrypoints.container import Container, close
from lms_entrypoints.settings import DatabaseSettings, SecuritySettings, Settings

TOPICS = ("bees", "bread", "rivers", "chess", "glass", "maps", "wool", "stars")
_PEOPLE = """
    insert into users (id, email, full_name, roles, locale, timezone, bio, metadata, is_active, created_at, updated_at,
        version)
    select gen_random_uuid(), 'learner' || n || '@example.org', 'Learner ' || n, '["student"]', 'en', 'UTC', '', '{}',
        true, now(), now(), 1
    from generate_series(1, %s) as n
    returning id
"""
_CLASS = """
    insert into enrollments (id, course_id, learner_id, status, source, enrolled_by, enrolled_at, revision_id,
        required_total, required_done, progress_percent, is_active, version)
    select gen_random_uuid(), %(course)s, u.id, 'active', 'staff', u.id, now() - random() * interval '100 days',
        c.published_revision_id, 1, 0, 0, true, 1
    from users u, courses c
    where c.id = %(course)s and u.email like 'learner%%'
    limit %(size)s
"""

PASSWORD = "correct horse battery"  # noqa: S105 (of nobody)


async def fill(url: str) -> World:
    security = SecuritySettings(bcrypt_rounds=12)
    container = Container(settings=Settings(database=DatabaseSettings(url=url), security=security))
    services = container.services()
    teacher = await services.accounts.create(
        services.run,
        email="ina@example.org",
        full_name="Ina",
        password=Secret(PASSWORD),
        roles=[Role.INSTRUCTOR],
    )
    actor = Actor(id=teacher.id, permissions=permissions_of(teacher.roles))
    made = [await services.run(_course, actor, n, LESSONS if n == 0 else 1) for n in range(COURSES)]
    await close(container)
    dsn = url.replace("+psycopg", "")
    (course, lesson), (big, _) = made[0], made[1]
    learners = _people(dsn, big)
    return World(dsn, course, big, lesson, learners, teacher.id)


async def _course(ports: AllPorts, actor: Actor, n: int, size: int) -> tuple[UUID, UUID]:
    topic = TOPICS[n % len(TOPICS)]
    values: dict[str, Any] = {
        "title": f"All about {topic} {n}",
        "summary": f"What to know of {topic}.",
        "tags": [topic],
    }
    course = await authoring.create(ports, actor, values | {"description": f"**{topic}** " * 20})
    section = await sections.add_section(ports, actor, course.id, {"title": "The whole of it"})
    for m in range(size):
        lesson: dict[str, Any] = {"title": f"Part {m}", "kind": "text", "content": {"body": f"Of {topic}. " * 50}}
        made = await lessons.add_lesson(ports, actor, section.id, lesson)
    await publishing.publish(ports, actor, course.id)
    return course.id, made.id


def _people(dsn: str, big_course: UUID) -> list[UUID]:
    """The first LEARNERS of them are the ones who send requests."""
    with psycopg.connect(dsn) as conn:
        ids = [row[0] for row in conn.execute(_PEOPLE, (CLASS,))]
        conn.execute(_CLASS, {"course": big_course, "size": CLASS})
        conn.execute(
            "update course_counters set seats_taken = %s, enrollment_count = %s where course_id = %s",
            (CLASS, CLASS, big_course),
        )
        conn.commit()
        conn.autocommit = True
        conn.execute("vacuum analyze")
    return ids[:LEARNERS]
