"""Registration and sign-in: hashing takes 200 ms, so it happens between transactions and never within one."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from lms_domain.identity import queries, use_cases
from lms_domain.identity.errors import WrongCredentials
from lms_domain.identity.fields import email_field, is_too_long, must_be_a_password, name_field
from lms_domain.identity.model import Role, User
from lms_domain.identity.ports import AccessTokens, Emails, Passwords
from lms_domain.identity.views import Opened, SignedIn
from lms_domain.kernel import Problem, Secret, refuse_if_any
from lms_entrypoints.doors import Ask, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Where a request came from."""

    user_agent: str = ""
    ip: str | None = None


class Accounts:
    def __init__(
        self, ask: Ask, passwords: Passwords, tokens: AccessTokens, emails: Emails, *, refresh_days: int
    ) -> None:
        self._ask, self._passwords, self._tokens, self._emails = ask, passwords, tokens, emails
        self._life = timedelta(days=refresh_days)

    async def register(self, run: Run, *, email: str, full_name: str, password: Secret) -> User:
        email, full_name = self._checked(email, full_name, password)
        hashed = await self._passwords.hash(password)
        return await run(use_cases.register, email=email, full_name=full_name, password_hash=hashed)

    async def create(self, run: Run, *, email: str, full_name: str, password: Secret, roles: list[Role]) -> User:
        """As `register`, by an operator."""
        email, full_name = self._checked(email, full_name, password)
        hashed = await self._passwords.hash(password)
        return await run(use_cases.create_user, email=email, full_name=full_name, roles=roles, password_hash=hashed)

    async def sign_in(self, run: Run, *, email: str, password: Secret, caller: Caller) -> SignedIn:
        """The same refusal, after the same work, whether the address is unknown or the password wrong."""
        if is_too_long(password):  # nothing is looked up or hashed
            raise WrongCredentials
        known = await self._ask(queries.credential, self._emails.normalized(email) or "")
        right = await self._passwords.verify(password, known.password_hash if known else None)
        if not right or known is None:
            raise WrongCredentials
        token = secrets.token_urlsafe(32)
        return await run(
            use_cases.open_session,
            known.user_id,
            digest_of(token),
            self._with_tokens(token),
            life=self._life,
            user_agent=caller.user_agent,
            ip=caller.ip,
            auth_version=known.auth_version,
        )

    async def refresh(self, run: Run, token: str) -> SignedIn:
        new = self._tokens.successor(token)
        answer = self._with_tokens(new)
        return await run(use_cases.refresh_session, digest_of(token), digest_of(new), answer, life=self._life)

    async def sign_out(self, run: Run, token: str) -> None:
        await run(use_cases.end_session, digest_of(token))

    def normalized(self, email: str) -> str:
        return self._emails.normalized(email) or ""

    def _checked(self, email: str, full_name: str, password: Secret) -> tuple[str, str]:
        problems: list[Problem] = []
        normalized = email_field(email, self._emails, problems)
        must_be_a_password(password, problems)
        name = name_field(full_name, problems)
        refuse_if_any(problems)
        return normalized, name

    def _with_tokens(self, refresh_token: str) -> Callable[[Opened], SignedIn]:
        def answer(opened: Opened) -> SignedIn:
            access = self._tokens.issue(
                opened.user.id, opened.user.roles, opened.session_id, auth_version=opened.auth_version
            )
            return SignedIn(access_token=access, refresh_token=refresh_token, expires_in=self._tokens.seconds)

        return answer


def digest_of(token: str) -> bytes:
    """A refresh token has 256 random bits, so a plain SHA-256 hides it as well as a slow hash would."""
    return hashlib.sha256(token.encode()).digest()
