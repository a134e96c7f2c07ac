"""How far one learner has come in one lesson. Clients report; the server decides what it believes.

Time is credit: it builds up on the enrollment while real time passes and is spent by what a client claims, for
whichever lesson. So the time spent on all lessons together can never be more than the time that passed, however many
requests claim it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lms_domain.enrollments import events
from lms_domain.enrollments.errors import CourseNotOpen, LessonNotInCourse
from lms_domain.enrollments.model import Enrollment
from lms_domain.kernel import Event, LessonId

PLAYBACK_SPEED = 2  # the fastest a player plays: twice as much video as time that passed
LATENESS = timedelta(seconds=10)  # credit kept for a client whose reports arrive late; more than that is lost
SITTING = timedelta(hours=1)  # the most that one report may claim: who was away for a day has not studied for a day
EARNED_ELSEWHERE = frozenset({"quiz", "assignment"})  # completed by passing or by handing in, never by a claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a client says. Both counters are totals, not differences; None: nothing said."""

    position_seconds: int | None = None
    time_spent_seconds: int | None = None
    viewed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StudiedLesson:
    """A lesson as the learner's revision froze it. `counts`: towards the course's percentage."""

    lesson_id: LessonId
    kind: str
    counts: bool
    completion_rule: dict[str, Any] = field(default_factory=dict)
    duration_seconds: int | None = None
    is_open: bool = True  # the course is published


@dataclass(slots=True, kw_only=True)
class LessonProgress:
    started_at: datetime
    updated_at: datetime
    position_seconds: int = 0
    furthest_seconds: int = 0
    time_spent_seconds: int = 0
    viewed: bool = False
    completed_at: datetime | None = None

    def take(self, report: Report, lesson: StudiedLesson, *, credit: float, now: datetime) -> float:
        """Believe what can be true within `credit` seconds; how many of them that took."""
        used = max(self._spend(report, int(credit)), self._watch(report, lesson, credit) / PLAYBACK_SPEED)
        self.viewed = self.viewed or report.viewed
        self.updated_at = max(self.updated_at, now)
        return used

    @property
    def reported(self) -> tuple[int, int, int, bool]:
        return self.position_seconds, self.furthest_seconds, self.time_spent_seconds, self.viewed

    def fulfills(self, lesson: StudiedLesson) -> bool:
        if lesson.kind in EARNED_ELSEWHERE:
            return False
        rule = lesson.completion_rule
        match rule.get("kind", "viewed"):
            case "viewed":
                return self.viewed
            case "min_seconds":
                return self.time_spent_seconds >= int(rule["seconds"])
            case "watched_share":
                return self._has_watched(int(rule["percent"]), lesson.duration_seconds)
            case _:
                return False

    def _spend(self, report: Report, credit: int) -> int:
        claimed = (report.time_spent_seconds or 0) - self.time_spent_seconds
        granted = max(0, min(claimed, credit))
        self.time_spent_seconds += granted
        return granted

    def _watch(self, report: Report, lesson: StudiedLesson, credit: float) -> int:
        """The position may jump; what counts as watched grows with the time that passed."""
        if report.position_seconds is None:
            return 0
        end = lesson.duration_seconds or report.position_seconds
        self.position_seconds = min(report.position_seconds, end)
        granted = max(0, min(self.position_seconds - self.furthest_seconds, int(credit * PLAYBACK_SPEED)))
        self.furthest_seconds += granted
        return granted

    def _has_watched(self, percent: int, duration: int | None) -> bool:
        """Without a known duration there is no share to measure, and having viewed it has to do."""
        return self.viewed if not duration else self.furthest_seconds * 100 >= percent * duration


@dataclass(slots=True, kw_only=True)
class Study:
    """One learner at one lesson; `progress` is None until the lesson is started."""

    enrollment: Enrollment
    lesson: StudiedLesson
    progress: LessonProgress | None

    def record(self, report: Report, *, now: datetime) -> Iterator[Event]:
        if not self.lesson.is_open:
            raise CourseNotOpen
        if self.progress is None:
            self.progress = LessonProgress(started_at=now, updated_at=now)
            yield events.LessonStarted(at=now, **self._names())
        progress, before = self.progress, self.progress.reported
        self._take(progress, report, now)
        if progress.reported != before:
            yield self._recorded(progress, now)
        self.enrollment.last_lesson_id, self.enrollment.last_activity_at = self.lesson.lesson_id, now
        if progress.completed_at is None and progress.fulfills(self.lesson):
            yield from self._complete(progress, now)

    @property
    def begun(self) -> LessonProgress:
        """The progress, once `record` has been called."""
        if self.progress is None:
            raise LessonNotInCourse(lesson_id=self.lesson.lesson_id)
        return self.progress

    def _take(self, progress: LessonProgress, report: Report, now: datetime) -> None:
        enrollment = self.enrollment
        since = max(enrollment.credited_at or enrollment.enrolled_at, now - SITTING)
        used = progress.take(report, self.lesson, credit=max(0.0, (now - since).total_seconds()), now=now)
        enrollment.credited_at = max(since + timedelta(seconds=used), now - LATENESS)

    def _complete(self, progress: LessonProgress, now: datetime) -> Iterator[Event]:
        progress.completed_at = now
        yield events.LessonCompleted(at=now, **self._names())
        if self.lesson.counts:
            yield from self.enrollment.count_one_more(now=now)

    def _recorded(self, progress: LessonProgress, now: datetime) -> Event:
        return events.ProgressRecorded(
            at=now,
            position_seconds=progress.position_seconds,
            time_spent_seconds=progress.time_spent_seconds,
            **self._names(),
        )

    def _names(self) -> events.LessonNames:
        return {**self.enrollment.names(), "lesson_id": self.lesson.lesson_id}
