"""What every handler may ask for by name."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from inspect import signature
from typing import Annotated, Any

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency, Provide
from litestar.handlers.base import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.typing import FieldDefinition
from msgspec import UNSET, Struct

from lms_domain.idempotency import Attempt
from lms_domain.kernel import Actor, PageRequest, Problem, Unauthenticated, refuse_if_any
from lms_entrypoints.doors import Ask, Run, RunOnce
from lms_entrypoints.http.addresses import network_of
from lms_entrypoints.http.auth import Sender
from lms_entrypoints.http.etags import version_in
from lms_entrypoints.http.idempotency import key_of
from lms_entrypoints.http.scopes import must_be_in_scope
from lms_entrypoints.services import Services

PIECE = 1 << 20
ANONYMOUS = "anonymous"
ANY_PARAMETER = "any_parameter"  # of handlers whose addresses others add to

GivenRun = NamedDependency[Run]
GivenAsk = NamedDependency[Ask]
GivenActor = NamedDependency[Actor]
GivenViewer = NamedDependency[Actor | None]  # whoever asks, signed in or not
GivenPaging = NamedDependency[PageRequest]
GivenExpected = NamedDependency[int | None]  # the version in If-Match
GivenServices = NamedDependency[Services]


def dependencies(services: Services) -> dict[str, Provide]:
    def provide_services() -> Services:
        return services

    def provide_ask() -> Ask:
        return services.ask

    def provide_run(request: Request[Any, Any, Any]) -> Run:
        key = key_of(request)
        return services.run if key is None else repeatable(services, request, key)

    def provide_viewer(request: Request[Any, Any, Any]) -> Actor | None:
        return viewer(request)

    def provide_actor(request: Request[Any, Any, Any]) -> Actor:
        actor = viewer(request)
        if actor is None:
            raise Unauthenticated
        return actor

    return {
        "services": Provide(provide_services, sync_to_thread=False),
        "run": Provide(provide_run, sync_to_thread=False),
        "ask": Provide(provide_ask, sync_to_thread=False),
        "actor": Provide(provide_actor, sync_to_thread=False),
        "viewer": Provide(provide_viewer, sync_to_thread=False),
        "paging": Provide(paging, sync_to_thread=False),
        "expected": Provide(expected_version, sync_to_thread=False),
    }


def viewer(request: Request[Any, Any, Any]) -> Actor | None:
    sender: Sender = request.scope["state"]["sender"]
    actor = sender.seen()
    if actor is not None:
        must_be_in_scope(request, actor)
    return actor


def repeatable(services: Services, request: Request[Any, Any, Any], key: str) -> Run:
    """The door for a request that may be sent again."""
    viewer(request)
    seal, url = services.seal, request.url

    async def attempt() -> Attempt:
        body = await content_of(request)
        scope = asker(request.scope["state"])
        digest = seal.digest(request.method.encode(), url.path.encode(), url.query.encode(), body)
        # Of nobody in particular it is a key of this very request: that another one had it would tell whoever signs in
        # with it that the password was right, before the attempt counts.
        known_as = f"{key}\0{digest.hex()}" if scope.startswith(ANONYMOUS) else key
        made = Attempt(scope=scope, key=seal.stored_key(known_as), digest=digest)
        request.state.attempt = made
        return made

    status = getattr(request.route_handler, "status_code", None) or 201
    return RunOnce(services.database, attempt, seal, status=status)


def asker(state: Mapping[str, Any]) -> str:
    """Whose keys they are: what somebody was answered is told again to nobody who holds less, or holds it for them.

    Of a user all sign-ins are one, as a request may be sent again after signing in again.
    """
    sender: Sender = state["sender"]
    if sender.actor is None:
        return f"{ANONYMOUS} {network_of(state['ip'])}"
    within = sender.api_token_id or sender.actor.acting_admin_id
    return f"{sender.actor.id} {within}" if within else str(sender.actor.id)


async def refuse_unknown_parameters(request: Request[Any, Any, Any]) -> None:
    """A misspelled parameter is told, instead of being answered as if it had not been sent.

    Async, because Litestar would run it in a thread otherwise.
    """
    if request.scope["query_string"] and not request.route_handler.opt.get(ANY_PARAMETER):
        given = Counter(name for name, _ in request.query_params.multi_items())
        known = _parameters(request.route_handler)
        unknown = [Problem(name[:100], "no such parameter of this address") for name in given if name not in known]
        twice = [Problem(name, "only once") for name, times in given.items() if times > 1 and not known.get(name, True)]
        refuse_if_any([*unknown, *twice])


@cache
def _parameters(handler: BaseRouteHandler) -> dict[str, bool]:
    """The parameters that it takes, and whether they may be repeated."""
    fields = handler.parsed_fn_signature.parameters
    names = {_spelled(name, field): "list[" in str(field.annotation) for name, field in fields.items()}
    for name, provider in handler.resolve_dependencies().items():
        if name in names:
            given = signature(provider.dependency).parameters
            names |= {each: "list[" in str(parameter.annotation) for each, parameter in given.items()}
    return names


def _spelled(name: str, field: FieldDefinition) -> str:
    return getattr(field.kwarg_definition, "name", None) or name


def sent(body: Struct) -> dict[str, Any]:
    """The fields that the caller has sent, null where they sent null."""
    values = {name: getattr(body, name) for name in body.__struct_fields__}
    return {name: value for name, value in values.items() if value is not UNSET}


async def content_of(request: Request[Any, Any, Any]) -> bytes:
    """What tells the request from another: its body or, of a form, a digest of its parts, which lie on disk."""
    if not request.headers.get("content-type", "").startswith("multipart/"):
        return await request.body()
    digest = hashlib.sha256()
    for name, part in (await request.form()).multi_items():
        digest.update(f"{len(name)}:{name}".encode())
        if isinstance(part, UploadFile):
            await part.seek(0)
            while piece := await part.read(PIECE):
                digest.update(piece)
        else:
            digest.update(str(part).encode())
    return digest.digest()


def expected_version(request: Request[Any, Any, Any]) -> int | None:
    return version_in(request.headers.get("if-match"))


def paging(
    page: Annotated[int, QueryParameter(ge=1, le=1_000_000)] = 1,
    page_size: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, QueryParameter(max_length=2000)] = None,
) -> PageRequest:
    return PageRequest(page=page, page_size=page_size, cursor=cursor)
