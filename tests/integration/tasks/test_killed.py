"""Killed at every step, nothing is lost and nothing is done twice."""

from collections import Counter

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.classroom import Classroom
from tests.integration.http.test_archives import an_archive
from tests.integration.school import School
from tests.integration.tasks.plant import ADA, Plant, something_happens
from tests.integration.webhooks.receiver import a_receiver

from lms_domain.enrollments import use_cases as enrollments
from lms_domain.notifications.use_cases import announce
from lms_domain.schedules import EVERY
from lms_entrypoints.doors import Run
from lms_entrypoints.faults import POINTS
from lms_entrypoints.services import Services

TELLING = ["worker.reacting", "worker.letter_composed", "worker.letter_sent", "worker.letter_finished"]
JOBS = [point for point in POINTS if point.startswith("worker.job_")]
WEBHOOKS = [point for point in POINTS if point.startswith("worker.webhook_")]


@pytest.mark.parametrize(
    "point", [p for p in POINTS if p.startswith(("relay.", "worker.")) and p not in JOBS + WEBHOOKS]
)
async def test_a_killed_process_loses_and_doubles_nothing(point: str, run: Run, room: Classroom, plant: Plant) -> None:
    victim = point.partition(".")[0]
    [other] = {"relay", "worker"} - {victim}
    plant.fork(other)
    dying = plant.fork(victim, LMS_DIES_AT=point)
    await something_happens(run, room)
    assert await dying.died(), plant.processes.output()

    await plant.pass_time()
    plant.fork(victim)
    await plant.settled()
    assert (await room.counters())["completed_count"] == 1
    assert len(set(plant.post_office.ids(ADA))) == 1
    assert len(plant.post_office.ids(ADA)) <= 2
    assert await plant.scalar("select count(*) from tasks where state <> 'done'") == 0
    assert await plant.scalar("select count(*) from feed where kind = 'enrollment.completed'") == 1
    assert await plant.scalar("select max(position) - count(*) from feed") == 0


@pytest.mark.parametrize("point", TELLING)
async def test_a_class_that_is_told_while_workers_die_is_told_once(
    point: str, run: Run, room: Classroom, engine: AsyncEngine, plant: Plant
) -> None:
    learners = await room.learners(8)
    for learner in learners:
        await run(enrollments.enroll, learner, room.course_id)
    plant.fork("relay")
    worker = plant.fork("worker")
    await plant.settled()
    worker.stop()
    async with engine.begin() as conn:
        await conn.execute(text("update users set email_verified_at = now()"))
    dying = plant.fork("worker", LMS_DIES_AT=point)
    await run(announce, room.teacher, room.course_id, {"title": "Friday", "body": "We meet at the hives."})
    assert await dying.died(), plant.processes.output()

    await plant.pass_time()
    plant.fork("worker")
    await plant.settled()
    told = "select count(*) from notifications where kind = 'announcement'"
    assert await plant.scalar(told) == len(learners)
    ids = [str(message["Message-ID"]) for message in plant.post_office.messages]
    assert len(set(ids)) == len(learners)
    assert max(Counter(ids).values()) <= 2
    assert await plant.scalar("select count(*) from tasks where state <> 'done'") == 0


@pytest.mark.parametrize("point", JOBS)
async def test_a_job_that_is_killed_is_done_once(
    point: str, engine: AsyncEngine, services: Services, plant: Plant
) -> None:
    school = School(engine, services)
    teacher, admin, learner = await school.teacher(), await school.admin(), await school.learner()
    files = {"file": ("course.zip", an_archive())}
    plant.fork("relay")
    dying = plant.fork("worker", LMS_DIES_AT=point)
    taken = await teacher.client.post("/api/v1/jobs/course-imports", files=files)
    jobs = [taken.json()["data"], await admin.json("POST", "/jobs/erasures", {"user_id": str(learner.id)})]
    assert await dying.died(), plant.processes.output()

    await plant.pass_time()
    plant.fork("worker")
    await plant.settled(but="erase_again")
    await plant.pass_time()
    await plant.settled()
    for person, job in zip((teacher, admin), jobs, strict=True):
        assert (await person.json("GET", f"/jobs/{job['id']}"))["state"] == "succeeded"
    assert await plant.scalar("select count(*) from courses") == 1
    assert await plant.scalar("select count(*) from outbox where name = 'user.erased'") == 1
    assert await plant.scalar("select count(*) from feed where kind = 'job.ended'") == len(jobs)
    assert await plant.scalar("select count(*) from tasks where state <> 'done'") == 0


@pytest.mark.parametrize("point", WEBHOOKS)
async def test_a_delivery_that_is_killed_is_made_again_under_the_same_id(
    point: str, engine: AsyncEngine, services: Services, plant: Plant
) -> None:
    school = School(engine, services)
    admin, member = await school.learner(), await school.learner()
    path = f"/organizations/{await school.organization(admin=admin)}"
    plant.fork("relay")
    dying = plant.fork("worker", LMS_DIES_AT=point, WEBHOOKS_ALLOW_PRIVATE="true")
    async with a_receiver() as receiver:
        hook = {"url": receiver.url(), "kinds": ["organization.member_added"]}
        await admin.json("POST", f"{path}/webhooks", hook)
        await admin.json("PUT", f"{path}/members/{member.id}", {"role": "student"})
        assert await dying.died(), plant.processes.output()

        await plant.pass_time()
        plant.fork("worker", WEBHOOKS_ALLOW_PRIVATE="true")
        await plant.settled()
        assert len({each.id for each in receiver.received}) == 1
        assert len(receiver.received) == (2 if point == "worker.webhook_sent" else 1)
    assert await plant.scalar("select count(*) from webhook_deliveries where status = 'delivered'") == 1
    assert await plant.scalar("select count(*) from webhook_attempts") == 1


async def test_a_scheduler_that_is_killed_leaves_its_work_to_the_others(plant: Plant) -> None:
    dying = plant.start("scheduler", LMS_DIES_AT="scheduler.struck")
    assert await dying.died(), plant.processes.output()
    for words in ("scheduler", "scheduler", "relay", "worker"):
        plant.fork(words)
    await plant.until(lambda: _all_done(plant))
    assert await plant.scalar("select count(*) from outbox where name = 'schedule.due'") == len(EVERY)


async def _all_done(plant: Plant) -> bool:
    done = await plant.scalar("select count(*) from tasks where reaction = 'on_schedule' and state = 'done'")
    return done == len(EVERY)
