"""What happens to webhooks. No event holds a secret, and of an address only where it leads: its path may be one."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

from lms_domain.kernel import Event, OrganizationId, UserId

WebhookId = NewType("WebhookId", UUID)
DeliveryId = NewType("DeliveryId", UUID)


class Because(StrEnum):
    """Why nothing is sent any more."""

    OWNER = "owner"  # turned it off
    GONE = "gone"  # the receiver answered 410
    FAILING = "failing"  # for days, every attempt failed


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEvent(Event):
    webhook_id: WebhookId
    organization_id: OrganizationId

    @property
    def aggregate_id(self) -> UUID:
        return self.webhook_id


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCreated(WebhookEvent):
    name = "webhook.created"
    by: UserId
    origin: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChanged(WebhookEvent):
    name = "webhook.changed"
    by: UserId
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDeleted(WebhookEvent):
    name = "webhook.deleted"
    by: UserId
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecretRotated(WebhookEvent):
    """Until then the old secret signs as well; None: it is void at once."""

    name = "webhook.secret_rotated"
    by: UserId
    overlap_hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDisabled(WebhookEvent):
    """By nobody: its receiver is away, or wants no more. `owner_id`: who made it."""

    name = "webhook.disabled"
    because: Because
    origin: str
    owner_id: UserId
