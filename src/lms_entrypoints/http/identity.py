"""Registration, sign-in, one's own account; and everybody's for admins."""

from typing import Annotated, Any

from litestar import Controller, Request, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType, field

from lms_domain.identity import queries, use_cases
from lms_domain.identity.model import Role, User
from lms_domain.identity.views import ActingAs, MfaRequired, MyPolicy, Registered, SignedIn, UserFilter
from lms_domain.kernel import Page, Secret, UserId
from lms_domain.text import clean_query
from lms_entrypoints.accounts import Caller
from lms_entrypoints.http.addresses import network_of
from lms_entrypoints.http.given import (
    GivenActor,
    GivenAsk,
    GivenExpected,
    GivenPaging,
    GivenRun,
    GivenServices,
    sent,
)
from lms_entrypoints.security_settings import ACTING_MINUTES


class Register(Struct, forbid_unknown_fields=True, kw_only=True):
    email: Annotated[str, Meta(examples=["ada@example.org"])]
    password: Annotated[
        str, Meta(description="8 to 1024 characters, not easily guessed", examples=["correct horse battery"])
    ]
    full_name: Annotated[str, Meta(examples=["Ada Example"])]


class SignIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`device_token`: of an earlier sign-in. With it, nobody else who tries passwords for the account makes me wait."""

    email: Annotated[str, Meta(examples=["ada@example.org"])]
    password: Annotated[str, Meta(examples=["correct horse battery"])]
    device_token: Annotated[str, Meta(max_length=200, examples=["AZ0x..."])] | None = None


class Refresh(Struct, forbid_unknown_fields=True, kw_only=True):
    refresh_token: Annotated[str, Meta(max_length=200, examples=["kq0Yw3..."])]


class Profile(Struct, forbid_unknown_fields=True, kw_only=True):
    """A field that is left out stays as it is."""

    full_name: Annotated[str, Meta(examples=["Ada Lovelace"])] | UnsetType = UNSET
    locale: Annotated[str, Meta(description="BCP 47", examples=["en"])] | UnsetType = UNSET
    timezone: Annotated[str, Meta(examples=["Europe/London"])] | UnsetType = UNSET
    bio: Annotated[str, Meta(examples=["I like engines."])] | UnsetType = UNSET
    metadata: Annotated[dict[str, Any], Meta(examples=[{"team": "north"}])] | UnsetType = UNSET


class ChangeUser(Struct, forbid_unknown_fields=True, kw_only=True):
    full_name: Annotated[str, Meta(examples=["Ada Lovelace"])] | UnsetType = UNSET
    roles: Annotated[list[Role], Meta(max_length=3, examples=[["instructor"]])] | UnsetType = UNSET
    is_active: Annotated[bool, Meta(examples=[True])] | UnsetType = UNSET


class Invite(Struct, forbid_unknown_fields=True, kw_only=True):
    email: Annotated[str, Meta(examples=["grace@example.org"])]
    full_name: Annotated[str, Meta(examples=["Grace Example"])]
    roles: Annotated[list[Role], Meta(max_length=3, examples=[["instructor"]])] = field(
        default_factory=lambda: [Role.STUDENT]
    )


class ActAs(Struct, forbid_unknown_fields=True, kw_only=True):
    reason: Annotated[str, Meta(examples=["Ticket 4711: the quiz does not open"])]
    minutes: Annotated[int, Meta(ge=1, le=ACTING_MINUTES, examples=[15])] = 15


class AuthController(Controller):
    path = "/auth"
    tags = ["Identity"]
    security = [{}]

    @post("/register", summary="Register")
    async def register(
        self, run: GivenRun, services: GivenServices, request: Request[Any, Any, Any], data: JSONBody[Register]
    ) -> Registered:
        """Make an account. Everybody starts as a student; the address is kept in lower case.

        Where addresses have to be proved before anybody signs in, as in production, the answer is the same for an
        address that has an account: nothing is made then, and its owner gets a letter.
        """
        return await services.accounts.register(
            run,
            email=data.email,
            full_name=data.full_name,
            password=Secret(data.password),
            caller=caller(request, None),
        )

    @post("/login", summary="Sign in", status_code=200)
    async def sign_in(
        self, run: GivenRun, services: GivenServices, request: Request[Any, Any, Any], data: JSONBody[SignIn]
    ) -> SignedIn | MfaRequired:
        """Who has a second factor, or has to set one up, gets a `challenge_token` instead of tokens, for
        `POST /auth/mfa`.

        `expires_in`: seconds that the access token is good for. A wrong password and an unknown address are refused
        with the same words, after the same time; after five of them in a row each doubles the wait, up to 15 minutes.
        """
        return await services.accounts.sign_in(
            run, email=data.email, password=Secret(data.password), caller=caller(request, data.device_token)
        )

    @post("/refresh", summary="Get new tokens", status_code=200)
    async def refresh(
        self, run: GivenRun, services: GivenServices, request: Request[Any, Any, Any], data: JSONBody[Refresh]
    ) -> SignedIn:
        """The refresh token that is sent is worth nothing afterwards: keep the new one."""
        return await services.accounts.refresh(run, data.refresh_token, caller(request, None))

    @post("/logout", summary="Sign out", status_code=204)
    async def sign_out(self, run: GivenRun, services: GivenServices, data: JSONBody[Refresh]) -> None:
        """End the session of this refresh token."""
        await services.accounts.sign_out(run, data.refresh_token)


class MeController(Controller):
    path = "/me"
    tags = ["Account"]

    @get(summary="Read my account")
    async def me(self, ask: GivenAsk, actor: GivenActor) -> User:
        return await ask(queries.me, actor)

    @get("/policies", summary="Read what my organizations ask of me")
    async def policies(self, ask: GivenAsk, actor: GivenActor) -> list[MyPolicy]:
        """A second factor, addresses, how long a sign-in lasts, passwords, networks. Of several the strictest holds."""
        return await ask(queries.my_policies, actor)

    @patch(summary="Change my account")
    async def change_me(
        self, run: GivenRun, actor: GivenActor, data: JSONBody[Profile], expected: GivenExpected
    ) -> User:
        return await run(use_cases.change_me, actor, sent(data), expected=expected)


class UserController(Controller):
    path = "/users"
    tags = ["Users"]

    @get(summary="List accounts")
    async def users(
        self,
        ask: GivenAsk,
        actor: GivenActor,
        paging: GivenPaging,
        search: Annotated[str | None, QueryParameter(max_length=200)] = None,
        role: Annotated[Role | None, QueryParameter()] = None,
        active: Annotated[bool | None, QueryParameter()] = None,
    ) -> Page[User]:
        """For admins. `search` looks into addresses and names."""
        return await ask(
            queries.users, actor, UserFilter(search=clean_query(search, "search"), role=role, active=active), paging
        )

    @post(summary="Make an account for somebody")
    async def invite(self, run: GivenRun, services: GivenServices, actor: GivenActor, data: JSONBody[Invite]) -> User:
        """For admins. A letter asks its owner to choose a password; the link is good for seven days."""
        return await services.accounts.invite(run, actor, email=data.email, full_name=data.full_name, roles=data.roles)

    @post("/{user_id:uuid}/act-as", summary="Stand in for somebody")
    async def act_as(
        self,
        run: GivenRun,
        services: GivenServices,
        actor: GivenActor,
        request: Request[Any, Any, Any],
        user_id: FromPath[UserId],
        data: JSONBody[ActAs],
    ) -> ActingAs:
        """For admins: a token that sees and does what the user may, but for what is their own (password, address,
        second factor, API tokens). It is on record with its reason; the user sees the session and may end it. Nobody
        stands in for an admin.
        """
        return await services.accounts.act_as(
            run, actor, user_id, reason=data.reason, minutes=data.minutes, caller=caller(request, None)
        )

    @get("/{user_id:uuid}", summary="Read an account")
    async def user(self, ask: GivenAsk, actor: GivenActor, user_id: FromPath[UserId]) -> User:
        """For admins."""
        return await ask(queries.user, actor, user_id)

    @patch("/{user_id:uuid}", summary="Change an account")
    async def change(
        self,
        run: GivenRun,
        actor: GivenActor,
        user_id: FromPath[UserId],
        data: JSONBody[ChangeUser],
        expected: GivenExpected,
    ) -> User:
        """For admins: roles, and whether the account is active. The last admin stays one."""
        return await run(use_cases.change_user, actor, user_id, sent(data), expected=expected)


def caller(request: Request[Any, Any, Any], device_token: str | None) -> Caller:
    ip = request.scope["state"]["ip"]
    return Caller(
        user_agent=request.headers.get("user-agent", ""),
        ip=ip or None,
        network=network_of(ip),
        device_token=device_token,
    )
