"""Deliveries to webhooks: signed in one transaction, sent in none, noted in another."""

import asyncio

from lms_domain.tasks.deliveries import sending_for, sent
from lms_domain.tasks.model import Task
from lms_domain.webhooks.ports import WebhookSender
from lms_entrypoints.doors import Run
from lms_entrypoints.faults import reach

# Of hundreds that are on their way so many are in the database at once: quick ones, which do not wait for slow ones.
AT_ONCE = {False: 4, True: 2}


class Webhooks:
    def __init__(self, run: Run, sender: WebhookSender) -> None:
        self._run, self._sender = run, sender
        self._turns = {is_slow: asyncio.Semaphore(most) for is_slow, most in AT_ONCE.items()}

    async def deliver(self, task: Task) -> bool | None:
        """An errand. That a receiver does not take it is no fault of ours: when it is tried again is noted with it."""
        turns = self._turns[task.is_slow]
        async with turns:
            sending = await self._run(sending_for, task)
        if sending is None:
            return False
        reach("worker.webhook_signed")
        outcome = await self._sender.send(sending)
        reach("worker.webhook_sent")
        async with turns:
            is_delivered = await self._run(sent, task, sending, outcome)
        reach("worker.webhook_noted")
        return True if is_delivered else None
