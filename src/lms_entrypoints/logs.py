"""Structured logs: one JSON object a line, on standard error; what libraries say as well."""

import logging
import re
import sys
from typing import Any

import msgspec
import structlog

NEVER = frozenset({"password", "token", "access_token", "refresh_token", "authorization", "secret", "cookie"})
SPOKEN = frozenset({"event", "exception"})
OPENED = re.compile(r"(?<=://)[^\s/@]*@")  # name and password, in an address of a server
# Below, some tell the whole address of every request they make, and others each step.
LEAST_OF_LIBRARIES = logging.WARNING


def configure(level: str) -> None:
    least = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(serializer=encoded),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    least = max(least, LEAST_OF_LIBRARIES)
    logging.basicConfig(handlers=[OfLibraries(least)], level=least, force=True)
    logging.captureWarnings(capture=True)


class OfLibraries(logging.Handler):
    """They know the standard library's logging alone. `logger`: which of them speaks."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            said = record.getMessage()
        except Exception:  # noqa: BLE001 (whatever it is that they want to have formatted)
            said = str(record.msg)
        level = min(record.levelno // 10 * 10, logging.CRITICAL)
        structlog.get_logger().log(level, said, logger=record.name, exc_info=record.exc_info)


def encoded(event: Any, **_: Any) -> bytes:
    return msgspec.json.encode(event, enc_hook=repr)


def redact(_: Any, __: str, event: Any) -> Any:
    """A last net: nothing should log a secret under these names, and nothing will."""
    for name in NEVER & event.keys():
        event[name] = "[hidden]"
    for name in SPOKEN & event.keys():
        event[name] = OPENED.sub("[hidden]@", str(event[name]))
    return event
