"""From the request to the end, and never back from an end but one."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from lms_domain.jobs.events import JobId, JobKind, JobState
from lms_domain.jobs.model import Job, JobIsOver
from lms_domain.kernel import Conflict, Invalid, Problem, UserId, new_id

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def job() -> Job:
    return Job(id=JobId(new_id()), kind=JobKind.ENROLLMENTS, created_by=UserId(new_id()), total=5, created_at=NOW)


def test_an_end_is_final(job: Job) -> None:
    assert job.begin(now=NOW)
    job.succeed({"a": 1}, now=NOW)
    assert (job.state, job.ended_at, job.result) == (JobState.SUCCEEDED, NOW, {"a": 1})
    assert not job.begin(now=NOW)
    with pytest.raises(JobIsOver):
        job.cancel(now=NOW)


def test_what_was_given_up_can_begin_anew_and_what_was_refused_cannot(job: Job) -> None:
    job.give_up(now=NOW)
    assert job.begin(now=NOW)
    assert (job.state, job.problem, job.ended_at) == (JobState.RUNNING, None, None)
    job.refuse(Conflict("No."), now=NOW)
    assert not job.begin(now=NOW)


def test_rows_are_counted_by_what_became_of_them(job: Job) -> None:
    job.count(Counter(enrolled=2, failed=1), failed=1)
    job.count(Counter(enrolled=1, waitlisted=1), failed=0)
    assert (job.done, job.failed, job.result) == (5, 1, {"enrolled": 3, "failed": 1, "waitlisted": 1})


def test_a_problem_is_kept_as_the_refusal_would_have_told_it(job: Job) -> None:
    course_id = new_id()
    job.refuse(Invalid(Problem("page.title", "must not be empty"), course_id=course_id, limits=(1, None)), now=NOW)
    assert job.problem is not None
    assert job.problem["code"] == "invalid"
    assert job.problem["details"] == {
        "course_id": str(course_id),
        "limits": [1, None],
        "problems": [{"field": "page.title", "rule": "must not be empty"}],
    }
