"""The second step of a sign-in, and codes asked for in between. Codes are counted before they are looked at."""

import secrets
from collections.abc import Callable
from typing import TypeVar

from lms_domain.idempotency import Replayed
from lms_domain.identity import queries, use_cases
from lms_domain.identity.errors import TooManyAttempts
from lms_domain.identity.lockout import Attempts
from lms_domain.identity.mfa import ChallengeId, ChallengeNotGood, WrongCode, locks_of_codes, locks_of_step_up
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.sign_ins import Outcome
from lms_domain.identity.use_cases.mfa import Proof
from lms_domain.identity.views import NewTotp, RecoveryCodes, SignedIn
from lms_domain.identity.webauthn import WrongPasskey
from lms_domain.kernel import Actor, Secret, UserId
from lms_entrypoints.accounts import Accounts, Caller, digest_of
from lms_entrypoints.counted import counted
from lms_entrypoints.doors import Ask, Run
from lms_entrypoints.recovery import Recovery

T = TypeVar("T")


class SecondFactors:
    def __init__(self, ask: Ask, note: Run, accounts: Accounts, recovery: Recovery, attempts: Attempts) -> None:
        """`note`: the door for what is no part of the answer, and is not kept with it."""
        self._ask, self._note, self._attempts = ask, note, attempts
        self._accounts, self._recovery = accounts, recovery

    async def begin_totp(self, run: Run, actor: Actor, show: Callable[[NewTotp], T], *, current: Secret) -> T:
        """`show`: what is answered, and answered again to the same key."""
        right = await self._recovery.is_my_password(actor, current)

        async def begun(ports: IdentityPorts) -> T:
            return show(await use_cases.begin_totp(ports, actor, password_is_right=right))

        return await run(begun)

    async def begin_first(self, run: Run, show: Callable[[NewTotp], T], *, token: str) -> T:
        """For who is let in with a second factor only, and has none."""
        challenge_id = self._accounts.challenge_in(token)
        if challenge_id is None:
            raise ChallengeNotGood

        async def begun(ports: IdentityPorts) -> T:
            return show(await use_cases.begin_totp_first(ports, challenge_id))

        return await run(begun)

    async def confirm_totp(self, run: Run, actor: Actor, code: str) -> RecoveryCodes:
        async with counted(self._attempts, locks_of_step_up(actor), "codes"):
            return await run(use_cases.confirm_totp, actor, code)

    async def step_up(self, run: Run, actor: Actor, proof: Proof) -> None:
        async with counted(self._attempts, locks_of_step_up(actor), "codes or passkeys"):
            await run(use_cases.step_up, actor, proof)

    async def sign_in(self, run: Run, *, token: str, proof: Proof, caller: Caller) -> SignedIn:
        challenge_id = self._accounts.challenge_in(token)
        user_id = await self._ask(queries.challenged, challenge_id) if challenge_id else None
        if challenge_id is None or user_id is None:
            raise ChallengeNotGood
        locks = locks_of_codes(user_id, self._accounts.device_of(user_id, caller), caller.network)
        try:
            async with counted(self._attempts, locks, "codes or passkeys"):
                return await self._open(run, user_id, challenge_id, proof, caller)
        except Replayed:
            await self._note(use_cases.must_still_be_let_in, user_id, caller.origin)
            raise
        except (WrongCode, WrongPasskey, TooManyAttempts) as refusal:
            await self._note(use_cases.refuse_sign_in, user_id, _outcome(refusal), caller.origin)
            raise

    async def _open(
        self, run: Run, user_id: UserId, challenge_id: ChallengeId, proof: Proof, caller: Caller
    ) -> SignedIn:
        token = secrets.token_urlsafe(32)
        return await run(
            use_cases.answer_challenge,
            challenge_id,
            proof,
            digest_of(token),
            self._accounts.answer_with(token, user_id, caller.device_token),
            life=self._accounts.life,
            origin=caller.origin,
            verified_only=self._accounts.verified_only,
        )


def _outcome(refusal: Exception) -> Outcome:
    if isinstance(refusal, TooManyAttempts):
        return Outcome.LOCKED
    return Outcome.WRONG_CODE if isinstance(refusal, WrongCode) else Outcome.WRONG_PASSKEY
