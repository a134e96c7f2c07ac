"""Lists that are worked off behind the back of requests: each row once, and of each it is known what became of it."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.background import Box, a_background, handed_on
from tests.integration.classroom import add_users
from tests.integration.school import Drafted, Person, School

from lms_domain.enrollments.roll import MOST_ROWS_OF_JOB
from lms_domain.jobs.model import MOST_OPEN
from lms_domain.jobs.use_cases import ROWS_AT_ONCE
from lms_domain.kernel import Unavailable
from lms_domain.queues import QUEUES, QueueName
from lms_domain.tasks.model import Task
from lms_entrypoints.container import Container
from lms_entrypoints.inline import Background
from lms_entrypoints.work import Errand, Work

MANY = 2 * ROWS_AT_ONCE + 1


@pytest.fixture
def work(container: Container) -> Work:
    return Work(container.run(), Box(), container.errands())


async def learners(engine: AsyncEngine, count: int) -> list[dict[str, str]]:
    return [{"user_id": str(actor.id)} for actor in await add_users(engine, count)]


async def asked(
    teacher: Person, course: Drafted, rows: list[dict[str, str]], headers: dict[str, str] | None = None
) -> Any:
    path = f"/jobs/enrollments?course_id={course.id}"
    answer = await teacher.ask("POST", path, {"rows": rows}, headers=headers)
    assert answer.status_code == 202, answer.text
    job = answer.json()["data"]
    assert answer.headers["location"] == f"/api/v1/jobs/{job['id']}"
    return job


async def scalar(engine: AsyncEngine, query: str, **given: object) -> Any:
    async with engine.connect() as conn:
        return (await conn.execute(text(query), given)).scalar()


async def test_every_row_is_done_and_says_what_became_of_it(
    engine: AsyncEngine, teacher: Person, course: Drafted, background: Background
) -> None:
    people = await learners(engine, MANY)
    strangers = [{"email": "nobody@example.org"}, {"email": "no address"}]
    job = await asked(teacher, course, [people[0], *strangers, *people])
    assert (job["state"], job["kind"], job["total"], job["done"]) == ("queued", "enrollments", MANY + 3, 0)
    await background.drain()

    job = await teacher.json("GET", f"/jobs/{job['id']}")
    assert (job["state"], job["done"], job["failed"]) == ("succeeded", MANY + 3, 2)
    assert job["result"] == {"enrolled": MANY, "already": 1, "failed": 2}
    failed = await teacher.json("GET", f"/jobs/{job['id']}/rows?status=failed")
    assert [row["row"] for row in failed] == [2, 3]
    assert all(row["error"]["code"] and row["enrollment_id"] is None for row in failed)
    first = await teacher.ask("GET", f"/jobs/{job['id']}/rows?page_size=100")
    assert first.json()["meta"]["total"] == MANY + 3
    assert [row["row"] for row in first.json()["data"]] == list(range(1, 101))
    onward = await teacher.json(
        "GET", f"/jobs/{job['id']}/rows?page_size=100&cursor={first.json()['meta']['next_cursor']}"
    )
    assert [row["row"] for row in onward] == list(range(101, 201))
    assert await scalar(engine, "select count(*) from enrollments") == MANY
    assert await scalar(engine, "select count(*) from job_rows where email is not null or user_id is not null") == 0


async def test_a_row_is_done_once_however_many_workers_there_are(
    engine: AsyncEngine, teacher: Person, course: Drafted, container: Container, work: Work
) -> None:
    job = await asked(teacher, course, await learners(engine, MANY))
    while tasks := [task for task in await handed_on(container.run()) if task.queue is QueueName.JOBS]:
        await asyncio.gather(*(work.perform(task) for task in tasks for _ in range(5)))
    job = await teacher.json("GET", f"/jobs/{job['id']}")
    assert (job["state"], job["done"], job["result"]) == ("succeeded", MANY, {"enrolled": MANY})
    assert await scalar(engine, "select seats_taken from course_counters where course_id = :id", id=course.id) == MANY


async def next_task(container: Container) -> Task:
    [task] = [task for task in await handed_on(container.run()) if task.queue is QueueName.JOBS]
    return task


async def test_what_is_done_when_a_job_is_cancelled_stays_done(
    engine: AsyncEngine, teacher: Person, course: Drafted, container: Container, work: Work
) -> None:
    job = await asked(teacher, course, await learners(engine, MANY))
    await work.perform(await next_task(container))
    seen = await teacher.json("GET", f"/jobs/{job['id']}")
    assert (seen["state"], seen["done"]) == ("running", ROWS_AT_ONCE)
    cancelled = await teacher.json("POST", f"/jobs/{job['id']}/cancel")
    assert (cancelled["state"], cancelled["done"]) == ("cancelled", ROWS_AT_ONCE)
    await work.perform(await next_task(container))
    assert await teacher.json("GET", f"/jobs/{job['id']}") == cancelled
    assert await scalar(engine, "select count(*) from enrollments") == ROWS_AT_ONCE
    assert await scalar(engine, "select count(*) from job_rows") == ROWS_AT_ONCE
    assert await teacher.refused("POST", f"/jobs/{job['id']}/cancel") == (409, "job_is_over")


async def test_a_cancel_and_a_worker_at_once_agree(
    engine: AsyncEngine, teacher: Person, course: Drafted, container: Container, work: Work
) -> None:
    for _ in range(5):
        job = await asked(teacher, course, await learners(engine, 50))
        task = await next_task(container)
        answer, _ = await asyncio.gather(teacher.ask("POST", f"/jobs/{job['id']}/cancel"), work.perform(task))
        seen = await teacher.json("GET", f"/jobs/{job['id']}")
        done = {200: ("cancelled", 0), 409: ("succeeded", 50)}[answer.status_code]
        assert (seen["state"], seen["done"]) == done


async def test_who_has_lost_the_right_has_lost_it_in_the_job_too(
    engine: AsyncEngine, school: School, teacher: Person, course: Drafted, background: Background
) -> None:
    helper = await school.teacher()
    await teacher.json("PUT", f"/courses/{course.id}/staff/{helper.id}", {"role": "instructor"})
    job = await asked(helper, course, await learners(engine, 3))
    await teacher.json("DELETE", f"/courses/{course.id}/staff/{helper.id}")
    await background.drain()
    job = await helper.json("GET", f"/jobs/{job['id']}")
    assert (job["state"], job["done"], job["problem"]["code"]) == ("failed", 0, "forbidden")
    assert await scalar(engine, "select count(*) from enrollments") == 0
    assert await scalar(engine, "select count(*) from tasks where state <> 'done' and queue = 'jobs'") == 0


async def test_nobody_has_more_than_so_many_under_way(
    engine: AsyncEngine, teacher: Person, course: Drafted, background: Background
) -> None:
    rows = await learners(engine, 1)
    path = f"/jobs/enrollments?course_id={course.id}"
    answers = await asyncio.gather(*(teacher.ask("POST", path, {"rows": rows}) for _ in range(MOST_OPEN + 5)))
    assert sorted(answer.status_code for answer in answers) == [202] * MOST_OPEN + [429] * 5
    await background.drain()
    await asked(teacher, course, rows)


async def test_a_request_that_is_sent_again_asks_for_one_job(
    engine: AsyncEngine, teacher: Person, course: Drafted
) -> None:
    rows = await learners(engine, 2)
    jobs = [await asked(teacher, course, rows, {"Idempotency-Key": "k1"}) for _ in range(2)]
    assert jobs[0] == jobs[1]
    assert await scalar(engine, "select count(*) from jobs") == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rows": []}, "rows"),
        ({}, "rows"),
        ({"rows": [{"email": 5}]}, "rows[0].email"),
        ({"rows": [{"user_id": "x"}]}, "rows[0].user_id"),
        ({"rows": [{}], "course": "x"}, "course"),
    ],
)
async def test_what_is_wrong_with_a_list_is_said_at_once(
    engine: AsyncEngine, teacher: Person, course: Drafted, body: dict[str, Any], field: str
) -> None:
    problems = await teacher.problems("POST", f"/jobs/enrollments?course_id={course.id}", body)
    assert field in problems, problems
    assert await scalar(engine, "select count(*) from jobs") == 0


async def test_the_jobs_of_others_do_not_exist(
    engine: AsyncEngine, admin: Person, teacher: Person, course: Drafted
) -> None:
    job = await asked(teacher, course, await learners(engine, 1))
    for method, path in (("GET", ""), ("GET", "/rows"), ("GET", "/file"), ("GET", "/stream"), ("POST", "/cancel")):
        assert (await admin.refused(method, f"/jobs/{job['id']}{path}"))[0] == 404
    assert await admin.json("GET", "/jobs") == []
    assert await teacher.refused("GET", f"/jobs/{job['id']}/file") == (404, "nothing_to_fetch")


async def test_jobs_are_listed_and_filtered(
    engine: AsyncEngine, teacher: Person, course: Drafted, background: Background
) -> None:
    done = await asked(teacher, course, await learners(engine, 1))
    await background.drain()
    rows = await learners(engine, 1)
    waiting = [(await asked(teacher, course, rows))["id"] for _ in range(3)]
    everything = [job["id"] for job in await teacher.json("GET", "/jobs")]
    assert everything == [*reversed(waiting), done["id"]]
    assert [job["id"] for job in await teacher.json("GET", "/jobs?state=succeeded")] == [done["id"]]
    assert await teacher.json("GET", "/jobs?kind=erasure") == []
    first = (await teacher.ask("GET", "/jobs?page_size=2")).json()
    rest = await teacher.json("GET", f"/jobs?page_size=2&cursor={first['meta']['next_cursor']}")
    assert [job["id"] for job in first["data"] + rest] == everything
    assert (await teacher.refused("GET", "/jobs?state=lost"))[0] == 422


async def test_what_was_given_up_is_tried_again_when_an_operator_says_so(
    engine: AsyncEngine, admin: Person, teacher: Person, course: Drafted, container: Container
) -> None:
    async def away(_: Task) -> bool:
        raise Unavailable("The disk is full.")

    broken: dict[str, Errand] = dict.fromkeys(container.errands(), away)
    job = await asked(teacher, course, await learners(engine, 3))
    for _ in range(QUEUES[QueueName.JOBS].attempts):
        await a_background(container.run(), queues=[QueueName.JOBS], errands=broken).drain()
        async with engine.begin() as conn:
            await conn.execute(text("update tasks set due_at = now() where state = 'waiting'"))
    job = await teacher.json("GET", f"/jobs/{job['id']}")
    assert (job["state"], job["problem"]["code"]) == ("failed", "given_up")
    assert "disk" not in str(job)

    assert await admin.json("POST", "/queues/jobs/dead/retry", {}) == {"count": 1}
    await a_background(container.run(), queues=[QueueName.JOBS], errands=container.errands()).drain()
    job = await teacher.json("GET", f"/jobs/{job['id']}")
    assert (job["state"], job["problem"], job["result"]) == ("succeeded", None, {"enrolled": 3})


async def test_a_job_is_followed_to_its_end(
    engine: AsyncEngine, teacher: Person, course: Drafted, background: Background
) -> None:
    job = await asked(teacher, course, await learners(engine, 1))
    path = f"/jobs/{job['id']}/stream"
    before = await teacher.ask("GET", path)
    assert "event: queued" in before.text
    await background.drain()
    after = await teacher.ask("GET", path, headers={"Last-Event-ID": "1"})
    assert ("event: succeeded" in after.text, "event: queued" in after.text) == (True, False)
    version = after.text.partition("id: ")[2].partition("\n")[0]
    assert (await teacher.ask("GET", path, headers={"Last-Event-ID": version})).status_code == 204
    assert "event: succeeded" in (await teacher.ask("GET", path, headers={"Last-Event-ID": "9" * 5000})).text


async def test_what_a_job_did_is_told_in_the_feed(
    engine: AsyncEngine, admin: Person, teacher: Person, course: Drafted, background: Background
) -> None:
    job = await asked(teacher, course, await learners(engine, 1))
    await background.drain()
    events = await admin.json("GET", "/events?kind=job.ended")
    assert [(each["data"]["job_id"], each["data"]["state"]) for each in events] == [(job["id"], "succeeded")]


async def test_a_hundred_thousand_rows_are_taken_as_csv_or_json_and_no_more(
    engine: AsyncEngine, teacher: Person, course: Drafted
) -> None:
    path = f"/api/v1/jobs/enrollments?course_id={course.id}"
    emails = [f"learner.number.{number:06}@school.example.org" for number in range(MOST_ROWS_OF_JOB + 1)]
    for count, status in ((MOST_ROWS_OF_JOB, 202), (MOST_ROWS_OF_JOB + 1, 422)):
        lines = "\n".join(["email", *emails[:count]])
        answer = await teacher.client.post(path, content=lines, headers={"content-type": "text/csv"})
        assert answer.status_code == status, answer.text
        answer = await teacher.ask(
            "POST", path.removeprefix("/api/v1"), {"rows": [{"email": e} for e in emails[:count]]}
        )
        assert answer.status_code == status, answer.text
    assert await scalar(engine, "select count(*) from job_rows") == 2 * MOST_ROWS_OF_JOB
