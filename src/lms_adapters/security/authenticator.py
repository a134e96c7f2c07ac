"""Time-based one-time passwords (RFC 6238): SHA-1, 30 seconds and 6 digits, as every app reads them."""

import base64
import hmac
import secrets
from datetime import datetime

from pyotp import HOTP

from lms_adapters.security.boxes import Boxes
from lms_domain.identity.mfa import Totp
from lms_domain.kernel import UserId

SECRET_BYTES = 20  # RFC 4226 §4, R6
STEP_SECONDS = 30
DRIFT = 1  # steps that a clock may be off


class TotpAuthenticator:
    def __init__(self, boxes: Boxes, *, digits: int = 6) -> None:
        self._boxes, self._digits = boxes, digits

    def new_secret(self, user_id: UserId, /) -> bytes:
        return self._boxes.close(secrets.token_bytes(SECRET_BYTES), owner=user_id.bytes)

    def step_of(self, totp: Totp, code: str, /, *, now: datetime) -> int | None:
        generator = HOTP(self.secret(totp), digits=self._digits)
        present = int(now.timestamp()) // STEP_SECONDS
        steps = [step for step in range(present - DRIFT, present + DRIFT + 1) if step >= 0]
        shown = code.encode("utf-8", "surrogatepass")  # text is compared in constant time only where it is ASCII
        found = [step for step in steps if hmac.compare_digest(generator.at(step).encode(), shown)]
        return found[0] if found else None

    def fresh_box(self, totp: Totp, /) -> bytes | None:
        if not self._boxes.is_outdated(totp.box):
            return None
        owner = totp.user_id.bytes
        return self._boxes.close(self._boxes.open(totp.box, owner=owner), owner=owner)

    def secret(self, totp: Totp, /) -> str:
        return base64.b32encode(self._boxes.open(totp.box, owner=totp.user_id.bytes)).decode()
