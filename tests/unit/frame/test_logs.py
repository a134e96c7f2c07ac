"""A log line is one JSON object, and what is named like a secret is hidden."""

import json
from uuid import UUID

from lms_entrypoints.logs import encoded, redact


def test_a_line_is_json_whatever_it_holds() -> None:
    line = encoded({"event": "request", "id": UUID(int=7), "odd": object})
    assert json.loads(line)["event"] == "request"
    assert b"\n" not in line


def test_what_is_named_like_a_secret_is_hidden() -> None:
    event = redact(None, "info", {"event": "x", "password": "hunter2", "access_token": "abc", "path": "/"})
    assert event == {"event": "x", "password": "[hidden]", "access_token": "[hidden]", "path": "/"}
