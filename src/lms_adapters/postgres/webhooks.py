"""Webhooks and their deliveries in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import PgRepository, to_row
from lms_adapters.postgres.direct import execute
from lms_adapters.postgres.webhooks_tables import webhook_attempts, webhook_deliveries, webhooks
from lms_domain.kernel import OrganizationId, new_id
from lms_domain.queues import QueueName
from lms_domain.webhooks.deliveries import AT_ONCE, DELIVER, Attempt, Delivery
from lms_domain.webhooks.events import WebhookId
from lms_domain.webhooks.model import Webhook

# UUIDv7 as `kernel.new_id` makes them: the milliseconds over the first six bytes of a random one, then the version.
_NEW_ID = """
    encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6
    ), 52, 1), 53, 1), 'hex')::uuid
"""
# What the feed shows, as `PublicEvent.payload` says it.
_PAYLOAD = """
    json_build_object('type', f.kind, 'timestamp', to_char(f.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'event_id', f.id, 'version', f.version, 'organization_id', f.organization_id, 'aggregate_id', f.aggregate_id,
        'sequence', f.sequence, 'data', f.data)::text
"""
# A task stands beside each delivery: when it is sent next, who has it in hand, and how often it failed.
_TASKS = """
    insert into tasks (subject_id, reaction, queue, lane, at_once, is_slow, seq, state, due_at, planned_at)
    select x.id, %(reaction)s, %(queue)s, x.webhook_id, %(at_once)s, x.is_slow, x.seq, 'waiting', %(now)s, %(now)s
    from made x
"""
_RENEWED = f"""
    {_TASKS}
    on conflict (subject_id, reaction) do update set state = 'waiting', due_at = %(now)s, attempts = 0, error = null,
        taken_until = null, ended_at = null, is_slow = false
    where tasks.state <> 'sent' or tasks.taken_until is null or tasks.taken_until <= %(now)s
"""
_FAN_OUT = f"""
    with fanned as (
        insert into webhook_deliveries
            (id, webhook_id, event_id, kind, payload, status, attempts, created_at, version)
        select {_NEW_ID}, w.id, f.id, f.kind, {_PAYLOAD}, 'waiting', 0, %(now)s, 1
        from feed f join webhooks w on w.organization_id = f.organization_id and w.is_active and w.is_enabled
            and (w.kinds ? '*' or w.kinds ? f.kind)
        where f.id = any(%(events)s)
        on conflict (webhook_id, event_id) do nothing
        returning id, webhook_id, event_id
    ), made as (
        select d.id, d.webhook_id, f.position as seq, coalesce(w.slow_until > %(now)s, false) as is_slow
        from fanned d join feed f on f.id = d.event_id join webhooks w on w.id = d.webhook_id
    )
    {_TASKS}
"""
_RENEW = f"""
    with made as (
        select %(id)s::uuid as id, %(webhook_id)s::uuid as webhook_id, %(first)s::bigint as seq, false as is_slow
    )
    {_RENEWED}
"""
# Whoever works on one of them meanwhile holds it, and it is no longer failed when they are done.
_AGAIN = f"""
    with cut as (
        select id from webhook_deliveries
        where webhook_id = %(webhook_id)s and created_at >= %(since)s
            and (status in ('failed', 'dropped') or status = 'waiting' and exists (
                select from tasks t
                where t.subject_id = webhook_deliveries.id and t.state = 'waiting' and t.due_at > %(now)s
            ))
        order by created_at, id limit %(limit)s for no key update skip locked
    ), made as (
        update webhook_deliveries d set status = 'waiting', done_at = null, version = d.version + 1
        from cut where d.id = cut.id returning d.id, d.webhook_id, %(first)s::bigint as seq, false as is_slow
    )
    {_RENEWED}
"""
# Ids tell when they were made (UUIDv7), and the primary key begins with them.
_PURGE = """
    with old as (
        select d.id from webhook_deliveries d
        where d.id < %(before)s and not exists (
            select from tasks t where t.subject_id = d.id and t.state in ('waiting', 'held', 'sent', 'dead')
        )
        order by d.id limit %(limit)s for update of d skip locked
    ), planned as (delete from tasks t using old where t.subject_id = old.id)
    delete from webhook_deliveries d using old where d.id = old.id
"""
_TASK = {"reaction": DELIVER, "queue": QueueName.WEBHOOKS, "at_once": AT_ONCE}
# Before all that waits: who asks for it looks on.
_FIRST = 1


class PgWebhooks(PgRepository[Webhook]):
    entity = Webhook
    table = webhooks

    async def keep(self, webhook: Webhook, /) -> None:
        kept = {name: getattr(webhook, name) for name in ("failing_since", "slow_until", "box", "old_box")}
        await self._conn.execute(update(webhooks).where(webhooks.c.id == webhook.id).values(kept))

    async def count(self, organization_id: OrganizationId, /) -> int:
        query = select(func.count()).where(webhooks.c.organization_id == organization_id, webhooks.c.is_active)
        return int((await self._conn.execute(query)).scalar_one())


class PgDeliveries(PgRepository[Delivery]):
    """`has_renewed`: something is due now that was not before this transaction."""

    entity = Delivery
    table = webhook_deliveries

    def __init__(self, conn: AsyncConnection) -> None:
        super().__init__(conn)
        self.has_renewed = False

    async def fan_out(self, event_ids: Sequence[UUID], /, *, now: datetime) -> int:
        if not event_ids:
            return 0
        return (await execute(self._conn, _FAN_OUT, _TASK | {"events": list(event_ids), "now": now})).rowcount

    async def renew(self, delivery: Delivery, /, *, now: datetime) -> bool:
        given = {"id": delivery.id, "webhook_id": delivery.webhook_id, "first": _FIRST, "now": now}
        is_one = (await execute(self._conn, _RENEW, _TASK | given)).rowcount == 1
        self.has_renewed |= is_one
        return is_one

    async def again(self, webhook_id: WebhookId, /, *, since: datetime, limit: int, now: datetime) -> int:
        given = {"webhook_id": webhook_id, "since": since, "limit": limit, "first": _FIRST, "now": now}
        count = (await execute(self._conn, _AGAIN, _TASK | given)).rowcount
        self.has_renewed |= count > 0
        return count

    async def add_attempt(self, attempt: Attempt, /) -> None:
        await self._conn.execute(insert(webhook_attempts).values(to_row(attempt)))

    async def purge(self, before: datetime, limit: int, /) -> int:
        return (await execute(self._conn, _PURGE, {"before": new_id(before), "limit": limit})).rowcount
