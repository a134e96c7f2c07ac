"""Who signs access tokens, for whom, and with what."""

import re

import msgspec

from lms_domain.kernel import Secret
from lms_entrypoints.signing_keys import AnyKey, SigningKey, UnusableKeyError, keys_in, signing_key_in, text_of

NAME = re.compile(r"[!-~]{1,255}")


class TokenSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`other_keys` verify and do not sign: older ones, and the next."""

    issuer: str = "lms"
    audience: str = "lms"
    signing_key: Secret = Secret("")
    signing_key_file: str = ""
    other_keys: Secret = Secret("")
    other_keys_file: str = ""

    def signing(self) -> SigningKey | None:
        """None: SECURITY_SECRET_KEY signs. Raises UnusableKeyError, as `others` does."""
        text = text_of(self.signing_key.reveal(), self.signing_key_file)
        return signing_key_in(text) if text or self.signing_key_file else None

    def others(self) -> list[AnyKey]:
        return keys_in(text_of(self.other_keys.reveal(), self.other_keys_file))

    def problems(self, *, refused: str) -> list[str]:
        """`refused`: a secret that may be none of the keys."""
        found = [
            f"TOKENS_{name} must be 1 to 255 printable characters of ASCII, without spaces"
            for name, value in (("ISSUER", self.issuer), ("AUDIENCE", self.audience))
            if not NAME.fullmatch(value)
        ]
        for name, keys in (("SIGNING_KEY", lambda: [self.signing()]), ("OTHER_KEYS", self.others)):
            try:
                if refused.encode() in keys():
                    found.append(f"TOKENS_{name} must not hold the development key in production")
            except UnusableKeyError as error:
                found.append(f"TOKENS_{name} {error}")
        return found
