"""What webhooks ask of the outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from lms_domain.kernel import OrganizationId, Page, PageRequest, Repository, Secret
from lms_domain.organizations.ports import OrganizationPorts, OrganizationReads
from lms_domain.webhooks.deliveries import Attempt, Delivery, Outcome, Sending
from lms_domain.webhooks.events import DeliveryId, WebhookId
from lms_domain.webhooks.model import Webhook
from lms_domain.webhooks.views import DeliveryFilter, DeliveryLine, DeliveryView, WebhookView


class Webhooks(Repository[Webhook], Protocol):
    """Deleted ones among them."""

    async def locked(self, id: WebhookId, /) -> Webhook: ...
    async def keep(self, webhook: Webhook, /) -> None:
        """Of one that is locked, what is no part of its version: how it fares, and in which boxes its secrets lie."""

    async def count(self, organization_id: OrganizationId, /) -> int:
        """Those that are not deleted."""


class Deliveries(Repository[Delivery], Protocol):
    async def locked(self, id: DeliveryId, /) -> Delivery: ...
    async def fan_out(self, event_ids: Sequence[UUID], /, *, now: datetime) -> int:
        """One for each of these events of the feed and each webhook that takes it, with its task, unless it is there
        already; how many. In one statement.
        """

    async def renew(self, delivery: Delivery, /, *, now: datetime) -> bool:
        """Its task is due now, and there if it was not; False: it is being sent right now."""

    async def again(self, webhook_id: WebhookId, /, *, since: datetime, limit: int, now: datetime) -> int:
        """Those made since then that failed, were dropped, or wait to be tried again, the oldest first: due now; how
        many. In one statement.
        """

    async def add_attempt(self, attempt: Attempt, /) -> None: ...
    async def purge(self, before: datetime, limit: int, /) -> int:
        """Of those made before then of which nothing is left to do, with attempts and tasks, so many; how many."""


class WebhookSecrets(Protocol):
    def new(self, webhook_id: WebhookId, /) -> tuple[Secret, bytes]:
        """As its owner is shown it, and in its box."""

    def fresh_box(self, webhook_id: WebhookId, box: bytes, /) -> bytes | None:
        """The same secret in a box of today's key, where it lies in another."""

    def signature(self, webhook_id: WebhookId, boxes: Sequence[bytes], content: bytes, /) -> str:
        """By each of the secrets, as `webhook-signature` wants it."""


class WebhookSender(Protocol):
    async def send(self, sending: Sending, /) -> Outcome:
        """Whatever happens, it is an outcome."""


class WebhookPorts(OrganizationPorts, Protocol):
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def webhook_secrets(self) -> WebhookSecrets: ...


class WebhookLists(Protocol):
    async def page(self, organization_id: OrganizationId, paging: PageRequest, /) -> Page[WebhookView]:
        """The newest first."""

    async def one(self, organization_id: OrganizationId, webhook_id: WebhookId, /) -> WebhookView:
        """Raises NotFound."""

    async def deliveries(
        self, webhook_id: WebhookId, only: DeliveryFilter, paging: PageRequest, /
    ) -> Page[DeliveryLine]:
        """The newest first."""

    async def delivery(self, webhook_id: WebhookId, delivery_id: DeliveryId, /) -> DeliveryView:
        """Raises NotFound."""


class WebhookReads(OrganizationReads, Protocol):
    @property
    def webhook_lists(self) -> WebhookLists: ...
