"""The API's document is valid, current, and says everything of every operation."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from lms_entrypoints.container import Container
from lms_entrypoints.http.app import build_app
from lms_entrypoints.http.openapi import TAGS, encoded
from lms_entrypoints.settings import Settings

COMMITTED = Path(__file__).parents[2] / "openapi.json"


@pytest.fixture(scope="module")
def made() -> bytes:
    return encoded(build_app(Container(settings=Settings()).services()))


@pytest.fixture(scope="module")
def document(made: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made)
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{verb.upper()} {path}", operation)
        for path, item in document["paths"].items()
        for verb, operation in item.items()
        if verb != "parameters"
    ]


def test_the_committed_document_is_current(made: bytes) -> None:
    assert COMMITTED.read_bytes() == made, "run `make openapi`"


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_operation_has_a_summary_one_known_tag_and_its_refusals(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation.get("summary"), name
        assert len(operation.get("tags", [])) == 1, name
        assert operation["tags"][0] in TAGS, name
        assert {"500", "503"} <= set(operation["responses"]), name
        assert "404" in operation["responses"] or "{" not in name, name


def test_every_shape_is_used_and_none_is_named_after_a_module(document: dict[str, Any], made: bytes) -> None:
    for name in document["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"'.encode() in made, name
        assert "." not in name, name


def test_every_json_body_has_an_example(document: dict[str, Any]) -> None:
    shapes = document["components"]["schemas"]
    for name, operation in operations(document):
        media = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if media is None:
            continue
        schema = media["schema"]
        shape = shapes.get(schema.get("$ref", "").rpartition("/")[2], schema)
        assert "example" in media or "examples" in media or "examples" in shape or "example" in shape, name


def test_every_success_is_in_the_envelope(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            schema = answer.get("content", {}).get("application/json", {}).get("schema")
            if status.startswith("2") and schema:
                assert {"success", "message", "data"} <= set(schema["properties"]), name


def test_if_match_is_promised_where_a_version_is_looked_at(document: dict[str, Any]) -> None:
    def takes_it(path: str, verb: str) -> bool:
        parameters = document["paths"][path][verb]["parameters"]
        return any(parameter.get("name") == "If-Match" for parameter in parameters)

    assert takes_it("/api/v1/courses/{course_id}", "patch")
    assert takes_it("/api/v1/courses/{course_id}/outline", "put")
    assert takes_it("/api/v1/organizations/{organization_id}/members/{user_id}", "put")
    assert not takes_it("/api/v1/courses/{course_id}/restore", "post")


def test_links_of_letters_can_be_used_by_hand_as_the_page_says(document: dict[str, Any]) -> None:
    page = (COMMITTED.parent / "docs" / "accounts.md").read_text()
    commands = re.findall(r"^curl -X POST \$API(\S+) .*-d '(.+)'", page, re.MULTILINE)
    assert len(commands) == 3
    for path, body in commands:
        operation = document["paths"][f"/api/v1{path}"]["post"]
        name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert document["components"]["schemas"][name]["required"] == sorted(json.loads(body)), path


def test_both_kinds_of_tokens_go_by_one_scheme(document: dict[str, Any]) -> None:
    [(name, scheme)] = document["components"]["securitySchemes"].items()
    assert (name, scheme["type"], scheme["scheme"]) == ("bearer", "http", "bearer")
    assert "JWT" in scheme["description"]
    assert "lms_" in scheme["description"]
    assert "bearerFormat" not in scheme
