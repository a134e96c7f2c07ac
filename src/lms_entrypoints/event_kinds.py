"""Kinds of events as others read of them: what each means, and the JSON Schema of its data."""

from dataclasses import fields
from functools import cache
from inspect import getdoc
from typing import Any, get_type_hints

import msgspec

from lms_domain.feed.public import KINDS, VERSIONS, data_fields
from lms_domain.feed.views import EventKind
from lms_domain.kernel import Event


@cache
def event_kinds() -> list[EventKind]:
    return [
        EventKind(kind=name, version=VERSIONS[event], description=_description(event), schema=schema_of(event))
        for name, event in KINDS.items()
    ]


def schema_of(event: type[Event]) -> dict[str, Any]:
    """Closed: a field that is not in it will never come under this version."""
    hints = get_type_hints(event)
    shape = msgspec.defstruct(
        event.__name__, [(name, hints[name]) for name in data_fields(event)], forbid_unknown_fields=True, kw_only=True
    )
    schema = msgspec.json.schema(shape)
    found: dict[str, Any] = schema["$defs"].pop(event.__name__)
    others = schema["$defs"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | found | ({"$defs": others} if others else {})


def _description(event: type[Event]) -> str:
    """Its docstring, unless that is what dataclasses write by themselves or it was inherited."""
    own = event.__doc__ or ""
    is_made_up = own.startswith(f"{event.__name__}(")
    return "" if is_made_up or not fields(event) else " ".join((getdoc(event) or "").split())
