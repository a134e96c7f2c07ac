"""Receivers that hang keep nobody waiting but themselves, in a worker with less threads than there are of them."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.classroom import Classroom
from tests.integration.school import School
from tests.integration.tasks.plant import Plant
from tests.integration.tasks.test_beside_each_other import LOCK, STUCK, trouble
from tests.integration.webhooks.conftest import a_desk
from tests.integration.webhooks.receiver import a_receiver

from lms_domain.queues import QueueName
from lms_domain.webhooks.model import MOST_WEBHOOKS
from lms_entrypoints.doors import Run
from lms_entrypoints.services import Services

THREADS = 2


async def test_all_receivers_of_an_organization_hang_and_another_is_told(
    run: Run, room: Classroom, engine: AsyncEngine, services: Services, plant: Plant
) -> None:
    """While what takes long hangs as well, on every thread there is for it."""
    school = School(engine, services)
    hanging, other = await a_desk(engine, school), await a_desk(engine, school)
    await trouble(run, room, engine, queue=QueueName.JOBS)
    async with a_receiver() as receiver, engine.begin() as conn:
        receiver.answers["/hangs"] = [None]
        for _ in range(MOST_WEBHOOKS):
            await hanging.hook(receiver.url("/hangs"), "organization.member_added")
        await other.hook(receiver.url("/well"), "organization.member_added")

        async def all_hang() -> bool:
            return len(receiver.at("/hangs")) == MOST_WEBHOOKS and await plant.scalar(STUCK) == THREADS

        async def is_told() -> bool:
            return len(receiver.at("/well")) == 1

        await conn.execute(text(LOCK), {"course_id": room.course_id})
        plant.start("relay")
        settings = {"DATABASE_STATEMENT_TIMEOUT_MS": "600000", "WEBHOOKS_ALLOW_PRIVATE": "true"}
        worker = plant.start("worker", "--threads", str(THREADS), **settings)
        await hanging.happens()
        await plant.until(all_hang)
        await other.happens()
        await plant.until(is_told)
        assert await plant.scalar(STUCK) == THREADS
        await conn.rollback()
        assert worker.stop() == 0  # once those that hang have been given up
    attempts = "select count(*) from webhook_attempts where failure = 'timeout'"
    assert await plant.scalar(attempts) == MOST_WEBHOOKS
    assert await plant.scalar("select count(*) from webhook_attempts") == MOST_WEBHOOKS + 1
