"""How background work stands, for operators."""

from lms_domain.kernel import Actor, Page, PageRequest, Permission
from lms_domain.queues import QueueName
from lms_domain.tasks.ports import TaskReads
from lms_domain.tasks.views import DeadTask, Standing


async def standing(reads: TaskReads, actor: Actor) -> Standing:
    actor.must(Permission.OPERATE)
    return await reads.task_lists.standing()


async def standing_for_operator(reads: TaskReads) -> Standing:
    """At the command line, and for whoever collects metrics."""
    return await reads.task_lists.standing()


async def dead(reads: TaskReads, actor: Actor, queue: QueueName, paging: PageRequest) -> Page[DeadTask]:
    actor.must(Permission.OPERATE)
    return await reads.task_lists.dead(queue, paging)


async def dead_for_operator(reads: TaskReads, queue: QueueName, paging: PageRequest) -> Page[DeadTask]:
    return await reads.task_lists.dead(queue, paging)
