"""What is done by the clock: each thing once, however many schedulers there are and however often they look."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.background import a_background
from tests.integration.classroom import Classroom, a_classroom
from tests.integration.enrollments.conftest import MovedClock
from tests.integration.enrollments.test_progress import VIEWED, enrolled

from lms_domain.enrollments import use_cases
from lms_domain.enrollments.admission import Wish
from lms_domain.identity.events import UserRegistered
from lms_domain.kernel import UserId, new_id
from lms_domain.ports import AllPorts
from lms_domain.schedules import EVERY, Schedule, ScheduleDue
from lms_domain.upkeep import use_cases as upkeep
from lms_domain.upkeep.model import Refuse
from lms_domain.upkeep.use_cases import AT_ONCE, strike
from lms_entrypoints.doors import Run


@pytest.fixture
async def room(engine: AsyncEngine) -> Classroom:
    return await a_classroom(engine)


async def rows(room: Classroom, query: str, **given: Any) -> list[tuple[Any, ...]]:
    async with room.engine.connect() as conn:
        return [tuple(row) for row in await conn.execute(text(query), given)]


async def happened(room: Classroom, name: str) -> int:
    [(count,)] = await rows(room, "select count(*) from outbox where name = :name", name=name)
    return int(count)


async def struck(run: Run, *schedules: Schedule) -> None:
    """As if it were their time."""

    async def now(ports: AllPorts) -> None:
        ports.emit(*(ScheduleDue(at=ports.clock.now(), schedule=schedule) for schedule in schedules))

    await run(now)
    await a_background(run).drain()


async def test_of_five_schedulers_one_strikes(run: Run, room: Classroom, clock: MovedClock) -> None:
    assert await run(strike) == 0  # the first time ever only notes which schedules there are
    assert sorted(await asyncio.gather(*(run(strike) for _ in range(5)))) == [0, 0, 0, 0, len(EVERY)]
    clock.pass_time(seconds=30)
    assert await run(strike) == 0
    clock.pass_time(seconds=31)
    assert await run(strike) == 1
    assert await happened(room, "schedule.due") == len(EVERY) + 1


async def test_what_was_missed_is_done_once(run: Run, clock: MovedClock) -> None:
    await run(strike)
    clock.pass_time(days=3)
    assert await run(strike) == len(EVERY)
    assert await run(strike) == 0


async def test_access_that_ends_is_told_before_and_when_it_does_and_again_when_it_was_renewed(
    run: Run, room: Classroom, clock: MovedClock
) -> None:
    ada, grace = await room.learners(2)
    state = await enrolled(run, room, ada)
    await enrolled(run, room, grace)
    soon = datetime.now(UTC) + timedelta(days=10)
    await run(use_cases.change_access, room.teacher, state.id, soon)

    async def told() -> tuple[int, int]:
        for _ in range(2):
            await struck(run, Schedule.END_ACCESS)
        return await happened(room, "enrollment.access_ending"), await happened(room, "enrollment.access_ended")

    assert await told() == (0, 0)
    clock.pass_time(days=4)
    assert await told() == (1, 0)
    clock.pass_time(days=7)
    assert await told() == (1, 1)
    await run(use_cases.change_access, room.teacher, state.id, soon + timedelta(days=3))
    assert await told() == (2, 1)
    clock.pass_time(days=3)
    assert await told() == (2, 2)
    assert (await room.counters())["seats_taken"] == 2


async def test_whoever_waits_gets_the_seat_that_slipped_through(run: Run, engine: AsyncEngine) -> None:
    room = await a_classroom(engine, seats=1)
    first, second = await room.learners(2)
    await enrolled(run, room, first)
    await run(use_cases.enroll, second, room.course_id, Wish(waitlist=True))
    await room.change(seats=2)  # behind the back of the application
    await struck(run, Schedule.PROMOTE_WAITLISTS)
    assert await room.counters() | {"seats_taken": 2, "waitlisted": 0} == await room.counters()
    assert await happened(room, "enrollment.promoted") == 1


async def test_a_course_whose_sums_are_wrong_is_looked_at_once_and_holds_up_no_other(
    run: Run, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "COURSES_AT_ONCE", 2)
    for _ in range(2):
        await a_classroom(engine)
    async with engine.begin() as conn:
        await conn.execute(text("update course_counters set waitlisted = 1"))  # and nobody waits
    room = await a_classroom(engine, seats=1)
    await enrolled(run, room, await room.learner())
    await run(use_cases.enroll, await room.learner("Grace"), room.course_id, Wish(waitlist=True))
    await room.change(seats=2)
    rest = await run(upkeep.promote_waitlists, None)
    assert rest is not None
    assert await run(upkeep.promote_waitlists, rest) is None
    assert await happened(room, "enrollment.promoted") == 1


async def test_who_does_nothing_for_two_weeks_is_reminded_once(run: Run, room: Classroom, clock: MovedClock) -> None:
    ada, grace = await room.learners(2)
    state, _ = await enrolled(run, room, ada), await enrolled(run, room, grace)
    clock.pass_time(days=13)
    await struck(run, Schedule.REMIND_INACTIVE)
    assert await happened(room, "enrollment.inactive") == 0
    await run(use_cases.record_progress, ada, state.id, room.lessons[0].id, report=VIEWED)
    clock.pass_time(days=2)
    for _ in range(2):
        await struck(run, Schedule.REMIND_INACTIVE)
    assert await happened(room, "enrollment.inactive") == 1
    clock.pass_time(days=13)
    await struck(run, Schedule.REMIND_INACTIVE)
    assert await happened(room, "enrollment.inactive") == 2


async def test_a_sum_that_is_wrong_is_reported_and_a_right_one_is_not(run: Run, room: Classroom) -> None:
    ada = await room.learner()
    state = await enrolled(run, room, ada)
    await run(use_cases.record_progress, ada, state.id, room.lessons[0].id, report=VIEWED)
    await a_background(run).drain()
    await struck(run, Schedule.CHECK_AGGREGATES)
    assert await rows(room, "select * from drifts") == []
    async with room.engine.begin() as conn:
        await conn.execute(text("update course_counters set seats_taken = 7"))
        await conn.execute(text("update enrollments set required_done = 0"))
    for _ in range(2):
        await struck(run, Schedule.CHECK_AGGREGATES)
    found = await rows(room, "select kind, subject_id, kept, counted from drifts order by kind")
    assert found == [
        ("course", room.course_id, {"seats_taken": 7}, {"seats_taken": 1}),
        ("enrollment", state.id, {"required_done": 0}, {"required_done": 1}),
    ]


OLD = "now() - interval '400 days'"
SEEDS = {
    Refuse.CHALLENGES: f"insert into mfa_challenges (id, user_id, auth_version, created_at, expires_at, version)"
    f" values (:id, :user, 1, {OLD}, {{at}}, 1)",
    Refuse.PASSKEY_OPTIONS: "insert into spent_passkey_options (id, expires_at) values (:id, {at})",
    Refuse.TICKETS: "insert into tickets (id, user_id, purpose, email, created_at, expires_at, version)"
    " values (:id, :user, 'password_reset', '', now(), {at}, 1)",
    Refuse.SESSIONS: "with s as (insert into sessions (id, user_id, refresh_digest, user_agent, created_at,"
    " last_used_at, expires_at, version) values (:id, :user, :id::text::bytea, '', now(), now(), {at}, 1))"
    " insert into spent_refresh_tokens (digest, session_id) values (:id::text::bytea, :id)",
    Refuse.SIGN_INS: "insert into sign_ins (id, outcome, user_agent, at) values (:id, 'ok', '', {at})",
    Refuse.IDEMPOTENCY_KEYS: "insert into idempotency_keys (scope, key, digest, status, body, created_at)"
    " values ('s', :id::text, '', 200, '', {at})",
}
TABLES = {
    Refuse.CHALLENGES: "mfa_challenges",
    Refuse.PASSKEY_OPTIONS: "spent_passkey_options",
    Refuse.TICKETS: "tickets",
    Refuse.SESSIONS: "sessions",
    Refuse.SIGN_INS: "sign_ins",
    Refuse.IDEMPOTENCY_KEYS: "idempotency_keys",
}


@pytest.mark.parametrize("what", list(SEEDS))
async def test_what_nobody_needs_any_more_is_purged_and_the_rest_is_not(
    run: Run, room: Classroom, what: Refuse
) -> None:
    user = (await room.learner()).id
    async with room.engine.begin() as conn:
        for at in (OLD, OLD, "now()"):
            seed = SEEDS[what].format(at=at).replace(":id::text", "cast(:id as text)")
            await conn.execute(text(seed.replace("::bytea", "\\:\\:bytea")), {"id": new_id(), "user": user})
    await struck(run, Schedule.PURGE)
    assert await rows(room, f"select count(*) from {TABLES[what]}") == [(1,)]


async def test_events_are_purged_once_all_about_them_is_done(run: Run, room: Classroom, clock: MovedClock) -> None:
    async def happens(ports: AllPorts, times: int) -> None:
        ports.emit(*(UserRegistered(at=ports.clock.now(), user_id=UserId(new_id())) for _ in range(times)))

    await run(happens, AT_ONCE + 10)
    clock.pass_time(days=31)
    await struck(run, Schedule.PURGE)  # they are planned, and purged by one piece of work after the other
    assert await happened(room, "user.registered") == 0
    assert await rows(room, "select count(*) from feed") == [(AT_ONCE + 10,)]
    clock.pass_time(days=60)
    await struck(run, Schedule.PURGE)
    assert await rows(room, "select count(*) from feed") == [(1,)]


async def test_an_event_with_something_left_to_do_is_kept(run: Run, room: Classroom, clock: MovedClock) -> None:
    await enrolled(run, room, await room.learner())
    clock.pass_time(days=40)
    async with room.engine.begin() as conn:
        await conn.execute(
            text(
                "insert into tasks (subject_id, reaction, queue, seq, state, due_at, planned_at)"
                " select id, 'count_completion', 'progress', seq, 'dead', at, at from outbox"
            )
        )
        await conn.execute(text("update outbox set planned_at = at"))
    await struck(run, Schedule.PURGE)
    assert await happened(room, "enrollment.opened") == 1
