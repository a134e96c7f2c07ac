"""A second factor: on, off, and proved."""

import io
from typing import Annotated, Any
from urllib.parse import quote

import segno
from litestar import Controller, Request, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from lms_domain.identity import queries, use_cases
from lms_domain.identity.views import MfaState, NewTotp, RecoveryCodes, SignedIn
from lms_domain.identity.webauthn import AuthenticationResponse, RequestOptions
from lms_domain.kernel import Invalid, Problem, Secret, UserId
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenRun, GivenServices
from lms_entrypoints.http.identity import caller

ISSUER = "LMS"
Code = Annotated[
    str, Meta(max_length=40, description="Six digits of the app, or a recovery code.", examples=["123456"])
]


class Proof(Struct, forbid_unknown_fields=True, kw_only=True):
    """One of the two. `credential`: what `navigator.credentials.get()` answered, by `toJSON()`."""

    code: Code | UnsetType = UNSET
    credential: AuthenticationResponse | UnsetType = UNSET

    @property
    def given(self) -> str | AuthenticationResponse:
        code, credential = self.code, self.credential
        if isinstance(code, str) and isinstance(credential, UnsetType):
            return code
        if isinstance(code, UnsetType) and isinstance(credential, AuthenticationResponse):
            return credential
        raise Invalid(Problem("code", "either this or a credential"))


class SecondStep(Proof, forbid_unknown_fields=True, kw_only=True):
    challenge_token: Annotated[str, Meta(max_length=200, examples=["AZ0x..."])]
    device_token: Annotated[str, Meta(max_length=200, examples=["AZ0x..."])] | None = None


class WithChallenge(Struct, forbid_unknown_fields=True, kw_only=True):
    challenge_token: Annotated[str, Meta(max_length=200, examples=["AZ0x..."])]


class WithCode(Struct, forbid_unknown_fields=True, kw_only=True):
    code: Code


class WithPassword(Struct, forbid_unknown_fields=True, kw_only=True):
    current_password: Annotated[str, Meta(examples=["correct horse battery"])]


class TotpSetup(Struct, kw_only=True):
    """`secret` in Base32, for typing; `otpauth_uri` as a link; `qr_svg` as a picture to scan."""

    secret: Annotated[str, Meta(examples=["JBSWY3DPEHPK3PXP"])]
    otpauth_uri: str
    qr_svg: str


class SecondStepController(Controller):
    path = "/auth"
    tags = ["Identity"]
    security = [{}]

    @post("/mfa", summary="Sign in: the second step", status_code=200)
    async def second_step(
        self, run: GivenRun, services: GivenServices, request: Request[Any, Any, Any], data: JSONBody[SecondStep]
    ) -> SignedIn:
        """With the `challenge_token` that the right password was answered with, within five minutes; and a code, or
        what a passkey answered to the options of `POST /auth/passkey/options`. With the `device_token` of an earlier
        sign-in nobody else who tries codes makes me wait.
        """
        return await services.second_factors.sign_in(
            run, token=data.challenge_token, proof=data.given, caller=caller(request, data.device_token)
        )

    @post("/mfa/setup", summary="Sign in: set up a second factor first", status_code=200)
    async def setup(self, run: GivenRun, services: GivenServices, data: JSONBody[WithChallenge]) -> TotpSetup:
        """Where the sign-in was answered with `setup`: an organization asks for a second factor, and there is none.
        Then `POST /auth/mfa` with a code of the app; its answer has the recovery codes as well.
        """
        return await services.second_factors.begin_first(run, setup_of, token=data.challenge_token)


class MyMfaController(Controller):
    path = "/me"
    tags = ["Account"]

    @get("/mfa", summary="Read what my second factor is")
    async def state(self, ask: GivenAsk, actor: GivenActor) -> MfaState:
        return await ask(queries.my_mfa, actor)

    @post("/mfa/totp", summary="Begin with an authenticator app")
    async def begin(
        self, run: GivenRun, services: GivenServices, actor: GivenActor, data: JSONBody[WithPassword]
    ) -> TotpSetup:
        """Nothing changes until a code of the app confirms it. The secret is shown here and never again."""
        return await services.second_factors.begin_totp(run, actor, setup_of, current=Secret(data.current_password))

    @post("/mfa/totp/confirm", summary="Turn the authenticator app on", status_code=200)
    async def confirm(
        self, run: GivenRun, services: GivenServices, actor: GivenActor, data: JSONBody[WithCode]
    ) -> RecoveryCodes:
        """From now on signing in takes two steps. The recovery codes are shown here and never again."""
        return await services.second_factors.confirm_totp(run, actor, data.code)

    @post("/mfa/recovery-codes", summary="Make new recovery codes")
    async def renew(self, run: GivenRun, actor: GivenActor) -> RecoveryCodes:
        """The old ones are void. Wants a second factor proved within ten minutes."""
        return await run(use_cases.renew_recovery_codes, actor)

    @delete("/mfa/totp", summary="Turn the authenticator app off")
    async def end_totp(self, run: GivenRun, actor: GivenActor) -> None:
        """Passkeys stay. Wants a second factor proved within ten minutes."""
        await run(use_cases.end_totp, actor)

    @delete("/mfa", summary="Turn my second factor off")
    async def end(self, run: GivenRun, actor: GivenActor) -> None:
        """All of it: the app, passkeys and recovery codes. Wants it proved within ten minutes."""
        await run(use_cases.end_mfa, actor)

    @post("/step-up/options", summary="Ask to prove a passkey again", status_code=200)
    async def step_up_options(self, run: GivenRun, actor: GivenActor) -> RequestOptions:
        """For `PublicKeyCredential.parseRequestOptionsFromJSON()`. Good once, for five minutes, in this session."""
        return await run(use_cases.step_up_options, actor)

    @post("/step-up", summary="Prove my second factor again", status_code=204)
    async def step_up(self, run: GivenRun, services: GivenServices, actor: GivenActor, data: JSONBody[Proof]) -> None:
        """For what answers 403 `step_up_required`; good for ten minutes in this session."""
        await services.second_factors.step_up(run, actor, data.given)


class UserMfaController(Controller):
    path = "/users/{user_id:uuid}/mfa"
    tags = ["Users"]

    @delete(summary="Turn somebody's second factor off")
    async def end(self, run: GivenRun, actor: GivenActor, user_id: FromPath[UserId]) -> None:
        """For admins: for somebody who has lost the app, the passkeys and the recovery codes. All of it goes."""
        await run(use_cases.end_mfa_of, actor, user_id)


def setup_of(made: NewTotp) -> TotpSetup:
    """As apps read it: https://github.com/google/google-authenticator/wiki/Key-Uri-Format."""
    uri = f"otpauth://totp/{quote(f'{ISSUER}:{made.account}', safe='')}?secret={made.secret}&issuer={quote(ISSUER)}"
    picture = io.BytesIO()
    segno.make(uri, error="m", micro=False).save(picture, kind="svg", scale=4, xmldecl=False)
    return TotpSetup(secret=made.secret, otpauth_uri=uri, qr_svg=picture.getvalue().decode())
