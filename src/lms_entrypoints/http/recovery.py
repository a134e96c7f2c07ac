"""Passwords and addresses: changing them, and proving that an address is one's own."""

from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from lms_domain.identity import queries
from lms_domain.identity.views import EmailChange, SignInLine
from lms_domain.kernel import Page, Secret, UserId
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenPaging, GivenRun, GivenServices
from lms_entrypoints.http.identity import caller

Token = Annotated[
    str, Meta(max_length=200, description="What stands behind `#token=` in the link.", examples=["AZ0x..."])
]
Address = Annotated[str, Meta(examples=["ada@example.org"])]
NewPassword = Annotated[
    str, Meta(description="8 to 1024 characters, not easily guessed", examples=["correct horse battery"])
]


class Forgotten(Struct, forbid_unknown_fields=True, kw_only=True):
    email: Address


class Reset(Struct, forbid_unknown_fields=True, kw_only=True):
    token: Token
    new_password: NewPassword


class Confirmed(Struct, forbid_unknown_fields=True, kw_only=True):
    token: Token


class Verified(Struct, forbid_unknown_fields=True, kw_only=True):
    token: Token
    password: Annotated[str, Meta(description="Of the account.", examples=["correct horse battery"])]


class ChangePassword(Struct, forbid_unknown_fields=True, kw_only=True):
    current_password: Annotated[str, Meta(examples=["my old password"])]
    new_password: NewPassword


class ChangeEmail(Struct, forbid_unknown_fields=True, kw_only=True):
    email: Annotated[str, Meta(examples=["ada@example.net"])]
    current_password: Annotated[str, Meta(examples=["correct horse battery"])]


class RecoveryController(Controller):
    path = "/auth"
    tags = ["Identity"]
    security = [{}]

    @post("/password/forgotten", summary="Ask for a new password", status_code=202)
    async def forgotten(self, run: GivenRun, services: GivenServices, data: JSONBody[Forgotten]) -> None:
        """If there is such an account, a letter with a link goes to it; the answer is the same if there is none.
        The link is good once, for 30 minutes; five an hour are sent at most.
        """
        await services.recovery.forgotten(run, email=data.email)

    @post("/password/reset", summary="Choose a new password", status_code=204)
    async def reset(
        self, run: GivenRun, services: GivenServices, request: Request[Any, Any, Any], data: JSONBody[Reset]
    ) -> None:
        """With the token of the link. Every session ends; personal API tokens and second factors stay, unless this is
        the first proof of the address: then whatever was made before goes.
        """
        new = Secret(data.new_password)
        await services.recovery.reset_password(run, token=data.token, new=new, caller=caller(request, None))

    @post("/email/verification", summary="Ask for the letter again", status_code=202)
    async def ask_for_verification(self, run: GivenRun, services: GivenServices, data: JSONBody[Forgotten]) -> None:
        """The letter that a registration is followed by. The answer does not tell whether there is an account."""
        await services.recovery.ask_for_verification(run, email=data.email)

    @post("/email/verify", summary="Prove an address", status_code=204)
    async def verify_email(
        self, run: GivenRun, services: GivenServices, request: Request[Any, Any, Any], data: JSONBody[Verified]
    ) -> None:
        """With the token of the link, and the password: anybody may have registered with this address. Who reads its
        mail and does not know the password chooses a new one instead, and finds nothing left of who made the account.
        """
        password = Secret(data.password)
        await services.recovery.verify_email(run, token=data.token, password=password, caller=caller(request, None))

    @post("/email/confirm", summary="Confirm a new address", status_code=200)
    async def confirm(self, run: GivenRun, services: GivenServices, data: JSONBody[Confirmed]) -> EmailChange:
        """Two letters went out, one to the old address and one to the new. The second of them changes it."""
        return await services.recovery.confirm_email_change(run, token=data.token)


class MyCredentialsController(Controller):
    path = "/me"
    tags = ["Account"]

    @post("/password", summary="Change my password", status_code=204)
    async def change_password(
        self, run: GivenRun, services: GivenServices, actor: GivenActor, data: JSONBody[ChangePassword]
    ) -> None:
        """Everywhere else I am signed out."""
        await services.recovery.change_password(
            run, actor, current=Secret(data.current_password), new=Secret(data.new_password)
        )

    @post("/email", summary="Change my address", status_code=202)
    async def change_email(
        self, run: GivenRun, services: GivenServices, actor: GivenActor, data: JSONBody[ChangeEmail]
    ) -> None:
        """A letter goes to the old address and one to the new; when both were confirmed, within a day, it changes."""
        await services.recovery.ask_for_email_change(
            run, actor, email=data.email, current=Secret(data.current_password)
        )

    @get("/sign-ins", summary="List attempts to sign in as me")
    async def sign_ins(self, ask: GivenAsk, actor: GivenActor, paging: GivenPaging) -> Page[SignInLine]:
        """The newest first, also those that were refused."""
        return await ask(queries.my_sign_ins, actor, paging)


class UserSignInController(Controller):
    path = "/users/{user_id:uuid}/sign-ins"
    tags = ["Users"]

    @get(summary="List attempts to sign in as somebody")
    async def sign_ins(
        self, ask: GivenAsk, actor: GivenActor, user_id: FromPath[UserId], paging: GivenPaging
    ) -> Page[SignInLine]:
        """For admins."""
        return await ask(queries.sign_ins_of, actor, user_id, paging)
