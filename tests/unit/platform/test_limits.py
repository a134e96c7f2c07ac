"""How often which endpoint may be asked, and by whom; and what is refused at the start."""

from typing import Any

import click
import pytest
from click.testing import CliRunner

from lms_domain.kernel import UserId, new_id
from lms_entrypoints.cli.serve import serve, up
from lms_entrypoints.container import Container
from lms_entrypoints.http.app import at_the_edge, build_app
from lms_entrypoints.http.endpoints import Endpoints, routes_of
from lms_entrypoints.http.limits import Limits
from lms_entrypoints.limit_settings import Endpoint, LimitSettings
from lms_entrypoints.settings import Settings, SettingsError, load

COURSE = "/api/v1/courses/{course_id}"
ROUTES: set[Endpoint] = {
    ("POST", "/api/v1/courses"),
    ("POST", "/api/v1/courses/import"),
    ("POST", COURSE),
    ("GET", COURSE),
    ("POST", f"{COURSE}/publish"),
    ("GET", f"{COURSE}/revisions/{{before}}/diff/{{after}}"),
    ("POST", "/api/v1/auth/login"),
}


def scope(method: str, path: str, query: bytes = b"") -> dict[str, Any]:
    return {"method": method, "path": path, "query_string": query}


def limits(written: str, **others: str) -> Limits:
    values = {"general": "off", "sign_in": "off", "upload": "off"} | others
    return Limits(LimitSettings(endpoints=written, **values), ROUTES)


@pytest.mark.parametrize(
    ("request_line", "is_limited"),
    [
        ("POST /api/v1/courses/0198/publish", True),
        ("GET /api/v1/courses/0198/publish", False),
        ("POST /api/v1/courses/0198/publish/x", False),
        ("POST /x/api/v1/courses/0198/publish", False),
        ("POST /api/v1/courses//publish", False),
        ("POST /api/v1/courses/a/b/publish", False),
        ("POST /api/v1/courses/a\nb/publish", True),
        ("POST /api/v1/courses/publish", False),
    ],
)
def test_an_endpoint_is_found_by_its_template(request_line: str, *, is_limited: bool) -> None:
    method, _, path = request_line.partition(" ")
    found = limits(f"POST {COURSE}/publish=10/60").buckets(scope(method, path), None, "192.0.2.1")
    assert bool(found) == is_limited


def test_each_has_a_bucket_of_its_own_for_each_user_or_network() -> None:
    of = limits(f"POST {COURSE}/publish=10/60, GET {COURSE}/revisions/{{before}}/diff/{{after}}=2/30").buckets
    ada, grace = UserId(new_id()), UserId(new_id())
    publish, diff = (scope("POST", "/api/v1/courses/1/publish"), scope("GET", "/api/v1/courses/1/revisions/1/diff/2"))
    found = [of(publish, ada, "192.0.2.1"), of(publish, grace, "192.0.2.1"), of(publish, None, "2001:db8::1")]
    found += [of(diff, ada, "192.0.2.1")]
    assert len({bucket.key for [bucket] in found}) == 4
    assert [(bucket.capacity, bucket.seconds) for [bucket] in found] == [(10, 60)] * 3 + [(2, 30)]
    assert of(publish, ada, "192.0.2.9") == found[0]
    assert of(publish, None, "2001:db8::2") == found[2], "one network"
    other_course = scope("POST", "/api/v1/courses/2/publish")
    assert of(other_course, ada, "192.0.2.1") == found[0]


def test_it_comes_besides_the_others() -> None:
    of = limits("POST /api/v1/courses=5/60", general="100/60").buckets
    assert [bucket.capacity for bucket in of(scope("POST", "/api/v1/courses"), None, "192.0.2.1")] == [100, 5]
    assert [bucket.capacity for bucket in of(scope("GET", "/api/v1/courses"), None, "192.0.2.1")] == [100]


def test_who_signs_in_counts_for_the_network_whoever_is_signed_in() -> None:
    of, login = limits("POST /api/v1/auth/login=5/60").buckets, scope("POST", "/api/v1/auth/login")
    assert of(login, UserId(new_id()), "192.0.2.1") == of(login, None, "192.0.2.1")


def test_an_api_token_has_a_bucket_of_its_own_beside_its_owners() -> None:
    of, me = limits("", general="100/60", each_api_token="50/60").buckets, scope("GET", "/api/v1/me")
    ada, tokens = UserId(new_id()), (new_id(), new_id())
    first, second = (of(me, ada, "192.0.2.1", api_token_id=token) for token in tokens)
    assert [bucket.capacity for bucket in first] == [100, 50]
    assert first[0] == second[0] == of(me, ada, "192.0.2.1")[0]
    assert first[1] != second[1]
    assert limits("", each_api_token="off").buckets(me, ada, "192.0.2.1", api_token_id=tokens[0])[1:] == []


CHOSEN = "/api/v1/courses/{course_id}/codes"  # its code is not proved, but made
PROVING = {"password", "current_password", "new_password", "code", "credential", "challenge_token"}


def test_every_address_that_is_shown_a_password_or_a_code_has_stricter_limits() -> None:
    document = build_app(Container(settings=Settings(environment="test")).services()).openapi_schema.to_schema()
    shapes = document["components"]["schemas"]

    def fields(operation: dict[str, Any]) -> set[str]:
        media = operation.get("requestBody", {}).get("content", {}).get("application/json", {"schema": {}})
        name = str(media["schema"].get("$ref", "")).rpartition("/")[2]
        return set(shapes.get(name, {}).get("properties", {}))

    shown = {path for path, item in document["paths"].items() if fields(item.get("post", {})) & PROVING}
    assert shown >= {"/api/v1/auth/login", "/api/v1/me/mfa/totp", "/api/v1/jobs/erasures/me"}
    of = Limits(LimitSettings(general="off")).buckets
    assert [path for path in sorted(shown - {CHOSEN}) if not of(scope("POST", path), None, "192.0.2.1")] == []
    assert of(scope("POST", "/api/v1/me/mfa/recovery-codes"), None, "192.0.2.1")


def test_what_the_router_takes_literally_is_not_taken_for_a_parameter() -> None:
    upload = scope("POST", "/api/v1/courses/import")
    assert limits(f"POST {COURSE}=5/60").buckets(upload, None, "192.0.2.1") == []
    both = limits(f"POST {COURSE}=5/60, POST /api/v1/courses/import=1/60").buckets
    assert [bucket.capacity for bucket in both(upload, None, "192.0.2.1")] == [1]
    assert [bucket.capacity for bucket in both(scope("POST", "/api/v1/courses/1"), None, "192.0.2.1")] == [5]


def test_where_none_is_set_nothing_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Endpoints, "of", never)
    assert limits("").buckets(scope("POST", "/api/v1/courses"), None, "192.0.2.1") == []


def problem(written: str) -> str:
    with pytest.raises(SettingsError) as refused:
        load({"LIMITS_ENDPOINTS": written})
    return str(refused.value)


@pytest.mark.parametrize(
    "written",
    [
        "POST /api/v1/courses",
        "/api/v1/courses=1/60",
        "post /api/v1/courses=1/60",
        "HEAD /api/v1/courses=1/60",
        "POST api/v1/courses=1/60",
        "POST /api/v1/courses=",
        "POST /api/v1/courses=off",
        "POST /api/v1/courses=0/60",
        "POST /api/v1/courses=10",
        "POST /api/v1/courses=10/0",
        "POST /api/v1/courses=-1/60",
        "POST /api/v1/courses=1/60 GET /api/v1/courses=1/60",
        "POST /api/v1/courses=1/60;",
    ],
)
def test_what_is_no_limit_is_refused(written: str) -> None:
    assert problem(written).startswith("LIMITS_ENDPOINTS")


def test_every_problem_is_named_at_once() -> None:
    told = problem("GET /api/v1/me=0/60, nonsense, POST /api/v1/users=1/60, POST /api/v1/users=2/60")
    assert told.count("LIMITS_ENDPOINTS") == 3
    for each in ("GET /api/v1/me must be", "'nonsense' is not", "POST /api/v1/users is there twice"):
        assert each in told


def test_an_address_that_there_is_not_is_refused_at_the_start() -> None:
    written = "GET /api/v1/nowhere=1/60, DELETE /api/v1/me=1/60, GET /api/v1/courses/{id}=1/60, GET /health=1/60"
    given = load({"LIMITS_ENDPOINTS": f"{written}, GET /api/v1/me=1/60"})
    services = Container(settings=given).services()
    with pytest.raises(SettingsError) as refused:
        at_the_edge(build_app(services), services)
    for each in written.replace("=1/60", "").split(", "):
        assert f"LIMITS_ENDPOINTS: there is no {each} " in str(refused.value)
    assert "/api/v1/me " not in str(refused.value).replace("DELETE /api/v1/me", "")


def test_every_route_of_the_document_may_have_a_limit() -> None:
    app = build_app(Container(settings=Settings(environment="test")).services())
    document = app.openapi_schema.to_schema()["paths"]
    named = {(method.upper(), path) for path, item in document.items() for method in item}
    wanted = {each for each in named if each[1] not in {"/health", "/ready"}}
    assert wanted <= routes_of(app)
    every = ",".join(f"{method} {path}=1/60" for method, path in sorted(wanted))
    found = Limits(LimitSettings(general="off", endpoints=every), routes_of(app))
    for method, path in wanted:
        names = [bucket.key for bucket in found.buckets(scope(method, path), None, "192.0.2.1")]
        assert f"{method} {path}:192.0.2.1" in names


@pytest.mark.parametrize("query", [b"search=bees", b"%73earch=bees", b"page=1&s%65arch=bees"])
def test_a_search_is_one_however_its_parameter_is_written(query: bytes) -> None:
    found = limits("", search="5/60").buckets(scope("GET", "/api/v1/courses", query), None, "192.0.2.1")
    assert [bucket.capacity for bucket in found] == [5]


@pytest.mark.parametrize("command", [serve, up])
def test_the_server_says_so_before_it_does_anything(command: click.Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://lms@127.0.0.1:1/lms")
    monkeypatch.setenv("LIMITS_ENDPOINTS", "GET /api/v1/nowhere=1/60")
    monkeypatch.setenv("SERVER_PORT", "8000")  # which the option would set, and leave
    monkeypatch.setattr("lms_entrypoints.cli.server.serve_until_stopped", None)
    refused = CliRunner().invoke(command, ["--port", "8000"])
    assert isinstance(refused.exception, SettingsError)
    assert "there is no GET /api/v1/nowhere" in str(refused.exception)
