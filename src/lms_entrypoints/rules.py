"""What msgspec refuses, as a Problem: the field by its path, and its rule in words."""

import re
from typing import Any

import msgspec
from msgspec import inspect

from lms_domain.kernel import Problem

ERROR = re.compile(r"(?P<text>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?", re.DOTALL)
NAMED = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<name>.*)`", re.DOTALL)
STEP = re.compile(r"\.([^.\[]+)|\[[^\]]*\]")
LONGEST_NAME = 100  # characters of a field's name that are said again


def problem_of(error: msgspec.ValidationError, shape: Any) -> Problem:
    """`shape`: what the value should have been."""
    found = ERROR.fullmatch(str(error))
    text, path = (found["text"], found["path"] or "") if found else (str(error), "")
    if named := NAMED.fullmatch(text):
        rule = "required" if named["what"].startswith("missing") else "no such field"
        return Problem(f"{path}.{named['name'][:LONGEST_NAME]}".lstrip("."), rule)
    return Problem(path.lstrip(".") or "body", rule_of(text, shape, path))


def rule_of(text: str, shape: Any, path: str = "") -> str:
    """What msgspec says, without the value, which may be long; and of an enumeration what it has."""
    if text.startswith("Invalid enum value"):
        return f"one of {', '.join(_choices(inspect.type_info(shape), path))}"
    plain = text.replace("`", "")
    return plain[:1].lower() + plain[1:]


def _choices(kind: inspect.Type, path: str) -> list[str]:
    for step in STEP.finditer(path):
        kind = _inner(kind, step[1])
    kind = _plain(kind)
    if isinstance(kind, inspect.EnumType):
        return [str(each.value) for each in kind.cls]
    if isinstance(kind, inspect.ListType):
        return _choices(kind.item_type, "")
    return [str(each) for each in kind.values] if isinstance(kind, inspect.LiteralType) else []


def _inner(kind: inspect.Type, name: str | None) -> inspect.Type:
    kind = _plain(kind)
    if isinstance(kind, inspect.ListType):
        return kind.item_type
    if isinstance(kind, inspect.DictType):
        return kind.value_type
    fields = kind.fields if isinstance(kind, inspect.StructType | inspect.DataclassType) else ()
    return next((field.type for field in fields if field.encode_name == name), kind)


def _plain(kind: inspect.Type) -> inspect.Type:
    """Without what stands around it, and without null."""
    if isinstance(kind, inspect.Metadata):
        return _plain(kind.type)
    if isinstance(kind, inspect.UnionType):
        return _plain(next(each for each in kind.types if not isinstance(each, inspect.NoneType)))
    return kind
