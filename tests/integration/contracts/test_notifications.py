"""What any adapter promises about notifications. Runs on memory and PostgreSQL alike."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.builders import a_learner, a_published_course, a_reader, a_teacher, registered

from lms_domain.kernel import CourseId, Stale, UserId, new_id
from lms_domain.notifications.model import (
    ByEmail,
    Choice,
    Digest,
    DigestId,
    Frequency,
    Notification,
    NotificationId,
    NotificationKind,
    Preferences,
    Subject,
)
from lms_domain.ports import AllPorts, Database


async def a_course(ports: AllPorts) -> CourseId:
    teacher = await registered(ports, a_teacher(), full_name="Grace")
    return (await a_published_course(ports, teacher, title="Bees")).id


async def a_user(ports: AllPorts) -> UserId:
    return (await registered(ports, a_learner())).id


def told(user_id: UserId, course_id: CourseId, ports: AllPorts, **given: Any) -> Notification:
    subject = Subject(id=given.pop("subject_id", new_id()), kind=NotificationKind.ENROLLED, course_id=course_id)
    made: dict[str, Any] = {"id": NotificationId(new_id()), "in_app": True, "email": ByEmail.OFF} | given
    return Notification(user_id=user_id, subject=subject, at=ports.clock.now(), **made)


def a_digest(user_id: UserId, ports: AllPorts) -> Digest:
    return Digest(id=DigestId(new_id()), user_id=user_id, due_at=ports.clock.now() + timedelta(days=1))


async def test_of_one_thing_somebody_is_told_once(database: Database) -> None:
    about = new_id()
    async with database.begin() as ports:
        course, ada, bea = await a_course(ports), await a_user(ports), await a_user(ports)
    for expected in (2, 0):
        async with database.begin() as ports:
            made = [told(who, course, ports, subject_id=about) for who in (ada, bea)]
            assert await ports.notifications.add(made, [], now=ports.clock.now()) == expected
    async with database.begin() as ports:
        assert [await ports.notifications.unread(who, 10) for who in (ada, bea)] == [1, 1]


async def test_what_was_told_is_read_by_its_reader_alone(database: Database) -> None:
    async with database.begin() as ports:
        course, ada, bea = await a_course(ports), await a_user(ports), await a_user(ports)
        made = [told(ada, course, ports) for _ in range(3)] + [told(ada, course, ports, in_app=False)]
        now = ports.clock.now()
        assert [await ports.notifications.add([each], [], now=now) for each in made] == [1, 1, 1, 1]
        assert await ports.notifications.unread(ada, 2) == 2  # no further than asked
        assert not await ports.notifications.mark_read(bea, made[0].id, now=now)
        assert not await ports.notifications.mark_read(ada, made[3].id, now=now)  # for letters alone
        assert await ports.notifications.mark_read(ada, made[0].id, now=now)
        assert await ports.notifications.mark_read(ada, made[0].id, now=now)
        assert await ports.notifications.unread(ada, 10) == 2
        await ports.notifications.mark_all_read(bea, None, now=now)
        await ports.notifications.mark_all_read(ada, 2, now=now)
        assert await ports.notifications.unread(ada, 10) == 1
        await ports.notifications.mark_all_read(ada, None, now=now)
        assert await ports.notifications.unread(ada, 10) == 0


async def test_everybody_has_one_open_digest_with_all_that_was_gathered(database: Database) -> None:
    async with database.begin() as ports:
        course, ada = await a_course(ports), await a_user(ports)
        digests = [a_digest(ada, ports) for _ in range(3)]
        for digest in digests[:2]:
            made = [told(ada, course, ports, email=ByEmail.DIGEST)]
            await ports.notifications.add(made, [digest], now=ports.clock.now())
    async with database.begin() as ports:
        now = ports.clock.now()
        assert await ports.notifications.close(digests[1].id, now=now) is None
        for _ in range(2):
            assert await ports.notifications.close(digests[0].id, now=now) == ada
        assert len(await ports.notifications.gathered(digests[0].id, 50)) == 2
        late = told(ada, course, ports, email=ByEmail.DIGEST)
        await ports.notifications.add([late], [digests[2]], now=now)
    async with database.begin() as ports:
        await ports.notifications.close(digests[0].id, now=ports.clock.now())
        assert len(await ports.notifications.gathered(digests[0].id, 50)) == 2
        assert await ports.notifications.close(digests[2].id, now=ports.clock.now()) == ada
        assert len(await ports.notifications.gathered(digests[2].id, 50)) == 1


async def test_what_needs_no_digest_opens_none(database: Database) -> None:
    async with database.begin() as ports:
        course, ada = await a_course(ports), await a_user(ports)
        digest = a_digest(ada, ports)
        await ports.notifications.add([told(ada, course, ports)], [digest], now=ports.clock.now())
        assert await ports.notifications.close(digest.id, now=ports.clock.now()) is None


async def test_a_digest_that_is_closed_while_something_is_added_loses_nothing(database: Database) -> None:
    """Whoever comes second sees what the first one did, or opens the next digest."""
    for _ in range(5):
        async with database.begin() as ports:
            course, ada = await a_course(ports), await a_user(ports)
            first, second = a_digest(ada, ports), a_digest(ada, ports)
            made = [told(ada, course, ports, email=ByEmail.DIGEST)]
            await ports.notifications.add(made, [first], now=ports.clock.now())

        async def add(course: CourseId = course, ada: UserId = ada, digest: Digest = second) -> None:
            async with database.begin() as ports:
                made = [told(ada, course, ports, email=ByEmail.DIGEST)]
                await ports.notifications.add(made, [digest], now=ports.clock.now())

        async def close(digest: Digest = first) -> None:
            async with database.begin() as ports:
                await ports.notifications.close(digest.id, now=ports.clock.now())

        await asyncio.gather(add(), close())
        async with database.begin() as ports:
            for digest in (first, second):
                await ports.notifications.close(digest.id, now=ports.clock.now())
            gathered = [len(await ports.notifications.gathered(each.id, 50)) for each in (first, second)]
            assert gathered in ([2, 0], [1, 1])


async def test_a_letter_knows_the_course_and_when(database: Database) -> None:
    async with database.begin() as ports:
        course, ada = await a_course(ports), await a_user(ports)
        made = told(ada, course, ports, email=ByEmail.AT_ONCE)
        await ports.notifications.add([made], [], now=ports.clock.now())
    async with database.begin() as ports:
        found = await ports.notifications.told(made.id)
        assert found
        assert (found.user_id, found.kind, found.course_title, found.title) == (ada, "enrolled", "Bees", "")
        assert await ports.notifications.told(NotificationId(new_id())) is None


async def test_a_class_is_who_is_on_the_course_in_parts(database: Database) -> None:
    async with database.begin() as ports:
        course, other = await a_course(ports), await a_course(ports)
        learners = sorted([(await a_reader(ports, course)).id for _ in range(3)])
        await a_reader(ports, other)
    async with database.begin() as ports:
        first = await ports.notifications.class_of(course, None, 2)
        rest = await ports.notifications.class_of(course, first[-1].user_id, 2)
        assert [each.user_id for each in first + rest] == learners
        assert not any(each.takes_letters for each in first)  # no address is proved
        users = [await ports.users.get(learners[0]), await ports.users.get(learners[1])]
        users[0].is_active, users[1].email_verified_at = False, ports.clock.now()
        for user in users:
            await ports.users.save(user)
    async with database.begin() as ports:
        found = await ports.notifications.class_of(course, None, 10)
        assert [(each.user_id, each.takes_letters) for each in found] == [(learners[1], True), (learners[2], False)]
        assert await ports.notifications.recipient(learners[0]) is None


async def test_preferences_come_out_as_they_went_in_and_are_not_overwritten(database: Database) -> None:
    async with database.begin() as ports:
        ada = await a_user(ports)
        assert await ports.preferences.of(ada) == Preferences(user_id=ada)
        mine, stale = await ports.preferences.of(ada), await ports.preferences.of(ada)
        kinds = {NotificationKind.INACTIVE: Choice(email=ByEmail.DIGEST, in_app=False)}
        list(mine.change(kinds, Frequency.WEEKLY, now=ports.clock.now()))
        await ports.preferences.save(mine)
        list(stale.change({}, Frequency.WEEKLY, now=ports.clock.now()))
        with pytest.raises(Stale):
            await ports.preferences.save(stale)
    async with database.begin() as ports:
        found = await ports.preferences.of(ada)
        assert found == mine
        assert found.version == 2
        list(found.change({}, Frequency.DAILY, now=ports.clock.now()))
        await ports.preferences.save(found)
        recipient = await ports.notifications.recipient(ada)
        assert recipient
        assert recipient.preferences == found
