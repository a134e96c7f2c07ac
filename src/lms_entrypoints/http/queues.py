"""Background work, for operators."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from lms_domain.kernel import Page
from lms_domain.queues import QueueName
from lms_domain.tasks import operating, queries
from lms_domain.tasks.model import Named
from lms_domain.tasks.views import Counted, DeadTask, Standing
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenPaging, GivenRun

NAME = "^[a-z][a-z0-9_]*$"  # reactions are named as Python functions are


class TaskName(Struct, forbid_unknown_fields=True, kw_only=True):
    subject_id: UUID
    reaction: Annotated[str, Meta(pattern=NAME, max_length=100, examples=["letter"])]


class Chosen(Struct, forbid_unknown_fields=True, kw_only=True):
    tasks: Annotated[
        list[TaskName] | None, Meta(description="1 to 1000 dead tasks of this queue; null or left out: all of them.")
    ] = None

    @property
    def named(self) -> list[Named] | None:
        return None if self.tasks is None else [(task.subject_id, task.reaction) for task in self.tasks]


class QueueController(Controller):
    path = "/queues"
    tags = ["Operations"]

    @get(summary="How background work stands")
    async def standing(self, ask: GivenAsk, actor: GivenActor) -> Standing:
        """Depth, age, rate and dead tasks of every queue, and events that no relay has seen. For instance admins."""
        return await ask(queries.standing, actor)

    @post("/{queue:str}/pause", summary="Pause a queue", status_code=204)
    async def pause(self, run: GivenRun, actor: GivenActor, queue: FromPath[QueueName]) -> None:
        """Nothing more of it is handed on; what is in hand is finished. Other queues do not notice."""
        await run(operating.pause, actor, queue)

    @post("/{queue:str}/resume", summary="Resume a queue", status_code=204)
    async def resume(self, run: GivenRun, actor: GivenActor, queue: FromPath[QueueName]) -> None:
        await run(operating.resume, actor, queue)

    @get("/{queue:str}/dead", summary="List what was given up")
    async def dead(
        self, ask: GivenAsk, actor: GivenActor, queue: FromPath[QueueName], paging: GivenPaging
    ) -> Page[DeadTask]:
        """Tasks that failed as often as their queue allows, with their last error; the oldest first."""
        return await ask(queries.dead, actor, queue, paging)

    @post("/{queue:str}/dead/retry", summary="Try again what was given up", status_code=200)
    async def retry(
        self, run: GivenRun, actor: GivenActor, queue: FromPath[QueueName], data: JSONBody[Chosen]
    ) -> Counted:
        """With as many attempts as if they were new."""
        return await run(operating.retry_dead, actor, queue, data.named)

    @post("/{queue:str}/dead/drop", summary="Drop what was given up", status_code=200)
    async def drop(
        self, run: GivenRun, actor: GivenActor, queue: FromPath[QueueName], data: JSONBody[Chosen]
    ) -> Counted:
        """It is never tried again."""
        return await run(operating.drop_dead, actor, queue, data.named)
