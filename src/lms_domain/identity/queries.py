"""What people ask about accounts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from lms_domain.identity.erasure import Erasure, NoSuchReceipt
from lms_domain.identity.mfa import ChallengeId
from lms_domain.identity.model import Role, User
from lms_domain.identity.ports.reading import IdentityReads
from lms_domain.identity.tickets import TicketId
from lms_domain.identity.views import (
    ApiTokenLine,
    KnownCredential,
    MfaState,
    MyPolicy,
    PasskeyLine,
    Revoked,
    SessionLine,
    SignInLine,
    UserFilter,
)
from lms_domain.kernel import Actor, Page, PageRequest, Permission, UserId
from lms_domain.policies import strictest


async def me(reads: IdentityReads, actor: Actor) -> User:
    user = await reads.accounts.of(actor.id)
    user.must_be_active()
    return user


async def data_of(
    reads: IdentityReads, user_id: UserId, keep: Callable[[str, Sequence[Mapping[str, Any]]], None]
) -> None:
    """`keep` is given some rows at a time, by the name of their part; `give_my_data` has said that they may be read."""
    async for name, rows in reads.personal_data.parts(user_id):
        keep(name, rows)


async def addresses_of(reads: IdentityReads, user_id: UserId) -> list[str]:
    """For what erases letters; answered to nobody."""
    return await reads.personal_data.addresses(user_id)


async def erasure(reads: IdentityReads, id: UUID) -> Erasure:
    """For whoever holds the receipt."""
    found = await reads.personal_data.erasure(id)
    if found is None:
        raise NoSuchReceipt
    return found


async def my_policies(reads: IdentityReads, actor: Actor) -> list[MyPolicy]:
    return [MyPolicy.of(held) for held in await reads.policies.held_by(actor.id)]


async def password_score(reads: IdentityReads, user_id: UserId | None) -> int:
    """What policies ask of a new password, of who is to have an account as well."""
    if user_id is not None:
        return strictest(await reads.policies.held_by(user_id)).password_score
    policy = await reads.policies.of_default()
    return policy.password_score or 0 if policy else 0


async def my_sessions(reads: IdentityReads, actor: Actor, paging: PageRequest) -> Page[SessionLine]:
    return await reads.accounts.sessions(actor.id, paging, current=actor.session_id)


async def sessions_of(reads: IdentityReads, actor: Actor, user_id: UserId, paging: PageRequest) -> Page[SessionLine]:
    actor.must(Permission.MANAGE_USERS)
    await reads.accounts.of(user_id)
    return await reads.accounts.sessions(user_id, paging, current=actor.session_id)


async def my_sign_ins(reads: IdentityReads, actor: Actor, paging: PageRequest) -> Page[SignInLine]:
    return await reads.accounts.sign_ins(actor.id, paging)


async def sign_ins_of(reads: IdentityReads, actor: Actor, user_id: UserId, paging: PageRequest) -> Page[SignInLine]:
    actor.must(Permission.MANAGE_USERS)
    await reads.accounts.of(user_id)
    return await reads.accounts.sign_ins(user_id, paging)


async def my_api_tokens(reads: IdentityReads, actor: Actor, paging: PageRequest) -> Page[ApiTokenLine]:
    return await reads.accounts.api_tokens(actor.id, paging)


async def api_tokens_of(reads: IdentityReads, actor: Actor, user_id: UserId, paging: PageRequest) -> Page[ApiTokenLine]:
    actor.must(Permission.MANAGE_USERS)
    await reads.accounts.of(user_id)
    return await reads.accounts.api_tokens(user_id, paging)


async def revoked_since(reads: IdentityReads, moment: datetime) -> Revoked:
    """For whoever has to refuse what was revoked; it is answered to nobody."""
    return await reads.accounts.revoked_since(moment)


async def credential(reads: IdentityReads, email: str) -> KnownCredential | None:
    """For whoever checks a password; it is answered to nobody."""
    return await reads.accounts.credential(email)


async def credential_of(reads: IdentityReads, user_id: UserId) -> KnownCredential | None:
    """As `credential`, of who is signed in."""
    return await reads.accounts.credential_of(user_id)


async def challenged(reads: IdentityReads, challenge_id: ChallengeId) -> UserId | None:
    """Whose sign-in it is, for whoever counts the codes."""
    return await reads.accounts.challenged(challenge_id)


async def my_mfa(reads: IdentityReads, actor: Actor) -> MfaState:
    return await reads.accounts.mfa(actor.id)


async def my_passkeys(reads: IdentityReads, actor: Actor) -> list[PasskeyLine]:
    return await reads.accounts.passkeys(actor.id)


async def passkey_owner(reads: IdentityReads, credential_id: bytes) -> UserId | None:
    """For whoever notes attempts to sign in; it is answered to nobody."""
    return await reads.accounts.passkey_owner(credential_id)


async def ticket_holder(reads: IdentityReads, ticket_id: TicketId) -> User | None:
    """For whoever checks a new password; it is answered to nobody."""
    return await reads.accounts.ticket_holder(ticket_id)


async def has_users(reads: IdentityReads) -> bool:
    return await reads.accounts.any()


async def first_admin(reads: IdentityReads) -> User | None:
    """The oldest active one, for the operator at the command line."""
    return await reads.accounts.first_admin()


async def user_by_email(reads: IdentityReads, email: str) -> User | None:
    """For the operator at the command line."""
    return await reads.accounts.by_email(email)


async def users(reads: IdentityReads, actor: Actor, wanted: UserFilter, paging: PageRequest) -> Page[User]:
    actor.must(Permission.MANAGE_USERS)
    return await reads.accounts.page(wanted, paging)


async def user(reads: IdentityReads, actor: Actor, user_id: UserId) -> User:
    actor.must(Permission.MANAGE_USERS)
    return await reads.accounts.of(user_id)


async def newest(reads: IdentityReads, role: Role | None, count: int) -> Page[User]:
    """For the operator at the command line."""
    return await reads.accounts.page(UserFilter(role=role), PageRequest(page_size=count))
