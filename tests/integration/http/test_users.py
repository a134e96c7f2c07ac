"""Everybody's accounts, for admins: over HTTP, on PostgreSQL."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.school import School, tagged

from lms_entrypoints.services import Services

NOBODY = "01a20700-0000-7000-8000-000000000000"


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


@pytest.mark.parametrize("who", ["learner", "teacher", "stranger"])
async def test_accounts_are_for_admins(school: School, who: str) -> None:
    victim = await school.learner()
    actor = school.stranger() if who == "stranger" else await getattr(school, who)()
    refusal = (401, "unauthenticated") if who == "stranger" else (403, "forbidden")
    for path in (f"/users/{victim.id}", f"/users/{NOBODY}"):  # whether there is such an account is not told
        assert await actor.refused("GET", path) == refusal
        assert await actor.refused("PATCH", path, {"roles": ["admin"]}) == refusal
    assert await actor.refused("GET", "/users") == refusal


async def test_an_admin_changes_an_account_by_its_version(school: School) -> None:
    root, user = await school.admin(), await school.learner()
    path = f"/users/{user.id}"
    answer = await root.ask("GET", path)
    etag = answer.headers["etag"]
    changed = await root.ask("PATCH", path, {"roles": ["instructor"]}, headers={"If-Match": etag})
    assert (changed.status_code, tagged(changed)) == (200, 2)
    stale = await root.refused("PATCH", path, {"is_active": False}, headers={"If-Match": etag})
    assert stale == (412, "outdated")
    assert await root.refused("GET", f"/users/{NOBODY}") == (404, "not_found")
    assert await root.problems("PATCH", path, {"roles": []}) == {"roles": "at least one role"}
    for body in ({"roles": ["emperor"]}, {"password_hash": "x"}, {"email": "x@example.org"}, {"is_active": None}):
        await root.problems("PATCH", path, body)


async def test_every_filter_changes_the_answer(school: School) -> None:
    root, ada = await school.admin(), await school.learner()
    await root.json("PATCH", f"/users/{ada.id}", {"roles": ["instructor"], "full_name": "100%_sure \\"})
    gone = await school.learner()
    await root.json("PATCH", f"/users/{gone.id}", {"is_active": False})

    async def found(query: str) -> list[str]:
        return [user["id"] for user in await root.json("GET", f"/users?{query}")]

    assert await found("") == [str(gone.id), str(ada.id), str(root.id)]  # newest first
    assert await found("role=instructor") == [str(ada.id)]
    assert await found("active=false") == [str(gone.id)]
    for literal in ("100%25_", "_SURE", "sure%20\\"):
        assert await found(f"search={literal}") == [str(ada.id)]
    assert await found(f"search={root.id.hex}") == [str(root.id)]  # in the address
    assert await found("search=%20") == await found("")


@pytest.mark.parametrize("query", ["search=%00", "role=emperor", "active=perhaps", "cursor=zzz", "nonsense=1"])
async def test_a_bad_filter_is_named(school: School, query: str) -> None:
    root = await school.admin()
    assert list(await root.problems("GET", f"/users?{query}")) == [query.partition("=")[0]]


async def test_a_long_list_is_read_to_its_end_by_cursor(
    school: School, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    root = await school.admin()
    for _ in range(4):
        await school.learner()
    first = (await root.ask("GET", "/users?page_size=2")).json()
    assert (first["meta"]["total"], first["meta"]["pages"]) == (5, 3)
    newcomer = await school.learner()  # who pushes nobody onto a page that was read already
    read, cursor = first["data"], first["meta"]["next_cursor"]
    while cursor:
        with count_queries() as statements:
            answer = (await root.ask("GET", f"/users?page_size=2&cursor={cursor}")).json()
        assert len(statements) <= 3
        read += answer["data"]
        cursor = answer["meta"].get("next_cursor")
    whole = await root.json("GET", "/users")
    assert [user["id"] for user in whole[1:]] == [user["id"] for user in read]
    assert whole[0]["id"] == str(newcomer.id)
    assert [user["id"] for user in (await root.json("GET", "/users?page_size=2&page=2"))] == [
        user["id"] for user in whole[2:4]
    ]
    foreign = f"/users?role=admin&cursor={first['meta']['next_cursor']}"
    assert list(await root.problems("GET", foreign)) == ["cursor"]
