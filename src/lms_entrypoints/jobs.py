"""Jobs that make something: outside of any transaction, in the name of who asked, and ended with their effect."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from lms_domain.courses.package import OpenPackage
from lms_domain.courses.use_cases.importing import import_course
from lms_domain.jobs import queries, use_cases
from lms_domain.jobs.events import JobEvent, JobId, JobKind
from lms_domain.jobs.model import Job
from lms_domain.kernel import Actor, CourseId, LmsError, UserId
from lms_domain.ports import AllPorts
from lms_domain.tasks.model import Task
from lms_domain.tasks.use_cases import finish, keep, react, taken_event
from lms_entrypoints.archives import ArchiveDesk
from lms_entrypoints.doors import Ask, Run
from lms_entrypoints.faults import reach
from lms_entrypoints.privacy import Privacy

PIECE = 1 << 20
BEAT_SECONDS = 1.0  # between two looks at how far it is, and whether it is still wanted

T = TypeVar("T")
Effect = Callable[[AllPorts, Job], Awaitable[Mapping[str, Any]]]


@dataclass(slots=True)
class Way:
    """How far a job has come; written by the thread that does the work."""

    done: int = 0
    total: int = 0
    stage: str = ""

    def __call__(self, done: int, total: int, stage: str) -> None:
        self.done, self.total, self.stage = done, total, stage


@dataclass(frozen=True, slots=True)
class Making:
    task: Task
    job: Job
    actor: Actor
    file: Path
    way: Way

    @property
    def course_id(self) -> CourseId:
        return _given(self.job.course_id)

    @property
    def user_id(self) -> UserId:
        return _given(self.job.user_id)


class Jobs:
    """`rows` and `make` are errands: they say whether there still was something to do."""

    def __init__(self, ask: Ask, run: Run, archives: ArchiveDesk, privacy: Privacy) -> None:
        self._ask, self._run, self._archives, self._privacy = ask, run, archives, privacy
        self._makers: Mapping[JobKind, Callable[[Making], Awaitable[bool]]] = {
            JobKind.COURSE_IMPORT: self._import,
            JobKind.COURSE_EXPORT: self._export,
            JobKind.PERSONAL_EXPORT: self._personal_export,
            JobKind.ERASURE: self._erase,
        }

    async def rows(self, task: Task) -> bool:
        """One transaction, as every reaction; but a refusal ends the job instead of being tried again."""
        try:
            return await self._run(react, task)
        except LmsError as error:
            return await self._refused(task, error)

    async def make(self, task: Task) -> bool:
        try:
            begun = await self._run(_begun, task)
            return False if begun is None else await self._made(task, *begun)
        except LmsError as error:
            return await self._refused(task, error)

    async def _made(self, task: Task, job: Job, actor: Actor) -> bool:
        reach("worker.job_begun")
        with self._archives.folder() as folder:
            making = Making(task, job, actor, folder / "archive", Way())
            work = asyncio.ensure_future(self._makers[job.kind](making))
            try:
                while not work.done():
                    await asyncio.wait({work}, timeout=BEAT_SECONDS)
                    if not work.done() and not await self._is_wanted(making):
                        await self._run(finish, task)
                        return False
                is_first = await work
                reach("worker.job_ended")
                return is_first
            finally:
                work.cancel()
                await asyncio.wait({work})

    async def _is_wanted(self, making: Making) -> bool:
        with suppress(LmsError):
            return await self._run(_noted, making.task, making.job.id, making.way)
        return True  # it cannot be known; the next look may tell

    async def _refused(self, task: Task, error: LmsError) -> bool:
        if use_cases.may_pass(error):
            raise error
        return await self._run(_refused, task, error)

    async def _import(self, making: Making) -> bool:
        with making.file.open("wb") as file:
            number = 0
            while piece := await self._ask(queries.piece, making.job.id, number):
                file.write(piece)
                number += 1
        async with self._archives.opened(making.file, progress=making.way) as package:
            return await self._run(_ended, making, partial(_imported, making.actor, package))

    async def _export(self, making: Making) -> bool:
        packed = await self._archives.give(making.actor, making.course_id, making.file)
        return await self._run(_ended, making, _keeping(making, f"{packed.slug}.zip"))

    async def _personal_export(self, making: Making) -> bool:
        await self._privacy.write(making.user_id, making.file)
        return await self._run(_ended, making, _keeping(making, "my-data.zip"))

    async def _erase(self, making: Making) -> bool:
        async def erase() -> bool:
            return await self._run(_ended, making, partial(_erased, making.user_id))

        return await self._privacy.with_letters_of(making.user_id, erase)


def piece_of(path: Path, number: int) -> bytes:
    with path.open("rb") as file:
        file.seek(number * PIECE)
        return file.read(PIECE)


async def _begun(ports: AllPorts, task: Task) -> tuple[Job, Actor] | None:
    event = await taken_event(ports, task)
    if not isinstance(event, JobEvent):
        return None
    begun = await use_cases.begin(ports, event.job_id)
    if begun is None:
        await finish(ports, task)
    return begun


async def _noted(ports: AllPorts, task: Task, id: JobId, way: Way) -> bool:
    await keep(ports, task)
    return await ports.jobs.note(id, done=way.done, total=way.total, stage=way.stage)


async def _ended(ports: AllPorts, making: Making, effect: Effect) -> bool:
    """The effect, the end of the job and of its task: all of it, or nothing."""
    if not await finish(ports, making.task):
        return False
    job = await use_cases.held(ports, making.job.id)
    if job is None:
        return False
    result = await effect(ports, job)
    await use_cases.succeed(ports, job, result)
    reach("worker.job_ending")
    return True


async def _refused(ports: AllPorts, task: Task, error: LmsError) -> bool:
    event = await ports.outbox.get(task.subject_id)
    if isinstance(event, JobEvent):
        await use_cases.refuse(ports, event, error)
    return await finish(ports, task)


async def _imported(actor: Actor, package: OpenPackage, ports: AllPorts, job: Job) -> Mapping[str, Any]:
    report = await import_course(ports, actor, package, organization_id=job.organization_id)
    job.course_id = report.course_id
    return asdict(report)


async def _erased(user_id: UserId, ports: AllPorts, job: Job) -> Mapping[str, Any]:
    return await use_cases.erase(ports, job, user_id)


def _keeping(making: Making, name: str) -> Effect:
    async def kept(ports: AllPorts, job: Job) -> Mapping[str, Any]:
        await use_cases.keep_file(ports, job, name, partial(piece_of, making.file))
        return {}

    return kept


def _given(id: T | None) -> T:
    if id is None:
        raise ValueError("a job of this kind names what it is about")
    return id
