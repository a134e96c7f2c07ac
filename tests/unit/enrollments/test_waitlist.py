"""Seats and the waitlist, whatever learners and staff do."""

from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.unit.enrollments.classroom import a_course, a_lesson, somebody

from lms_adapters.memory.ports import FixedClock, MemoryPorts
from lms_domain.courses.events import SettingsChanged
from lms_domain.enrollments import use_cases
from lms_domain.enrollments.admission import Wish
from lms_domain.enrollments.errors import CourseIsFull
from lms_domain.enrollments.events import LearnerPromoted
from lms_domain.enrollments.model import Enrollment, Status
from lms_domain.kernel import Actor, Again, UserId

PEOPLE = 8


def finished(coroutine: Any) -> Any:
    """Memory never waits, so a coroutine over it runs through in one step."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("memory does not wait")


class Seats(RuleBasedStateMachine):
    """`line` is who should be waiting, in order, kept beside the system as the simplest thing that can be right."""

    @initialize(seats=st.integers(1, 3))
    def open_a_course(self, seats: int) -> None:
        self.clock = FixedClock()
        self.ports = MemoryPorts({}, self.clock)
        self.teacher, self.seats = somebody(), seats
        self.course = finished(a_course(self.ports, self.teacher, [a_lesson()], seats=seats))
        self.people = [somebody() for _ in range(PEOPLE)]
        self.seated: set[UserId] = set()
        self.line: list[UserId] = []

    @rule(n=st.integers(0, PEOPLE - 1), waitlist=st.booleans())
    def enroll(self, n: int, *, waitlist: bool) -> None:
        who = self.people[n]
        self.clock.pass_time(timedelta(microseconds=1))  # the turnstile lets nobody in at the same instant
        try:
            answer = finished(use_cases.enroll(self.ports, who, self.course.id, Wish(waitlist=waitlist)))
        except CourseIsFull:
            assert not waitlist
            assert len(self.seated) + len(self.line) >= self.seats
            return
        if isinstance(answer, Again):
            assert who.id in self.seated or who.id in self.line
        elif answer.status is Status.WAITLISTED:
            self.line.append(who.id)
            assert answer.waitlist_position == len(self.line)
        else:
            assert not self.line  # nobody passes those who wait
            self.seated.add(who.id)

    @rule(n=st.integers(0, PEOPLE - 1))
    def drop(self, n: int) -> None:
        who, mine = self.people[n], self._enrollment(self.people[n])
        if mine is None:
            return
        finished(use_cases.drop(self.ports, who, mine.id))
        if who.id in self.line:
            self.line.remove(who.id)
        self.seated.discard(who.id)
        self._expect_promotions()

    @precondition(lambda self: self.seats < 6)
    @rule(more=st.integers(0, 2))
    def raise_seats(self, more: int) -> None:
        self.seats += more
        self._set_seats()
        self._expect_promotions()

    @rule()
    def lower_seats(self) -> None:
        """Nobody loses a seat by it."""
        self.seats = max(1, self.seats - 1)
        self._set_seats()

    @invariant()
    def the_counters_say_who_is_there(self) -> None:
        counters = finished(self.ports.turnstiles.lock(self.course.id))
        everybody = self.ports._store[Enrollment].values() if Enrollment in self.ports._store else []
        assert {e.learner_id for e in everybody if e.status.has_seat} == self.seated
        queue = sorted((e for e in everybody if e.status is Status.WAITLISTED), key=lambda e: (e.waitlisted_at, e.id))
        assert [e.learner_id for e in queue] == self.line
        assert (counters.seats_taken, counters.waitlisted) == (len(self.seated), len(self.line))

    def _set_seats(self) -> None:
        course = finished(self.ports.courses.get(self.course.id))
        course.seats = self.seats
        finished(self.ports.courses.save(course))
        event = SettingsChanged(
            at=self.clock.now(), course_id=course.id, by=self.teacher.id, fields=("seats",), seats=self.seats
        )
        finished(use_cases.seat_waiting(self.ports, event))

    def _expect_promotions(self) -> None:
        promoted = []
        while self.line and len(self.seated) < self.seats:
            promoted.append(self.line.pop(0))
            self.seated.add(promoted[-1])
        seen = [e.learner_id for e in self.ports.events if isinstance(e, LearnerPromoted)]
        assert promoted == (seen[-len(promoted) :] if promoted else [])

    def _enrollment(self, who: Actor) -> Enrollment | None:
        everybody: dict[Any, Enrollment] = self.ports._store.get(Enrollment, {})
        return next((e for e in everybody.values() if e.learner_id == who.id), None)


TestSeats = Seats.TestCase
TestSeats.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
