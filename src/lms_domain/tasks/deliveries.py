"""Deliveries to webhooks as tasks: what is to be sent, and what follows from how that ended."""

import secrets
from datetime import datetime
from typing import Protocol

from lms_domain.tasks.model import Failure, Task
from lms_domain.tasks.ports import TaskPorts
from lms_domain.tasks.use_cases import finish, take
from lms_domain.webhooks.deliveries import Outcome, Sending, wait_after
from lms_domain.webhooks.events import DeliveryId
from lms_domain.webhooks.ports import WebhookPorts
from lms_domain.webhooks.sending import note, sending_of, settle


class DeliveryPorts(WebhookPorts, TaskPorts, Protocol): ...


async def sending_for(ports: DeliveryPorts, task: Task) -> Sending | None:
    """None: it is done, somebody else sends it, it is not wanted any more, or it waits for other slow ones."""
    delivery = await ports.deliveries.locked(DeliveryId(task.subject_id))
    webhook = await ports.webhooks.get(delivery.webhook_id)
    if not await take(ports, task):
        return None
    if webhook.takes:
        now = ports.clock.now()
        is_next = not webhook.is_slow(now) or not await ports.tasks.set_aside(task, now=now)
        return sending_of(ports, webhook, delivery) if is_next else None
    delivery.drop(now=ports.clock.now())
    await ports.deliveries.save(delivery)
    await finish(ports, task)
    return None


async def sent(ports: DeliveryPorts, task: Task, sending: Sending, outcome: Outcome) -> bool:
    """Whether it was delivered. All that follows is one transaction: who dies before sends again, with the same id.

    After the last attempt the task is done, and the delivery failed: a receiver that is away is for the webhook's owner
    to see to. A task that is dead is a fault of ours, for an operator.
    """
    is_same = await note(ports, sending, outcome)
    delivery = await ports.deliveries.locked(sending.delivery_id)
    is_over = outcome.is_success or (outcome.is_gone and is_same)
    until = None if is_over else await _next_attempt(ports, task)
    await settle(ports, delivery, sending, outcome, is_last=until is None)
    if until is None:
        await finish(ports, task)
    else:
        now = ports.clock.now()
        await ports.tasks.postpone(task, Failure(error=outcome.told, until=until), now=now)
        await ports.tasks.free_next(task, now=now)
    return outcome.is_success


async def _next_attempt(ports: DeliveryPorts, task: Task) -> datetime | None:
    failed = await ports.tasks.failed(task)
    wait = wait_after(failed, chance=secrets.randbelow(1001) / 1000) if failed else None
    return ports.clock.now() + wait if wait else None
