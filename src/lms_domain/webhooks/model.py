"""A webhook: where an organization wants to be told what happens, and of what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lms_domain.kernel import Conflict, Event, NotFound, OrganizationId, UserId, changes
from lms_domain.webhooks.deliveries import SLOW_FOR, SLOW_MS, SLOW_NOTED, Outcome, Sending
from lms_domain.webhooks.events import (
    Because,
    WebhookChanged,
    WebhookDeleted,
    WebhookDisabled,
    WebhookId,
    WebhookSecretRotated,
)
from lms_domain.webhooks.fields import origin_of

MOST_WEBHOOKS = 20  # of one organization
PATIENCE = timedelta(days=5)  # of nothing but failures, then it is disabled
LONGEST_OVERLAP_HOURS = 168
USUAL_OVERLAP_HOURS = 24


@dataclass(slots=True, kw_only=True)
class Webhook:
    """`kinds`: of events, or `*`. `box`: the secret, encrypted for this webhook; `old_box`: the one before, which signs
    as well until `old_until`. `failing_since`: when the first attempt failed after the last one that went well.
    `slow_until`: its deliveries take so long that until then they wait with those of other slow ones alone.
    """

    id: WebhookId
    organization_id: OrganizationId
    url: str
    kinds: list[str]
    description: str = ""
    is_enabled: bool = True
    disabled_at: datetime | None = None
    disabled_because: Because | None = None
    failing_since: datetime | None = None
    slow_until: datetime | None = None
    box: bytes = field(repr=False)
    old_box: bytes | None = field(default=None, repr=False)
    old_until: datetime | None = None
    is_active: bool = True
    created_by: UserId
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def takes(self) -> bool:
        return self.is_active and self.is_enabled

    def boxes(self, now: datetime) -> list[bytes]:
        """Of the secrets that sign, the present one first."""
        signs = self.old_box is not None and self.old_until is not None and now < self.old_until
        return [self.box, self.old_box] if signs and self.old_box else [self.box]

    def change(self, values: Mapping[str, Any], *, by: UserId, now: datetime) -> Iterator[Event]:
        changed = {name: value for name, value in values.items() if getattr(self, name) != value}
        if not changed:
            return
        old = {name: getattr(self, name) for name in changed}
        for name, value in changed.items():
            setattr(self, name, value)
        self.updated_at = now
        if "is_enabled" in changed:
            self.disabled_at = None if self.is_enabled else now
            self.disabled_because = None if self.is_enabled else Because.OWNER
        if "url" in changed or "is_enabled" in changed:
            self.failing_since = self.slow_until = None  # another chance
        before, after = changes(_told(old), _told(changed), kept=("is_enabled", "kinds", "url"))
        yield WebhookChanged(at=now, **self._named, by=by, before=before, after=after)

    def rotate(self, box: bytes, *, overlap_hours: int, by: UserId, now: datetime) -> Iterator[Event]:
        """Of several rotations in a row, the last two secrets sign."""
        self.old_box = self.box if overlap_hours else None
        self.old_until = now + timedelta(hours=overlap_hours) if overlap_hours else None
        self.box, self.updated_at = box, now
        yield WebhookSecretRotated(at=now, **self._named, by=by, overlap_hours=overlap_hours)

    def delete(self, *, by: UserId, now: datetime) -> Iterator[Event]:
        """Softly, since its log stays for a while; its secrets go at once."""
        self.is_active, self.is_enabled, self.updated_at = False, False, now
        self.box, self.old_box, self.old_until = b"", None, None
        yield WebhookDeleted(at=now, **self._named, by=by, origin=origin_of(self.url))

    def is_told_of_by(self, sending: Sending) -> bool:
        """What came of it is about this webhook as it is now, not about one with another address, or before it was
        turned on again.
        """
        return sending.url == self.url and sending.at >= self.updated_at

    def is_as_before(self, outcome: Outcome, at: datetime) -> bool:
        """Whether `note` would change nothing."""
        if self._slow_until(outcome, at) != self.slow_until:
            return False
        if outcome.is_success:
            return self.failing_since is None
        return not self.takes or (self.failing_since is not None and not outcome.is_gone and not self._is_hopeless(at))

    def note(self, outcome: Outcome, at: datetime) -> Iterator[Event]:
        """How an attempt ended."""
        self.slow_until = self._slow_until(outcome, at)
        if outcome.is_success:
            self.failing_since = None
            return
        if not self.takes:
            return
        self.failing_since = self.failing_since or at
        if outcome.is_gone or self._is_hopeless(at):
            because = Because.GONE if outcome.is_gone else Because.FAILING
            self.is_enabled, self.disabled_at, self.disabled_because, self.updated_at = False, at, because, at
            origin = origin_of(self.url)
            yield WebhookDisabled(at=at, **self._named, because=because, origin=origin, owner_id=self.created_by)

    def is_slow(self, at: datetime) -> bool:
        return self.slow_until is not None and at < self.slow_until

    def _slow_until(self, outcome: Outcome, at: datetime) -> datetime | None:
        is_noted = self.slow_until is not None and self.slow_until - at > SLOW_FOR - SLOW_NOTED
        return self.slow_until if is_noted or outcome.duration_ms < SLOW_MS else at + SLOW_FOR

    def _is_hopeless(self, at: datetime) -> bool:
        return self.failing_since is not None and at - self.failing_since >= PATIENCE

    @property
    def _named(self) -> dict[str, Any]:
        return {"webhook_id": self.id, "organization_id": self.organization_id}


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: origin_of(value) if name == "url" else value for name, value in values.items()}


def must_be_of(webhook: Webhook, organization_id: OrganizationId) -> None:
    if webhook.organization_id != organization_id or not webhook.is_active:
        raise NotFound(entity="Webhook", id=webhook.id)


class TooManyWebhooks(Conflict):
    message = f"An organization has at most {MOST_WEBHOOKS} webhooks; delete one first."


class WebhookIsOff(Conflict):
    message = "This webhook is turned off; turn it on first."
