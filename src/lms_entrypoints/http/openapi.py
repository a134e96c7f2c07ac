"""The OpenAPI document: Litestar's, wrapped in the envelope, with every refusal an operation can answer."""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from litestar import Litestar, MediaType
from litestar.enums import OpenAPIMediaType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, License, SecurityScheme, Tag
from litestar.routes import HTTPRoute

from lms_entrypoints.http.docs import DocumentationPage, WholeDocument
from lms_entrypoints.http.examples import add_example
from lms_entrypoints.http.scopes import scope_of

DESCRIPTION = """A learning management system. Every JSON answer has the shape
`{"success", "message", "data", "meta"?}`; a refusal says what to do in `message`, and to a program in
`error.code` and `error.details`. JSON bodies are read strictly: an unknown field is refused, and so is a name that an
object has twice; in bodies of more than 64 KiB the last one counts. Sign in with `POST /api/v1/auth/login` and send the
access token as a bearer token."""

BEARER = """`Authorization: Bearer` with either of two: the access token of a sign-in (a JWT, for minutes), or a
personal API token (`lms_...`, of `POST /api/v1/me/api-tokens`, for a year at most). Where an operation names a scope,
an API token needs it; who is signed in needs none."""

TAGS = {
    "Health": "Is the service alive and ready?",
    "Identity": "Registration and sign-in.",
    "Account": "One's own account, where it is signed in, and its API tokens.",
    "Users": "Everybody's accounts, for admins.",
    "Audit": "Who did what, on what, and from where.",
    "Organizations": "Who a course belongs to, and who belongs to whom.",
    "Webhooks": "Telling other systems what happens in an organization.",
    "Catalog": "Finding published courses.",
    "Authoring": "Drafts: courses, sections, lessons and their order.",
    "Publishing": "Revisions: what learners read.",
    "Enrollment": "Who is on a course, and how they got there.",
    "Progress": "How far learners have come.",
    "Reviews": "What learners say of a course.",
    "Announcements": "What the staff of a course tell everybody who is on it.",
    "Notifications": "What somebody was told of, and how they want to be told.",
    "Letters": "Turning letters off with the link in one of them.",
    "Archives": "Courses in and out as files.",
    "Events": "What has happened, in one order and without gaps, to be read onward or streamed.",
    "Jobs": "Work that takes its time: asked for, watched, cancelled.",
    "Operations": "Background work: how it stands, what was given up, and sums that were found wrong.",
}

REFUSALS = {
    "400": ("The request is malformed.", "bad_request"),
    "401": ("No access token, or one that is not good.", "unauthenticated"),
    "403": ("You may see this, and not do this.", "forbidden"),
    "404": ("There is no such thing, as far as you may know.", "not_found"),
    "409": ("This clashes with the current state.", "conflict"),
    "412": ("If-Match names a version that is no longer the current one.", "outdated"),
    "413": ("The request body is too large.", "body_too_large"),
    "422": ("A value breaks a rule; `details.problems` names each field and rule.", "invalid"),
    "429": ("Too many requests.", "too_many"),
    "500": ("A fault of the service; quote the X-Request-ID when you report it.", "internal_error"),
    "503": ("The service cannot answer right now; Retry-After says when to try again.", "unavailable"),
}

FAILURE = {
    "type": "object",
    "required": ["success", "message", "data", "error"],
    "properties": {
        "success": {"type": "boolean", "const": False},
        "message": {"type": "string", "description": "Says to a person what is wrong."},
        "data": {"type": "null"},
        "error": {
            "type": "object",
            "required": ["code", "details"],
            "properties": {
                "code": {"type": "string", "description": "Says to a program what is wrong."},
                "details": {"type": "object"},
            },
        },
    },
}

# What nothing refers to any more: a page is in the envelope, and so is a refusal.
LEFT_OVER = ("Page_", "Slice_", "LitestarHTTPExceptionSchema")
ETAG = {"schema": {"type": "string"}}


def config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="LMS API",
        version="1",
        description=DESCRIPTION,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        tags=[Tag(name=name, description=text) for name, text in TAGS.items()],
        use_handler_docstrings=True,
        security=[{"bearer": []}],
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", description=BEARER)}
        ),
        path="/docs",
        render_plugins=[
            DocumentationPage(path="/", media_type=MediaType.HTML),
            WholeDocument(path="/openapi.json", media_type=OpenAPIMediaType.OPENAPI_JSON),
        ],
    )


def document(app: Litestar) -> dict[str, Any]:
    """The whole document as JSON-ready values."""
    spec: dict[str, Any] = app.openapi_schema.to_schema()
    shapes = spec.setdefault("components", {}).setdefault("schemas", {})
    versioned, repeated = _operations(app, _asks_for_the_version), _operations(app, _may_be_so_already)
    forgetting = _operations(app, _forgets)
    for path, item in spec["paths"].items():
        for verb, operation in item.items():
            if verb in {"get", "post", "put", "patch", "delete"}:
                _wrap_answers(operation, shapes)
                add_example(operation, shapes)
                if (path, verb) in repeated:
                    _add_again(operation)
                _add_refusals(operation, path, verb)
                if (path, verb) in forgetting:
                    operation["responses"]["409"] = {"$ref": "#/components/responses/Refusal409"}
                _add_scope(operation, verb)
                _add_headers(operation, verb, has_version=(path, verb) in versioned)
                if verb == "get" and "ETag" in operation["responses"].get("200", {}).get("headers", {}):
                    _add_condition(operation)
    shapes["Failure"] = FAILURE
    for name in [each for each in shapes if each.startswith(LEFT_OVER)]:
        del shapes[name]
    spec["components"]["responses"] = {
        f"Refusal{status}": _refusal(text, code) for status, (text, code) in REFUSALS.items()
    }
    return spec


@cache
def encoded_once(app: Litestar) -> bytes:
    return encoded(app)


def encoded(app: Litestar) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document(app), order="sorted"), indent=1) + b"\n"


def _add_scope(operation: dict[str, Any], verb: str) -> None:
    """What an API token needs; who is signed in needs none of it."""
    scope = scope_of(set(operation.get("tags", ())), verb)
    asked = operation.get("security", [{"bearer": []}])
    operation["security"] = [{"bearer": [scope]} if scope and "bearer" in each else each for each in asked]


def _refusal(text: str, code: str) -> dict[str, Any]:
    example = {"success": False, "message": text, "data": None, "error": {"code": code, "details": {}}}
    schema = {"$ref": "#/components/schemas/Failure"}
    return {"description": text, "content": {"application/json": {"schema": schema, "example": example}}}


def _wrap_answers(operation: dict[str, Any], shapes: dict[str, Any]) -> None:
    for status, answer in operation["responses"].items():
        media = answer.get("content", {}).get("application/json")
        if status.startswith("2") and media:
            headers = answer.setdefault("headers", {})
            headers["X-Request-ID"] = {"schema": {"type": "string"}}
            if "version" in _shape(media["schema"], shapes).get("properties", {}):
                headers["ETag"] = ETAG
            media["schema"] = _wrapped(media["schema"], shapes)


def _shape(schema: dict[str, Any], shapes: dict[str, Any]) -> dict[str, Any]:
    """The component that the schema refers to."""
    found: dict[str, Any] = shapes.get(schema.get("$ref", "").rpartition("/")[2], {})
    return found


def _wrapped(data: dict[str, Any], shapes: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "success": {"type": "boolean", "const": True},
        "message": {"type": "string"},
        "data": data,
    }
    shape = _shape(data, shapes)
    required = ["success", "message", "data"]
    if "total_is_exact" in shape.get("properties", {}):
        fields = dict(shape["properties"])
        properties["data"] = fields.pop("items")
        del fields["extra"]
        fields["pages"] = {"type": "integer"}
        properties["meta"] = {
            "type": "object",
            "properties": fields,
            "required": ["total", "page", "page_size", "pages"],
        }
        required.append("meta")
    if "has_more" in shape.get("properties", {}):
        fields = dict(shape["properties"])
        properties["data"] = fields.pop("items")
        properties["meta"] = {"type": "object", "properties": fields, "required": sorted(fields)}
        required.append("meta")
    return {"type": "object", "properties": properties, "required": required}


def _add_refusals(operation: dict[str, Any], path: str, verb: str) -> None:
    statuses = {"500", "503"}
    if operation.get("security") != []:
        statuses |= {"401", "403"}
    if "{" in path:
        statuses.add("404")
    if operation.get("parameters") or operation.get("requestBody") or "{" in path:
        statuses |= {"400", "422"}
    if verb != "get":
        statuses |= {"400", "409", "413", "422", "429"}
    if verb in {"put", "patch", "delete"}:
        statuses.add("412")
    for status in sorted(statuses):
        operation["responses"][status] = {"$ref": f"#/components/responses/Refusal{status}"}


def _operations(app: Litestar, test: Callable[[HTTPRouteHandler], bool]) -> set[tuple[str, str]]:
    """Path and verb of those that pass."""
    return {
        (route.path_format, method.lower())
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if test(handler)
    }


def _asks_for_the_version(handler: HTTPRouteHandler) -> bool:
    return "expected" in handler.parsed_fn_signature.parameters


def _may_be_so_already(handler: HTTPRouteHandler) -> bool:
    return bool(handler.opt.get("may_be_so_already"))


def _forgets(handler: HTTPRouteHandler) -> bool:
    """What it tells is not kept for ever, and it says so rather than leave something out."""
    return bool(handler.opt.get("forgets"))


def _add_again(operation: dict[str, Any]) -> None:
    operation["responses"]["200"] = operation["responses"]["201"] | {"description": "It was so already."}


def _add_headers(operation: dict[str, Any], verb: str, *, has_version: bool) -> None:
    parameters = operation.setdefault("parameters", [])
    if verb == "post":
        text = "Send the same key again to get the same answer; the effect happens once."
        schema: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 255}
        parameters.append({"name": "Idempotency-Key", "in": "header", "description": text, "schema": schema})
    if has_version:
        text = "The ETag you have read; 412 if it is no longer the current one."
        parameters.append({"name": "If-Match", "in": "header", "description": text, "schema": {"type": "string"}})


def _add_condition(operation: dict[str, Any]) -> None:
    text = "ETags that you have answers of; 304 if the answer would be one of these."
    parameter = {"name": "If-None-Match", "in": "header", "description": text, "schema": {"type": "string"}}
    operation["parameters"].append(parameter)
    operation["responses"]["200"]["headers"]["ETag"] = ETAG
    operation["responses"]["304"] = {"description": "You have this answer already.", "headers": {"ETag": ETAG}}
