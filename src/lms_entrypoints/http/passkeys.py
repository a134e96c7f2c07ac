"""Passkeys: one's own, and signing in with one."""

from typing import Annotated, Any

from litestar import Controller, Request, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from lms_domain.identity import queries, use_cases
from lms_domain.identity.passkeys import PasskeyId
from lms_domain.identity.views import NewPasskey, PasskeyLine, SignedIn
from lms_domain.identity.webauthn import (
    AuthenticationResponse,
    CreationOptions,
    RegistrationResponse,
    RequestOptions,
)
from lms_domain.kernel import Secret
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenExpected, GivenRun, GivenServices
from lms_entrypoints.http.identity import caller

Name = Annotated[str, Meta(description="1 to 100 characters", examples=["My telephone"])]


class AskToAdd(Struct, forbid_unknown_fields=True, kw_only=True):
    current_password: (
        Annotated[str, Meta(description="Of who has no second factor.", examples=["correct horse battery"])] | None
    ) = None


class AddPasskey(Struct, forbid_unknown_fields=True, kw_only=True):
    """`credential`: what `navigator.credentials.create()` answered, by `toJSON()`."""

    name: Name
    credential: RegistrationResponse


class RenamePasskey(Struct, forbid_unknown_fields=True, kw_only=True):
    name: Name


class AskToSignIn(Struct, forbid_unknown_fields=True, kw_only=True):
    challenge_token: (
        Annotated[str, Meta(max_length=200, description="For the second step.", examples=["AZ0x..."])] | None
    ) = None


class SignInWithPasskey(Struct, forbid_unknown_fields=True, kw_only=True):
    """`credential`: what `navigator.credentials.get()` answered, by `toJSON()`."""

    credential: AuthenticationResponse
    device_token: Annotated[str, Meta(max_length=200, examples=["AZ0x..."])] | None = None


class PasskeySignInController(Controller):
    path = "/auth/passkey"
    tags = ["Identity"]
    security = [{}]

    @post("/options", summary="Ask to sign in with a passkey", status_code=200)
    async def options(
        self, run: GivenRun, services: GivenServices, data: JSONBody[AskToSignIn | None] = None
    ) -> RequestOptions:
        """For `PublicKeyCredential.parseRequestOptionsFromJSON()`. With a `challenge_token` for the second step after
        the password, at `POST /auth/mfa`; without one for signing in with nothing else, at `POST /auth/passkey`. Good
        once, for five minutes.
        """
        return await services.passkeys.request_options(run, token=data.challenge_token if data else None)

    @post(summary="Sign in with a passkey", status_code=200)
    async def sign_in(
        self,
        run: GivenRun,
        services: GivenServices,
        request: Request[Any, Any, Any],
        data: JSONBody[SignInWithPasskey],
    ) -> SignedIn:
        """Without a password, and without a second step: the device has asked for a finger, a face or a PIN."""
        return await services.passkeys.sign_in(run, given=data.credential, caller=caller(request, data.device_token))


class MyPasskeyController(Controller):
    path = "/me/passkeys"
    tags = ["Account"]

    @get(summary="List my passkeys")
    async def passkeys(self, ask: GivenAsk, actor: GivenActor) -> list[PasskeyLine]:
        """At most 20, the oldest first."""
        return await ask(queries.my_passkeys, actor)

    @post("/options", summary="Ask to add a passkey", status_code=200)
    async def options(
        self, run: GivenRun, services: GivenServices, actor: GivenActor, data: JSONBody[AskToAdd | None] = None
    ) -> CreationOptions:
        """For `PublicKeyCredential.parseCreationOptionsFromJSON()`. Wants a second factor proved within ten minutes,
        or the password of who has none. Good once, for five minutes, in this session.
        """
        password = data.current_password if data else None
        current = None if password is None else Secret(password)
        return await services.passkeys.creation_options(run, actor, current=current)

    @post(summary="Add a passkey")
    async def add(self, run: GivenRun, actor: GivenActor, data: JSONBody[AddPasskey]) -> NewPasskey:
        """From now on it signs in, and signing in with the password takes two steps. With the first second factor
        come recovery codes, which are shown here and never again.
        """
        return await run(use_cases.add_passkey, actor, data.name, data.credential)

    @patch("/{passkey_id:uuid}", summary="Rename a passkey")
    async def rename(
        self,
        run: GivenRun,
        actor: GivenActor,
        passkey_id: FromPath[PasskeyId],
        data: JSONBody[RenamePasskey],
        expected: GivenExpected,
    ) -> PasskeyLine:
        return await run(use_cases.rename_passkey, actor, passkey_id, data.name, expected=expected)

    @delete("/{passkey_id:uuid}", summary="Remove a passkey")
    async def remove(
        self, run: GivenRun, actor: GivenActor, passkey_id: FromPath[PasskeyId], expected: GivenExpected
    ) -> None:
        """Wants a second factor proved within ten minutes. When it was the only one, signing in takes the password
        alone, and the recovery codes are void.
        """
        await run(use_cases.remove_passkey, actor, passkey_id, expected=expected)
