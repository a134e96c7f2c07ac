"""Passkeys: adding one, and signing in with one. Attempts are counted before anything is looked at."""

import secrets

from lms_domain.idempotency import Replayed
from lms_domain.identity import queries, use_cases
from lms_domain.identity.errors import TooManyAttempts
from lms_domain.identity.lockout import Attempts
from lms_domain.identity.mfa import ChallengeNotGood
from lms_domain.identity.passkeys import bytes_in, locks_of_passkey
from lms_domain.identity.sign_ins import Outcome
from lms_domain.identity.views import Opened, SignedIn
from lms_domain.identity.webauthn import AuthenticationResponse, CreationOptions, RequestOptions
from lms_domain.kernel import Actor, Secret
from lms_entrypoints.accounts import Accounts, Caller, digest_of
from lms_entrypoints.counted import counted
from lms_entrypoints.doors import Ask, Run
from lms_entrypoints.recovery import Recovery


class Passkeys:
    def __init__(self, ask: Ask, note: Run, accounts: Accounts, recovery: Recovery, attempts: Attempts) -> None:
        """`note`: the door for what is no part of the answer, and is not kept with it."""
        self._ask, self._note, self._attempts = ask, note, attempts
        self._accounts, self._recovery = accounts, recovery

    async def creation_options(self, run: Run, actor: Actor, *, current: Secret | None) -> CreationOptions:
        right = current is not None and await self._recovery.is_my_password(actor, current)
        return await run(use_cases.passkey_creation_options, actor, password_is_right=right)

    async def request_options(self, run: Run, *, token: str | None) -> RequestOptions:
        """For the second step of a sign-in; without a `token` for the only one."""
        if token is None:
            return await run(use_cases.passkey_sign_in_options)
        challenge_id = self._accounts.challenge_in(token)
        if challenge_id is None:
            raise ChallengeNotGood
        return await run(use_cases.second_step_options, challenge_id)

    async def sign_in(self, run: Run, *, given: AuthenticationResponse, caller: Caller) -> SignedIn:
        credential_id = bytes_in(given.rawId) or b""
        locks = locks_of_passkey(credential_id, caller.network)
        try:
            async with counted(self._attempts, locks, "passkeys"):
                return await self._open(run, given, caller)
        except Replayed:
            owner = await self._ask(queries.passkey_owner, credential_id)
            await self._note(use_cases.must_still_be_let_in, owner, caller.origin)
            raise
        except TooManyAttempts:
            owner = await self._ask(queries.passkey_owner, credential_id)
            await self._note(use_cases.refuse_sign_in, owner, Outcome.LOCKED, caller.origin)
            raise

    async def _open(self, run: Run, given: AuthenticationResponse, caller: Caller) -> SignedIn:
        token = secrets.token_urlsafe(32)

        def answer(opened: Opened) -> SignedIn:
            return self._accounts.answer_with(token, opened.user.id, caller.device_token)(opened)

        return await run(
            use_cases.sign_in_with_passkey,
            given,
            digest_of(token),
            answer,
            life=self._accounts.life,
            origin=caller.origin,
            verified_only=self._accounts.verified_only,
        )
