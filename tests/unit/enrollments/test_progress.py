"""The server decides what it believes of a client's reports."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_domain.enrollments.errors import CourseNotOpen
from lms_domain.enrollments.events import (
    CourseCompleted,
    EnrollmentId,
    LessonCompleted,
    LessonStarted,
    ProgressRecorded,
)
from lms_domain.enrollments.model import Enrollment, Source, Status, percent
from lms_domain.enrollments.progress import (
    LATENESS,
    PLAYBACK_SPEED,
    SITTING,
    LessonProgress,
    Report,
    StudiedLesson,
    Study,
)
from lms_domain.kernel import CourseId, LessonId, RevisionId, UserId, new_id

START = datetime(2030, 1, 1, tzinfo=UTC)


def an_enrollment(*, total: int = 1, done: int = 0) -> Enrollment:
    return Enrollment(
        id=EnrollmentId(new_id()),
        course_id=CourseId(new_id()),
        learner_id=UserId(new_id()),
        source=Source.SELF,
        enrolled_by=UserId(new_id()),
        enrolled_at=START,
        revision_id=RevisionId(new_id()),
        required_total=total,
        required_done=done,
    )


def a_lesson(**given_fields: Any) -> StudiedLesson:
    fields: dict[str, Any] = {"lesson_id": LessonId(new_id()), "kind": "video", "counts": True}
    return StudiedLesson(**fields | given_fields)


def a_study(*, total: int = 1, **lesson: Any) -> Study:
    return Study(enrollment=an_enrollment(total=total), lesson=a_lesson(**lesson), progress=None)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_the_first_report_starts_the_lesson() -> None:
    study = a_study()
    happened = list(study.record(Report(position_seconds=3), now=after(10)))
    assert [type(e) for e in happened] == [LessonStarted, ProgressRecorded]
    assert study.begun.started_at == after(10)
    assert study.enrollment.last_lesson_id == study.lesson.lesson_id


def test_a_report_that_says_nothing_new_is_silent() -> None:
    study = a_study()
    list(study.record(Report(position_seconds=3, time_spent_seconds=3), now=after(10)))
    assert list(study.record(Report(position_seconds=3, time_spent_seconds=3), now=after(11))) == []


def test_time_that_has_not_passed_is_not_believed() -> None:
    study = a_study(completion_rule={"kind": "min_seconds", "seconds": 60})
    list(study.record(Report(time_spent_seconds=3600), now=after(20)))
    assert study.begun.time_spent_seconds == 20
    assert study.enrollment.status is Status.ACTIVE


def test_time_that_has_passed_completes_a_lesson_with_minimum_seconds() -> None:
    study = a_study(completion_rule={"kind": "min_seconds", "seconds": 60})
    list(study.record(Report(time_spent_seconds=30), now=after(30)))
    happened = list(study.record(Report(time_spent_seconds=60), now=after(60)))
    assert [type(e) for e in happened] == [ProgressRecorded, LessonCompleted, CourseCompleted]


def test_reports_more_often_than_every_second_lose_no_time() -> None:
    study = a_study()
    for tenth in range(1, 101):
        list(study.record(Report(time_spent_seconds=tenth // 10), now=after(tenth / 10)))
    assert study.begun.time_spent_seconds == 10


def test_reports_that_arrive_late_lose_no_time() -> None:
    study = a_study()
    for second, arrives in ((10, 13.5), (20, 20.2), (30, 36.0), (40, 40.1)):
        list(study.record(Report(time_spent_seconds=second), now=after(arrives)))
    assert study.begun.time_spent_seconds == 40


def test_time_away_cannot_be_claimed_later() -> None:
    study = a_study()
    list(study.record(Report(time_spent_seconds=5), now=after(5)))
    list(study.record(Report(time_spent_seconds=5), now=after(3605)))
    list(study.record(Report(time_spent_seconds=3605), now=after(3606)))
    assert study.begun.time_spent_seconds <= 5 + LATENESS.total_seconds() + 1


def test_a_report_claims_one_sitting_at_most() -> None:
    study = a_study()
    list(study.record(Report(time_spent_seconds=90_000), now=after(90_000)))
    assert study.begun.time_spent_seconds == SITTING.total_seconds()


def test_lessons_of_a_course_share_the_time_that_passed() -> None:
    first = a_study()
    second = Study(enrollment=first.enrollment, lesson=a_lesson(), progress=None)
    list(first.record(Report(time_spent_seconds=60), now=after(60)))
    list(second.record(Report(time_spent_seconds=60, position_seconds=120), now=after(60)))
    assert (second.begun.time_spent_seconds, second.begun.furthest_seconds) == (0, 0)
    list(second.record(Report(time_spent_seconds=60), now=after(90)))
    assert second.begun.time_spent_seconds == 30


def test_a_jump_to_the_end_of_a_video_is_not_watching_it() -> None:
    study = a_study(duration_seconds=600, completion_rule={"kind": "watched_share", "percent": 90})
    list(study.record(Report(position_seconds=600), now=after(5)))
    assert study.begun.position_seconds == 600
    assert study.begun.furthest_seconds == 10
    assert study.begun.completed_at is None


def test_a_video_watched_through_is_completed() -> None:
    study = a_study(duration_seconds=600, completion_rule={"kind": "watched_share", "percent": 90})
    for second in range(15, 541, 15):
        list(study.record(Report(position_seconds=second), now=after(second + 1)))
    assert study.enrollment.status is Status.COMPLETED


@pytest.mark.parametrize("kind", ["quiz", "assignment"])
def test_quizzes_and_assignments_are_never_completed_by_a_report(kind: str) -> None:
    study = a_study(kind=kind, completion_rule={"kind": "viewed"})
    list(study.record(Report(viewed=True, time_spent_seconds=10), now=after(10)))
    assert study.begun.completed_at is None


def test_an_unknown_rule_completes_nothing() -> None:
    study = a_study(completion_rule={"kind": "passed"})
    list(study.record(Report(viewed=True), now=after(1)))
    assert study.begun.completed_at is None


def test_a_lesson_that_does_not_count_changes_no_percentage() -> None:
    study = a_study(counts=False)
    happened = list(study.record(Report(viewed=True), now=after(1)))
    assert [type(e) for e in happened] == [LessonStarted, ProgressRecorded, LessonCompleted]
    assert study.enrollment.progress_percent == 0


def test_a_closed_course_takes_no_progress() -> None:
    with pytest.raises(CourseNotOpen):
        list(a_study(is_open=False).record(Report(viewed=True), now=after(1)))


@pytest.mark.parametrize(("done", "total", "shown"), [(0, 0, 0), (1, 3, 33), (2, 3, 66), (199, 200, 99), (3, 3, 100)])
def test_percentages_are_rounded_down(done: int, total: int, shown: int) -> None:
    assert percent(done, total) == shown


reports = st.builds(
    Report,
    position_seconds=st.none() | st.integers(0, 2000),
    time_spent_seconds=st.none() | st.integers(0, 5000),
    viewed=st.booleans(),
)
rules = st.sampled_from(
    [{"kind": "viewed"}, {"kind": "min_seconds", "seconds": 40}, {"kind": "watched_share", "percent": 50}]
)
waits = st.floats(-5, 4000, allow_nan=False)


@given(st.lists(st.tuples(waits, reports), max_size=40), rules)
def test_whatever_is_claimed_progress_grows_and_no_faster_than_time(
    sent: list[tuple[float, Report]], rule: dict[str, Any]
) -> None:
    study, now, latest = a_study(duration_seconds=1000, completion_rule=rule), START, START
    completions = 0
    previous = LessonProgress(started_at=START, updated_at=START)
    for wait, report in sent:
        now += timedelta(seconds=wait)  # clocks of servers differ: time may seem to go back
        latest = max(latest, now)
        completions += sum(isinstance(e, CourseCompleted) for e in study.record(report, now=now))
        progress, passed = study.begun, (latest - START).total_seconds()
        assert previous.time_spent_seconds <= progress.time_spent_seconds <= passed
        assert previous.furthest_seconds <= progress.furthest_seconds <= min(1000, passed * PLAYBACK_SPEED)
        assert progress.viewed >= previous.viewed
        assert previous.completed_at is None or progress.completed_at == previous.completed_at
        assert (progress.completed_at is not None) == (study.enrollment.status is Status.COMPLETED)
        previous = LessonProgress(**{name: getattr(progress, name) for name in LessonProgress.__slots__})
    assert completions <= 1


@given(st.lists(st.tuples(st.integers(0, 2), waits, reports), max_size=40))
def test_no_more_time_is_spent_on_all_lessons_than_passed(sent: list[tuple[int, float, Report]]) -> None:
    enrollment, now, latest = an_enrollment(total=3), START, START
    studies = [Study(enrollment=enrollment, lesson=a_lesson(), progress=None) for _ in range(3)]
    for which, wait, report in sent:
        now += timedelta(seconds=wait)
        latest = max(latest, now)
        list(studies[which].record(report, now=now))
        spent = [study.progress.time_spent_seconds for study in studies if study.progress]
        assert sum(spent) <= (latest - START).total_seconds()


@given(st.lists(st.floats(0.1, 30), min_size=1, max_size=60))
def test_an_honest_client_gets_all_its_time(waits: list[float]) -> None:
    study, elapsed = a_study(), 0.0
    for wait in waits:
        elapsed += wait
        list(study.record(Report(time_spent_seconds=int(elapsed)), now=after(elapsed)))
    assert study.begun.time_spent_seconds >= int(elapsed) - 1  # the last second is credited with the next report
