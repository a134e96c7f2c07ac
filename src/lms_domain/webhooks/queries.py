"""What the admins of an organization ask about its webhooks."""

from lms_domain.kernel import Actor, OrganizationId, Page, PageRequest, Permission, Problem, refuse_if_any
from lms_domain.organizations.model import must_administer
from lms_domain.webhooks.events import DeliveryId, WebhookId
from lms_domain.webhooks.kinds import KINDS, TEST
from lms_domain.webhooks.ports import WebhookReads
from lms_domain.webhooks.views import DeliveryFilter, DeliveryLine, DeliveryView, WebhookView


async def webhooks(
    reads: WebhookReads, actor: Actor, organization_id: OrganizationId, paging: PageRequest
) -> Page[WebhookView]:
    await _must_be_admin(reads, actor, organization_id)
    return await reads.webhook_lists.page(organization_id, paging)


async def webhook(
    reads: WebhookReads, actor: Actor, organization_id: OrganizationId, webhook_id: WebhookId
) -> WebhookView:
    await _must_be_admin(reads, actor, organization_id)
    return await reads.webhook_lists.one(organization_id, webhook_id)


async def deliveries(
    reads: WebhookReads,
    actor: Actor,
    organization_id: OrganizationId,
    webhook_id: WebhookId,
    only: DeliveryFilter,
    *,
    paging: PageRequest,
) -> Page[DeliveryLine]:
    await webhook(reads, actor, organization_id, webhook_id)
    if only.kind is not None and only.kind not in KINDS | {TEST}:
        refuse_if_any([Problem("kind", "a kind of event that there is")])
    return await reads.webhook_lists.deliveries(webhook_id, only, paging)


async def delivery(
    reads: WebhookReads,
    actor: Actor,
    organization_id: OrganizationId,
    webhook_id: WebhookId,
    delivery_id: DeliveryId,
) -> DeliveryView:
    await webhook(reads, actor, organization_id, webhook_id)
    return await reads.webhook_lists.delivery(webhook_id, delivery_id)


async def _must_be_admin(reads: WebhookReads, actor: Actor, organization_id: OrganizationId) -> None:
    role = await reads.organization_lists.role_in(organization_id, actor.id)
    if not actor.can(Permission.MANAGE_ORGANIZATIONS):
        await must_administer(reads.policies, actor, organization_id, role)
