"""Passwords, tokens and the key behind them."""

import hmac
from typing import Annotated, ClassVar

from msgspec import Meta

from lms_domain.kernel import Secret
from lms_entrypoints.discreet import Discreet
from lms_entrypoints.weak_keys import is_weak

ACTING_MINUTES = 60  # the most, of an access token for standing in
SHORTEST_KEY = 32  # characters
MOST_WORDS = 50
STRONG_ENOUGH = 12  # today's advice for the cost of bcrypt
BOUNDS = {
    "bcrypt_rounds": (4, 18),  # its least, and minutes per hash
    "password_score": (0, 4),  # of zxcvbn
    "access_minutes": (1, 1440),
    "refresh_days": (1, 365),
    "session_days": (1, 3650),
}
DEVELOPMENT_KEY = "development-only-key-that-production-refuses"


class SecuritySettings(Discreet, frozen=True, kw_only=True):
    hidden: ClassVar = frozenset({"secret_key"})

    secret_key: Annotated[
        str,
        Meta(
            description="Signs access tokens (HS256) unless there is a `TOKENS_SIGNING_KEY`, makes refresh tokens and"
            " the links in letters, seals kept answers; 32 characters or more. `openssl rand -hex 32` "
            "makes one."
        ),
    ] = DEVELOPMENT_KEY
    encryption_keys: Annotated[
        Secret,
        Meta(
            description="Encrypt the secrets of authenticator apps: 32 characters or more each, with commas between. "
            "The first encrypts, all of them read. Without it a key made of `SECURITY_SECRET_KEY`. See "
            "mfa.md."
        ),
    ] = Secret("")
    bcrypt_rounds: Annotated[int, Meta(description="Cost of a password hash; each more doubles it.")] = 12
    hashing_threads: Annotated[int, Meta(description="How many passwords are hashed at once.")] = 2
    access_minutes: Annotated[int, Meta(description="How long an access token lives; 1 to 1440.")] = 15
    refresh_days: Annotated[int, Meta(description="How long a refresh token lives from its last use; 1 to 365.")] = 30
    session_days: Annotated[
        int, Meta(description="How long after a sign-in another one is needed, however much it is used; 1 to 3650.")
    ] = 90
    password_words: Annotated[
        str,
        Meta(
            description="Words that are tried first against passwords here, such as the names of the school and of its"
            " products, with commas between; 50 at most. See accounts.md."
        ),
    ] = ""
    password_score: Annotated[
        int, Meta(description="How hard a new password must be to guess, by zxcvbn: 0 to 4. See accounts.md.")
    ] = 2
    verified_email_only: Annotated[
        bool | None,
        Meta(
            description="Whether an address has to be proved before its owner signs in; if not, registering tells which"
            " addresses have accounts. Where it is not set: false in development, true in production. See accounts.md."
        ),
    ] = None

    @property
    def context_words(self) -> list[str]:
        return ["lms", *(each.strip() for each in self.password_words.split(",") if each.strip())]

    @property
    def longest_token_minutes(self) -> int:
        """For so long a session that has ended has to be remembered: an admin who stands in has an hour."""
        return max(self.access_minutes, ACTING_MINUTES)

    def boxing(self) -> list[Secret]:
        """The key made of the secret key reads on, so that what it has closed is not lost when others come."""
        made = Secret(hmac.digest(self.secret_key.encode(), b"boxes", "sha256").hex())
        return [*self._encryption(), made]

    def _encryption(self) -> list[Secret]:
        return [Secret(each.strip()) for each in self.encryption_keys.reveal().split(",") if each.strip()]

    def problems(self, *, production: bool) -> list[str]:
        found = []
        if len(self.secret_key) < SHORTEST_KEY:
            found.append(f"SECURITY_SECRET_KEY must have at least {SHORTEST_KEY} characters")
        found += [
            f"SECURITY_{name.upper()} must be between {least} and {most}"
            for name, (least, most) in BOUNDS.items()
            if not least <= getattr(self, name) <= most
        ]
        if len(self.context_words) > 1 + MOST_WORDS:
            found.append(f"SECURITY_PASSWORD_WORDS must be {MOST_WORDS} at most")
        if self.hashing_threads < 1:
            found.append("SECURITY_HASHING_THREADS must be 1 or more")
        if any(len(key.reveal()) < SHORTEST_KEY for key in self._encryption()):
            found.append(f"SECURITY_ENCRYPTION_KEYS must have at least {SHORTEST_KEY} characters each")
        if production and any(is_weak(key.reveal()) for key in self._encryption()):
            found.append("SECURITY_ENCRYPTION_KEYS must be random in production")
        if production and self.secret_key == DEVELOPMENT_KEY:
            found.append("SECURITY_SECRET_KEY must be set in production")
        elif production and is_weak(self.secret_key):
            found.append("SECURITY_SECRET_KEY must be random in production: `openssl rand -hex 32` makes one")
        if production and self.bcrypt_rounds < STRONG_ENOUGH:
            found.append(f"SECURITY_BCRYPT_ROUNDS must be at least {STRONG_ENOUGH} in production")
        return found
