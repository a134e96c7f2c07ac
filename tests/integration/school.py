"""People, organizations and their clients over HTTP: the ground that tests of courses stand on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.classroom import add_users
from tests.integration.served import transport_to

from lms_adapters.postgres.identity_tables import memberships, organizations
from lms_domain.identity.model import Role, permissions_of
from lms_domain.kernel import Actor, OrganizationId, SessionId, UserId, new_id
from lms_entrypoints.services import Services

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Person:
    """An actor with a client that is signed in. `json` answers `data`, or fails with what was answered instead."""

    def __init__(self, actor: Actor | None, client: httpx.AsyncClient) -> None:
        self._actor, self.client = actor, client

    @property
    def actor(self) -> Actor:
        assert self._actor is not None
        return self._actor

    @property
    def id(self) -> UserId:
        return self.actor.id

    async def ask(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        return await self.client.request(method, f"/api/v1{path}", json=body, headers=headers)

    async def json(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        answer = await self.ask(method, path, body, **options)
        assert answer.is_success, answer.text
        return answer.json()["data"] if answer.content else None

    async def refused(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, str]:
        answer = await self.ask(method, path, body, **options)
        assert not answer.is_success, answer.text
        return answer.status_code, answer.json()["error"]["code"]

    async def problems(self, method: str, path: str, body: Any = None, **options: Any) -> dict[str, str]:
        answer = await self.ask(method, path, body, **options)
        assert answer.status_code == 422, answer.text
        return {p["field"]: p["rule"] for p in answer.json()["error"]["details"]["problems"]}


def tagged(answer: httpx.Response) -> int:
    """The version in the answer's ETag."""
    return int(answer.headers["etag"].strip('"').partition("-")[0])


class School:
    def __init__(self, engine: AsyncEngine, services: Services) -> None:
        self._engine, self._tokens = engine, services.tokens
        self._transport = transport_to(services)

    async def teacher(self) -> Person:
        """An instructor of the instance."""
        return await self._enter(Role.INSTRUCTOR, "Teacher")

    async def admin(self) -> Person:
        return await self._enter(Role.ADMIN, "Admin")

    async def learner(self) -> Person:
        return await self._enter(Role.STUDENT, "Ada")

    def stranger(self) -> Person:
        """Not signed in."""
        return Person(None, httpx.AsyncClient(transport=self._transport, base_url="http://lms.test"))

    async def organization(self, **roles: Person) -> OrganizationId:
        """One of its own, with members by their roles."""
        id = OrganizationId(new_id())
        row = {"id": id, "slug": id.hex, "name": "Bee school", "is_default": False, "metadata": {}, "is_active": True}
        times = {"created_at": LONG_AGO, "updated_at": LONG_AGO, "version": 1}
        async with self._engine.begin() as conn:
            await conn.execute(insert(organizations), row | times)
        for role, person in roles.items():
            await self.join(id, person, role)
        return id

    async def join(self, organization_id: UUID, person: Person, role: str) -> None:
        row = {
            "organization_id": organization_id,
            "user_id": person.id,
            "role": role,
            "added_at": LONG_AGO,
            "accepted_at": LONG_AGO,
            "version": 1,
        }
        async with self._engine.begin() as conn:
            await conn.execute(insert(memberships), row)

    async def invite(self, boss: Person, organization_id: UUID, person: Person, role: str) -> None:
        """By one of its admins, and they accept."""
        await boss.json("PUT", f"/organizations/{organization_id}/members/{person.id}", {"role": role})
        await person.json("POST", f"/me/memberships/{organization_id}/accept")

    async def _enter(self, role: Role, name: str) -> Person:
        [user] = await add_users(self._engine, 1, name, role)
        token = self._tokens.issue(user.id, [role], SessionId(new_id()))
        headers = {"Authorization": f"Bearer {token}"}
        client = httpx.AsyncClient(transport=self._transport, base_url="http://lms.test", headers=headers)
        return Person(Actor(id=user.id, permissions=permissions_of([role])), client)


@dataclass(frozen=True)
class Drafted:
    """A course as its teacher made it over HTTP."""

    id: str
    section: str
    lessons: list[str]


async def a_draft(teacher: Person, lessons: int = 2, **fields: Any) -> Drafted:
    course = await teacher.json("POST", "/courses", {"title": "Keeping bees"} | fields)
    section = await teacher.json("POST", f"/courses/{course['id']}/sections", {"title": "Spring"})
    made = [await a_lesson(teacher, section["id"], title=f"Lesson {n}") for n in range(lessons)]
    return Drafted(id=course["id"], section=section["id"], lessons=made)


async def a_lesson(teacher: Person, section: str, **fields: Any) -> str:
    body = {"title": "Lesson", "content": {"body": "Open the *hive*."}} | fields
    lesson: dict[str, str] = await teacher.json("POST", f"/sections/{section}/lessons", body)
    return lesson["id"]


async def a_published_course(teacher: Person, lessons: int = 2, **fields: Any) -> Drafted:
    draft = await a_draft(teacher, lessons, **fields)
    await teacher.json("POST", f"/courses/{draft.id}/publish")
    return draft
