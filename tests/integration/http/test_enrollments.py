"""Enrollment and progress over HTTP, on PostgreSQL."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from tests.integration.classroom import Classroom, LessonPlan, a_classroom, add_member
from tests.integration.school import tagged

from lms_domain.identity.model import Role
from lms_domain.kernel import Actor, SessionId, new_id
from lms_entrypoints.inline import Background
from lms_entrypoints.services import Services

Counting = Callable[[], AbstractContextManager[list[str]]]
SignIn = Callable[[Actor], dict[str, str]]
API = "/api/v1"


@pytest.fixture
async def room(engine: Any) -> Classroom:
    return await a_classroom(engine)


@pytest.fixture
def sign_in(services: Services) -> SignIn:
    def headers(who: Actor) -> dict[str, str]:
        token = services.tokens.issue(who.id, [Role.STUDENT], SessionId(new_id()))
        return {"authorization": f"Bearer {token}"}

    return headers


async def enroll(client: httpx.AsyncClient, room: Classroom, headers: dict[str, str], **body: Any) -> httpx.Response:
    return await client.post(f"{API}/courses/{room.course_id}/enrollments", headers=headers, json=body or None)


async def test_a_learner_enrolls_and_works_through_the_course(
    client: httpx.AsyncClient, room: Classroom, sign_in: SignIn
) -> None:
    ada = sign_in(await room.learner())
    enrolled = await client.post(f"{API}/courses/{room.course_id}/enrollments", headers=ada)
    assert enrolled.status_code == 201
    assert tagged(enrolled) == 1
    mine = enrolled.json()["data"]
    assert (mine["status"], mine["progress_percent"], mine["course_id"]) == ("active", 0, str(room.course_id))

    again = await client.post(f"{API}/courses/{room.course_id}/enrollments", headers=ada)
    assert (again.status_code, again.json()["data"]) == (200, mine)

    for lesson, percent, status in zip(room.lessons, (50, 100), ("active", "completed"), strict=True):
        url = f"{API}/enrollments/{mine['id']}/lessons/{lesson.id}/progress"
        body = {"position_seconds": 3, "time_spent_seconds": 5, "viewed": True}
        done = (await client.put(url, headers=ada, json=body)).json()["data"]
        assert (done["completed"], done["progress_percent"], done["status"]) == (True, percent, status)

    shown = await client.get(f"{API}/enrollments/{mine['id']}", headers=ada)
    assert tagged(shown) == 3
    assert shown.json()["data"]["resume"]["lesson_id"] == str(room.lessons[1].id)
    dashboard = (await client.get(f"{API}/me/enrollments?status=completed", headers=ada)).json()
    assert dashboard["data"] == [shown.json()["data"]]
    assert dashboard["meta"] == {"total": 1, "page": 1, "page_size": 20, "pages": 1}
    lessons = (await client.get(f"{API}/enrollments/{mine['id']}/lessons", headers=ada)).json()["data"]
    assert [lesson["viewed"] for lesson in lessons] == [True, True]
    transcript = (await client.get(f"{API}/me/transcript", headers=ada)).json()["data"]
    assert transcript[0]["lessons_completed"] == 2

    dropped = await client.delete(f"{API}/enrollments/{mine['id']}", headers=ada | {"if-match": '"3"'})
    assert (dropped.status_code, dropped.json()["data"]["status"]) == (200, "dropped")
    back = await enroll(client, room, ada)
    assert (back.status_code, back.json()["data"]["status"]) == (201, "completed")


async def test_a_full_course_offers_its_waitlist(
    client: httpx.AsyncClient, room: Classroom, sign_in: SignIn, background: Background
) -> None:
    await room.change(seats=1)
    ada, bob = [sign_in(who) for who in await room.learners(2)]
    seat = (await enroll(client, room, ada)).json()["data"]
    full = await enroll(client, room, bob)
    assert full.status_code == 409
    assert full.json()["error"] == {"code": "course_is_full", "details": {"seats": 1, "waitlist": True}}
    waiting = (await enroll(client, room, bob, waitlist=True)).json()["data"]
    assert (waiting["status"], waiting["waitlist_position"]) == ("waitlisted", 1)
    await client.delete(f"{API}/enrollments/{seat['id']}", headers=ada)
    now = (await client.get(f"{API}/enrollments/{waiting['id']}", headers=bob)).json()["data"]
    assert (now["status"], now["waitlist_position"]) == ("active", None)


async def test_more_seats_promote_those_who_wait(
    client: httpx.AsyncClient, room: Classroom, sign_in: SignIn, background: Background
) -> None:
    await room.change(seats=1)
    teacher = sign_in(room.teacher)
    people = [sign_in(who) for who in await room.learners(3)]
    states = [(await enroll(client, room, who, waitlist=True)).json()["data"] for who in people]
    course = f"{API}/courses/{room.course_id}"
    assert (await client.patch(course, headers=teacher, json={"seats": 2})).status_code == 200
    await background.drain()
    roster = (await client.get(f"{course}/enrollments?sort=enrolled_at", headers=teacher)).json()
    by_id = {line["enrollment_id"]: line["status"] for line in roster["data"]}
    assert [by_id[state["id"]] for state in states] == ["active", "active", "waitlisted"]
    assert roster["meta"]["total"] == 3


async def test_the_same_key_enrolls_once(client: httpx.AsyncClient, room: Classroom, sign_in: SignIn) -> None:
    ada = sign_in(await room.learner()) | {"idempotency-key": "first-try"}
    first, second = [await enroll(client, room, ada) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["idempotency-replayed"] == "true"
    assert first.json() == second.json()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"position_seconds": -1}, "position_seconds"),
        ({"position_seconds": 10**9}, "position_seconds"),
        ({"time_spent_seconds": "soon"}, "time_spent_seconds"),
        ({"viewed": "yes"}, "viewed"),
        ({"completed": True}, "completed"),
    ],
)
async def test_what_progress_cannot_be_is_refused_by_name(
    client: httpx.AsyncClient, room: Classroom, sign_in: SignIn, body: dict[str, Any], field: str
) -> None:
    ada = sign_in(await room.learner())
    mine = (await enroll(client, room, ada)).json()["data"]
    url = f"{API}/enrollments/{mine['id']}/lessons/{room.lessons[0].id}/progress"
    refused = await client.put(url, headers=ada, json=body)
    assert refused.status_code == 422
    assert field in refused.text


async def test_nobody_reads_or_changes_what_is_not_theirs(
    client: httpx.AsyncClient, room: Classroom, sign_in: SignIn
) -> None:
    ada, nosy = [sign_in(who) for who in await room.learners(2)]
    mine = (await enroll(client, room, ada)).json()["data"]["id"]
    lesson = room.lessons[0].id
    answers = [
        await client.get(f"{API}/enrollments/{mine}", headers=nosy),
        await client.get(f"{API}/enrollments/{mine}/lessons", headers=nosy),
        await client.delete(f"{API}/enrollments/{mine}", headers=nosy),
        await client.patch(f"{API}/enrollments/{mine}", headers=nosy, json={"expires_at": None}),
        await client.put(f"{API}/enrollments/{mine}/lessons/{lesson}/progress", headers=nosy, json={"viewed": True}),
        await client.get(f"{API}/enrollments/{new_id()}", headers=nosy),
    ]
    assert [answer.status_code for answer in answers] == [404] * 6
    staff_only = await client.get(f"{API}/courses/{room.course_id}/enrollments", headers=nosy)
    assert staff_only.status_code == 403
    assert (await client.get(f"{API}/me/enrollments")).status_code == 401


async def test_staff_extend_an_access(client: httpx.AsyncClient, room: Classroom, sign_in: SignIn) -> None:
    ada, teacher = sign_in(await room.learner()), sign_in(room.teacher)
    mine = (await enroll(client, room, ada)).json()["data"]
    url, body = f"{API}/enrollments/{mine['id']}", {"expires_at": "2099-06-30T22:00:00Z"}
    stale = await client.patch(url, headers=teacher | {"if-match": '"9"'}, json=body)
    assert stale.status_code == 412
    changed = await client.patch(url, headers=teacher | {"if-match": '"1"'}, json=body)
    assert changed.json()["data"]["expires_at"] == "2099-06-30T22:00:00Z"
    for nothing in ({}, {"expires_at": "2099-06-30T22:00:00"}, {"status": "completed"}):
        assert (await client.patch(url, headers=teacher, json=nothing)).status_code == 422
    assert (await client.patch(url, headers=ada, json=body)).status_code == 403


async def test_a_code_is_made_used_and_revoked(client: httpx.AsyncClient, room: Classroom, sign_in: SignIn) -> None:
    await room.change(price={"amount": 4900, "currency": "EUR"})
    teacher, (ada, bob) = sign_in(room.teacher), [sign_in(who) for who in await room.learners(2)]
    priced = await enroll(client, room, ada)
    assert priced.status_code == 409
    assert priced.json()["error"]["code"] == "payment_required"
    made = await client.post(
        f"{API}/courses/{room.course_id}/codes", headers=teacher, json={"max_uses": 1, "note": "for Ada"}
    )
    assert made.status_code == 201
    code = made.json()["data"]
    assert (await enroll(client, room, ada, code=code["code"])).json()["data"]["source"] == "code"
    assert (await enroll(client, room, bob, code=code["code"])).json()["error"]["code"] == "code_used_up"
    assert (await enroll(client, room, bob, code="WRONG-CODE")).status_code == 422
    listed = (await client.get(f"{API}/courses/{room.course_id}/codes", headers=teacher)).json()
    assert (listed["meta"]["total"], listed["data"][0]["uses"]) == (1, 1)
    assert (await client.delete(f"{API}/codes/{code['id']}", headers=ada)).status_code == 404
    assert (await client.delete(f"{API}/codes/{code['id']}", headers=teacher)).json()["data"]["is_active"] is False
    assert (await client.get(f"{API}/courses/{room.course_id}/codes", headers=teacher)).json()["data"] == []


async def test_staff_put_learners_on_the_course(client: httpx.AsyncClient, room: Classroom, sign_in: SignIn) -> None:
    teacher, (ada, bob, cy) = sign_in(room.teacher), await room.learners(3)
    url = f"{API}/courses/{room.course_id}/enrollments"
    await add_member(room, cy)
    one = await client.post(f"{url}/staff", headers=teacher, json={"user_id": str(ada.id)})
    assert (one.status_code, one.json()["data"]["source"]) == (201, "staff")
    assert (await client.post(f"{url}/staff", headers=teacher, json={"user_id": str(ada.id)})).status_code == 200
    assert (await client.post(f"{url}/staff", headers=teacher, json={})).status_code == 422
    rows = {"rows": [{"user_id": str(ada.id)}, {"user_id": str(bob.id)}, {"email": "nobody@example.org"}]}
    bulk = await client.post(f"{url}/bulk", headers=teacher, json=rows)
    assert [row["status"] for row in bulk.json()["data"]["rows"]] == ["already", "enrolled", "failed"]
    csv = f"email;expires_at\r\n{'cy'};\r\nada.{cy.id.hex}@EXAMPLE.org;2099-01-01T00:00:00Z\r\n".encode()
    bulk = await client.post(f"{url}/bulk", headers=teacher | {"content-type": "text/csv"}, content=csv)
    assert [row["status"] for row in bulk.json()["data"]["rows"]] == ["failed", "enrolled"]


@pytest.mark.parametrize(
    ("status", "kind", "content"),
    [
        (422, "text/csv", b"shoe_size\n44\n"),
        (422, "text/csv", "email\nnaïve@example.org".encode("utf-16")),
        (400, "application/json", b"{"),
        (422, "application/json", b'{"rows": []}'),
        (422, "application/json", b'{"rows": [{"mail": "a@b.c"}]}'),
        (400, "application/json", b'{"rows": [{"email": "\xff"}]}'),
    ],
)
async def test_a_bad_list_is_refused_as_a_whole(
    client: httpx.AsyncClient, room: Classroom, sign_in: SignIn, *, status: int, kind: str, content: bytes
) -> None:
    headers = sign_in(room.teacher) | {"content-type": kind}
    refused = await client.post(f"{API}/courses/{room.course_id}/enrollments/bulk", headers=headers, content=content)
    assert refused.status_code == status


@pytest.mark.parametrize("text", ["a\0b", "x" * 200, "\ud800"])
async def test_text_that_cannot_be_is_refused_and_no_fault(
    client: httpx.AsyncClient, room: Classroom, sign_in: SignIn, text: str
) -> None:
    ada, teacher = sign_in(await room.learner()), sign_in(room.teacher)
    json = b'{"code": "%s"}' % text.encode("unicode_escape").replace(b"\\x00", b"\\u0000")
    url, headers = f"{API}/courses/{room.course_id}", ada | {"content-type": "application/json"}
    staff, email = headers | teacher, json.replace(b'"code"', b'"email"')
    answers = [
        await client.post(f"{url}/enrollments", headers=headers, content=json),
        await client.post(f"{url}/codes", headers=staff, content=json),
        await client.post(f"{url}/enrollments/staff", headers=staff, content=email),
    ]
    if text != "\ud800":
        answers.append(await client.get(f"{url}/enrollments", headers=teacher, params={"search": text}))
    assert {answer.status_code for answer in answers} <= {400, 422}


async def test_the_hot_routes_keep_to_their_statements(
    client: httpx.AsyncClient, engine: Any, sign_in: SignIn, count_queries: Counting
) -> None:
    counts: dict[str, set[int]] = {}

    async def counted(name: str, verb: str, url: str, who: dict[str, str], **options: Any) -> Any:
        with count_queries() as statements:
            answer = await client.request(verb, f"{API}{url}", headers=who, **options)
        assert answer.is_success, answer.text
        counts.setdefault(name, set()).add(len(statements))
        return answer.json()["data"]

    for size in (2, 40):
        room = await a_classroom(engine, [LessonPlan() for _ in range(size)])
        teacher, course = sign_in(room.teacher), f"/courses/{room.course_id}"
        for n, learner in enumerate(await room.learners(size)):
            ada = sign_in(learner)
            keyed = ada | {"idempotency-key": f"{size}-{n}"}
            mine = await counted("enroll", "POST", f"{course}/enrollments", keyed)
            progress = f"/enrollments/{mine['id']}/lessons/{room.lessons[0].id}/progress"
            await counted("progress", "PUT", progress, ada, json={"viewed": True})
        await counted("dashboard", "GET", "/me/enrollments", ada)
        await counted("enrollment", "GET", f"/enrollments/{mine['id']}", ada)
        await counted("transcript", "GET", "/me/transcript", ada)
        await counted("lessons", "GET", f"/enrollments/{mine['id']}/lessons", ada)
        await counted("roster", "GET", f"{course}/enrollments", teacher)
        await counted("codes", "GET", f"{course}/codes", teacher)
        await counted("drop", "DELETE", f"/enrollments/{mine['id']}", ada)
    assert counts == {
        "enroll": {6},
        "progress": {2},
        "dashboard": {1},
        "enrollment": {1},
        "transcript": {1},
        "lessons": {2},
        "roster": {3},
        "codes": {2},
        "drop": {5},
    }
