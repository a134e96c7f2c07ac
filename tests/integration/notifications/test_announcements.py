"""What the staff announce reaches everybody who is on the course, once, whatever happens at the same time."""

import asyncio
import re
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.background import a_background
from tests.integration.classroom import add_users
from tests.integration.http.mailbox import Mailbox
from tests.integration.notifications.conftest import Reader
from tests.integration.school import Drafted, Person, School

from lms_domain.mailing import LetterKind
from lms_domain.notifications.use_cases import notifying
from lms_entrypoints.services import Services

NEWS = {"title": "Friday's excursion", "body": "We meet at the **hives**.\n\n<script>alert(1)</script>"}


async def announce(teacher: Person, course: Drafted, **other: Any) -> dict[str, Any]:
    made: dict[str, Any] = await teacher.json("POST", f"/courses/{course.id}/announcements", NEWS | other)
    return made


async def enroll(course: Drafted, *people: Person) -> None:
    for who in people:
        await who.json("POST", f"/courses/{course.id}/enrollments", {})


async def notified(who: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await who.json("GET", "/me/notifications?kind=announcement")
    return found


async def test_everybody_on_the_course_is_told_and_nobody_else(
    teacher: Person, course: Drafted, a_reader: Reader, mailbox: Mailbox
) -> None:
    ada, bea, outsider = await a_reader(), await a_reader(), await a_reader()
    await enroll(course, ada, bea)
    await mailbox.emptied()
    made = await announce(teacher, course)
    assert (made["html"].count("<strong>"), "<script" in made["html"]) == (1, False)
    letters = await mailbox.emptied()
    assert {letter.kind for letter in letters} == {LetterKind.ANNOUNCEMENT}
    assert len({letter.to for letter in letters}) == len(letters) == 2
    assert letters[0].values["html"] == made["html"]
    assert letters[0].values["url"] == "http://127.0.0.1:8000/courses/keeping-bees/announcements"
    for who in (ada, bea):
        [line] = await notified(who)
        assert line["announcement"] == {"id": made["id"], "title": NEWS["title"]}
        assert await who.json("GET", f"/announcements/{made['id']}") == made
    assert await notified(outsider) == []
    assert await outsider.refused("GET", f"/announcements/{made['id']}") == (404, "not_found")


async def test_what_leads_on_from_the_site_leads_there_from_a_letter_too(
    teacher: Person, course: Drafted, reader: Person, mailbox: Mailbox
) -> None:
    await enroll(course, reader)
    await mailbox.emptied()
    body = "![map](/api/v1/assets/1) [hives](/courses/hives) [us](mailto:bees@example.org)"
    made = await announce(teacher, course, body=body)
    [letter] = await mailbox.emptied()
    for form, written in (("text", made["body"]), ("html", made["html"])):
        assert "http" not in written
        assert letter.values[form] == re.sub("(?=/api/v1/assets|/courses)", "http://127.0.0.1:8000", written)


async def test_a_list_of_announcements_has_the_newest_first(teacher: Person, course: Drafted, reader: Person) -> None:
    await enroll(course, reader)
    made = [await announce(teacher, course, title=f"News {number}") for number in range(3)]
    path = f"/courses/{course.id}/announcements"
    assert [each["title"] for each in await reader.json("GET", path)] == ["News 2", "News 1", "News 0"]
    answer = (await reader.ask("GET", f"{path}?page_size=2")).json()
    assert answer["meta"]["total"] == 3
    onward = await reader.json("GET", f"{path}?page_size=2&cursor={answer['meta']['next_cursor']}")
    assert [each["id"] for each in onward] == [made[0]["id"]]


async def test_what_is_changed_is_told_nobody_again_and_read_by_all(
    teacher: Person, course: Drafted, reader: Person, mailbox: Mailbox
) -> None:
    await enroll(course, reader)
    made = await announce(teacher, course)
    await mailbox.emptied()
    path = f"/announcements/{made['id']}"
    stale = {"If-Match": '"7"'}
    assert await teacher.refused("PATCH", path, {"title": "x"}, headers=stale) == (412, "outdated")
    changed = await teacher.json("PATCH", path, {"title": "Saturday's excursion"}, headers={"If-Match": '"1"'})
    assert (changed["title"], changed["body"], changed["version"]) == ("Saturday's excursion", made["body"], 2)
    assert (await teacher.json("PATCH", path, {"title": "Saturday's excursion"}))["version"] == 2
    assert await mailbox.emptied() == []
    [line] = await notified(reader)
    assert line["announcement"]["title"] == "Saturday's excursion"
    assert await teacher.problems("PATCH", path, {"title": " ", "body": ""}) == {
        "title": "1 to 200 characters",
        "body": "1 to 20000 characters",
    }


async def test_what_is_withdrawn_is_gone_and_its_letters_do_not_leave(
    teacher: Person, course: Drafted, reader: Person, mailbox: Mailbox
) -> None:
    await enroll(course, reader)
    await mailbox.emptied()
    made = await announce(teacher, course)
    await mailbox.hold_back()
    assert len(await notified(reader)) == 1
    before = (await reader.json("GET", "/me/notifications/unread"))["unread"]
    await teacher.json("DELETE", f"/announcements/{made['id']}")
    assert await mailbox.emptied() == []
    assert await notified(reader) == []
    assert (await reader.json("GET", "/me/notifications/unread"))["unread"] == before - 1
    assert await reader.json("GET", f"/courses/{course.id}/announcements") == []
    for method in ("GET", "PATCH", "DELETE"):
        answer = await teacher.refused(method, f"/announcements/{made['id']}", {} if method == "PATCH" else None)
        assert answer == (404, "not_found")


async def test_who_was_taken_off_the_course_reads_nothing_of_it_any_more(
    teacher: Person, course: Drafted, reader: Person, mailbox: Mailbox
) -> None:
    """Neither in a letter that could not be sent before, nor in what an older notification shows."""
    await enroll(course, reader)
    await mailbox.emptied()
    made = await announce(teacher, course)
    await mailbox.hold_back()
    [enrollment] = await reader.json("GET", "/me/enrollments")
    await teacher.json("DELETE", f"/enrollments/{enrollment['id']}")
    assert [letter.kind for letter in await mailbox.emptied()] == []
    await teacher.json("PATCH", f"/announcements/{made['id']}", {"title": "For the staff"})
    [line] = await notified(reader)
    assert (line["announcement"], line["course"]["id"]) == (None, course.id)  # the course is public
    await teacher.json("POST", f"/courses/{course.id}/unpublish")
    [line] = await notified(reader)
    assert (line["announcement"], line["course"]) == (None, None)


async def test_a_course_gets_twenty_announcements_a_day_whoever_makes_them_at_once(
    teacher: Person, course: Drafted
) -> None:
    path = f"/courses/{course.id}/announcements"
    answers = await asyncio.gather(*(teacher.ask("POST", path, NEWS) for _ in range(24)))
    assert sorted(answer.status_code for answer in answers) == [201] * 20 + [429] * 4
    [refused, *_] = [answer for answer in answers if answer.status_code == 429]
    assert refused.json()["error"]["code"] == "too_many_announcements"


async def test_whose_access_has_ended_is_told_nothing_and_reads_nothing(
    teacher: Person, course: Drafted, reader: Person, mailbox: Mailbox, engine: AsyncEngine
) -> None:
    await enroll(course, reader)
    async with engine.begin() as conn:
        await conn.execute(text("update enrollments set expires_at = now() - interval '1 minute'"))
    await mailbox.emptied()
    await announce(teacher, course)
    assert await mailbox.emptied() == []
    assert await reader.refused("GET", f"/courses/{course.id}/announcements") == (403, "forbidden")


@pytest.fixture
async def crowd(engine: AsyncEngine, course: Drafted) -> int:
    """Learners on the course."""
    count = 25
    learners = await add_users(engine, count)
    row = (
        "insert into enrollments (id, course_id, learner_id, status, source, enrolled_by, enrolled_at, revision_id,"
        " required_total, required_done, progress_percent, is_active, version)"
        " select gen_random_uuid(), c.id, :learner, 'active', 'staff', :learner, now(), c.published_revision_id,"
        " 1, 0, 0, true, 1 from courses c where c.id = :course"
    )
    async with engine.begin() as conn:
        await conn.execute(text(row), [{"learner": each.id, "course": course.id} for each in learners])
        await conn.execute(text("update users set email_verified_at = now()"))
    return count


async def told(engine: AsyncEngine) -> tuple[int, int]:
    """Notifications, and people who have one."""
    async with engine.connect() as conn:
        counted = await conn.execute(text("select count(*), count(distinct user_id) from notifications"))
        one, other = counted.one()
        return one, other


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifying, "AT_ONCE", 10)


@pytest.mark.usefixtures("small_parts")
async def test_a_large_class_is_told_part_by_part_and_everybody_once(
    teacher: Person, course: Drafted, crowd: int, mailbox: Mailbox, engine: AsyncEngine
) -> None:
    await announce(teacher, course)
    letters = await mailbox.emptied()
    assert len({letter.to for letter in letters}) == len({letter.id for letter in letters}) == len(letters) == crowd
    assert await told(engine) == (crowd, crowd)
    async with engine.connect() as conn:
        parts = "select count(*) from outbox where name = 'announcement.spread_due'"
        assert (await conn.execute(text(parts))).scalar_one() == 3


async def test_who_tells_the_same_people_of_several_things_at_once_never_waits_for_ever(
    teacher: Person, course: Drafted, crowd: int, services: Services, engine: AsyncEngine
) -> None:
    """In another order each, two would lock what the other one needs."""
    await asyncio.gather(*(announce(teacher, course) for _ in range(4)))
    await asyncio.gather(*(a_background(services.run).drain() for _ in range(4)))
    assert await told(engine) == (4 * crowd, crowd)
    async with engine.connect() as conn:
        gaps = "select count(*) from notifications n join notification_counters c using (user_id) where c.last <> 4"
        assert (await conn.execute(text(gaps))).scalar_one() == 0


@pytest.mark.usefixtures("small_parts")
async def test_withdrawing_while_a_class_is_told_stops_it(
    teacher: Person, course: Drafted, crowd: int, engine: AsyncEngine, mailbox: Mailbox
) -> None:
    """Whoever was told before sees nothing of it, and no letter leaves after."""
    made = await announce(teacher, course)
    telling = asyncio.create_task(a_background(mailbox.run).drain())
    await teacher.json("DELETE", f"/announcements/{made['id']}")
    await telling
    count, _ = await told(engine)
    assert count <= crowd
    assert await mailbox.emptied() == []
    async with engine.connect() as conn:
        seen = "select count(*) from notifications n join announcements a on a.id = n.announcement_id where a.is_active"
        assert (await conn.execute(text(seen))).scalar_one() == 0


async def test_it_is_audited_and_told_in_the_feed(
    school: School, teacher: Person, course: Drafted, mailbox: Mailbox
) -> None:
    made = await announce(teacher, course)
    await teacher.json("DELETE", f"/announcements/{made['id']}")
    await mailbox.emptied()
    admin = await school.admin()
    entries = await admin.json("GET", f"/audit?target_id={made['id']}")
    assert sorted(entry["action"] for entry in entries) == ["announcement.published", "announcement.withdrawn"]
    assert {entry["actor_id"] for entry in entries} == {str(teacher.id)}
    told = await admin.json("GET", "/events?kind=announcement.published&kind=announcement.withdrawn")
    assert [line["sequence"] for line in told] == [1, 2]
    assert told[0]["data"] == {"announcement_id": made["id"], "course_id": course.id, "by": str(teacher.id)}
