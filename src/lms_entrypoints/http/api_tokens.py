"""Personal API tokens, for their owners and for admins."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from lms_domain.identity import queries, use_cases
from lms_domain.identity.api_tokens import ApiTokenDraft, ApiTokenId, Scope
from lms_domain.identity.views import ApiTokenLine, NewApiToken
from lms_domain.kernel import Page, UserId
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenPaging, GivenRun, GivenServices

USUAL_LIFE = timedelta(days=90)


class CreateApiToken(Struct, forbid_unknown_fields=True, kw_only=True):
    name: Annotated[str, Meta(examples=["Nightly report"])]
    scopes: Annotated[list[Scope], Meta(max_length=20, examples=[["courses:read"]])]
    expires_at: Annotated[datetime, Meta(description="Within a year; 90 days from now if nothing is said.")] | None = (
        None
    )
    networks: Annotated[list[str], Meta(description="From where, in CIDR; none: from anywhere.", max_length=20)] = []

    def draft(self) -> ApiTokenDraft:
        expires_at = self.expires_at or datetime.now(UTC) + USUAL_LIFE
        if expires_at.tzinfo is None:
            expires_at = expires_at.replace(tzinfo=UTC)
        return ApiTokenDraft(name=self.name, scopes=self.scopes, expires_at=expires_at, networks=self.networks)


class MyApiTokenController(Controller):
    path = "/me/api-tokens"
    tags = ["Account"]

    @get(summary="List my API tokens")
    async def tokens(self, ask: GivenAsk, actor: GivenActor, paging: GivenPaging) -> Page[ApiTokenLine]:
        """Those that are good; of each only its first characters are known."""
        return await ask(queries.my_api_tokens, actor, paging)

    @post(summary="Make an API token")
    async def create(
        self, run: GivenRun, services: GivenServices, actor: GivenActor, data: JSONBody[CreateApiToken]
    ) -> NewApiToken:
        """`token` is shown in this answer and never again. Send it as a bearer token; it may do what its scopes say,
        and never more than you may yourself. An API token cannot make another one.
        """
        return await run(use_cases.create_api_token, actor, data.draft(), services.api_tokens.new_secret())

    @delete("/{token_id:uuid}", summary="Revoke an API token")
    async def revoke(self, run: GivenRun, actor: GivenActor, token_id: FromPath[ApiTokenId]) -> None:
        """Refused from the next request on. Admins may revoke anybody's."""
        await run(use_cases.revoke_api_token, actor, token_id)


class UserApiTokenController(Controller):
    path = "/users/{user_id:uuid}/api-tokens"
    tags = ["Users"]

    @get(summary="List somebody's API tokens")
    async def tokens(
        self, ask: GivenAsk, actor: GivenActor, user_id: FromPath[UserId], paging: GivenPaging
    ) -> Page[ApiTokenLine]:
        """For admins."""
        return await ask(queries.api_tokens_of, actor, user_id, paging)

    @post("/revoke-all", summary="Revoke all of somebody's API tokens", status_code=204)
    async def revoke_all(self, run: GivenRun, actor: GivenActor, user_id: FromPath[UserId]) -> None:
        """For admins."""
        await run(use_cases.revoke_api_tokens_of, actor, user_id)
