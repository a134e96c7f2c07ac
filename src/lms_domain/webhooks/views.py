"""What is answered about webhooks. None of it holds a secret, but for the two that show a new one, once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lms_domain.kernel import OrganizationId, UserId
from lms_domain.webhooks.deliveries import DeliveryStatus, Failure
from lms_domain.webhooks.events import Because, DeliveryId, WebhookId
from lms_domain.webhooks.model import Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookView:
    """`slow_until`: it has answered so slowly that until then what it is sent waits with what other slow ones are sent.
    `old_until`: until then the secret before the present one signs as well.
    """

    id: WebhookId
    organization_id: OrganizationId
    url: str
    kinds: list[str]
    description: str
    is_enabled: bool
    disabled_at: datetime | None
    disabled_because: Because | None
    failing_since: datetime | None
    slow_until: datetime | None
    old_until: datetime | None
    created_by: UserId
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecret:
    """`secret` is shown here and never again."""

    secret: str
    webhook: WebhookView


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLine:
    """`id` is what the receiver sees as `webhook-id`. `next_attempt_at`: None while it is on its way, and when done."""

    id: DeliveryId
    webhook_id: WebhookId
    event_id: UUID
    kind: str
    status: DeliveryStatus
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptLine:
    """`request_headers`: those that differ between attempts, and no signature. `response_excerpt`: its first 4 KB."""

    number: int
    at: datetime
    duration_ms: int
    url: str
    request_headers: dict[str, str]
    response_status: int | None
    response_excerpt: str
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """`request_body`: as it is sent, to the letter. `log`: the newest attempt first, at most 100."""

    id: DeliveryId
    webhook_id: WebhookId
    event_id: UUID
    kind: str
    status: DeliveryStatus
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    done_at: datetime | None
    request_body: str
    log: list[AttemptLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAgain:
    """`has_rest`: ask once more for the rest."""

    count: int
    has_rest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFilter:
    status: DeliveryStatus | None = None
    kind: str | None = None


def view_of(webhook: Webhook) -> WebhookView:
    return WebhookView(**{name: getattr(webhook, name) for name in WebhookView.__slots__})
