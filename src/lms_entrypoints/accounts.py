"""Registration and sign-in: hashing takes 200 ms, so it happens between transactions and never within one."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from lms_domain.idempotency import Replayed
from lms_domain.identity import queries, use_cases
from lms_domain.identity.errors import EmailTaken, TooManyAtOnce, TooManyAttempts, WrongCredentials
from lms_domain.identity.fields import email_field, is_too_long, name_field, roles_field
from lms_domain.identity.lockout import Attempts, Line, Lock, locks_of_device, locks_of_notes, locks_of_stranger
from lms_domain.identity.mfa import ChallengeId
from lms_domain.identity.model import Role, User
from lms_domain.identity.passwords import Strengths, must_be_strong
from lms_domain.identity.ports.accounts import Emails, Passwords
from lms_domain.identity.ports.sessions import AccessTokens, DeviceTokens, Seals
from lms_domain.identity.sign_ins import Origin, Outcome
from lms_domain.identity.views import ActingAs, KnownCredential, MfaRequired, Opened, Registered, SignedIn
from lms_domain.kernel import Actor, Problem, Secret, UserId, new_id, refuse_if_any
from lms_domain.policies import Life
from lms_entrypoints.counted import counted
from lms_entrypoints.doors import Ask, Run
from lms_entrypoints.http.addresses import network_of

CHALLENGE = "challenge"  # what its token is sealed for
# Said of either, so that nobody learns which.
WRONG_OR_UNPROVED = (
    "The email address or the password is wrong, or the address was not proved yet: open the link in our letter first."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Where a request came from. `network`: what its address counts as; `device_token`: of an earlier sign-in."""

    user_agent: str = ""
    ip: str | None = None
    network: str = ""
    device_token: str | None = None

    @property
    def origin(self) -> Origin:
        return Origin(user_agent=self.user_agent, ip=self.ip)

    def line(self, *, is_known_device: bool = False) -> Line:
        return Line(network=self.network, is_known_device=is_known_device)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRules:
    """`least_score`: of a new password, by zxcvbn. `verified_only`: nobody signs in with an address not proved."""

    refresh_days: int = 30
    session_days: int = 90
    least_score: int = 2
    verified_only: bool = False


class Accounts:
    def __init__(
        self,
        ask: Ask,
        note: Run,
        *,
        passwords: Passwords,
        strengths: Strengths,
        tokens: AccessTokens,
        emails: Emails,
        devices: DeviceTokens,
        attempts: Attempts,
        seals: Seals,
        rules: AccountRules,
    ) -> None:
        """`note`: the door for what is no part of the answer, and is not kept with it."""
        self._note, self._seals = note, seals
        self._ask, self._passwords, self._strengths = ask, passwords, strengths
        self._tokens, self._emails, self._devices, self._attempts = tokens, emails, devices, attempts
        self._rules = rules
        self.life = Life(idle=timedelta(days=rules.refresh_days), longest=timedelta(days=rules.session_days))
        self.verified_only = rules.verified_only

    async def register(self, run: Run, *, email: str, full_name: str, password: Secret, caller: Caller) -> Registered:
        """Where addresses have to be proved first, nobody is told that one has an account: its owner gets a letter."""
        email, full_name = await self._checked(email, full_name, password)
        hashed = await self._passwords.hash(password, line=caller.line())
        try:
            return await run(
                use_cases.register,
                email=email,
                full_name=full_name,
                password_hash=hashed,
                verified_only=self.verified_only,
            )
        except EmailTaken:
            if not self.verified_only:
                raise
            return await run(use_cases.register_again, email=email, full_name=full_name)

    async def create(self, run: Run, *, email: str, full_name: str, password: Secret, roles: list[Role]) -> User:
        """As `register`, by an operator."""
        email, full_name = await self._checked(email, full_name, password)
        hashed = await self._passwords.hash(password)
        return await run(use_cases.create_user, email=email, full_name=full_name, roles=roles, password_hash=hashed)

    async def invite(self, run: Run, actor: Actor, *, email: str, full_name: str, roles: list[Role]) -> User:
        """By an admin; nobody knows the password, which the owner chooses by letter."""
        problems: list[Problem] = []
        address, name = email_field(email, self._emails, problems), name_field(full_name, problems)
        chosen = roles_field(roles, problems)
        refuse_if_any(problems)
        hashed = await self._passwords.hash(Secret(secrets.token_urlsafe(32)), line=line_of(actor))
        return await run(
            use_cases.invite_user, actor, email=address, full_name=name, roles=chosen, password_hash=hashed
        )

    async def act_as(
        self, run: Run, actor: Actor, user_id: UserId, *, reason: str, minutes: int, caller: Caller
    ) -> ActingAs:
        life = timedelta(minutes=minutes)

        def answer(opened: Opened) -> ActingAs:
            seconds = int(life.total_seconds())
            token = self._tokens.issue(
                opened.user.id,
                opened.user.roles,
                opened.session_id,
                auth_version=opened.auth_version,
                seconds=seconds,
                admin=opened.admin,
            )
            return ActingAs(access_token=token, expires_in=seconds, session_id=opened.session_id)

        return await run(use_cases.act_as, actor, user_id, answer, reason=reason, life=life, origin=caller.origin)

    async def sign_in(self, run: Run, *, email: str, password: Secret, caller: Caller) -> SignedIn | MfaRequired:
        """The same refusal, after the same work, whether the address is unknown or the password wrong."""
        address = self.normalized(email)
        known = await self._ask(queries.credential, address)
        device_id = self.device_of(known.user_id, caller) if known else None
        locks = locks_of_device(device_id) if device_id else locks_of_stranger(address, caller.network)
        line = caller.line(is_known_device=device_id is not None)
        try:
            async with counted(self._attempts, locks, "passwords"):
                proved = await self._proved(known, password, caller.origin, line)
                await self._harden(proved, password, line)
                return await self._open(run, proved, caller)
        except TooManyAtOnce:
            await self._note_few(known, locks_of_notes(address, caller.network), caller.origin)
            raise
        except TooManyAttempts:
            await self._note(use_cases.refuse_sign_in, known.user_id if known else None, Outcome.LOCKED, caller.origin)
            raise
        except Replayed:
            await self._note(use_cases.must_still_be_let_in, known.user_id if known else None, caller.origin)
            raise
        except WrongCredentials:
            raise WrongCredentials(WRONG_OR_UNPROVED if self.verified_only else None) from None

    async def refresh(self, run: Run, token: str, caller: Caller) -> SignedIn:
        new = self._tokens.successor(token)
        answer = self._with_tokens(new)
        old, life, origin = digest_of(token), self.life, caller.origin
        try:
            return await run(use_cases.refresh_session, old, digest_of(new), answer, life=life, origin=origin)
        except Replayed:  # to who asks now, from where they ask
            await self._note(use_cases.must_still_go_on, old, life=life, origin=origin)
            raise

    async def sign_out(self, run: Run, token: str) -> None:
        await run(use_cases.end_session, digest_of(token))

    def device_of(self, user_id: UserId, caller: Caller) -> UUID | None:
        """Where the user has signed in before."""
        return self._devices.read(user_id, caller.device_token or "")

    def normalized(self, email: str) -> str:
        return self._emails.normalized(email) or ""

    def challenge_in(self, token: str) -> ChallengeId | None:
        id = self._seals.open(CHALLENGE, token)
        return None if id is None else ChallengeId(id)

    def answer_with(
        self, refresh_token: str, user_id: UserId, device_token: str | None
    ) -> Callable[[Opened], SignedIn]:
        """What a sign-in is answered with; the device stays the one that it was."""
        known = self._devices.read(user_id, device_token or "")
        return self._with_tokens(refresh_token, self._devices.issue(user_id, known or new_id()))

    def _challenge_token(self, id: ChallengeId) -> str:
        return self._seals.seal(CHALLENGE, id)

    async def _proved(
        self, known: KnownCredential | None, password: Secret, origin: Origin, line: Line
    ) -> KnownCredential:
        hashed = known.password_hash if known else None
        right = not is_too_long(password) and await self._passwords.verify(password, hashed, line=line)
        if not right or known is None:
            outcome = Outcome.WRONG_PASSWORD if known else Outcome.UNKNOWN_ACCOUNT
            await self._note(use_cases.refuse_sign_in, known.user_id if known else None, outcome, origin)
            raise WrongCredentials
        return known

    async def _note_few(self, known: KnownCredential | None, locks: list[Lock], origin: Origin) -> None:
        if not await self._attempts.begin(locks):
            await self._attempts.fail(locks)
            user_id = known.user_id if known else None
            await self._note(use_cases.refuse_sign_in, user_id, Outcome.TURNED_AWAY, origin)

    async def _open(self, run: Run, known: KnownCredential, caller: Caller) -> SignedIn | MfaRequired:
        token = secrets.token_urlsafe(32)
        return await run(
            use_cases.open_session,
            known,
            digest_of(token),
            self.answer_with(token, known.user_id, caller.device_token),
            life=self.life,
            origin=caller.origin,
            challenge_token_of=self._challenge_token,
            verified_only=self.verified_only,
        )

    async def _harden(self, known: KnownCredential, password: Secret, line: Line) -> None:
        """Nobody but the owner can do it: the password is at hand at a sign-in and never else."""
        if self._passwords.is_outdated(known.password_hash):
            harder = await self._passwords.hash(password, line=line)
            await self._note(use_cases.harden_password, known.user_id, known.password_hash, harder)

    async def _checked(self, email: str, full_name: str, password: Secret) -> tuple[str, str]:
        problems: list[Problem] = []
        normalized = email_field(email, self._emails, problems)
        name = name_field(full_name, problems)
        score = max(self._rules.least_score, await self._ask(queries.password_score, None))
        await must_be_strong(password, self._strengths, problems, hints=[normalized, name], least_score=score)
        refuse_if_any(problems)
        return normalized, name

    def _with_tokens(self, refresh_token: str, device_token: str | None = None) -> Callable[[Opened], SignedIn]:
        def answer(opened: Opened) -> SignedIn:
            seconds = min(self._tokens.seconds, opened.seconds_left)
            access = self._tokens.issue(
                opened.user.id,
                opened.user.roles,
                opened.session_id,
                auth_version=opened.auth_version,
                seconds=seconds,
            )
            return SignedIn(
                access_token=access,
                refresh_token=refresh_token,
                expires_in=seconds,
                device_token=device_token,
                mfa_required_by=opened.mfa_required_by,
            )

        return answer


def line_of(actor: Actor) -> Line:
    return Line(network=network_of(actor.ip or ""))


def digest_of(token: str) -> bytes:
    """A refresh token has 256 random bits, so a plain SHA-256 hides it as well as a slow hash would."""
    return hashlib.sha256(token.encode()).digest()
