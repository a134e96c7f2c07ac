"""Which events are audited, and what an entry tells of them."""

import importlib
import json
import pkgutil
import sys
from datetime import UTC, datetime, timedelta

import pytest

import lms_domain
from lms_adapters.memory.audit import KEYS, MemoryAudit
from lms_adapters.memory.ports import FixedClock, MemoryDatabase
from lms_domain.audit.model import Entry, Origin, Via
from lms_domain.audit.trail import AUDITED, NOT_AUDITED, entries_of
from lms_domain.audit.verifying import Verifier
from lms_domain.courses.model import Course, CoursePage, Price
from lms_domain.enrollments.events import EnrollmentId, LearnerDropped, LearnerEnrolled, Names
from lms_domain.enrollments.use_cases.studying import record_progress
from lms_domain.identity.events import RolesChanged, SessionEnded, SessionOpened, UserErased
from lms_domain.identity.model import Role, new_user
from lms_domain.identity.use_cases import register
from lms_domain.kernel import NOT_KEPT, CourseId, Event, OrganizationId, Secret, UserId, new_id
from lms_domain.ports import AllPorts
from lms_domain.standing import Visibility
from lms_domain.transactions import is_single_write
from lms_entrypoints.doors import Run

NOW = datetime(2030, 1, 1, tzinfo=UTC)
ADA, BEN = UserId(new_id()), UserId(new_id())
HERE = Origin(via=Via.HTTP, actor_id=ADA, request_id="r1", ip="192.0.2.7")


def told(*events: Event, origin: Origin = HERE) -> list[Entry]:
    return list(entries_of(events, origin))


def every_event() -> set[type[Event]]:
    for module in pkgutil.walk_packages(lms_domain.__path__, "lms_domain."):
        importlib.import_module(module.name)
    found, todo = set(), [Event]
    while todo:
        kinds = todo.pop().__subclasses__()
        todo += kinds
        found |= {kind for kind in kinds if kind.__module__.startswith("lms_domain.") and "name" in vars(kind)}
    # A dataclass with slots is made twice, and the first one may still be around.
    return {kind for kind in found if getattr(sys.modules[kind.__module__], kind.__name__) is kind}


def test_of_every_event_it_is_decided_whether_it_is_audited() -> None:
    assert every_event() == AUDITED.keys() | NOT_AUDITED
    assert not AUDITED.keys() & NOT_AUDITED


def test_every_audited_event_has_the_fields_that_its_entry_tells() -> None:
    for event, audited in AUDITED.items():
        names = set(dir(event))
        wanted = {audited.target[1], *audited.after, *audited.before.values()}
        assert wanted <= names, event
        assert not audited.changes or {"before", "after"} <= names, event


def test_an_entry_says_who_what_on_what_before_and_after_and_from_where() -> None:
    changed = RolesChanged(at=NOW, user_id=BEN, by=ADA, before=("student",), roles=("admin", "student"))
    assert told(changed) == [
        Entry(
            id=changed.id,
            at=NOW,
            action="user.roles_changed",
            target_kind="user",
            target_id=BEN,
            before='{"roles":["student"]}',
            after='{"roles":["admin","student"]}',
            via=Via.HTTP,
            actor_id=ADA,
            request_id="r1",
            ip="192.0.2.7",
        )
    ]


def test_from_where_people_erase_themselves_is_not_told_and_from_where_others_do_is() -> None:
    ended = SessionEnded(at=NOW, user_id=ADA, session_id=new_id(), because="closed")
    mine, others = (UserErased(at=NOW, user_id=who, by=ADA, erasure_id=new_id()) for who in (ADA, BEN))
    assert {(entry.actor_id, entry.ip, entry.request_id) for entry in told(ended, mine)} == {(ADA, None, None)}
    assert {(entry.ip, entry.request_id) for entry in told(ended, others)} == {("192.0.2.7", "r1")}


def test_who_signs_in_is_the_actor_though_nobody_was_signed_in() -> None:
    (entry,) = told(SessionOpened(at=NOW, user_id=BEN, session_id=new_id()), origin=Origin(via=Via.HTTP))
    assert entry.actor_id == BEN


def test_what_is_personal_or_long_is_not_kept() -> None:
    user = new_user("ada@example.org", "Ada", roles=[Role.STUDENT], now=NOW)
    (entry,) = told(*user.change({"full_name": "Grace", "locale": "de"}, by=ADA, now=NOW))
    assert json.loads(entry.before) == {"full_name": NOT_KEPT, "locale": "en"}
    assert json.loads(entry.after) == {"full_name": NOT_KEPT, "locale": "de"}


def test_a_change_of_price_and_visibility_is_told_in_full() -> None:
    course = Course(
        id=CourseId(new_id()),
        organization_id=OrganizationId(new_id()),
        slug="bees",
        page=CoursePage(title="Bees"),
        created_at=NOW,
        updated_at=NOW,
    )
    settings = {
        "price": Price(amount=900, currency="EUR"),
        "visibility": Visibility.MEMBERS,
        "enrollment_opens_at": NOW,
        "metadata": {"a": 1},
    }
    (entry,) = told(*course.change(page={"title": "Wasps"}, settings=settings, by=ADA, now=NOW))
    before = {"price": None, "visibility": "public", "enrollment_opens_at": None, "metadata": NOT_KEPT}
    after = {"price": {"amount": 900, "currency": "EUR"}, "visibility": "members", "metadata": NOT_KEPT}
    assert json.loads(entry.before) == before
    assert json.loads(entry.after) == after | {"enrollment_opens_at": "2030-01-01T00:00:00+00:00"}


def test_what_learners_do_themselves_is_not_audited_and_what_staff_does_to_them_is() -> None:
    names = Names(enrollment_id=EnrollmentId(new_id()), course_id=CourseId(new_id()), learner_id=BEN)
    for source, count in (("self", 0), ("code", 0), ("staff", 1), ("bulk", 1)):
        assert len(told(LearnerEnrolled(at=NOW, source=source, **names))) == count
    for by, count in ((BEN, 0), (ADA, 1)):
        assert len(told(LearnerDropped(at=NOW, dropped_by=by, **names))) == count


def test_the_use_case_that_runs_most_often_has_no_transaction_to_be_audited_in() -> None:
    """It writes its events itself, none of which is audited."""
    assert is_single_write(record_progress)


async def failing(ports: AllPorts) -> None:
    await register(ports, email="a@example.org", full_name="A", password_hash=Secret("x"))
    raise ZeroDivisionError


async def test_the_entry_is_there_with_the_effect_or_not_at_all() -> None:
    clock = FixedClock()
    database = MemoryDatabase(clock, lambda: HERE)
    with pytest.raises(ZeroDivisionError):
        await Run(database)(failing)
    assert MemoryAudit(database.store).head.seq == 0
    for name in ("a", "b"):
        clock.pass_time(timedelta(seconds=1))
        async with database.begin() as ports:
            await register(ports, email=f"{name}@example.org", full_name="A", password_hash=Secret("x"))
    trail, verifier = MemoryAudit(database.store), Verifier(KEYS)
    for link in trail.links.values():
        verifier.take(link)
    verifier.end(trail.head, rows=2)
    assert [link.entry.action for link in trail.links.values()] == ["user.registered"] * 2
