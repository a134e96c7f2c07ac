"""What is made outside of any transaction appears whole and once, or not at all."""

import asyncio
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.background import Box, handed_on
from tests.integration.http.test_archives import an_archive
from tests.integration.school import Drafted, Person, School

from lms_domain.jobs.events import JobId
from lms_domain.kernel import UserId
from lms_domain.queues import QueueName
from lms_domain.reactions import MAKE
from lms_domain.tasks.model import Task
from lms_domain.upkeep.use_cases import strike
from lms_entrypoints.container import Container
from lms_entrypoints.inline import Background
from lms_entrypoints.jobs import Jobs
from lms_entrypoints.privacy import Privacy
from lms_entrypoints.work import Work

DEMO = Path(__file__).parents[4] / "shared" / "courses" / "openedx-demo-course.tar.gz"


async def scalar(engine: AsyncEngine, query: str, **given: object) -> Any:
    async with engine.connect() as conn:
        return (await conn.execute(text(query), given)).scalar()


async def imported(teacher: Person, data: bytes) -> Any:
    answer = await teacher.client.post("/api/v1/jobs/course-imports", files={"file": ("course.zip", data)})
    assert answer.status_code == 202, answer.text
    return answer.json()["data"]


async def the_task(container: Container) -> Task:
    [task] = [task for task in await handed_on(container.run()) if task.queue is QueueName.JOBS]
    return task


async def test_a_course_goes_out_and_comes_back_in(
    engine: AsyncEngine, teacher: Person, course: Drafted, background: Background
) -> None:
    job = await teacher.json("POST", "/jobs/course-exports", {"course_id": course.id})
    assert (job["kind"], job["state"], job["file_name"]) == ("course_export", "queued", None)
    await background.drain()
    job = await teacher.json("GET", f"/jobs/{job['id']}")
    assert (job["state"], job["file_name"]) == ("succeeded", "keeping-bees.zip")
    file = await teacher.ask("GET", f"/jobs/{job['id']}/file")
    assert file.headers["content-disposition"] == 'attachment; filename="keeping-bees.zip"'
    assert len(file.content) == job["file_size"] == int(file.headers["content-length"])
    assert file.content == (await teacher.ask("GET", f"/courses/{course.id}/export")).content

    job = await imported(teacher, file.content)
    await background.drain()
    job = await teacher.json("GET", f"/jobs/{job['id']}")
    assert (job["state"], job["result"]["lessons"]["unchanged"]) == ("succeeded", 2)
    assert job["course_id"] == job["result"]["course_id"] == course.id
    assert await scalar(engine, "select count(*) from job_pieces where job_id = :id", id=job["id"]) == 0


@pytest.mark.skipif(not DEMO.exists(), reason=f"needs the Open edX demo course {DEMO.name}")
async def test_a_real_course_is_imported(engine: AsyncEngine, teacher: Person, background: Background) -> None:
    job = await imported(teacher, DEMO.read_bytes())
    await background.drain()
    job = await teacher.json("GET", f"/jobs/{job['id']}")
    assert (job["state"], job["problem"]) == ("succeeded", None)
    count = await scalar(engine, "select count(*) from lessons where course_id = :id", id=job["course_id"])
    assert job["result"]["lessons"]["added"] == count > 50


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "archive_not_readable"),
        (b"no archive", "archive_not_readable"),
        (an_archive(page={"title": ""}), "invalid"),
        (an_archive(settings={"seats": "5"}), "archive_not_readable"),
    ],
)
async def test_what_is_wrong_with_an_archive_ends_the_job_and_nothing_of_it_stays(
    engine: AsyncEngine, teacher: Person, background: Background, data: bytes, code: str
) -> None:
    job = await imported(teacher, data)
    await background.drain()
    job = await teacher.json("GET", f"/jobs/{job['id']}")
    assert (job["state"], job["problem"]["code"]) == ("failed", code)
    at_once = await teacher.client.post("/api/v1/courses/import", files={"file": ("course.zip", data)})
    refusal = at_once.json()
    assert job["problem"] == {"message": refusal["message"], **refusal["error"]}
    assert await scalar(engine, "select (select count(*) from courses) + (select count(*) from job_pieces)") == 0
    assert await scalar(engine, "select count(*) from tasks where queue = 'jobs' and state <> 'done'") == 0


async def test_who_may_not_import_may_not_have_it_imported(school: School) -> None:
    learner = await school.learner()
    files = {"file": ("course.zip", an_archive())}
    assert (await learner.client.post("/api/v1/jobs/course-imports", files=files)).status_code == 403
    teacher = await school.teacher()
    assert (await teacher.client.post("/api/v1/jobs/course-imports", files={"other": b"x"})).status_code == 422


async def test_my_data_is_given_to_me(teacher: Person, background: Background) -> None:
    job = await teacher.json("POST", "/jobs/personal-exports")
    await background.drain()
    file = await teacher.ask("GET", f"/jobs/{job['id']}/file")
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        [me] = [json.loads(archive.read(name)) for name in archive.namelist() if name.startswith("account")]
    assert str(teacher.id) in json.dumps(me)


async def test_a_receipt_that_was_given_in_advance_is_true_once_it_is_done(
    school: School, admin: Person, background: Background
) -> None:
    learner = await school.learner()
    job = await admin.json("POST", "/jobs/erasures", {"user_id": str(learner.id)})
    receipt = job["result"]["receipt"]
    assert (await school.stranger().ask("GET", f"/erasures/{receipt}")).status_code == 404
    assert (await admin.json("GET", f"/users/{learner.id}"))["full_name"] == "Ada 0"
    again = await admin.json("POST", "/jobs/erasures", {"user_id": str(learner.id)})
    await background.drain()
    told = await school.stranger().json("GET", f"/erasures/{receipt}")
    for each in (job, again):
        done = await admin.json("GET", f"/jobs/{each['id']}")
        assert (done["state"], done["result"]) == ("succeeded", {"receipt": receipt, "removed": told["removed"]})


async def test_what_the_erased_had_asked_for_is_not_done_any_more(
    engine: AsyncEngine, teacher: Person, admin: Person, background: Background
) -> None:
    await imported(teacher, an_archive())
    await teacher.json("POST", "/jobs/personal-exports")
    await admin.json("POST", f"/users/{teacher.id}/erase")
    await background.drain()
    assert await scalar(engine, "select count(*) from jobs where state = 'cancelled'") == 2
    assert await scalar(engine, "select (select count(*) from courses) + (select count(*) from job_pieces)") == 0


async def test_a_job_that_is_done_by_several_at_once_has_one_effect(
    engine: AsyncEngine, teacher: Person, container: Container
) -> None:
    await imported(teacher, an_archive())
    work, task = Work(container.run(), Box(), container.errands()), await the_task(container)
    await asyncio.gather(*(work.perform(task) for _ in range(5)))
    async with engine.begin() as conn:  # as if the lease of the first had run out
        await conn.execute(text("update tasks set state = 'waiting', taken_until = null, ended_at = null"))
    await work.perform(task)
    assert await scalar(engine, "select count(*) from courses") == 1


class Dawdler(Privacy):
    """While the archive is being made, its owner cancels."""

    def __init__(self, privacy: Privacy, owner: Person, job_id: JobId) -> None:
        self._privacy, self._owner, self._job_id = privacy, owner, job_id

    async def write(self, user_id: UserId, path: Path) -> None:
        await self._privacy.write(user_id, path)
        await self._owner.json("POST", f"/jobs/{self._job_id}/cancel")


async def test_of_what_is_cancelled_while_it_is_made_nothing_is_left(
    engine: AsyncEngine, teacher: Person, container: Container
) -> None:
    job = await teacher.json("POST", "/jobs/personal-exports")
    dawdler = Dawdler(container.privacy(), teacher, job["id"])
    jobs = Jobs(container.ask(), container.run(), container.archives(), dawdler)
    await Work(container.run(), Box(), {MAKE: jobs.make}).perform(await the_task(container))
    job = await teacher.json("GET", f"/jobs/{job['id']}")
    assert (job["state"], job["file_name"]) == ("cancelled", None)
    assert await scalar(engine, "select count(*) from job_pieces") == 0
    assert await scalar(engine, "select count(*) from tasks where queue = 'jobs' and state <> 'done'") == 0


class Sleeper(Dawdler):
    """Would take for ever."""

    async def write(self, user_id: UserId, path: Path) -> None:
        await super().write(user_id, path)
        await asyncio.Event().wait()


async def test_a_worker_stops_making_what_nobody_wants_any_more(teacher: Person, container: Container) -> None:
    job = await teacher.json("POST", "/jobs/personal-exports")
    sleeper = Sleeper(container.privacy(), teacher, job["id"])
    jobs = Jobs(container.ask(), container.run(), container.archives(), sleeper)
    task = await the_task(container)
    await Work(container.run(), Box(), {MAKE: jobs.make}).perform(task)
    assert (await teacher.json("GET", f"/jobs/{job['id']}"))["state"] == "cancelled"
    assert await handed_on(container.run()) == []


async def test_files_are_kept_for_a_day_and_jobs_for_a_month(
    engine: AsyncEngine, teacher: Person, background: Background, container: Container
) -> None:
    job = await teacher.json("POST", "/jobs/personal-exports")
    await background.drain()
    await ended_days_ago(engine, 2)
    await struck(container, background)
    kept = await teacher.json("GET", f"/jobs/{job['id']}")
    assert (kept["state"], kept["file_name"]) == ("succeeded", None)
    assert await teacher.refused("GET", f"/jobs/{job['id']}/file") == (404, "nothing_to_fetch")
    assert await scalar(engine, "select count(*) from job_pieces") == 0
    await ended_days_ago(engine, 31)
    await struck(container, background)
    assert (await teacher.refused("GET", f"/jobs/{job['id']}"))[0] == 404


async def ended_days_ago(engine: AsyncEngine, days: int) -> None:
    async with engine.begin() as conn:
        await conn.execute(text("update jobs set ended_at = now() - make_interval(days => :days)"), {"days": days})
        await conn.execute(text("delete from schedules"))


async def struck(container: Container, background: Background) -> None:
    for _ in range(2):  # the first time ever only notes that there are schedules
        await container.run()(strike)
    await background.drain()
