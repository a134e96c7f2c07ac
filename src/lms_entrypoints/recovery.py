"""Changing what an account is opened with: its password and its address."""

from lms_domain.identity import queries, use_cases
from lms_domain.identity.errors import NotRegisteredByYou, WrongPassword
from lms_domain.identity.fields import email_field, is_too_long
from lms_domain.identity.lockout import Attempts, locks_within
from lms_domain.identity.passwords import Strengths, must_be_strong
from lms_domain.identity.ports.accounts import Emails, Links, Passwords
from lms_domain.identity.tickets import LinkNotGood, Purpose
from lms_domain.identity.use_cases.guards import must_be_signed_in
from lms_domain.identity.views import EmailChange
from lms_domain.kernel import Actor, Problem, Secret, UserId, refuse_if_any
from lms_entrypoints.accounts import Caller, line_of
from lms_entrypoints.counted import counted
from lms_entrypoints.doors import Ask, Run


class Recovery:
    def __init__(
        self,
        ask: Ask,
        *,
        passwords: Passwords,
        strengths: Strengths,
        emails: Emails,
        links: Links,
        attempts: Attempts,
        least_score: int,
    ) -> None:
        self._ask, self._passwords, self._strengths = ask, passwords, strengths
        self._emails, self._links, self._attempts = emails, links, attempts
        self._least_score = least_score

    async def change_password(self, run: Run, actor: Actor, *, current: Secret, new: Secret) -> None:
        must_be_signed_in(actor)
        known = await self._ask(queries.credential_of, actor.id)
        if known is not None:
            await self._must_be_good(actor.id, new, [known.email, known.full_name])
        hashed = known.password_hash if known and await self._is_right(actor, current, known.password_hash) else None
        await run(use_cases.change_password, actor, hashed, await self._passwords.hash(new, line=line_of(actor)))

    async def forgotten(self, run: Run, *, email: str) -> None:
        await run(use_cases.ask_for_reset, self._normalized(email))

    async def reset_password(self, run: Run, *, token: str, new: Secret, caller: Caller) -> None:
        ticket_id = self._links.open(Purpose.PASSWORD_RESET, token)
        holder = await self._ask(queries.ticket_holder, ticket_id)
        if holder is None:
            raise LinkNotGood
        await self._must_be_good(holder.id, new, [holder.email, holder.full_name])
        await run(use_cases.reset_password, ticket_id, await self._passwords.hash(new, line=caller.line()))

    async def ask_for_verification(self, run: Run, *, email: str) -> None:
        await run(use_cases.ask_for_verification, self._normalized(email))

    async def verify_email(self, run: Run, *, token: str, password: Secret, caller: Caller) -> None:
        ticket_id = self._links.open(Purpose.EMAIL_VERIFICATION, token)
        holder = await self._ask(queries.ticket_holder, ticket_id)
        known = await self._ask(queries.credential_of, holder.id) if holder else None
        if known is None:
            raise LinkNotGood
        async with counted(self._attempts, locks_within(known.user_id), "passwords"):
            await self._must_be_theirs(password, known.password_hash, caller)
            await run(use_cases.verify_email, ticket_id, known)

    async def ask_for_email_change(self, run: Run, actor: Actor, *, email: str, current: Secret) -> None:
        address = self._normalized(email)
        right = await self.is_my_password(actor, current)
        await run(use_cases.ask_for_email_change, actor, address, password_is_right=right)

    async def confirm_email_change(self, run: Run, *, token: str) -> EmailChange:
        return await run(use_cases.confirm_email_change, self._links.open(Purpose.NEW_EMAIL, token))

    async def is_my_password(self, actor: Actor, password: Secret) -> bool:
        """Nobody but the owner is told, and nobody else's guesses are counted as theirs."""
        must_be_signed_in(actor)
        known = await self._ask(queries.credential_of, actor.id)
        return known is not None and await self._is_right(actor, password, known.password_hash)

    async def _is_right(self, actor: Actor, password: Secret, hashed: Secret) -> bool:
        """A stolen session is no way to try passwords."""
        if is_too_long(password):
            return False
        try:
            async with counted(self._attempts, locks_within(actor.id), "passwords"):
                await self._must_be_right(actor, password, hashed)
        except WrongPassword:
            return False
        return True

    async def _must_be_right(self, actor: Actor, password: Secret, hashed: Secret) -> None:
        if not await self._passwords.verify(password, hashed, line=line_of(actor)):
            raise WrongPassword

    async def _must_be_theirs(self, password: Secret, hashed: Secret, caller: Caller) -> None:
        if is_too_long(password) or not await self._passwords.verify(password, hashed, line=caller.line()):
            raise NotRegisteredByYou

    async def _must_be_good(self, user_id: UserId, password: Secret, hints: list[str]) -> None:
        problems: list[Problem] = []
        score = max(self._least_score, await self._ask(queries.password_score, user_id))
        await must_be_strong(password, self._strengths, problems, hints=hints, least_score=score, field="new_password")
        refuse_if_any(problems)

    def _normalized(self, email: str) -> str:
        problems: list[Problem] = []
        address = email_field(email, self._emails, problems)
        refuse_if_any(problems)
        return address
