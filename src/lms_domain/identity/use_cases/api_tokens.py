"""Making and revoking personal API tokens. With a token nobody makes another one."""

from lms_domain.identity import events
from lms_domain.identity.api_tokens import (
    MOST_TOKENS,
    ApiToken,
    ApiTokenDraft,
    ApiTokenId,
    TooManyTokens,
)
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.use_cases.guards import must_be_fresh, must_be_signed_in
from lms_domain.identity.views import ApiTokenLine, KnownApiToken, NewApiToken
from lms_domain.kernel import Actor, NotFound, Permission, UserId


async def create_api_token(ports: IdentityPorts, actor: Actor, draft: ApiTokenDraft, secret: str) -> NewApiToken:
    """The answer alone has the token itself. `secret`: a new one."""
    must_be_signed_in(actor)
    now = ports.clock.now()
    draft = draft.cleaned(now=now)
    user = await ports.users.locked(actor.id)
    user.must_be_active()
    await must_be_fresh(ports, actor)
    if await ports.api_tokens.count(actor.id, now=now) >= MOST_TOKENS:
        raise TooManyTokens
    token = ApiToken.make(actor.id, draft, secret, now=now)
    await ports.api_tokens.add(token)
    names = tuple(scope.value for scope in token.scopes)
    ports.emit(events.ApiTokenCreated(at=now, user_id=actor.id, token_id=token.id, scopes=names))
    return NewApiToken(token=secret, api_token=ApiTokenLine.of(token))


async def revoke_api_token(ports: IdentityPorts, actor: Actor, token_id: ApiTokenId) -> None:
    """By its owner or an admin. Revoking it twice is no error."""
    token = await ports.api_tokens.locked(token_id)
    if token.user_id != actor.id and not actor.can(Permission.MANAGE_USERS):
        raise NotFound(entity="ApiToken", id=token_id)
    must_be_signed_in(actor)
    revoked = list(token.revoke(actor.id, now=ports.clock.now()))
    if revoked:
        await ports.api_tokens.save(token)
        ports.emit(*revoked)


async def revoke_api_tokens_of(ports: IdentityPorts, actor: Actor, user_id: UserId) -> None:
    """All of somebody's, by an admin."""
    actor.must(Permission.MANAGE_USERS)
    must_be_signed_in(actor)
    await ports.users.get(user_id)
    await revoke_all(ports, user_id, by=actor.id)


async def use_api_token(ports: IdentityPorts, digest: bytes) -> KnownApiToken | None:
    """For whoever finds out who sends a request."""
    return await ports.api_tokens.use(digest, now=ports.clock.now())


async def revoke_all(ports: IdentityPorts, user_id: UserId, *, by: UserId | None) -> None:
    now = ports.clock.now()
    for id in await ports.api_tokens.revoke_all(user_id, now=now):
        ports.emit(events.ApiTokenRevoked(at=now, user_id=user_id, token_id=id, by=by))
