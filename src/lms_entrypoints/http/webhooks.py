"""Webhooks of an organization, and the log of what was sent to them."""

from datetime import datetime
from typing import Annotated

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from lms_domain.kernel import OrganizationId, Page
from lms_domain.webhooks import queries, use_cases
from lms_domain.webhooks.deliveries import DeliveryStatus
from lms_domain.webhooks.events import DeliveryId, WebhookId
from lms_domain.webhooks.model import USUAL_OVERLAP_HOURS
from lms_domain.webhooks.views import (
    DeliveryFilter,
    DeliveryLine,
    DeliveryView,
    NewSecret,
    SentAgain,
    WebhookView,
)
from lms_entrypoints.http.given import (
    GivenActor,
    GivenAsk,
    GivenExpected,
    GivenPaging,
    GivenRun,
    GivenServices,
    sent,
)

Url = Annotated[str, Meta(examples=["https://example.org/hooks/lms"])]
Kinds = Annotated[list[str], Meta(examples=[["course.published", "enrollment.completed"]])]
Description = Annotated[str, Meta(examples=["Certificates in the staff portal"])]


class CreateWebhook(Struct, forbid_unknown_fields=True, kw_only=True):
    """`kinds`: of events, or `*` for all of them."""

    url: Url
    kinds: Kinds
    description: Description = ""
    is_enabled: bool = True


class ChangeWebhook(Struct, forbid_unknown_fields=True, kw_only=True):
    url: Url | UnsetType = UNSET
    kinds: Kinds | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    is_enabled: bool | UnsetType = UNSET


class RotateSecret(Struct, forbid_unknown_fields=True, kw_only=True):
    overlap_hours: Annotated[int, Meta(description="0 to 168; 0: the old secret is void at once.")] = (
        USUAL_OVERLAP_HOURS
    )


class SendAgain(Struct, forbid_unknown_fields=True, kw_only=True):
    since: Annotated[datetime, Meta(examples=["2030-01-31T08:00:00Z"])]


class WebhookController(Controller):
    path = "/organizations/{organization_id:uuid}/webhooks"
    tags = ["Webhooks"]

    @get(summary="List webhooks")
    async def webhooks(
        self, ask: GivenAsk, actor: GivenActor, organization_id: FromPath[OrganizationId], paging: GivenPaging
    ) -> Page[WebhookView]:
        """The newest first. For the organization's admins, as all of this."""
        return await ask(queries.webhooks, actor, organization_id, paging)

    @post(summary="Create a webhook")
    async def create(
        self,
        run: GivenRun,
        services: GivenServices,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        data: JSONBody[CreateWebhook],
    ) -> NewSecret:
        """`secret` is shown in this answer and never again: with it, receivers verify that a request is from here."""
        private = services.settings.allows_private_webhooks
        return await run(use_cases.create, actor, organization_id, sent(data), private=private)

    @get("/{webhook_id:uuid}", summary="Read a webhook")
    async def webhook(
        self,
        ask: GivenAsk,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        webhook_id: FromPath[WebhookId],
    ) -> WebhookView:
        """`disabled_because` is `owner`, `gone` (the receiver answered 410) or `failing` (for five days)."""
        return await ask(queries.webhook, actor, organization_id, webhook_id)

    @patch("/{webhook_id:uuid}", summary="Change a webhook")
    async def change(
        self,
        run: GivenRun,
        services: GivenServices,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        webhook_id: FromPath[WebhookId],
        data: JSONBody[ChangeWebhook],
        expected: GivenExpected,
    ) -> WebhookView:
        """What is due while it is off is dropped; it can be sent again by hand."""
        private = services.settings.allows_private_webhooks
        return await run(
            use_cases.change, actor, organization_id, webhook_id, sent(data), private=private, expected=expected
        )

    @delete("/{webhook_id:uuid}", summary="Delete a webhook")
    async def remove(
        self,
        run: GivenRun,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        webhook_id: FromPath[WebhookId],
        expected: GivenExpected,
    ) -> None:
        """Nothing more is sent, and its secrets are gone."""
        await run(use_cases.delete, actor, organization_id, webhook_id, expected=expected)

    @post("/{webhook_id:uuid}/rotate-secret", summary="Replace the secret of a webhook", status_code=200)
    async def rotate_secret(
        self,
        run: GivenRun,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        webhook_id: FromPath[WebhookId],
        data: JSONBody[RotateSecret],
    ) -> NewSecret:
        """The new one is shown in this answer and never again. Until the overlap ends, both sign."""
        return await run(use_cases.rotate_secret, actor, organization_id, webhook_id, overlap_hours=data.overlap_hours)

    @post("/{webhook_id:uuid}/test", summary="Send a test event")
    async def test(
        self,
        run: GivenRun,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        webhook_id: FromPath[WebhookId],
    ) -> DeliveryLine:
        """Of kind `webhook.test`, on the way that all events go. Its log tells how it went."""
        return await run(use_cases.test, actor, organization_id, webhook_id)

    @post("/{webhook_id:uuid}/redeliver", summary="Send again what failed", status_code=200)
    async def redeliver_failed(
        self,
        run: GivenRun,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        webhook_id: FromPath[WebhookId],
        data: JSONBody[SendAgain],
    ) -> SentAgain:
        """All since then that failed for good, was dropped, or waits to be tried again, the oldest first, at most 1,000
        at once: for when a receiver is mended.
        """
        return await run(use_cases.redeliver_failed, actor, organization_id, webhook_id, since=data.since)


class DeliveryController(Controller):
    path = "/organizations/{organization_id:uuid}/webhooks/{webhook_id:uuid}/deliveries"
    tags = ["Webhooks"]

    @get(summary="List what was sent to a webhook")
    async def deliveries(
        self,
        ask: GivenAsk,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        webhook_id: FromPath[WebhookId],
        paging: GivenPaging,
        status: Annotated[DeliveryStatus | None, QueryParameter()] = None,
        kind: Annotated[str | None, QueryParameter(max_length=64, description="Such as `course.published`.")] = None,
    ) -> Page[DeliveryLine]:
        """The newest first; kept for 30 days."""
        only = DeliveryFilter(status=status, kind=kind)
        return await ask(queries.deliveries, actor, organization_id, webhook_id, only, paging=paging)

    @get("/{delivery_id:uuid}", summary="Read a delivery with its attempts")
    async def delivery(
        self,
        ask: GivenAsk,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        webhook_id: FromPath[WebhookId],
        delivery_id: FromPath[DeliveryId],
    ) -> DeliveryView:
        """What was sent, when, what was answered and how long it took."""
        return await ask(queries.delivery, actor, organization_id, webhook_id, delivery_id)

    @post("/{delivery_id:uuid}/redeliver", summary="Send a delivery again", status_code=200)
    async def redeliver(
        self,
        run: GivenRun,
        actor: GivenActor,
        organization_id: FromPath[OrganizationId],
        webhook_id: FromPath[WebhookId],
        delivery_id: FromPath[DeliveryId],
    ) -> DeliveryLine:
        """Under the same `webhook-id`, whatever became of it, and from the beginning of the schedule."""
        return await run(use_cases.redeliver, actor, organization_id, webhook_id, delivery_id)
