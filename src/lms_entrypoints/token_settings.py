"""Who signs access tokens, for whom, and with what."""

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from lms_domain.kernel import Secret
from lms_entrypoints.signing_keys import AnyKey, SigningKey, UnusableKeyError, keys_in, signing_key_in
from lms_entrypoints.weak_keys import is_weak

NAME = re.compile(r"[!-~]{1,255}")


class TokenSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`other_keys` verify and do not sign: older ones, and the next."""

    issuer: Annotated[str, Meta(description="`iss` of access tokens; one with another is refused.")] = "lms"
    audience: Annotated[str, Meta(description="`aud` of access tokens; one with another is refused.")] = "lms"
    signing_key: Annotated[
        Secret,
        Meta(
            description="What signs access tokens: a private key as PEM, Ed25519 (EdDSA) or RSA (RS256, 3072 bits or "
            "more), or `hs256:` and a secret of 32 bytes or more. Without it `SECURITY_SECRET_KEY`. See "
            "signing-keys.md."
        ),
    ] = Secret("")
    other_keys: Annotated[
        Secret,
        Meta(
            description="Older keys and the next one, which verify and do not sign: PEM blocks and lines of `hs256:`,"
            " one after another."
        ),
    ] = Secret("")

    def signing(self) -> SigningKey | None:
        """None: SECURITY_SECRET_KEY signs. Raises UnusableKeyError, as `others` does."""
        text = self.signing_key.reveal()
        return signing_key_in(text) if text else None

    def others(self) -> list[AnyKey]:
        return keys_in(self.other_keys.reveal())

    def problems(self, *, refused: str) -> list[str]:
        """`refused`: a secret that may be none of the keys, nor may weak ones; empty: any may be."""
        found = [
            f"TOKENS_{name} must be 1 to 255 printable characters of ASCII, without spaces"
            for name, value in (("ISSUER", self.issuer), ("AUDIENCE", self.audience))
            if not NAME.fullmatch(value)
        ]
        for name, keys in (("SIGNING_KEY", lambda: [self.signing()]), ("OTHER_KEYS", self.others)):
            try:
                secrets = [key for key in keys() if isinstance(key, bytes)]
                if refused.encode() in secrets:
                    found.append(f"TOKENS_{name} must not hold the development key in production")
                elif refused and any(is_weak(secret.decode("latin-1")) for secret in secrets):
                    found.append(f"TOKENS_{name} must hold random secrets in production")
            except UnusableKeyError as error:
                found.append(f"TOKENS_{name} {error}")
        return found
