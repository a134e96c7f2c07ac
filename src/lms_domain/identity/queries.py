"""What people ask about accounts."""

from datetime import datetime

from lms_domain.identity.mfa import ChallengeId
from lms_domain.identity.model import Role, User
from lms_domain.identity.ports import IdentityReads
from lms_domain.identity.tickets import TicketId
from lms_domain.identity.views import (
    ApiTokenLine,
    KnownCredential,
    MfaState,
    PasskeyLine,
    Revoked,
    SessionLine,
    SignInLine,
    UserFilter,
)
from lms_domain.kernel import Actor, Page, PageRequest, Permission, UserId


async def me(reads: IdentityReads, actor: Actor) -> User:
    user = await reads.accounts.of(actor.id)
    user.must_be_active()
    return user


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
