"""Demo data: accounts to sign in with, and something to learn."""

import asyncio
from dataclasses import dataclass
from typing import Any

from lms_domain.courses.use_cases import authoring, lessons, publishing, sections
from lms_domain.identity.model import Role, permissions_of
from lms_domain.identity.queries import has_users
from lms_domain.kernel import Actor, Secret
from lms_domain.ports import AllPorts
from lms_entrypoints.container import Container, close
from lms_entrypoints.origins import at_the_command_line
from lms_entrypoints.settings import Settings

PASSWORD = "demo-password"  # noqa: S105 (meant to be known; demo data is loaded in development alone)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    email: str
    full_name: str
    role: Role
    password: str = PASSWORD


ACCOUNTS = (
    DemoAccount("admin@example.org", "Ada Admin", Role.ADMIN),
    DemoAccount("instructor@example.org", "Ina Instructor", Role.INSTRUCTOR),
    DemoAccount("student@example.org", "Stu Student", Role.STUDENT),
)
BEES: dict[str, Any] = {
    "title": "Beekeeping for beginners",
    "summary": "From the first hive to the first honey.",
    "description": "## A year at the hive\n\nYou will *read a comb* and bring a colony through the winter.",
    "level": "beginner",
    "category": "nature",
    "tags": ["bees", "honey", "garden"],
    "objectives": ["Read a comb", "Recognize a swarm before it leaves"],
    "estimated_minutes": 90,
}
BEES_OUTLINE: dict[str, list[dict[str, Any]]] = {
    "The hive": [
        {
            "title": "Who lives in a hive",
            "kind": "text",
            "preview": True,
            "content": {"body": "A colony has **one queen**, some hundred drones and up to fifty thousand workers."},
        },
        {
            "title": "Reading a comb",
            "kind": "text",
            "content": {"body": "Look for\n\n1. eggs, which stand upright\n2. larvae, which lie in a C"},
        },
    ],
    "The year": [
        {
            "title": "Spring",
            "kind": "text",
            "completion_rule": {"kind": "min_seconds", "seconds": 20},
            "content": {"body": "When willows bloom, the first look inside. Be quick: brood gets cold."},
        },
        {
            "title": "Further reading",
            "kind": "link",
            "required": False,
            "content": {"url": "https://example.org/bees", "description": "A reading list."},
        },
    ],
}
GERMAN: dict[str, Any] = {
    "title": "Brot backen",
    "summary": "Sauerteig, Kneten und Geduld.",
    "description": "Wir backen **Roggenbrote** mit Sauerteig.",
    "language": "de",
    "category": "cooking",
    "tags": ["brot", "backen"],
}
GERMAN_OUTLINE: dict[str, list[dict[str, Any]]] = {
    "Der Teig": [
        {"title": "Sauerteig ansetzen", "kind": "text", "content": {"body": "Mehl und Wasser, fünf Tage lang."}}
    ],
}


def load(settings: Settings) -> bool:
    """Fill an empty database, and say whether it was empty; one that holds a user is left alone."""
    if settings.environment == "production":
        return False
    container = Container(settings=settings)

    async def work() -> bool:
        try:
            return await _fill(container)
        finally:
            await close(container)

    with at_the_command_line():
        return asyncio.run(work())


async def _fill(container: Container) -> bool:
    services = container.services()
    if await services.ask(has_users):
        return False
    people = {}
    for account in ACCOUNTS:
        people[account.role] = await services.accounts.create(
            services.run,
            email=account.email,
            full_name=account.full_name,
            password=Secret(account.password),
            roles=[account.role],
        )
    instructor = people[Role.INSTRUCTOR]
    actor = Actor(id=instructor.id, permissions=permissions_of(instructor.roles))
    await services.run(_make_course, actor, BEES, BEES_OUTLINE)
    await services.run(_make_course, actor, GERMAN, GERMAN_OUTLINE)
    return True


async def _make_course(
    ports: AllPorts, actor: Actor, page: dict[str, Any], outline: dict[str, list[dict[str, Any]]]
) -> None:
    course = await authoring.create(ports, actor, page)
    for title, contents in outline.items():
        section = await sections.add_section(ports, actor, course.id, {"title": title})
        for lesson in contents:
            await lessons.add_lesson(ports, actor, section.id, lesson)
    await publishing.publish(ports, actor, course.id)
