"""What somebody may not see is refused as what never was, also on the ways round."""

from uuid import uuid4

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.authorization.requests import an_archive
from tests.integration.school import Person, School, a_draft

from lms_entrypoints.services import Services


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


def told(answer: httpx.Response, **names: str) -> tuple[int, str]:
    text = answer.text
    for name, id in names.items():
        text = text.replace(id, name)
    return answer.status_code, text


async def test_leaving_a_staff_that_one_is_not_on_does_not_say_that_the_course_is_there(school: School) -> None:
    stranger, hidden, unknown = await school.learner(), (await a_draft(await school.teacher())).id, str(uuid4())
    answers = [
        told(await stranger.ask("DELETE", f"/courses/{id}/staff/{stranger.id}"), course=id) for id in (hidden, unknown)
    ]
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


async def import_into(organization_id: object, person: Person, key: str) -> httpx.Response:
    params = {"organization_id": str(organization_id)}
    return await person.client.post("/api/v1/courses/import", files=an_archive(key), params=params)


async def test_an_import_does_not_say_what_was_imported_before(school: School) -> None:
    owner, student, other = await school.teacher(), await school.learner(), await school.teacher()
    place = await school.organization(instructor=owner, student=student)
    course = (await import_into(place, owner, "bees")).json()["data"]["course_id"]
    for person, status in ((other, 404), (student, 403)):
        known, new = [told(await import_into(place, person, key)) for key in ("bees", "wasps")]
        assert known == new
        assert known[0] == status

    colleague = await school.learner()
    await school.join(place, colleague, "instructor")
    refused = await import_into(place, colleague, "bees")
    assert refused.status_code == 403
    assert course not in refused.text
    assert (await import_into(place, owner, "bees")).json()["data"]["created"] is False
