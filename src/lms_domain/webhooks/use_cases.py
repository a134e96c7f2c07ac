"""What the admins of an organization do with its webhooks. Whoever changes one holds the organization."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lms_domain.kernel import (
    Actor,
    NotFound,
    OrganizationId,
    Problem,
    must_be_current,
    new_id,
    refuse_if_any,
)
from lms_domain.organizations.use_cases import held
from lms_domain.text import clean_moment
from lms_domain.webhooks.deliveries import MOST_AT_ONCE, Delivery, DeliveryInHand, PublicEvent
from lms_domain.webhooks.events import DeliveryId, WebhookCreated, WebhookId
from lms_domain.webhooks.fields import cleaned, origin_of
from lms_domain.webhooks.kinds import TEST
from lms_domain.webhooks.model import (
    LONGEST_OVERLAP_HOURS,
    MOST_WEBHOOKS,
    TooManyWebhooks,
    Webhook,
    WebhookIsOff,
    must_be_of,
)
from lms_domain.webhooks.ports import WebhookPorts
from lms_domain.webhooks.views import DeliveryLine, NewSecret, SentAgain, WebhookView, view_of


async def create(
    ports: WebhookPorts, actor: Actor, organization_id: OrganizationId, values: Mapping[str, Any], *, private: bool
) -> NewSecret:
    await held(ports, actor, organization_id)
    given = cleaned(values, private=private)
    if await ports.webhooks.count(organization_id) >= MOST_WEBHOOKS:
        raise TooManyWebhooks
    now, id = ports.clock.now(), WebhookId(new_id())
    secret, box = ports.webhook_secrets.new(id)
    webhook = Webhook(
        id=id,
        organization_id=organization_id,
        box=box,
        created_by=actor.id,
        created_at=now,
        updated_at=now,
        **given,
    )
    await ports.webhooks.add(webhook)
    ports.emit(
        WebhookCreated(
            at=now,
            webhook_id=id,
            organization_id=organization_id,
            by=actor.id,
            origin=origin_of(webhook.url),
            kinds=tuple(webhook.kinds),
        )
    )
    return NewSecret(secret=secret.reveal(), webhook=view_of(webhook))


async def change(
    ports: WebhookPorts,
    actor: Actor,
    organization_id: OrganizationId,
    webhook_id: WebhookId,
    values: Mapping[str, Any],
    *,
    private: bool,
    expected: int | None = None,
) -> WebhookView:
    webhook = await _held(ports, actor, organization_id, webhook_id)
    must_be_current(webhook.version, expected)
    happened = list(webhook.change(cleaned(values, private=private), by=actor.id, now=ports.clock.now()))
    if happened:
        await ports.webhooks.save(webhook)
    ports.emit(*happened)
    return view_of(webhook)


async def delete(
    ports: WebhookPorts,
    actor: Actor,
    organization_id: OrganizationId,
    webhook_id: WebhookId,
    *,
    expected: int | None = None,
) -> None:
    webhook = await _held(ports, actor, organization_id, webhook_id)
    must_be_current(webhook.version, expected)
    ports.emit(*webhook.delete(by=actor.id, now=ports.clock.now()))
    await ports.webhooks.save(webhook)


async def rotate_secret(
    ports: WebhookPorts, actor: Actor, organization_id: OrganizationId, webhook_id: WebhookId, *, overlap_hours: int
) -> NewSecret:
    """For so long both secrets sign."""
    webhook = await _held(ports, actor, organization_id, webhook_id)
    if not 0 <= overlap_hours <= LONGEST_OVERLAP_HOURS:
        refuse_if_any([Problem("overlap_hours", f"from 0 to {LONGEST_OVERLAP_HOURS}")])
    secret, box = ports.webhook_secrets.new(webhook_id)
    ports.emit(*webhook.rotate(box, overlap_hours=overlap_hours, by=actor.id, now=ports.clock.now()))
    await ports.webhooks.save(webhook)
    return NewSecret(secret=secret.reveal(), webhook=view_of(webhook))


async def test(
    ports: WebhookPorts, actor: Actor, organization_id: OrganizationId, webhook_id: WebhookId
) -> DeliveryLine:
    """An event that tells nothing, on the way that all events go."""
    webhook = await _held(ports, actor, organization_id, webhook_id)
    if not webhook.is_enabled:
        raise WebhookIsOff
    now = ports.clock.now()
    event = PublicEvent(
        id=new_id(),
        kind=TEST,
        at=now,
        organization_id=organization_id,
        aggregate_id=webhook_id,
        data={"webhook_id": webhook_id},
    )
    delivery = Delivery(
        id=DeliveryId(new_id()),
        webhook_id=webhook_id,
        event_id=event.id,
        kind=TEST,
        payload=event.payload(),
        created_at=now,
    )
    await ports.deliveries.add(delivery)
    await ports.deliveries.renew(delivery, now=now)
    return _line(delivery, due_at=now)


async def redeliver(
    ports: WebhookPorts,
    actor: Actor,
    organization_id: OrganizationId,
    webhook_id: WebhookId,
    delivery_id: DeliveryId,
) -> DeliveryLine:
    """Under the same id, whatever became of it."""
    webhook = await _held(ports, actor, organization_id, webhook_id)
    delivery = await ports.deliveries.locked(delivery_id)
    if delivery.webhook_id != webhook_id:
        raise NotFound(entity="Delivery", id=delivery_id)
    if not webhook.is_enabled:
        raise WebhookIsOff
    now = ports.clock.now()
    delivery.again()
    await ports.deliveries.save(delivery)
    if not await ports.deliveries.renew(delivery, now=now):
        raise DeliveryInHand
    return _line(delivery, due_at=now)


async def redeliver_failed(
    ports: WebhookPorts, actor: Actor, organization_id: OrganizationId, webhook_id: WebhookId, *, since: datetime
) -> SentAgain:
    """Those that failed, were dropped, or wait to be tried again; as many as one statement takes."""
    webhook = await _held(ports, actor, organization_id, webhook_id)
    problems: list[Problem] = []
    clean_moment(since, "since", problems)
    refuse_if_any(problems)
    if not webhook.is_enabled:
        raise WebhookIsOff
    count = await ports.deliveries.again(webhook_id, since=since, limit=MOST_AT_ONCE, now=ports.clock.now())
    return SentAgain(count=count, has_rest=count == MOST_AT_ONCE)


async def _held(ports: WebhookPorts, actor: Actor, organization_id: OrganizationId, webhook_id: WebhookId) -> Webhook:
    await held(ports, actor, organization_id)
    webhook = await ports.webhooks.locked(webhook_id)
    must_be_of(webhook, organization_id)
    return webhook


def _line(delivery: Delivery, *, due_at: datetime) -> DeliveryLine:
    names = set(DeliveryLine.__slots__) - {"next_attempt_at"}
    return DeliveryLine(**{name: getattr(delivery, name) for name in names}, next_attempt_at=due_at)
