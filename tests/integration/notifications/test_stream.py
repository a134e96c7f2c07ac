"""Notifications arrive as they are made; none is skipped, whoever writes at once and however often one comes back."""

import asyncio
import random

import pytest
from tests.integration.notifications.conftest import Reader
from tests.integration.school import Drafted, Person

from lms_domain.kernel import Actor, CourseId, Invalid, UserId, new_id
from lms_domain.notifications import queries
from lms_domain.notifications.model import ByEmail, Notification, NotificationId, NotificationKind, Subject
from lms_domain.ports import AllPorts
from lms_entrypoints.services import Services

STREAM = "/me/notifications/stream"


async def tell(ports: AllPorts, people: list[UserId], course_id: CourseId, *, wait: float = 0) -> None:
    subject, now = Subject(id=new_id(), kind=NotificationKind.ENROLLED, course_id=course_id), ports.clock.now()
    made = [
        Notification(id=NotificationId(new_id()), user_id=id, subject=subject, at=now, in_app=True, email=ByEmail.OFF)
        for id in people
    ]
    await ports.notifications.add(made, [], now=now)
    await asyncio.sleep(wait)


async def test_whoever_goes_on_from_the_last_cursor_misses_none_while_many_write(
    services: Services, course: Drafted, a_reader: Reader
) -> None:
    """The order of commits is the order of cursors: who is slow to commit keeps others of the same reader waiting."""
    people = [(await a_reader()).id for _ in range(3)]
    writers, times, is_over = 6, 8, False

    async def write(number: int) -> None:
        chance = random.Random(number)
        for _ in range(times):
            everybody = chance.sample(people, len(people))  # in another order each time
            await services.run(tell, everybody, CourseId(course.id), wait=chance.random() / 100)  # type: ignore[arg-type]

    async def read(who: UserId) -> list[str]:
        seen, cursor = list[str](), "0"
        while True:
            was_over = is_over
            page = await services.ask(queries.after, Actor(id=who), cursor, 3)
            seen, cursor = seen + [each.cursor for each in page.items], page.next_cursor
            if was_over and not page.has_more:
                return seen

    reading = [asyncio.create_task(read(who)) for who in people for _ in range(2)]
    await asyncio.gather(*map(write, range(writers)))
    is_over = True
    for seen in await asyncio.gather(*reading):
        assert seen == [str(number) for number in range(1, writers * times + 1)]


async def test_a_cursor_that_was_never_given_is_refused(services: Services, reader: Person) -> None:
    for wrong in ("1", "-1", "next", "1" * 19, "٣"):
        with pytest.raises(Invalid):
            await services.ask(queries.after, reader.actor, wrong, 10)
    assert (await services.ask(queries.after, reader.actor, "now", 10)).next_cursor == "0"


async def test_a_stream_begins_now_or_where_it_was(reader: Person, services: Services, course: Drafted) -> None:
    await services.run(tell, [reader.id], CourseId(course.id))  # type: ignore[arg-type]
    begun = await reader.ask("GET", STREAM)
    assert begun.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert begun.text == "retry: 1000\nid: 1\n\n"  # without data nothing is dispatched (HTML Living Standard §9.2.6)
    again = await reader.ask("GET", STREAM, headers={"Last-Event-ID": "0"})
    assert "id: 1\nevent: enrolled\ndata: {" in again.text
    assert await reader.refused("GET", STREAM, headers={"Last-Event-ID": "x"}) == (422, "invalid")
