"""What holds for every route: health, documentation, repeated requests, and what happens when something breaks."""

import asyncio
from typing import Any

import httpx
import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs
from tests.integration.school import Person, School
from tests.integration.served import transport_to

from lms_adapters.postgres.idempotency import PgAnswers
from lms_entrypoints.container import Container
from lms_entrypoints.services import Services
from lms_entrypoints.settings import DatabaseSettings, Settings

KEY = {"Idempotency-Key": "one-and-the-same"}
BEES = {"title": "Bees"}


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


@pytest.fixture
async def teacher(school: School) -> Person:
    return await school.teacher()


async def courses(engine: AsyncEngine) -> int:
    async with engine.connect() as conn:
        return int((await conn.execute(text("select count(*) from courses"))).scalar_one())


async def test_alive_and_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health")).json()["data"] == {"status": "alive"}
    assert (await client.get("/ready")).json()["data"] == {"status": "ready", "database": "ok"}


async def test_without_its_database_it_is_alive_and_not_ready() -> None:
    away = DatabaseSettings(url="postgresql+psycopg://lms@127.0.0.1:1/lms")
    services = Container(settings=Settings(database=away)).services()
    transport = transport_to(services)
    async with httpx.AsyncClient(transport=transport, base_url="http://lms.test") as client:
        assert (await client.get("/health")).status_code == 200
        for path in ("/ready", "/api/v1/courses"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
            assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize("path", ["/health", "/api/v1/courses", "/api/v1/me", "/docs/", "/nowhere"])
async def test_head_is_get_without_the_body(client: httpx.AsyncClient, path: str) -> None:
    whole, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    for name in ("content-type", "content-length", "etag"):
        assert head.headers.get(name) == whole.headers.get(name)


async def test_a_value_that_is_none_of_a_list_is_told_the_list(client: httpx.AsyncClient, teacher: Person) -> None:
    answer = await client.get("/api/v1/courses", params={"level": "wizard" * 1000})
    [problem] = answer.json()["error"]["details"]["problems"]
    assert problem == {"field": "level", "rule": "one of beginner, intermediate, advanced, all"}
    told = await teacher.problems("POST", "/courses", BEES | {"level": "wizard" * 1000})
    assert told == {"level": "one of beginner, intermediate, advanced, all"}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"title": 5}', {"title": "expected str, got int"}),
        (b'{"title": "x", "seats": "5"}', {"seats": "expected int | null, got str"}),
        (b'{"title": "x", "price": {"amount": "1"}}', {"price.amount": "expected int, got str"}),
        (b'{"title": "x", "tags": ["a", 1]}', {"tags[1]": "expected str, got int"}),
        (b'{"title": "x", "colour": "red"}', {"colour": "no such field"}),
        (b'{"title": "x", "title": "y"}', {"title": "only once"}),
        (b'{"title": "x", "t\\u0069tle": "x"}', {"title": "only once"}),
        (b'{"title": "x", "metadata": {"a": [{"b": 1, "c": 2, "b": 1}]}}', {"b": "only once"}),
        (b"[]", {"body": "expected object, got array"}),
        (b"", {"body": "required"}),
        (b"{}", {"title": "required"}),
    ],
)
async def test_a_body_of_the_wrong_shape_is_told_where_and_why(
    teacher: Person, body: bytes, told: dict[str, str]
) -> None:
    answer = await teacher.client.post("/api/v1/courses", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert {p["field"]: p["rule"] for p in answer.json()["error"]["details"]["problems"]} == told


async def test_the_documentation_needs_no_network(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    assert "http://" not in page
    assert "https://" not in page
    for line in page.split('"'):
        if line.startswith("/docs/files/"):
            assert (await client.get(line)).status_code == 200, line
    document = (await client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert (await client.get("/docs/openapi.json")).json() == document


async def test_the_same_key_gets_the_same_answer_and_one_effect(teacher: Person, engine: AsyncEngine) -> None:
    first = await teacher.ask("POST", "/courses", BEES, headers=KEY)
    again = await teacher.ask("POST", "/courses", BEES, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["idempotency-replayed"] == "true"
    assert await courses(engine) == 1


async def test_another_body_or_address_under_the_same_key_is_refused(teacher: Person) -> None:
    course = await teacher.json("POST", "/courses", BEES, headers=KEY)
    assert await teacher.refused("POST", "/courses", {"title": "Bread"}, headers=KEY) == (422, "key_reused")
    path = f"/courses/{course['id']}/duplicate"
    assert await teacher.refused("POST", path, headers=KEY) == (422, "key_reused")


async def test_a_key_is_ones_own(school: School, engine: AsyncEngine) -> None:
    for teacher in (await school.teacher(), await school.teacher()):
        assert (await teacher.ask("POST", "/courses", BEES, headers=KEY)).status_code == 201
    assert await courses(engine) == 2


async def test_of_twenty_at_once_with_one_key_one_has_the_effect(teacher: Person, engine: AsyncEngine) -> None:
    answers = await asyncio.gather(*(teacher.ask("POST", "/courses", BEES, headers=KEY) for _ in range(20)))
    made = [answer.json() for answer in answers if answer.status_code == 201]
    refused = [answer.json()["error"]["code"] for answer in answers if answer.status_code != 201]
    assert len(made) >= 1
    assert all(body == made[0] for body in made)
    assert set(refused) <= {"in_flight"}
    assert await courses(engine) == 1


async def test_a_crash_before_the_answer_is_kept_leaves_neither(
    teacher: Person, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object, **__: object) -> None:
        raise RuntimeError("the power went out")

    with monkeypatch.context() as patched:
        patched.setattr(PgAnswers, "keep", crash)
        assert (await teacher.ask("POST", "/courses", BEES, headers=KEY)).status_code == 500
    assert await courses(engine) == 0
    assert (await teacher.ask("POST", "/courses", BEES, headers=KEY)).status_code == 201
    assert await courses(engine) == 1


async def test_a_crash_after_the_answer_is_kept_and_before_the_commit_leaves_neither(
    services: Services, engine: AsyncEngine, teacher: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = PgAnswers.keep

    async def keep_and_crash(*args: Any, **options: Any) -> None:
        await keep(*args, **options)
        raise RuntimeError("the power went out")

    with monkeypatch.context() as patched:
        patched.setattr(PgAnswers, "keep", keep_and_crash)
        assert (await teacher.ask("POST", "/courses", BEES, headers=KEY)).status_code == 500
    assert await courses(engine) == 0
    async with engine.connect() as conn:
        assert (await conn.execute(text("select count(*) from idempotency_keys"))).scalar_one() == 0


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
async def test_a_key_that_is_none_is_refused_by_name(teacher: Person, key: str) -> None:
    found = await teacher.problems("POST", "/courses", BEES, headers={"Idempotency-Key": key})
    assert list(found) == ["Idempotency-Key"]


@pytest.mark.parametrize("header", ["3", '"x"', 'w/"1"', '"1", "2"', '"' + "9" * 20 + '"'])
async def test_an_if_match_that_is_no_etag_of_ours_is_refused_by_name(teacher: Person, header: str) -> None:
    course = await teacher.json("POST", "/courses", BEES)
    path = f"/courses/{course['id']}"
    assert list(await teacher.problems("PATCH", path, BEES, headers={"If-Match": header})) == ["If-Match"]


async def test_the_log_has_who_and_how_long_and_no_secret(teacher: Person) -> None:
    account = {"email": "ada@example.org", "password": "hunter2 in the forest"}
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        await teacher.client.post("/api/v1/auth/register", json=account | {"full_name": "Ada"})
        tokens = (await teacher.client.post("/api/v1/auth/login", json=account)).json()["data"]
        await teacher.client.get("/api/v1/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    last = lines[-1]
    assert (last["path"], last["status"]) == ("/api/v1/me", 200)
    assert {"request_id", "duration_ms", "user_id", "method"} <= set(last)
    assert last["user_id"]
    assert (last["ip"], "refusal" in last) == ("127.0.0.1", False)
    for secret in ("hunter2", tokens["access_token"], tokens["refresh_token"], "$2b$"):
        assert secret not in str(lines)


async def test_the_log_says_why_somebody_was_refused(teacher: Person, client: httpx.AsyncClient) -> None:
    """By a handler, by the framework, before any handler, and by the edge."""
    asked = [
        (teacher.client, "GET", "/audit", "", "forbidden"),
        (client, "POST", "/auth/login", "", "invalid"),
        (client, "GET", "/nothing", "", "not_found"),
        (client, "PATCH", "/me", "__Host-lms_access=x", "csrf_refused"),
        (client, "POST", f"/unsubscribe/announcement/{'x' * 64}", "", "link_not_good"),
    ]
    for sender, method, path, cookie, code in asked:
        with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
            answer = await sender.request(method, f"/api/v1{path}", headers={"Cookie": cookie})
        assert answer.json()["error"]["code"] == lines[-1]["refusal"] == code
        assert "x" * 64 not in str(lines)
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        await teacher.client.get("/api/v1/courses")
    assert "refusal" not in lines[-1]


@pytest.mark.parametrize("key", ["0" * 32, "%00", "..%2f..%2fetc%2fpasswd", "x"])
async def test_a_file_that_is_not_there_is_not_found(client: httpx.AsyncClient, key: str) -> None:
    assert (await client.get(f"/api/v1/assets/{key}/a.png")).status_code == 404
