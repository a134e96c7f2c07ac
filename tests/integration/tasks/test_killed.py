"""Killed at every step, nothing is lost and nothing is done twice."""

import pytest
from tests.integration.classroom import Classroom
from tests.integration.tasks.plant import Plant

from lms_domain.enrollments import use_cases as enrollments
from lms_domain.enrollments.progress import Report
from lms_domain.identity import use_cases as identity
from lms_domain.kernel import Secret
from lms_entrypoints.doors import Run
from lms_entrypoints.faults import POINTS

ADA = "ada@example.org"


async def something_happens(run: Run, room: Classroom) -> None:
    """A course is completed, which is counted; and somebody registers, who is written to."""
    learner = await room.learner()
    state = await run(enrollments.enroll, learner, room.course_id)
    await run(enrollments.record_progress, learner, state.id, room.lessons[0].id, report=Report(viewed=True))
    await run(identity.register, email=ADA, full_name="Ada", password_hash=Secret("hash"))


@pytest.mark.parametrize("point", [point for point in POINTS if not point.startswith("api.")])
async def test_a_killed_process_loses_and_doubles_nothing(point: str, run: Run, room: Classroom, plant: Plant) -> None:
    victim = point.partition(".")[0]
    [other] = {"relay", "worker"} - {victim}
    plant.start(other)
    dying = plant.start(victim, LMS_DIES_AT=point)
    await something_happens(run, room)
    assert await dying.died(), plant.processes.output()

    await plant.pass_time()
    plant.start(victim)
    await plant.settled()
    assert (await room.counters())["completed_count"] == 1
    assert len(set(plant.post_office.ids(ADA))) == 1
    assert len(plant.post_office.ids(ADA)) <= 2
    assert await plant.scalar("select count(*) from tasks where state <> 'done'") == 0
    assert await plant.scalar("select count(*) from feed where kind = 'enrollment.completed'") == 1
    assert await plant.scalar("select max(position) - count(*) from feed") == 0
