"""Jobs are asked for, cancelled and ended; whoever may not do a thing at once may not have it done by a job either."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lms_domain.courses.use_cases.guards import must_be_editor
from lms_domain.enrollments.roll import MOST_ROWS_OF_JOB, RollRow, checked
from lms_domain.enrollments.use_cases import enroll_rows
from lms_domain.enrollments.views import RowStatus
from lms_domain.identity import use_cases as identity
from lms_domain.identity.erasure import SEALED_AS, erasure_id
from lms_domain.identity.model import permissions_of
from lms_domain.jobs.events import JobEvent, JobId, JobKind, MakingDue, RowsDue
from lms_domain.jobs.model import MOST_OPEN, Job, NothingToFetch, TooManyJobs
from lms_domain.jobs.ports import JobPorts
from lms_domain.jobs.views import JobView, view_of
from lms_domain.kernel import (
    Actor,
    Again,
    CourseId,
    LmsError,
    NotFound,
    OrganizationId,
    Stale,
    Unavailable,
    UserId,
    new_id,
)
from lms_domain.standing import must_create

ROWS_AT_ONCE = 500  # in one transaction, which holds the course

Due = Callable[..., JobEvent]


async def ask_enrollments(ports: JobPorts, actor: Actor, course_id: CourseId, rows: Sequence[RollRow]) -> JobView:
    checked(rows, most=MOST_ROWS_OF_JOB)
    (await ports.sights.of(course_id, actor.id)).must_be_run_by(actor)
    job = _new(ports, actor, JobKind.ENROLLMENTS, course_id=course_id, total=len(rows))
    view = await _asked(ports, job, RowsDue)
    await ports.jobs.put_rows(job.id, rows)
    return view


async def ask_import(
    ports: JobPorts, actor: Actor, pieces: Callable[[int], bytes], *, organization_id: OrganizationId | None
) -> JobView:
    """`pieces`: the archive, piece by piece; an empty one ends it."""
    place = await ports.standings.in_organization(organization_id, actor.id)
    must_create(actor, place)
    job = _new(ports, actor, JobKind.COURSE_IMPORT, organization_id=place.organization_id)
    view = await _asked(ports, job, MakingDue)
    await _put(ports, job.id, pieces)
    return view


async def ask_export(ports: JobPorts, actor: Actor, course_id: CourseId) -> JobView:
    await must_be_editor(ports, actor, course_id)
    return await _asked(ports, _new(ports, actor, JobKind.COURSE_EXPORT, course_id=course_id), MakingDue)


async def ask_my_data(ports: JobPorts, actor: Actor) -> JobView:
    await identity.give_my_data(ports, actor)
    return await _asked(ports, _new(ports, actor, JobKind.PERSONAL_EXPORT, user_id=actor.id), MakingDue)


async def ask_my_erasure(ports: JobPorts, actor: Actor, *, password_is_right: bool) -> JobView:
    await identity.must_be_me(ports, actor, password_is_right=password_is_right)
    return await _ask_erasure(ports, actor, actor.id)


async def ask_erasure(ports: JobPorts, actor: Actor, user_id: UserId) -> JobView:
    await identity.must_be_eraser(ports, actor)
    await ports.users.get(user_id)
    return await _ask_erasure(ports, actor, user_id)


async def _ask_erasure(ports: JobPorts, actor: Actor, user_id: UserId) -> JobView:
    """The receipt is given at once, because who is erased cannot ask for it afterwards; it opens once it is true."""
    job = _new(ports, actor, JobKind.ERASURE, user_id=user_id)
    known = await ports.erasures.of(user_id)
    job.result = {"receipt": ports.seals.seal(SEALED_AS, known.id if known else erasure_id(user_id))}
    return await _asked(ports, job, MakingDue)


async def fetch(ports: JobPorts, actor: Actor, id: JobId) -> JobView:
    """Before its file is read. What is personal is given as it would be at once: what has asked for it does not do."""
    job = await ports.jobs.get(id)
    if job.created_by != actor.id:
        raise NotFound(entity="Job", id=id)
    if job.kind is JobKind.PERSONAL_EXPORT:
        await identity.give_my_data(ports, actor)
    if job.file_name is None:
        raise NothingToFetch(job_id=id)
    return view_of(job)


async def cancel(ports: JobPorts, actor: Actor, id: JobId) -> JobView | Again[JobView]:
    """What is done stays done. What is being done at this moment is waited for, or undone."""
    job = await ports.jobs.locked(id)
    if job.created_by != actor.id:
        raise NotFound(entity="Job", id=id)
    await _end(ports, job, job.cancel)
    return view_of(job)


async def work_off_rows(ports: JobPorts, event: RowsDue) -> None:
    """Some of them, in a transaction that notes what became of each; what is left follows as an event of its own."""
    job = await ports.jobs.locked(event.job_id)
    if not job.begin(now=ports.clock.now()) or job.course_id is None:
        return
    rows = await ports.jobs.next_rows(job.id, ROWS_AT_ONCE, after=job.done)
    if rows:
        desk = await enroll_rows(ports, await _asker(ports, job), job.course_id, rows, first=job.done + 1)
        await ports.jobs.note_rows(job.id, desk.results)
        counted = Counter(result.status.value for result in desk.results)
        job.count(counted, failed=counted[RowStatus.FAILED])
    if rows and job.done < (job.total or 0):
        ports.emit(RowsDue(at=ports.clock.now(), job_id=job.id))
        await ports.jobs.save(job)
    else:
        await succeed(ports, job, {})


async def begin(ports: JobPorts, id: JobId) -> tuple[Job, Actor] | None:
    """For what is made outside of any transaction, in the name of who asked; None: it is over."""
    job = await ports.jobs.locked(id)
    if not job.begin(now=ports.clock.now()):
        return None
    await ports.jobs.save(job)
    return job, await _asker(ports, job)


async def held(ports: JobPorts, id: JobId) -> Job | None:
    """While it is ended by the transaction of its effect; None: somebody else has ended it."""
    job = await ports.jobs.locked(id)
    return None if job.state.is_end else job


async def erase(ports: JobPorts, job: Job, user_id: UserId) -> Mapping[str, Any]:
    erasure = await identity.erase_as_asked(ports, user_id, by=job.created_by)
    return {"removed": erasure.removed}


async def keep_file(ports: JobPorts, job: Job, name: str, pieces: Callable[[int], bytes]) -> Mapping[str, Any]:
    job.file_name, job.file_size = name, await _put(ports, job.id, pieces)
    return {}


async def succeed(ports: JobPorts, job: Job, result: Mapping[str, Any]) -> None:
    ports.emit(job.succeed(result, now=ports.clock.now()))
    await ports.jobs.save(job)
    await _forget_input(ports, job)


async def refuse(ports: JobPorts, event: JobEvent, error: LmsError) -> None:
    job = await ports.jobs.locked(event.job_id)
    if not job.state.is_end:
        ports.emit(job.refuse(error, now=ports.clock.now()))
        await ports.jobs.save(job)
        await _forget_input(ports, job)


async def give_up(ports: JobPorts, event: JobEvent) -> None:
    """What it was given is kept: an operator may have it tried again."""
    job = await ports.jobs.locked(event.job_id)
    if not job.state.is_end:
        ports.emit(job.give_up(now=ports.clock.now()))
        await ports.jobs.save(job)


def may_pass(error: LmsError) -> bool:
    """Whether trying again may help."""
    return isinstance(error, Unavailable | Stale)


def _new(ports: JobPorts, actor: Actor, kind: JobKind, **about: Any) -> Job:
    return Job(id=JobId(new_id()), kind=kind, created_by=actor.id, created_at=ports.clock.now(), **about)


async def _asked(ports: JobPorts, job: Job, due: Due) -> JobView:
    if await ports.jobs.open_of(job.created_by) >= MOST_OPEN:
        raise TooManyJobs(most=MOST_OPEN)
    await ports.jobs.add(job)
    ports.emit(due(at=ports.clock.now(), job_id=job.id))
    return view_of(job)


async def _asker(ports: JobPorts, job: Job) -> Actor:
    """As they are now: who has lost a right since has lost it here too."""
    user = await ports.users.get(job.created_by)
    user.must_be_active()
    return Actor(id=user.id, permissions=permissions_of(user.roles))


async def _end(ports: JobPorts, job: Job, how: Callable[..., Any]) -> None:
    ports.emit(how(now=ports.clock.now()))
    await ports.jobs.save(job)
    await _forget_input(ports, job)


async def _put(ports: JobPorts, id: JobId, pieces: Callable[[int], bytes]) -> int:
    size = number = 0
    while piece := pieces(number):
        await ports.jobs.put_piece(id, number, piece)
        size, number = size + len(piece), number + 1
    return size


async def _forget_input(ports: JobPorts, job: Job) -> None:
    if job.kind is JobKind.ENROLLMENTS:
        await ports.jobs.forget_rows(job.id)
    elif job.file_name is None:
        await ports.jobs.drop_pieces(job.id)
