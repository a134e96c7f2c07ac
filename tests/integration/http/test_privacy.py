"""What is known of somebody is theirs to have, and gone when they are erased: from every table, file and search."""

import asyncio
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import ARRAY, Column, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.background import a_background, an_hour_later
from tests.devices import Device
from tests.integration.authorization.world import a_passkey
from tests.integration.http.signed import PASSWORD, Signed, sign_in
from tests.integration.school import Drafted, Person, School, a_published_course

from lms_adapters.mail.folder import FolderMailer
from lms_adapters.mail.messages import Messages
from lms_adapters.postgres.base import metadata
from lms_adapters.postgres.migrate import all_tables
from lms_domain.audit.verifying import BrokenChain
from lms_domain.kernel import UserId
from lms_entrypoints.cli.audit import verified
from lms_entrypoints.inline import Background
from lms_entrypoints.privacy import Privacy
from lms_entrypoints.services import Services

MARK = "zq7marker"
API = "/api/v1"

# Whose row it is. A table that is in neither of these fails a test: say what of it is personal.
OWN = {
    "users": "id",
    "sessions": "user_id",
    "sign_ins": "user_id",
    "credentials": "user_id",
    "tickets": "user_id",
    "totps": "user_id",
    "recovery_codes": "user_id",
    "mfa_challenges": "user_id",
    "passkeys": "user_id",
    "api_tokens": "user_id",
    "memberships": "user_id",
    "course_staff": "user_id",
    "reviews": "learner_id",
    "enrollments": "learner_id",
    "jobs": "created_by",
    "notifications": "user_id",
    "notification_preferences": "user_id",
    "notification_counters": "user_id",
    "digests": "user_id",
}
NOT_THEIRS = {
    "alembic_version",
    "announcements",  # of the course, as its lessons are
    "assets",
    "audit_details",  # written through the front door below: triggers refuse anything else
    "audit_entries",
    "audit_head",
    "blobs",
    "course_counters",
    "courses",
    "drifts",
    "enrollment_codes",
    "enrollment_notices",
    "erasures",
    "idempotency_keys",
    "job_pieces",  # theirs go with their jobs, which the whole life shows
    "job_rows",
    "lesson_contents",
    "lesson_progress",
    "lesson_texts",
    "lessons",
    "listing_totals",
    "listings",
    "feed",
    "feed_sequences",
    "organization_policies",
    "organizations",
    "outbox",
    "paused_queues",
    "revision_lessons",
    "revisions",
    "schedules",
    "search_words",
    "sections",
    "spent_passkey_options",
    "spent_refresh_tokens",
    "tasks",
    "webhook_attempts",
    "webhook_deliveries",  # ids alone; what is done leaves after a month
    "webhooks",
}
CODES = {
    ("users", "roles"),
    ("api_tokens", "scopes"),
    ("notification_preferences", "kinds"),
}  # words of ours, which the program must be able to read
PROOFS = {("credentials", "password_hash")}  # never given to anybody


def test_of_every_table_it_is_decided_whose_it_is() -> None:
    assert OWN.keys() | NOT_THEIRS == {table.name for table in all_tables().sorted_tables} | {"alembic_version"}


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


@pytest.fixture
async def course(school: School) -> Drafted:
    return await a_published_course(await school.teacher())


@pytest.fixture
async def me(client: httpx.AsyncClient) -> Signed:
    body = {"email": f"{MARK}@example.org", "password": PASSWORD, "full_name": f"Ada {MARK}"}
    assert (await client.post(f"{API}/auth/register", json=body)).status_code == 201
    return await sign_in(client, body["email"], user_agent=f"{MARK} Browser")


async def id_of(me: Signed) -> str:
    return str((await me.ask("GET", "/me")).json()["data"]["id"])


def marked(kind: Any, name: str) -> Any:
    value = f"{MARK}-{name}"
    return json.dumps({"m": value} if name == "users.metadata" else [value]) if isinstance(kind, JSONB) else value


def free_texts() -> Iterator[tuple[str, Column[Any]]]:
    for table in metadata.sorted_tables:
        if table.name in OWN:
            for column in table.columns:
                is_text = isinstance(column.type, JSONB | ARRAY) or type(column.type) is Text
                if is_text and (table.name, column.name) not in CODES:
                    yield table.name, column


async def seed(engine: AsyncEngine, user_id: str, *, is_alive: bool = True) -> set[str]:
    """The marker in every text column of every row of theirs; what was written. `is_alive`: there are such rows."""
    seeded = set()
    async with engine.begin() as conn:
        for table, column in free_texts():
            name = f"{table}.{column.name}"
            value = marked(column.type, name)
            changed = f"update {table} set {column.name} = :value where {OWN[table]} = :id"
            written = await conn.execute(text(changed), {"value": value, "id": user_id})
            assert written.rowcount == 1 or table in {"sessions", "sign_ins", "tickets"} or not is_alive, name
            if (table, column.name) not in PROOFS:
                seeded.add(f"{MARK}-{name}")
    return seeded


async def found(engine: AsyncEngine, word: str) -> dict[str, list[str]]:
    """Every row of every table that has the word, in whatever column, bytes too."""
    rows = {}
    async with engine.connect() as conn:
        for table in metadata.sorted_tables:
            as_hex = word.encode().hex()
            query = text(f'select t::text from "{table.name}" t where t::text ilike :word or t::text ilike :hex')
            some = (await conn.execute(query, {"word": f"%{word}%", "hex": f"%{as_hex}%"})).scalars().all()
            if some:
                rows[table.name] = list(some)
    return rows


async def a_whole_life(
    client: httpx.AsyncClient, engine: AsyncEngine, school: School, me: Signed, course: Drafted
) -> str:
    """Something of every kind, by the front door. The id of who lives it."""
    user_id = await id_of(me)
    admin = await school.admin()
    organization = await school.organization()
    person = {"X-Request-ID": MARK}
    await me.ask("PATCH", "/me", {"bio": MARK, "metadata": {"m": MARK}})
    made = await me.ask("POST", f"/courses/{course.id}/enrollments", {})
    lesson = f"/enrollments/{made.json()['data']['id']}/lessons/{course.lessons[0]}/progress"
    await me.ask("PUT", lesson, {"viewed": True})
    assert (await me.ask("POST", f"/courses/{course.id}/reviews", {"rating": 5, "body": MARK})).status_code == 201
    token = {"name": MARK, "scopes": ["learning:read"], "networks": ["192.0.2.0/24"]}
    assert (await me.ask("POST", "/me/api-tokens", token)).status_code == 201
    await admin.json("PUT", f"/organizations/{organization}/members/{user_id}", {"role": "student"})
    await admin.json("PUT", f"/courses/{course.id}/staff/{user_id}", {"role": "assistant"})
    await admin.json("POST", f"/users/{user_id}/act-as", {"reason": f"Why: {MARK}"}, headers=person)
    await a_life_of_jobs(engine, school, me, course)
    await a_passkey(engine, UserId(UUID(user_id)), Device())
    auth = {"authorization": f"Bearer {me.tokens['access_token']}"}
    await client.patch(f"{API}/me", json={"locale": "de"}, headers=auth | person | {"Idempotency-Key": MARK})
    await client.post(f"{API}/courses", json={"title": "x"}, headers=auth | person)
    return user_id


async def a_life_of_jobs(engine: AsyncEngine, school: School, me: Signed, course: Drafted) -> None:
    """What they had made, and a list of others that names them."""
    assert (await me.ask("POST", "/jobs/personal-exports")).status_code == 202
    async with engine.begin() as conn:
        piece = "insert into job_pieces (job_id, number, data) select id, 0, :data from jobs"
        await conn.execute(text(piece), {"data": MARK.encode()})
    rows = [{"email": f"{MARK.upper()}@example.org"}]
    await (await school.admin()).json("POST", f"/jobs/enrollments?course_id={course.id}", {"rows": rows})


async def test_nothing_is_found_of_who_was_erased(
    client: httpx.AsyncClient, engine: AsyncEngine, school: School, me: Signed, course: Drafted
) -> None:
    user_id = await a_whole_life(client, engine, school, me, course)
    before = await found(engine, MARK)
    await seed(engine, user_id)
    async with engine.begin() as conn:  # the seed was no address, and an error may quote one
        await conn.execute(
            text("update tasks set error = :mark where subject_id in (select id from outbox where aggregate_id = :id)"),
            {"mark": MARK, "id": user_id},
        )
        await conn.execute(text("update job_rows set email = u.email from users u where u.id = :id"), {"id": user_id})
    admin = await school.admin()
    receipt = await admin.json("POST", f"/users/{user_id}/erase")
    assert await found(engine, MARK) == {}
    assert before.keys() <= receipt["removed"].keys() | {"audit_details"}
    assert await found(engine, "192.0.2.0/24") == {}
    reviews = await admin.json("GET", f"/courses/{course.id}/reviews")
    assert [(r["learner_name"], r["rating"], r["body"]) for r in reviews] == [("Erased user", 5, "")]
    assert await admin.json("GET", f"/users?search={MARK}") == []


async def test_nothing_is_found_of_who_erased_themselves_from_where_they_did(
    client: httpx.AsyncClient, engine: AsyncEngine, me: Signed, *, school: School, course: Drafted, services: Services
) -> None:
    await a_whole_life(client, engine, school, me, course)
    async with engine.begin() as conn:
        await conn.execute(text("update sessions set second_factor_at = now()"))
        newest = (await conn.execute(text("select seq from audit_head"))).scalar_one()
    headers = {"authorization": f"Bearer {me.tokens['access_token']}", "X-Request-ID": MARK, "Idempotency-Key": MARK}
    answer = await client.post(f"{API}/me/erase", json={"current_password": PASSWORD}, headers=headers)
    assert answer.status_code == 200
    assert await found(engine, MARK) == {}
    async with engine.connect() as conn:
        beside = text("select distinct ip, request_id from audit_details where seq > :newest")
        assert (await conn.execute(beside, {"newest": newest})).all() == [(None, None)]
    assert (await verified(services)).startswith("The audit trail is whole")


async def test_an_hour_later_what_was_under_way_is_gone_too(
    client: httpx.AsyncClient,
    engine: AsyncEngine,
    me: Signed,
    *,
    school: School,
    course: Drafted,
    services: Services,
    background: Background,
) -> None:
    """As if every request that was in flight had written whatever it could."""
    user_id, admin = await a_whole_life(client, engine, school, me, course), await school.admin()
    mine = {"X-Request-ID": f"{MARK}-admin"}
    receipt = await admin.json("POST", f"/users/{user_id}/erase", headers=mine)
    await seed(engine, user_id, is_alive=False)
    async with engine.begin() as conn:
        late = (
            "insert into sign_ins (id, user_id, outcome, ip, user_agent, at) values (:id, :id, 'locked', :m, :m, now())"
        )
        await conn.execute(text(late), {"id": user_id, "m": MARK})
    assert {"users", "sign_ins", "reviews", "sessions"} <= (await found(engine, MARK)).keys()
    await background.drain()
    assert "sign_ins" in await found(engine, MARK)  # its time has not come
    async with engine.begin() as conn:
        back = text("update enrollments set status = 'active', is_active = true where learner_id = :id")
        await conn.execute(back, {"id": user_id})
        await conn.execute(text("update course_counters set seats_taken = seats_taken + 1"))
    await an_hour_later(engine, background)
    async with engine.connect() as conn:
        assert (await conn.execute(text("select status from enrollments"))).scalars().all() == ["dropped"]
    left = await found(engine, MARK)
    assert left.keys() == {"audit_details"}  # from where the admin did it
    assert f"{MARK}-admin" in left["audit_details"][0]
    assert len(left["audit_details"]) == 1
    assert (await verified(services)).startswith("The audit trail is whole")
    assert (await admin.json("POST", f"/users/{user_id}/erase")) == receipt


async def test_the_archive_has_all_there_is(
    client: httpx.AsyncClient, engine: AsyncEngine, school: School, me: Signed, course: Drafted
) -> None:
    user_id = await a_whole_life(client, engine, school, me, course)
    seeded = await seed(engine, user_id)
    refused = await me.ask("GET", "/me/export")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "step_up_required")
    async with engine.begin() as conn:
        await conn.execute(text("update sessions set second_factor_at = now()"))
    answer = await me.ask("GET", "/me/export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        parts = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    whole = json.dumps(parts)
    assert {mark for mark in seeded if mark not in whole} == set()
    assert len(parts["progress.json"]) == len(parts["reviews.json"]) == 1
    [membership] = parts["memberships.json"]
    assert membership["accepted_at"] == membership["added_at"]  # an admin of the instance decided it
    assert parts["second_factors.json"] == []
    assert f"Why: {MARK}" in whole
    for proof in ("password_hash", "digest", "recovery_codes", "box"):
        assert proof not in whole


async def test_who_erases_themselves_is_out_at_once_and_for_good(
    client: httpx.AsyncClient, school: School, me: Signed, services: Services, background: Background
) -> None:
    email, user_id = f"{MARK}@example.org", await id_of(me)
    token = (await me.ask("POST", "/me/api-tokens", {"name": "x", "scopes": ["learning:read"]})).json()["data"]["token"]
    assert (await me.ask("POST", "/me/erase", {"current_password": "not this one"})).status_code == 422
    assert await me.is_in()
    erased = (await me.ask("POST", "/me/erase", {"current_password": PASSWORD})).json()["data"]
    assert (await verified(services)).startswith("The audit trail is whole")
    assert not await me.is_in()
    assert (await me.refresh()).status_code == 401
    assert (await client.get(f"{API}/me", headers={"authorization": f"Bearer {token}"})).status_code == 401
    again = await client.post(f"{API}/auth/login", json={"email": email, "password": PASSWORD})
    assert again.status_code == 401
    await background.drain()
    shown = await client.get(f"{API}/erasures/{erased['receipt']}")
    assert shown.json()["data"] == erased
    assert erased["by"] == "owner"
    assert MARK not in shown.text
    assert user_id not in shown.text
    for wrong in (erased["receipt"][:-2], "x", erased["receipt"] + "A", MARK * 50):
        assert (await client.get(f"{API}/erasures/{wrong}")).status_code == 404
    admin = await school.admin()
    assert await admin.refused("PATCH", f"/users/{user_id}", {"is_active": True}) == (409, "user_is_erased")
    assert (await admin.json("POST", f"/users/{user_id}/erase"))["receipt"] == erased["receipt"]
    body = {"email": email, "password": PASSWORD, "full_name": "Somebody new"}
    assert (await client.post(f"{API}/auth/register", json=body)).status_code == 201
    assert await id_of(await sign_in(client, email)) != user_id


async def test_the_last_admin_is_not_erased(school: School, client: httpx.AsyncClient) -> None:
    admin, other = await school.admin(), await school.admin()
    await admin.json("POST", f"/users/{other.id}/erase")
    assert await admin.refused("POST", f"/users/{admin.id}/erase") == (409, "last_admin")


async def test_a_seat_goes_to_the_next_one_and_a_completed_course_stays(
    school: School, background: Background, engine: AsyncEngine
) -> None:
    teacher, admin = await school.teacher(), await school.admin()
    small = await a_published_course(teacher, lessons=1, seats=1)
    first, second, third = [await school.learner() for _ in range(3)]
    states = [
        (await who.json("POST", f"/courses/{small.id}/enrollments", {"waitlist": True}))["status"]
        for who in (first, second, third)
    ]
    assert states == ["active", "waitlisted", "waitlisted"]
    for who in (second, first):
        await admin.json("POST", f"/users/{who.id}/erase")
        await background.drain()
    [mine] = await third.json("GET", "/me/enrollments")
    assert mine["status"] == "active"
    await third.json("PUT", f"/enrollments/{mine['id']}/lessons/{small.lessons[0]}/progress", {"viewed": True})
    await admin.json("POST", f"/users/{third.id}/erase")
    await background.drain()
    roster = await teacher.json("GET", f"/courses/{small.id}/enrollments")
    assert [(line["full_name"], line["status"]) for line in roster] == [("Erased user", "completed")]


async def test_who_leaves_a_deleted_course_gives_their_seat_to_nobody(
    school: School, background: Background, engine: AsyncEngine
) -> None:
    teacher, admin = await school.teacher(), await school.admin()
    small = await a_published_course(teacher, lessons=1, seats=1)
    first, second = await school.learner(), await school.learner()
    for who in (first, second):
        await who.json("POST", f"/courses/{small.id}/enrollments", {"waitlist": True})
    await teacher.json("DELETE", f"/courses/{small.id}")
    await admin.json("POST", f"/users/{first.id}/erase")
    await background.drain()
    async with engine.connect() as conn:
        statuses = await conn.execute(text("select learner_id, status from enrollments"))
        assert {row.learner_id: row.status for row in statuses} == {first.id: "dropped", second.id: "waitlisted"}
        assert (await conn.execute(text("select count(*) from tasks where attempts > 0"))).scalar_one() == 0


async def test_letters_in_the_folder_go_too(
    tmp_path: Path, client: httpx.AsyncClient, me: Signed, services: Services
) -> None:
    box = FolderMailer(tmp_path, Messages("lms@example.org"))
    privacy = Privacy(services.ask, services.recovery, box, services.seals)
    other = {"email": "other@example.org", "password": PASSWORD, "full_name": "Other"}
    await client.post(f"{API}/auth/register", json=other)
    await me.ask("POST", "/me/email", {"email": f"new{MARK}@example.org", "current_password": PASSWORD})
    await a_background(services.run, box).drain()
    assert len(letters(tmp_path)) == 4
    await privacy.erase_by_operator(services.run, f"{MARK}@example.org")
    [left] = letters(tmp_path)
    assert "other@example.org" in left


def letters(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.glob("*.eml")]


async def test_details_that_are_gone_without_an_erasure_are_found(
    engine: AsyncEngine, school: School, services: Services
) -> None:
    admin, who = await school.admin(), await school.learner()
    await admin.json("POST", f"/users/{who.id}/act-as", {"reason": "Ticket 4711"})
    async with engine.begin() as conn:
        gone = (
            "delete from audit_details d using audit_entries e where e.seq = d.seq and e.target_id = :id returning d.*"
        )
        row = (await conn.execute(text(gone), {"id": who.id})).mappings().one()
    with pytest.raises(BrokenChain, match="nobody whom it is about was erased"):
        await verified(services)
    async with engine.begin() as conn:
        back = "insert into audit_details values (:seq, :salt, :ip, :request_id, :note)"
        await conn.execute(text(back), dict(row))
    assert (await verified(services)).startswith("The audit trail is whole")


async def test_a_repeated_erasure_is_answered_alike(school: School) -> None:
    admin, who = await school.admin(), await school.learner()
    once = {"Idempotency-Key": "once"}
    first, again = [await admin.ask("POST", f"/users/{who.id}/erase", headers=once) for _ in range(2)]
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"


async def test_the_file_of_a_job_wants_what_the_export_at_once_wants(
    client: httpx.AsyncClient, me: Signed, school: School, engine: AsyncEngine, background: Background
) -> None:
    token = (await me.ask("POST", "/me/api-tokens", {"name": "x", "scopes": ["jobs:read"]})).json()["data"]["token"]
    admin = await school.admin()
    acting = await admin.json("POST", f"/users/{await id_of(me)}/act-as", {"reason": "Ticket 4711"})
    job = (await me.ask("POST", "/jobs/personal-exports")).json()["data"]
    await background.drain()
    file = f"/jobs/{job['id']}/file"
    refused = []
    for bearer in (token, acting["access_token"]):
        answer = await client.get(f"{API}{file}", headers={"authorization": f"Bearer {bearer}"})
        refused.append((answer.status_code, answer.json()["error"]["code"]))
    assert refused == [(403, "session_needed"), (403, "owner_needed")]
    assert (await me.ask("GET", file)).status_code == 200
    async with engine.connect() as conn:
        given = text("select count(*) from outbox where name = 'user.personal_data_given'")
        assert (await conn.execute(given)).scalar_one() == 2  # asked for, and fetched
    await a_passkey(engine, UserId(UUID(await id_of(me))), Device())  # which this session has not shown
    late = await me.ask("GET", file)
    assert (late.status_code, late.json()["error"]["code"]) == (403, "step_up_required")


async def test_answers_that_were_kept_for_an_api_token_are_erased_too(
    client: httpx.AsyncClient, me: Signed, school: School, engine: AsyncEngine
) -> None:
    scopes = {"name": "x", "scopes": ["courses:write", "learning:write"]}
    token = (await me.ask("POST", "/me/api-tokens", scopes)).json()["data"]["token"]
    course = await a_published_course(await school.teacher())
    headers = {"authorization": f"Bearer {token}", "idempotency-key": "once"}
    assert (await client.post(f"{API}/courses/{course.id}/enrollments", headers=headers)).status_code == 201
    mine = text("select count(*) from idempotency_keys where scope like :mine").bindparams(mine=f"{await id_of(me)}%")
    async with engine.connect() as conn:
        assert (await conn.execute(mine)).scalar_one() == 1
    assert (await me.ask("POST", "/me/erase", {"current_password": PASSWORD})).status_code == 200
    async with engine.connect() as conn:
        assert (await conn.execute(mine)).scalar_one() == 0


async def test_two_at_once_are_one_erasure(engine: AsyncEngine, school: School) -> None:
    admins, who = [await school.admin() for _ in range(6)], await school.learner()
    receipts = await asyncio.gather(*(admin.json("POST", f"/users/{who.id}/erase") for admin in admins))
    assert len({receipt["receipt"] for receipt in receipts}) == 1
    async with engine.connect() as conn:
        count = text("select count(*) from outbox where name = 'user.erased'")
        assert (await conn.execute(count)).scalar_one() == 1


async def test_an_export_wants_the_owner(client: httpx.AsyncClient, me: Signed, school: School) -> None:
    token = (await me.ask("POST", "/me/api-tokens", {"name": "x", "scopes": ["account:read", "account:write"]})).json()
    headers = {"authorization": f"Bearer {token['data']['token']}"}
    for method, path, body in (("GET", "/me/export", None), ("POST", "/me/erase", {"current_password": PASSWORD})):
        assert (await client.request(method, f"{API}{path}", headers=headers, json=body)).status_code == 403
    admin: Person = await school.admin()
    acting = await admin.json("POST", f"/users/{await id_of(me)}/act-as", {"reason": "Ticket 4711"})
    headers = {"authorization": f"Bearer {acting['access_token']}"}
    for method, path, body in (("GET", "/me/export", None), ("POST", "/me/erase", {"current_password": PASSWORD})):
        assert (await client.request(method, f"{API}{path}", headers=headers, json=body)).status_code == 403
