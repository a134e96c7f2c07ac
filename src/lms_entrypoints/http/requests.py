"""Bodies are read as they are described, strictly: "5" is no number, and every refusal names its field and its rule."""

import re
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException
from litestar.types import Empty
from msgspec import inspect

from lms_domain.kernel import Invalid, Problem
from lms_entrypoints.http.bodies import TooDeep, is_deep

ERROR = re.compile(r"(?P<text>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?", re.DOTALL)
NAMED = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<name>.*)`", re.DOTALL)
STEP = re.compile(r"\.([^.\[]+)|\[[^\]]*\]")
LONGEST_NAME = 100  # characters of a field's name that are said again


class StrictRequest(Request[Any, Any, Any]):
    """The app's request_class."""

    async def json(self) -> Any:
        if self._json is Empty:
            data = self.route_handler.parsed_data_field
            body = await self.body()
            self._json = self._connection_state.json = read(body or b"null", Any if data is None else data.annotation)
        return self._json


def read(body: bytes, shape: Any) -> Any:
    if is_deep(body):
        raise TooDeep
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise Invalid(problem_of(error, shape)) from None
    except msgspec.DecodeError as error:
        raise HTTPException(status_code=400, detail=f"The request body is not JSON: {error}") from None


def problem_of(error: msgspec.ValidationError, shape: Any) -> Problem:
    found = ERROR.fullmatch(str(error))
    text, path = (found["text"], found["path"] or "") if found else (str(error), "")
    if named := NAMED.fullmatch(text):
        rule = "required" if named["what"].startswith("missing") else "no such field"
        return Problem(f"{path}.{named['name'][:LONGEST_NAME]}".lstrip("."), rule)
    if text.startswith("Invalid enum value"):
        text = f"one of {', '.join(_choices(inspect.type_info(shape), path))}"
    return Problem(path.lstrip(".") or "body", text.replace("`", "")[:1].lower() + text.replace("`", "")[1:])


def _choices(kind: inspect.Type, path: str) -> list[str]:
    """What the enumeration at this place has."""
    for step in STEP.finditer(path):
        kind = _inner(kind, step[1])
    kind = _plain(kind)
    if isinstance(kind, inspect.EnumType):
        return [str(each.value) for each in kind.cls]
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
