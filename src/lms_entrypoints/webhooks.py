"""Deliveries to webhooks: signed in one transaction, sent in none, noted in another."""

import asyncio

from lms_domain.tasks.deliveries import sending_for, sent
from lms_domain.tasks.model import Task
from lms_domain.webhooks.ports import WebhookSender
from lms_entrypoints.doors import Run
from lms_entrypoints.faults import reach

AT_ONCE = 4  # of hundreds that are on their way: the others' connections to the database are not theirs


class Webhooks:
    def __init__(self, run: Run, sender: WebhookSender) -> None:
        self._run, self._sender = run, sender
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def deliver(self, task: Task) -> bool | None:
        """An errand. That a receiver does not take it is no fault of ours: when it is tried again is noted with it."""
        async with self._turns:
            sending = await self._run(sending_for, task)
        if sending is None:
            return False
        reach("worker.webhook_signed")
        outcome = await self._sender.send(sending)
        reach("worker.webhook_sent")
        async with self._turns:
            is_delivered = await self._run(sent, task, sending, outcome)
        reach("worker.webhook_noted")
        return True if is_delivered else None
