"""What people may ask of the data about them: to have it, and to have it erased."""

from contextlib import ExitStack
from typing import Annotated

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody
from litestar.response import Stream
from msgspec import Meta, Struct

from lms_domain.identity.erasure import Receipt
from lms_domain.kernel import Secret, UserId
from lms_entrypoints.http.archives import sent_file
from lms_entrypoints.http.given import GivenActor, GivenRun, GivenServices


class EraseMe(Struct, forbid_unknown_fields=True, kw_only=True):
    current_password: Annotated[str, Meta(examples=["correct horse battery"])]


class MyDataController(Controller):
    path = "/me"
    tags = ["Account"]

    @get("/export", summary="Get all there is about me")
    async def export(self, services: GivenServices, actor: GivenActor) -> Stream:
        """A zip archive with a JSON file for each kind of thing: account, sessions, sign-ins, memberships, enrollments,
        progress, reviews, API tokens and what the audit trail says. Wants a fresh second factor of who has one.
        """
        with ExitStack() as stack:
            path = stack.enter_context(services.archives.folder()) / "data.zip"
            await services.privacy.give(services.run, actor, path)
            return sent_file(path, "my-data.zip", stack.pop_all())

    @post("/erase", summary="Erase me", status_code=200)
    async def erase(
        self, run: GivenRun, services: GivenServices, actor: GivenActor, data: JSONBody[EraseMe]
    ) -> Receipt:
        """At once, and for good: what is personal is gone, and nobody can sign in here any more. What I learned is
        still counted, under an id that leads to nobody. Keep the `receipt`: with it anybody can see that it was done.
        """
        return await services.privacy.erase_me(run, actor, password=Secret(data.current_password))


class UserErasureController(Controller):
    path = "/users"
    tags = ["Users"]

    @post("/{user_id:uuid}/erase", summary="Erase somebody", status_code=200)
    async def erase(
        self, run: GivenRun, services: GivenServices, actor: GivenActor, user_id: FromPath[UserId]
    ) -> Receipt:
        """For admins, as `POST /me/erase`. Again: the same receipt."""
        return await services.privacy.erase(run, actor, user_id)


class ReceiptController(Controller):
    path = "/erasures"
    tags = ["Account"]
    security = [{}]

    @get("/{receipt:str}", summary="Read the receipt of an erasure")
    async def receipt(self, services: GivenServices, receipt: FromPath[str]) -> Receipt:
        """For whoever has it. It names nobody."""
        return await services.privacy.receipt(receipt)
