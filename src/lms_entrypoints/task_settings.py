"""How background work is done."""

from datetime import timedelta
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from lms_domain.kernel import Secret
from lms_domain.upkeep.model import Retention
from lms_entrypoints.discreet import Discreet
from lms_entrypoints.store_settings import RedisSettings
from lms_entrypoints.weak_keys import is_weak

LEAST_TOKEN = 16


class MetricsSettings(msgspec.Struct, frozen=True, kw_only=True):
    token: Annotated[
        Secret,
        Meta(
            description="What Prometheus sends as a bearer token to `/metrics`: 16 random characters or more. In "
            "production there is no `/metrics` without one."
        ),
    ] = Secret("")

    def problems(self, *, production: bool) -> list[str]:
        token = self.token.reveal()
        if production and 0 < len(token) < LEAST_TOKEN:
            return [f"METRICS_TOKEN must have {LEAST_TOKEN} characters or more in production"]
        return ["METRICS_TOKEN must be random in production"] if production and token and is_weak(token) else []


class TaskSettings(Discreet, frozen=True, kw_only=True):
    hidden: ClassVar = frozenset({"redis_url"})

    redis_url: Annotated[
        str,
        Meta(
            description="The Redis that carries tasks, where it is not the one of `REDIS_URL`: then people who are "
            "signed in are served while it is away. See background.md."
        ),
    ] = ""
    force_inline: Annotated[
        bool | None,
        Meta(
            description="Whether tasks are performed in the server itself, after the commit, without Redis. Where it is"
            " not set: true in development, false in production, which refuses true. See background.md."
        ),
    ] = None
    poll_ms: Annotated[
        int, Meta(description="How long an event may wait of which nobody has told the relay; 10 to 60000.")
    ] = 1000
    keep_days: Annotated[int, Meta(description="How long events are kept after all about them is done.")] = 30
    feed_days: Annotated[int, Meta(description="How long the feed goes back, see events.md.")] = 90

    @property
    def poll_seconds(self) -> float:
        return self.poll_ms / 1000

    @property
    def retention(self) -> Retention:
        return Retention(events=timedelta(days=self.keep_days), feed=timedelta(days=self.feed_days))

    def problems(self, *, redis: RedisSettings, production: bool) -> list[str]:
        url = self.redis_url
        found = redis.wrong_with("TASKS_REDIS_URL", url, production=production) if url else []
        if production and self.force_inline:
            found.append("TASKS_FORCE_INLINE must not be true in production")
        if self.force_inline is False and not redis.url:
            found.append("TASKS_FORCE_INLINE=false needs REDIS_URL: servers and workers share it")
        if not 10 <= self.poll_ms <= 60_000:  # noqa: PLR2004 (said in the sentence)
            found.append("TASKS_POLL_MS must be 10 to 60000")
        found += [f"TASKS_{name} must be 1 or more" for name, days in self._days() if days < 1]
        return found

    def _days(self) -> tuple[tuple[str, int], ...]:
        return ("KEEP_DAYS", self.keep_days), ("FEED_DAYS", self.feed_days)
