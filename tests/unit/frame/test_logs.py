"""A log line is one JSON object, and what is named like a secret is hidden."""

import json
import os
import subprocess
import sys
from typing import Any
from uuid import UUID

from lms_entrypoints.logs import encoded, redact


def test_a_line_is_json_whatever_it_holds() -> None:
    line = encoded({"event": "request", "id": UUID(int=7), "odd": object})
    assert json.loads(line)["event"] == "request"
    assert b"\n" not in line


def test_what_is_named_like_a_secret_is_hidden() -> None:
    event = redact(None, "info", {"event": "x", "password": "hunter2", "access_token": "abc", "path": "/"})
    assert event == {"event": "x", "password": "[hidden]", "access_token": "[hidden]", "path": "/"}


def told(program: str) -> list[dict[str, Any]]:
    """All that a process says which does this, once its logs are configured."""
    begun = f"import logging, warnings\nfrom lms_entrypoints import logs\nlogs.configure('info')\n{program}"
    env = {"PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", begun], env=env, capture_output=True, text=True, check=True)
    assert run.stdout == ""
    return [json.loads(line) for line in run.stderr.splitlines()]


def test_what_libraries_say_is_a_line_as_any_other() -> None:
    [line, warning, fault] = told("""
logging.getLogger("dramatiq.worker").critical("Lost\\nthe connection: %s", 111)
warnings.warn("old")
try:
    {}["x"]
except KeyError:
    logging.getLogger("asyncio").exception("wrong %s %s", 1)
""")
    assert (line["level"], line["logger"], line["event"]) == (
        "critical",
        "dramatiq.worker",
        "Lost\nthe connection: 111",
    )
    assert line.keys() == {"level", "logger", "event", "timestamp"}
    assert (warning["logger"], "UserWarning: old" in warning["event"]) == ("py.warnings", True)
    assert (fault["event"], fault["exception"].splitlines()[-1]) == ("wrong %s %s", "KeyError: 'x'")


def test_libraries_tell_no_secret_and_not_each_step() -> None:
    [line, level] = told("""
logging.getLogger("httpx").info("POST https://example.org/?token=abc")
logging.getLogger("one").setLevel(5)
logging.getLogger("one").log(5, "chatter")
try:
    raise OSError("postgresql://lms:hunter2@db/lms")
except OSError:
    logging.getLogger("redis").warning("no redis://:hunter2@cache:6379/0", exc_info=True, extra={"password": "hunter2"})
logging.getLogger("one").log(35, "of a level of its own")
""")
    assert line["event"] == "no redis://[hidden]@cache:6379/0"
    assert "hunter2" not in str(line)
    assert level["level"] == "warning"


def test_the_server_speaks_as_all_others() -> None:
    [line] = told("""
from granian.log import LogLevels, configure_logging
from lms_entrypoints.cli.server import AS_ALL_OTHERS
configure_logging(LogLevels.warning, AS_ALL_OTHERS)
logging.getLogger("_granian").info("Listening")
logging.getLogger("_granian").warning("Killing worker-1")
""")
    assert (line["logger"], line["event"]) == ("_granian", "Killing worker-1")
