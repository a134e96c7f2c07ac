"""Secrets and signatures as Standard Webhooks has them (https://www.standardwebhooks.com, "Signature scheme")."""

import base64
import hmac
import secrets
from collections.abc import Sequence

from lms_adapters.security.boxes import Boxes
from lms_domain.kernel import Secret
from lms_domain.webhooks.events import WebhookId

SECRET_BYTES = 32  # the standard wants 24 to 64
PREFIX = "whsec_"
OWNER = b"webhook:"


class BoxedWebhookSecrets:
    def __init__(self, boxes: Boxes) -> None:
        self._boxes = boxes

    def new(self, webhook_id: WebhookId, /) -> tuple[Secret, bytes]:
        key = secrets.token_bytes(SECRET_BYTES)
        return Secret(PREFIX + base64.b64encode(key).decode()), self._boxes.close(key, owner=_owner(webhook_id))

    def fresh_box(self, webhook_id: WebhookId, box: bytes, /) -> bytes | None:
        if not self._boxes.is_outdated(box):
            return None
        owner = _owner(webhook_id)
        return self._boxes.close(self._boxes.open(box, owner=owner), owner=owner)

    def signature(self, webhook_id: WebhookId, boxes: Sequence[bytes], content: bytes, /) -> str:
        keys = (self._boxes.open(box, owner=_owner(webhook_id)) for box in boxes)
        return " ".join(signed(key, content) for key in keys)


def signed(key: bytes, content: bytes) -> str:
    return "v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode()


def _owner(webhook_id: WebhookId) -> bytes:
    return OWNER + webhook_id.bytes
