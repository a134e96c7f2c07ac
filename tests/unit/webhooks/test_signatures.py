"""Receivers verify what was signed here by the public package, and by its published example."""

import base64
import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from lms_adapters.security.boxes import Boxes
from lms_adapters.security.webhooks import BoxedWebhookSecrets, signed
from lms_domain.kernel import Secret, new_id
from lms_domain.webhooks.events import WebhookId

NEW, OLD = Secret("n" * 40), Secret("o" * 40)


def headers(signature: str) -> dict[str, str]:
    return {"webhook-id": "msg_1", "webhook-timestamp": stamp(), "webhook-signature": signature}


def stamp() -> str:
    return str(int(datetime.now(UTC).timestamp()))


def content(body: bytes) -> bytes:
    return f"msg_1.{stamp()}.".encode() + body


def test_the_published_example() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    example = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
    assert signed(key, example) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_with_an_overlap_both_secrets_verify() -> None:
    id, secrets, body = WebhookId(new_id()), BoxedWebhookSecrets(Boxes([NEW])), b'{"a":"\xc3\xa4"}'
    (first, box), (second, other) = secrets.new(id), secrets.new(id)
    both = headers(secrets.signature(id, [other, box], content(body)))
    for secret in (first, second):
        assert Verifier(secret.reveal()).verify(body, both) == json.loads(body)
    alone = headers(secrets.signature(id, [other], content(body)))
    with pytest.raises(WebhookVerificationError):
        Verifier(first.reveal()).verify(body, alone)
    with pytest.raises(WebhookVerificationError):
        Verifier(second.reveal()).verify(body + b" ", alone)


def test_a_secret_moves_into_a_box_of_todays_key() -> None:
    id = WebhookId(new_id())
    secret, box = BoxedWebhookSecrets(Boxes([OLD])).new(id)
    secrets = BoxedWebhookSecrets(Boxes([NEW, OLD]))
    fresh = secrets.fresh_box(id, box)
    assert fresh is not None
    assert secrets.fresh_box(id, fresh) is None
    signature = BoxedWebhookSecrets(Boxes([NEW])).signature(id, [fresh], content(b"{}"))
    assert Verifier(secret.reveal()).verify(b"{}", headers(signature)) == {}
    assert secret.reveal() not in str(box)
