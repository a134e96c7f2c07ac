"""Where settings come from: environment variables, and files that `..._FILE` names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import msgspec
from msgspec import Meta, Struct, ValidationError

from lms_domain.kernel import Secret

LARGEST_FILE = 1 << 20
FILE = "_FILE"


@dataclass(frozen=True, slots=True)
class Setting:
    """`path`: its place in the tree. `default`: as the struct has it."""

    name: str
    path: tuple[str, ...]
    kind: Any
    default: Any
    description: str


def settings_of(root: type[Struct]) -> Iterator[Setting]:
    for field in msgspec.structs.fields(root):
        if isinstance(field.type, type) and issubclass(field.type, Struct):
            for inner in msgspec.structs.fields(field.type):
                name = f"{field.name}_{inner.name}".upper()
                yield Setting(name, (field.name, inner.name), inner.type, inner.default, _told(inner.type))
        else:
            yield Setting(field.name.upper(), (field.name,), field.type, field.default, _told(field.type))


def read(root: type[Struct], env: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """What is said of the settings, as a tree, and what cannot be read. DATABASE_POOL_SIZE=9: {"database": {...}}."""
    tree: dict[str, Any] = {}
    problems: list[str] = []
    for setting in settings_of(root):
        try:
            value = _value(setting.name, env)
            if value is not None:
                place = tree
                for name in setting.path[:-1]:
                    place = place.setdefault(name, {})
                place[setting.path[-1]] = msgspec.convert(value, setting.kind, strict=False, dec_hook=_hidden)
        except UnreadableError as error:
            problems.append(f"{setting.name} {error}")
        except ValidationError as error:
            problems.append(f"{setting.name}: {error}")
    return tree, problems


def _hidden(kind: type[Any], value: Any) -> Any:
    if kind is not Secret:
        raise NotImplementedError
    return Secret(value)


def is_given(name: str, env: Mapping[str, str]) -> bool:
    return bool(env.get(name) or env.get(name + FILE))


class UnreadableError(ValueError):
    """Says why, and nothing of what is there."""


def _value(name: str, env: Mapping[str, str]) -> str | None:
    file = env.get(name + FILE)
    if not file:
        return env.get(name)
    if env.get(name):
        raise UnreadableError("is given as a value and as a file; choose one")
    try:
        with Path(file).open(encoding="utf-8") as opened:
            text = opened.read(LARGEST_FILE).strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise UnreadableError(f"cannot be read from {file}: {reason}") from None
    if not text:
        raise UnreadableError(f"cannot be read from {file}: it is empty")
    return text


def _told(kind: Any) -> str:
    return next((meta.description or "" for meta in get_args(kind) if isinstance(meta, Meta)), "")
