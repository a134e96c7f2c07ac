"""One event on its way to one webhook, and each attempt to hand it over."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Any
from uuid import UUID

from lms_domain.kernel import Conflict
from lms_domain.webhooks.events import DeliveryId, WebhookId

# As Standard Webhooks proposes ("Deliverability and reliability"): eight attempts within about 28 hours.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
SPREAD = 0.1  # each wait is so much shorter or longer: what failed together does not come back together
DELIVER = "deliver_webhook"  # the reaction that is done outside of any transaction: somebody is told
AT_ONCE = 5  # of one webhook: a slow receiver holds up nobody else
SLOW_MS = 1000  # who takes so long for an answer
SLOW_FOR = timedelta(minutes=5)  # is known as slow, however quick they are meanwhile
SLOW_NOTED = timedelta(minutes=1)  # after which it is written down anew
MOST_AT_ONCE = 1000  # deliveries that are sent again by one request


class DeliveryStatus(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"  # for good, but for who sends it again
    DROPPED = "dropped"  # the webhook was turned off or deleted before it was delivered


class Failure(StrEnum):
    """Why an attempt failed, where there was no answer or it does not say."""

    NAME_NOT_FOUND = "name_not_found"
    ADDRESS_REFUSED = "address_refused"  # not on the public internet
    NOT_CONNECTED = "not_connected"
    TLS = "tls"
    TIMEOUT = "timeout"
    CONNECTION_LOST = "connection_lost"
    NOT_HTTP = "not_http"
    REDIRECT = "redirect"  # is never followed
    STATUS = "status"  # not 2xx


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicEvent:
    """What others are told. `sequence` counts the events of one aggregate; `version`: of the form of `data`."""

    id: UUID
    kind: str
    version: int = 1
    at: datetime
    organization_id: UUID | None
    aggregate_id: UUID
    sequence: int | None = None
    data: dict[str, Any] = field(default_factory=dict)

    def payload(self) -> str:
        """The body, to the letter: it is what is signed. `type`, `timestamp` and `data` as Standard Webhooks has it."""
        body = {
            "type": self.kind,
            "timestamp": _written(self.at),
            "event_id": self.id,
            "version": self.version,
            "organization_id": self.organization_id,
            "aggregate_id": self.aggregate_id,
            "sequence": self.sequence,
            "data": self.data,
        }
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_written)


def _written(value: object) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Of an attempt. `status`: of the answer, where there was one; `excerpt`: the beginning of its body."""

    status: int | None = None
    failure: Failure | None = None
    excerpt: str = ""
    duration_ms: int = 0

    @property
    def is_success(self) -> bool:
        return self.failure is None

    @property
    def told(self) -> str:
        """For operators."""
        return f"{self.failure} {self.status}" if self.status else str(self.failure)

    @property
    def is_gone(self) -> bool:
        return self.status == HTTPStatus.GONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    id: UUID
    delivery_id: DeliveryId
    number: int
    at: datetime
    url: str
    duration_ms: int
    status: int | None
    failure: Failure | None
    excerpt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """All that a sender needs."""

    delivery_id: DeliveryId
    webhook_id: WebhookId
    at: datetime
    url: str
    is_slow: bool = False
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(slots=True, kw_only=True)
class Delivery:
    """`id` is the `webhook-id` of every attempt. When the next one is made, and who makes it, its task says."""

    id: DeliveryId
    webhook_id: WebhookId
    event_id: UUID
    kind: str
    payload: str
    status: DeliveryStatus = DeliveryStatus.WAITING
    attempts: int = 0
    created_at: datetime
    done_at: datetime | None = None
    version: int = 1

    def take(self, outcome: Outcome, *, is_last: bool, now: datetime) -> None:
        """`is_last`: there will be no other attempt, but for who asks for one."""
        self.attempts += 1
        if outcome.is_success:
            self._end(DeliveryStatus.DELIVERED, now)
        elif is_last and self.status is DeliveryStatus.WAITING:
            self._end(DeliveryStatus.FAILED, now)

    def drop(self, *, now: datetime) -> None:
        self._end(DeliveryStatus.DROPPED, now)

    def again(self) -> None:
        """Under the same id."""
        self.status, self.done_at = DeliveryStatus.WAITING, None

    def _end(self, status: DeliveryStatus, now: datetime) -> None:
        self.status, self.done_at = status, now


def wait_after(failed: int, *, chance: float) -> timedelta | None:
    """After so many failures; None: it was the last attempt. `chance`: 0..1."""
    if failed > len(WAITS):
        return None
    return WAITS[failed - 1] * (1 - SPREAD + 2 * SPREAD * chance)


class DeliveryInHand(Conflict):
    message = "This is being sent right now; see how it ends first."
