"""Webhooks and their deliveries, in memory."""

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lms_adapters.memory.store import MemoryRepository, Store
from lms_adapters.memory.tasks import OPEN, Kept
from lms_domain.courses.model import Course
from lms_domain.feed.model import FeedEvent
from lms_domain.kernel import CourseId, OrganizationId, Secret, new_id
from lms_domain.queues import QueueName
from lms_domain.tasks.model import PlannedTask, TaskState
from lms_domain.webhooks.deliveries import AT_ONCE, DELIVER, Attempt, Delivery, DeliveryStatus, PublicEvent
from lms_domain.webhooks.events import DeliveryId, WebhookId
from lms_domain.webhooks.kinds import ALL
from lms_domain.webhooks.model import Webhook

FIRST = 1
LOST = {DeliveryStatus.FAILED, DeliveryStatus.DROPPED}


class MemoryWebhooks(MemoryRepository[Webhook]):
    entity = Webhook

    async def keep(self, webhook: Webhook, /) -> None:
        kept = self._rows[webhook.id]
        for name in ("failing_since", "slow_until", "box", "old_box"):
            setattr(kept, name, getattr(webhook, name))

    async def count(self, organization_id: OrganizationId, /) -> int:
        return len(list(self._where(lambda each: each.organization_id == organization_id and each.is_active)))


class MemoryDeliveries(MemoryRepository[Delivery]):
    entity = Delivery

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._webhooks: dict[WebhookId, Webhook] = store.setdefault(Webhook, {})
        self._courses: dict[CourseId, Course] = store.setdefault(Course, {})
        self._feed: dict[int, FeedEvent] = store.setdefault("feed", {})
        self._tasks: dict[tuple[UUID, str], Kept] = store.setdefault("tasks", {})
        self.log: dict[object, Attempt] = store.setdefault(Attempt, {})

    async def fan_out(self, event_ids: Sequence[UUID], /, *, now: datetime) -> int:
        known = {(row.webhook_id, row.event_id) for row in self._rows.values()}
        told = [(position, event) for position, event in self._feed.items() if event.id in event_ids]
        made = [
            (position, _made(public, webhook, now))
            for position, event in told
            for public in [self._public(position, event)]
            for webhook in self._webhooks.values()
            if webhook.takes
            and webhook.organization_id == public.organization_id
            and {ALL, event.kind} & set(webhook.kinds)
            and (webhook.id, event.id) not in known
        ]
        await self.add_all([delivery for _, delivery in made])
        for position, delivery in made:
            is_slow = self._webhooks[delivery.webhook_id].is_slow(now)
            self._tasks[delivery.id, DELIVER] = Kept(_task(delivery, position), now, is_slow=is_slow)
        return len(made)

    async def renew(self, delivery: Delivery, /, *, now: datetime) -> bool:
        known = self._tasks.get((delivery.id, DELIVER))
        if known and known.state is TaskState.SENT and known.taken_until is not None and known.taken_until > now:
            return False
        self._tasks[delivery.id, DELIVER] = Kept(known.task if known else _task(delivery, FIRST), now)
        return True

    def _waits(self, delivery: Delivery, now: datetime) -> bool:
        task = self._tasks.get((delivery.id, DELIVER))
        is_open = delivery.status is DeliveryStatus.WAITING
        return is_open and task is not None and task.state is TaskState.WAITING and task.due_at > now

    async def again(self, webhook_id: WebhookId, /, *, since: datetime, limit: int, now: datetime) -> int:
        lost = self._where(
            lambda row: (
                row.webhook_id == webhook_id
                and row.created_at >= since
                and (row.status in LOST or self._waits(row, now))
            )
        )
        chosen = sorted(lost, key=lambda row: (row.created_at, row.id))[:limit]
        for delivery in chosen:
            delivery.again()
            await self.save(delivery)
            await self.renew(delivery, now=now)
        return len(chosen)

    async def add_attempt(self, attempt: Attempt, /) -> None:
        self.log[attempt.id] = attempt

    async def purge(self, before: datetime, limit: int, /) -> int:
        busy = {id for (id, _), kept in self._tasks.items() if kept.state in OPEN | {TaskState.DEAD}}
        gone = sorted(id for id in self._rows if id < new_id(before) and id not in busy)[:limit]
        for id in gone:
            del self._rows[id]
            self._tasks.pop((id, DELIVER), None)
        for attempt in [each for each in self.log.values() if each.delivery_id in gone]:
            del self.log[attempt.id]
        return len(gone)

    def _public(self, position: int, event: FeedEvent) -> PublicEvent:
        course = self._courses.get(CourseId(event.course_id)) if event.course_id else None
        before = [e for at, e in self._feed.items() if at <= position and e.aggregate_id == event.aggregate_id]
        return PublicEvent(
            id=event.id,
            kind=event.kind,
            version=event.version,
            at=event.at,
            organization_id=event.organization_id or (course.organization_id if course else None),
            aggregate_id=event.aggregate_id,
            sequence=len(before),
            data=event.data,
        )


class PlainWebhookSecrets:
    """Boxes that are open: for tests."""

    def new(self, webhook_id: WebhookId, /) -> tuple[Secret, bytes]:  # noqa: ARG002 (the port's)
        key = new_id().bytes * 2
        return Secret("whsec_" + base64.b64encode(key).decode()), key

    def fresh_box(self, webhook_id: WebhookId, box: bytes, /) -> bytes | None:  # noqa: ARG002 (the port's)
        return None

    def signature(self, webhook_id: WebhookId, boxes: Sequence[bytes], content: bytes, /) -> str:  # noqa: ARG002
        return " ".join("v1," + base64.b64encode(hmac.digest(box, content, "sha256")).decode() for box in boxes)


def _made(event: PublicEvent, webhook: Webhook, now: datetime) -> Delivery:
    return Delivery(
        id=DeliveryId(new_id()),
        webhook_id=webhook.id,
        event_id=event.id,
        kind=event.kind,
        payload=event.payload(),
        created_at=now,
    )


def _task(delivery: Delivery, seq: int) -> PlannedTask:
    return PlannedTask(
        subject_id=delivery.id,
        reaction=DELIVER,
        queue=QueueName.WEBHOOKS,
        seq=seq,
        lane=delivery.webhook_id,
        at_once=AT_ONCE,
    )
