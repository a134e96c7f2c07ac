"""What is read about webhooks."""

from functools import cache
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import COUNT_LIMIT
from lms_adapters.postgres.direct import fetch_all, fetch_first
from lms_adapters.postgres.keyset import Keyset
from lms_domain.kernel import NotFound, OrganizationId, Page, PageRequest
from lms_domain.webhooks.deliveries import DELIVER
from lms_domain.webhooks.events import DeliveryId, WebhookId
from lms_domain.webhooks.views import AttemptLine, DeliveryFilter, DeliveryLine, DeliveryView, WebhookView

MOST_ATTEMPTS = 100

_COLUMNS = ", ".join(WebhookView.__slots__)
_LINE = ", ".join(
    f"d.{name}"
    if name != "next_attempt_at"
    else "case when t.state in ('waiting', 'held') then t.due_at end as next_attempt_at"
    for name in DeliveryLine.__slots__
)
_DELIVERIES = f"webhook_deliveries d left join tasks t on t.subject_id = d.id and t.reaction = '{DELIVER}'"
_WEBHOOKS = f"""
    select {_COLUMNS} from webhooks
    where organization_id = %(organization_id)s and is_active
    and (cast(%(key)s as timestamptz) is null or (created_at, id) < (cast(%(key)s as timestamptz), %(last_id)s::uuid))
    order by created_at desc, id desc limit %(size)s offset %(skip)s
"""
_COUNT = "select count(*) as total from webhooks where organization_id = %(organization_id)s and is_active"
_WEBHOOK = f"""
    select {_COLUMNS} from webhooks where id = %(id)s and organization_id = %(organization_id)s and is_active
"""
_DELIVERY = f"""
    select {_LINE}, d.payload as request_body from {_DELIVERIES}
    where d.id = %(id)s and d.webhook_id = %(webhook_id)s
"""
_ATTEMPTS = f"""
    select number, at, duration_ms, url, status as response_status, excerpt as response_excerpt, failure
    from webhook_attempts where delivery_id = %(id)s order by number desc limit {MOST_ATTEMPTS}
"""


class PgWebhookLists:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def page(self, organization_id: OrganizationId, paging: PageRequest, /) -> Page[WebhookView]:
        keyset = Keyset.of(paging, "created_at", "webhooks", organization_id)
        given = {"organization_id": organization_id} | keyset.parameters
        rows = await fetch_all(self._conn, _WEBHOOKS, given)
        [count] = await fetch_all(self._conn, _COUNT, given)
        return keyset.page(rows, WebhookView, count["total"], is_exact=True)

    async def one(self, organization_id: OrganizationId, webhook_id: WebhookId, /) -> WebhookView:
        row = await fetch_first(self._conn, _WEBHOOK, {"id": webhook_id, "organization_id": organization_id})
        if row is None:
            raise NotFound(entity="Webhook", id=webhook_id)
        return msgspec.convert(row, WebhookView)

    async def deliveries(
        self, webhook_id: WebhookId, only: DeliveryFilter, paging: PageRequest, /
    ) -> Page[DeliveryLine]:
        keyset = Keyset.of(paging, "created_at", "deliveries", webhook_id, only)
        given: dict[str, Any] = {"webhook_id": webhook_id, "status": only.status, "kind": only.kind}
        where = _where(status=only.status is not None, kind=only.kind is not None)
        rows = await fetch_all(self._conn, _page(where, follows=keyset.follows), given | keyset.parameters)
        [count] = await fetch_all(self._conn, _count(where), given)
        return keyset.page(rows, DeliveryLine, count["total"])

    async def delivery(self, webhook_id: WebhookId, delivery_id: DeliveryId, /) -> DeliveryView:
        row = await fetch_first(self._conn, _DELIVERY, {"id": delivery_id, "webhook_id": webhook_id})
        if row is None:
            raise NotFound(entity="Delivery", id=delivery_id)
        attempts = await fetch_all(self._conn, _ATTEMPTS, {"id": delivery_id})
        log = [_attempt(delivery_id, attempt) for attempt in attempts]
        return msgspec.convert(row | {"log": log}, DeliveryView)


def _attempt(delivery_id: DeliveryId, row: dict[str, Any]) -> AttemptLine:
    headers = {"webhook-id": str(delivery_id), "webhook-timestamp": str(int(row["at"].timestamp()))}
    return msgspec.convert(row | {"request_headers": headers}, AttemptLine)


def _where(*, status: bool, kind: bool) -> str:
    rules = ["d.webhook_id = %(webhook_id)s"]
    rules += ["d.status = %(status)s"] if status else []
    rules += ["d.kind = %(kind)s"] if kind else []
    return " and ".join(rules)


@cache
def _page(where: str, *, follows: bool) -> str:
    after = "and (d.created_at, d.id) < (cast(%(key)s as timestamptz), cast(%(last_id)s as uuid))" if follows else ""
    return f"""
        select {_LINE} from {_DELIVERIES} where {where} {after}
        order by d.created_at desc, d.id desc limit %(size)s offset %(skip)s
    """


@cache
def _count(where: str) -> str:
    rows = f"select from webhook_deliveries d where {where} limit {COUNT_LIMIT + 1}"
    return f"select count(*) as total from ({rows}) counted"
