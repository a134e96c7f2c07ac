"""Structured logs: one JSON object a line, on standard error."""

import logging
import sys
from typing import Any

import msgspec
import structlog

NEVER = frozenset({"password", "token", "access_token", "refresh_token", "authorization", "secret", "cookie"})


def configure(level: str) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(serializer=encoded),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


def encoded(event: Any, **_: Any) -> bytes:
    return msgspec.json.encode(event, enc_hook=repr)


def redact(_: Any, __: str, event: Any) -> Any:
    """A last net: nothing should log a secret under these names, and nothing will."""
    for name in NEVER & event.keys():
        event[name] = "[hidden]"
    return event
