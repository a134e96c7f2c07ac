"""The catalog of who is not signed in is kept for a moment, and nobody ever sees that it is."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.app_fixtures import CHEAP
from tests.integration.school import School, a_published_course

from lms_entrypoints.container import Container, close
from lms_entrypoints.settings import CatalogSettings, DatabaseSettings, Settings

Count = Callable[[], AbstractContextManager[list[str]]]
FOR_EVER = CatalogSettings(cache_seconds=3600)


@pytest.fixture
async def process(database_url: str) -> AsyncIterator[Callable[[], Container]]:
    """Each call starts what another server process would be."""
    made: list[Container] = []

    def start() -> Container:
        database = DatabaseSettings(url=database_url, pool_size=5)
        settings = Settings(environment="test", database=database, security=CHEAP, catalog=FOR_EVER)
        made.append(Container(settings=settings))
        return made[-1]

    yield start
    for container in made:
        await close(container)


@pytest.fixture
def school(engine: AsyncEngine, process: Callable[[], Container]) -> School:
    return School(engine, process().services())


async def test_the_same_page_asked_again_costs_no_statement(school: School, count_queries: Count) -> None:
    await a_published_course(await school.teacher())
    nobody = school.stranger()
    first = await nobody.ask("GET", "/courses?language=en")
    with count_queries() as statements:
        again = await nobody.ask("GET", "/courses?language=en")
    assert statements == []
    assert again.json() == first.json()


async def test_no_two_questions_share_an_answer(school: School, count_queries: Count) -> None:
    await a_published_course(await school.teacher())
    nobody = school.stranger()
    questions = ["", "page=2", "page_size=1", "search=a", "category=a", "level=beginner", "language=en", "tag=a"]
    questions += ["free=true", "free=false", "sort=title", "sort=-title", "tag=a&tag=b"]
    for question in questions:
        with count_queries() as statements:
            await nobody.ask("GET", f"/courses?{question}")
        assert statements, question


async def test_every_change_shows_at_once(school: School) -> None:
    teacher, learner, admin, nobody = (
        await school.teacher(),
        await school.learner(),
        await school.admin(),
        school.stranger(),
    )
    course = await a_published_course(teacher, lessons=1)
    path = f"/courses/{course.id}"
    enrollment: dict[str, str] = {}

    async def enroll() -> None:
        enrollment.update(await learner.json("POST", f"{path}/enrollments"))

    async def study() -> None:
        outline = await learner.json("GET", f"{path}/outline")
        lesson = outline["sections"][0]["lessons"][0]["id"]
        await learner.json("PUT", f"/enrollments/{enrollment['id']}/lessons/{lesson}/progress", {"viewed": True})

    async def shown() -> list[dict[str, object]]:
        """To nobody in particular, and the same to somebody, who is never answered from what was kept."""
        lines: list[dict[str, object]] = await nobody.json("GET", "/courses")
        assert lines == await admin.json("GET", "/courses")
        return lines

    steps: list[Callable[[], Awaitable[Any]]] = [
        lambda: teacher.json("POST", f"{path}/unpublish"),
        lambda: teacher.json("POST", f"{path}/publish"),
        lambda: teacher.json("PATCH", path, {"price": {"amount": 100, "currency": "EUR"}}),
        lambda: teacher.json("PATCH", path, {"price": None, "slug": "another-slug"}),
        enroll,
        study,
        lambda: learner.json("POST", f"{path}/reviews", {"rating": 4}),
        lambda: learner.json("DELETE", f"/enrollments/{enrollment['id']}"),
        lambda: teacher.json("POST", f"{path}/archive"),
        lambda: teacher.json("POST", f"{path}/publish"),
        lambda: teacher.json("DELETE", path),
    ]
    seen = [await shown()]
    for step in steps:
        await step()
        seen.append(await shown())
    silent = [n for n in range(1, len(seen)) if seen[n] == seen[n - 1]]
    assert silent == [6]  # studying alone changes nothing that the catalog shows


async def test_who_is_signed_in_sees_what_other_processes_have_committed(
    engine: AsyncEngine, school: School, process: Callable[[], Container]
) -> None:
    elsewhere = School(engine, process().services())
    learner, nobody = await elsewhere.learner(), elsewhere.stranger()
    assert await nobody.json("GET", "/courses") == []
    await a_published_course(await school.teacher())
    assert len(await learner.json("GET", "/courses")) == 1
    assert await nobody.json("GET", "/courses") == []  # for CATALOG_CACHE_SECONDS
