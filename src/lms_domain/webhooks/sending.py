"""What is sent, and what becomes of a webhook and a delivery by how that ended. The sending is in no transaction.

Whoever locks several of them does so in one order: the webhook, the delivery, its task.
"""

from lms_domain.kernel import new_id
from lms_domain.webhooks.deliveries import Attempt, Delivery, Outcome, Sending
from lms_domain.webhooks.model import Webhook
from lms_domain.webhooks.ports import WebhookPorts


def sending_of(ports: WebhookPorts, webhook: Webhook, delivery: Delivery) -> Sending:
    """Signed as Standard Webhooks has it: `id.timestamp.body`."""
    now, body = ports.clock.now(), delivery.payload.encode()
    stamp = str(int(now.timestamp()))
    content = f"{delivery.id}.{stamp}.".encode() + body
    headers = {
        "webhook-id": str(delivery.id),
        "webhook-timestamp": stamp,
        "webhook-signature": ports.webhook_secrets.signature(webhook.id, webhook.boxes(now), content),
    }
    return Sending(
        delivery_id=delivery.id,
        webhook_id=webhook.id,
        at=now,
        url=webhook.url,
        is_slow=webhook.is_slow(now),
        headers=headers,
        body=body,
    )


async def note(ports: WebhookPorts, sending: Sending, outcome: Outcome) -> bool:
    """Whether the webhook is still the one that was sent to. It is locked only when its state changes: all its
    deliveries end here. Turned off, it is another version; how it fares otherwise is no part of that.
    """
    now = ports.clock.now()
    known = await ports.webhooks.get(sending.webhook_id)
    if not _reboxed(ports, known) and (not known.is_told_of_by(sending) or known.is_as_before(outcome, now)):
        return known.is_told_of_by(sending)
    webhook = await ports.webhooks.locked(sending.webhook_id)
    _reboxed(ports, webhook)
    is_same = webhook.is_told_of_by(sending)
    happened = list(webhook.note(outcome, now)) if is_same else []
    ports.emit(*happened)
    await (ports.webhooks.save if happened else ports.webhooks.keep)(webhook)
    return is_same


async def settle(ports: WebhookPorts, delivery: Delivery, sending: Sending, outcome: Outcome, *, is_last: bool) -> None:
    delivery.take(outcome, is_last=is_last, now=ports.clock.now())
    await ports.deliveries.save(delivery)
    await ports.deliveries.add_attempt(_attempt(delivery, sending, outcome))


def _reboxed(ports: WebhookPorts, webhook: Webhook) -> bool:
    """Secrets move into boxes of today's key when they are used; whether one did."""
    box = ports.webhook_secrets.fresh_box(webhook.id, webhook.box) if webhook.box else None
    old_box = ports.webhook_secrets.fresh_box(webhook.id, webhook.old_box) if webhook.old_box else None
    webhook.box, webhook.old_box = box or webhook.box, old_box or webhook.old_box
    return bool(box or old_box)


def _attempt(delivery: Delivery, sending: Sending, outcome: Outcome) -> Attempt:
    return Attempt(
        id=new_id(),
        delivery_id=delivery.id,
        number=delivery.attempts,
        at=sending.at,
        url=sending.url,
        duration_ms=outcome.duration_ms,
        status=outcome.status,
        failure=outcome.failure,
        excerpt=outcome.excerpt,
    )
