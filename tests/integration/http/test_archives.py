"""Archives that come over HTTP: what is wrong with one is said, and nothing of it stays."""

import io
import json
import tarfile
import zipfile
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.school import Person, School

from lms_entrypoints.services import Services

LESSON = {"key": "l1", "title": "One", "kind": "text", "content": {"format": "html", "body": "<p>Hi</p>"}}


@pytest.fixture
async def teacher(engine: AsyncEngine, services: Services) -> Person:
    return await School(engine, services).teacher()


def an_archive(**changes: Any) -> bytes:
    course = {
        "key": "bees",
        "page": {"title": "Bees"},
        "settings": {},
        "sections": [{"key": "s1", "title": "All", "lessons": ["lessons/00001.json"]}],
    }
    documents = {
        "manifest.json": {"format": "lms-course", "version": 1},
        "course.json": course | changes,
        "lessons/00001.json": LESSON,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, document in documents.items():
            archive.writestr(name, json.dumps(document))
    return file.getvalue()


async def send(teacher: Person, data: bytes) -> Any:
    files = {"file": ("course.zip", data, "application/zip")}
    return await teacher.client.post("/api/v1/courses/import", files=files)


async def left_over(engine: AsyncEngine) -> int:
    async with engine.connect() as conn:
        query = text(
            "select (select count(*) from courses) + (select count(*) from blobs) + (select count(*) from outbox)"
        )
        return int((await conn.execute(query)).scalar_one())


async def test_a_good_one_becomes_a_draft(teacher: Person) -> None:
    answer = await send(teacher, an_archive(settings={"seats": 5, "price": {"amount": 100, "currency": "EUR"}}))
    assert answer.status_code == 201
    course = await teacher.json("GET", f"/courses/{answer.json()['data']['course_id']}")
    assert (course["title"], course["seats"], course["price"]["amount"]) == ("Bees", 5, 100)


@pytest.mark.parametrize(
    "changes",
    [
        {"page": {"title": 5}},
        {"page": {}},
        {"page": {"title": "x", "tags": [1]}},
        {"page": {"title": "x", "language": 5}},
        {"page": {"title": "x", "nonsense": 1}},
        {"page": {"title": ""}},
        {"page": {"title": "x", "language": "not a language"}},
        {"settings": {"seats": "5"}},
        {"settings": {"seats": 0}},
        {"settings": {"price": "x"}},
        {"settings": {"price": {"amount": 1}}},
        {"settings": {"prerequisite_ids": ["01a20700-0000-7000-8000-000000000000"]}},
        {"settings": {"status": "published"}},
        {"settings": {"metadata": [1]}},
        {"settings": {"enrollment_opens_at": "nonsense"}},
        {"settings": {"enrollment_opens_at": "2030-01-01T00:00:00"}},
        {"key": "a\0"},
        {"key": "x" * 301},
        {"sections": [{"key": "s1", "title": "All", "lessons": ["../../etc/passwd"]}]},
    ],
)
async def test_wrong_values_are_refused_and_nothing_stays(
    teacher: Person, engine: AsyncEngine, changes: dict[str, Any]
) -> None:
    answer = await send(teacher, an_archive(**changes))
    assert answer.status_code == 422, answer.text
    assert await left_over(engine) == 0


def a_tar(*members: tarfile.TarInfo) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return file.getvalue()


def a_member(name: str, **fields: Any) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(member, field, value)
    return member


BOMB = (
    b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>"
    + b"".join(b"<!ENTITY %c '&%c;&%c;&%c;&%c;&%c;&%c;'>" % ((98 + n,) + (97 + n,) * 6) for n in range(9))
    + b"]><course>&j;</course>"
)


def an_xml_bomb() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        member = a_member("course/course.xml", size=len(BOMB))
        archive.addfile(member, io.BytesIO(BOMB))
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive at all",
        b"PK\x03\x04 but broken",
        a_tar(a_member("../outside", size=1)),
        a_tar(a_member("/etc/passwd", size=1)),
        a_tar(a_member("link", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
        a_tar(a_member("device", type=tarfile.CHRTYPE)),
        a_tar(a_member("readme.txt", size=3)),
        an_xml_bomb(),
    ],
    ids=["empty", "text", "broken zip", "traversal", "absolute", "symlink", "device", "no course", "entities"],
)
async def test_a_hostile_archive_is_refused_and_nothing_stays(
    teacher: Person, engine: AsyncEngine, data: bytes
) -> None:
    answer = await send(teacher, data)
    assert answer.status_code == 422, answer.text
    assert answer.json()["message"]
    assert await left_over(engine) == 0


async def test_only_one_file_of_that_name_is_taken(teacher: Person) -> None:
    answer = await teacher.client.post("/api/v1/courses/import", files={"other": ("a.zip", b"x", "application/zip")})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["problems"][0]["field"] == "file"
    answer = await teacher.client.post("/api/v1/courses/import", files={"file": (None, b"only text")})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["problems"][0]["field"] == "file"


async def test_an_import_is_for_those_who_may_create_courses(engine: AsyncEngine, services: Services) -> None:
    learner = await School(engine, services).learner()
    assert (await send(learner, an_archive())).status_code == 403
    assert await left_over(engine) == 0


async def test_a_repeated_import_with_its_key_happens_once(teacher: Person) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "multipart/form-data; boundary=b"}
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="c.zip"\r\n\r\n'
        + an_archive()
        + b"\r\n--b--\r\n"
    )
    first = await teacher.client.post("/api/v1/courses/import", content=body, headers=headers)
    again = await teacher.client.post("/api/v1/courses/import", content=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()
