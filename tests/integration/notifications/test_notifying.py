"""Learners are told what happens to them on courses: in their list, by letter, or not, as they want it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.http.mailbox import Mailbox
from tests.integration.notifications.conftest import Reader
from tests.integration.school import Drafted, Person, School, a_published_course

from lms_domain.mailing import LetterKind
from lms_domain.upkeep.use_cases import end_access, purge, remind_inactive
from lms_entrypoints.doors import Run
from lms_entrypoints.services import Services

LIST = "/me/notifications"


@pytest.fixture
def run(services: Services) -> Run:
    return services.run


async def kinds(who: Person, query: str = "") -> list[str]:
    return [each["kind"] for each in await who.json("GET", LIST + query)]


async def unread(who: Person) -> int:
    found: int = (await who.json("GET", f"{LIST}/unread"))["unread"]
    return found


async def enroll(who: Person, course: Drafted, **wish: Any) -> str:
    return str((await who.json("POST", f"/courses/{course.id}/enrollments", wish))["id"])


async def test_who_enrolls_and_completes_reads_it_in_the_list_and_in_letters(
    reader: Person, course: Drafted, mailbox: Mailbox
) -> None:
    enrollment = await enroll(reader, course)
    await mailbox.emptied()
    await reader.json("PUT", f"/enrollments/{enrollment}/lessons/{course.lessons[0]}/progress", {"viewed": True})
    [letter] = await mailbox.emptied()
    assert await kinds(reader) == ["course_completed", "enrolled"]
    assert (letter.kind, letter.values["course"]) == (LetterKind.COURSE_COMPLETED, "Keeping bees")
    [_, first] = await reader.json("GET", LIST)
    assert first["course"] == {"id": course.id, "slug": "keeping-bees", "title": "Keeping bees"}
    assert (first["cursor"], first["announcement"], first["moment"], first["read_at"]) == ("1", None, None, None)


async def test_the_letter_says_where_to_turn_its_kind_off(reader: Person, course: Drafted, mailbox: Mailbox) -> None:
    await enroll(reader, course)
    [letter] = await mailbox.emptied()
    assert (letter.kind, letter.values["name"], letter.values["url"]) == (
        LetterKind.ENROLLED,
        "Ada 0",
        "http://127.0.0.1:8000/courses/keeping-bees",
    )
    assert letter.unsubscribe_url
    assert letter.unsubscribe_url.startswith("http://127.0.0.1:8000/api/v1/unsubscribe/enrolled/")


async def test_a_waitlist_is_told_when_one_waits_and_when_it_is_ones_turn(
    teacher: Person, a_reader: Reader, mailbox: Mailbox
) -> None:
    small = await a_published_course(teacher, seats=1)
    first, second = await a_reader(), await a_reader()
    seat = await enroll(first, small)
    await enroll(second, small, waitlist=True)
    await first.json("DELETE", f"/enrollments/{seat}")
    letters = await mailbox.emptied()
    assert sorted(letter.kind for letter in letters) == ["enrolled", "promoted", "waitlisted"]
    assert await kinds(second) == ["promoted", "waitlisted"]


async def test_of_access_that_ends_and_of_long_silence_one_is_told_when(
    reader: Person, course: Drafted, mailbox: Mailbox, run: Run, engine: AsyncEngine
) -> None:
    await enroll(reader, course)
    await mailbox.emptied()
    soon, long_ago = datetime.now(UTC) + timedelta(days=3), datetime(2026, 1, 2, tzinfo=UTC)
    async with engine.begin() as conn:
        changed = "update enrollments set expires_at = :soon, enrolled_at = :ago, last_activity_at = :ago"
        await conn.execute(text(changed), {"soon": soon, "ago": long_ago})
    await run(end_access, None)
    await run(remind_inactive, None)
    letters = {letter.kind: letter for letter in await mailbox.emptied()}
    assert letters[LetterKind.ACCESS_ENDING].values["at"] == soon
    assert letters[LetterKind.INACTIVE].values["at"] == long_ago
    shown = {each["kind"]: each["moment"] for each in await reader.json("GET", LIST)}
    assert datetime.fromisoformat(shown["access_ending"]) == soon
    async with engine.begin() as conn:
        await conn.execute(text("update enrollments set expires_at = now()"))
    await run(end_access, None)
    [ended] = await mailbox.emptied()
    assert ended.kind is LetterKind.ACCESS_ENDED


async def test_whose_address_is_not_proved_is_told_in_the_list_alone(
    school: School, course: Drafted, mailbox: Mailbox
) -> None:
    learner = await school.learner()
    await enroll(learner, course)
    assert await mailbox.emptied() == []
    assert await kinds(learner) == ["enrolled"]


async def test_one_is_told_as_one_has_chosen(reader: Person, course: Drafted, mailbox: Mailbox) -> None:
    await reader.json("PATCH", "/me/notification-preferences", {"kinds": {"enrolled": {"email": "off"}}})
    enrollment = await enroll(reader, course)
    assert await mailbox.emptied() == []
    quiet = {"kinds": {"course_completed": {"in_app": False}}}
    await reader.json("PATCH", "/me/notification-preferences", quiet)
    await reader.json("PUT", f"/enrollments/{enrollment}/lessons/{course.lessons[0]}/progress", {"viewed": True})
    [letter] = await mailbox.emptied()
    assert letter.kind is LetterKind.COURSE_COMPLETED
    assert (await kinds(reader), await unread(reader)) == (["enrolled"], 1)


async def test_a_letter_that_waits_is_not_sent_to_who_wants_none_meanwhile(
    reader: Person, course: Drafted, mailbox: Mailbox
) -> None:
    await reader.json("PATCH", "/me/notification-preferences", {"kinds": {"enrolled": {"email": "off"}}})
    await reader.json("PATCH", "/me/notification-preferences", {"kinds": {"enrolled": {"email": "at_once"}}})
    await enroll(reader, course)
    await mailbox.hold_back()
    await reader.json("PATCH", "/me/notification-preferences", {"kinds": {"enrolled": {"email": "off"}}})
    assert await mailbox.emptied() == []


async def test_nobodys_mailbox_is_filled_by_putting_them_on_a_course_and_off_it(
    teacher: Person, reader: Person, course: Drafted, mailbox: Mailbox, engine: AsyncEngine
) -> None:
    for _ in range(4):
        put = await teacher.json("POST", f"/courses/{course.id}/enrollments/staff", {"user_id": str(reader.id)})
        await teacher.json("DELETE", f"/enrollments/{put['id']}")
    assert [letter.kind for letter in await mailbox.emptied()] == [LetterKind.ENROLLED]
    assert await kinds(reader) == ["enrolled"] * 4
    async with engine.begin() as conn:
        await conn.execute(text("update notifications set at = at - interval '1 hour'"))
    await teacher.json("POST", f"/courses/{course.id}/enrollments/staff", {"user_id": str(reader.id)})
    assert [letter.kind for letter in await mailbox.emptied()] == [LetterKind.ENROLLED]


async def test_reading_one_and_all(reader: Person, teacher: Person, school: School, mailbox: Mailbox) -> None:
    for _ in range(3):
        await enroll(reader, await a_published_course(teacher))
    await mailbox.emptied()
    newest, middle, oldest = await reader.json("GET", LIST)
    assert [each["cursor"] for each in (newest, middle, oldest)] == ["3", "2", "1"]
    assert await reader.json("POST", f"{LIST}/{newest['id']}/read") == {"unread": 2}
    read_at = (await reader.json("GET", LIST))[0]["read_at"]
    assert await reader.json("POST", f"{LIST}/{newest['id']}/read") == {"unread": 2}
    assert (await reader.json("GET", LIST))[0]["read_at"] == read_at
    assert await reader.json("POST", f"{LIST}/read", {"up_to": oldest["cursor"]}) == {"unread": 1}
    assert [each["id"] for each in await reader.json("GET", f"{LIST}?unread=true")] == [middle["id"]]
    assert len(await reader.json("GET", f"{LIST}?unread=false")) == 2
    answer = await reader.ask("GET", f"{LIST}?page_size=1")
    assert (answer.json()["meta"]["total"], answer.json()["meta"]["unread"]) == (3, 1)
    assert await reader.json("POST", f"{LIST}/read", {}) == {"unread": 0}
    assert await kinds(reader, "?kind=inactive") == []
    other = await school.learner()
    assert await other.refused("POST", f"{LIST}/{middle['id']}/read") == (404, "not_found")
    assert await reader.problems("POST", f"{LIST}/read", {"up_to": "next"}) == {
        "up_to": "a cursor that was given here, or `now`"
    }


async def test_a_long_list_is_read_onward_by_cursor(reader: Person, course: Drafted, mailbox: Mailbox) -> None:
    enrollment = await enroll(reader, course)
    for _ in range(2):
        await reader.json("DELETE", f"/enrollments/{enrollment}")
        await enroll(reader, course)
    await mailbox.emptied()
    seen, cursor = [], ""
    for _ in range(3):
        answer = (await reader.ask("GET", f"{LIST}?page_size=1{cursor}")).json()
        seen += [each["cursor"] for each in answer["data"]]
        cursor = f"&cursor={answer['meta'].get('next_cursor')}"
    assert seen == ["3", "2", "1"]
    assert await reader.refused("GET", f"{LIST}?unread=true{cursor}") == (422, "invalid")


async def test_of_a_course_that_was_deleted_there_is_no_name_and_no_letter(
    reader: Person, teacher: Person, course: Drafted, mailbox: Mailbox
) -> None:
    await enroll(reader, course)
    await mailbox.hold_back()
    await teacher.json("DELETE", f"/courses/{course.id}")
    assert await mailbox.emptied() == []
    [line] = await reader.json("GET", LIST)
    assert (line["kind"], line["course"]) == ("enrolled", None)


async def test_what_is_old_is_purged_with_its_task(
    reader: Person, course: Drafted, mailbox: Mailbox, run: Run, engine: AsyncEngine
) -> None:
    await reader.json("PATCH", "/me/notification-preferences", {"kinds": {"course_completed": {"email": "digest"}}})
    enrollment = await enroll(reader, course)
    await reader.json("PUT", f"/enrollments/{enrollment}/lessons/{course.lessons[0]}/progress", {"viewed": True})
    await mailbox.emptied()
    old = "01890000-0000-7000-8000-00000000000"  # of 2023
    async with engine.begin() as conn:
        for name, kind in (("1", "enrolled"), ("2", "course_completed")):
            both = (
                "with a as (update notifications set id = :new where kind = :kind returning subject_id)"
                " update tasks set subject_id = :new where reaction = 'notice' and :kind = 'enrolled'"
            )
            await conn.execute(text(both), {"new": f"{old}{name}", "kind": kind})
    await run(purge, None)
    assert await kinds(reader) == []
    async with engine.begin() as conn:
        left = "select (select count(*) from tasks where reaction = 'notice'), (select count(*) from digests)"
        assert tuple((await conn.execute(text(left))).one()) == (0, 1)  # the open digest is not due
