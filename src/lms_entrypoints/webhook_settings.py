"""Where webhooks may lead."""

from typing import Annotated

import msgspec
from msgspec import Meta


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True):
    allow_private: Annotated[
        bool | None,
        Meta(
            description="Whether webhooks may lead to private, loopback and link-local addresses, and without TLS; by"
            " default everywhere but in production, where true is for receivers in a network of your own. See"
            " webhooks.md."
        ),
    ] = None

    def allows_private(self, *, production: bool) -> bool:
        return not production if self.allow_private is None else self.allow_private
