"""Where settings come from: environment variables, files that `..._FILE` names, and Vault, under the same names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import msgspec
from msgspec import Meta, Struct, ValidationError

from lms_domain.kernel import Secret
from lms_entrypoints.rules import rule_of

LARGEST_FILE = 1 << 20
FILE = "_FILE"
OF_VAULT = "VAULT_"
NOTHING: Mapping[str, str] = {}


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


def read(
    root: type[Struct], env: Mapping[str, str], kept: Mapping[str, str] = NOTHING
) -> tuple[dict[str, Any], list[str]]:
    """What is said of the settings, as a tree, and what cannot be read. DATABASE_POOL_SIZE=9: {"database": {...}}.

    `kept`: in Vault.
    """
    tree: dict[str, Any] = {}
    known = list(settings_of(root))
    problems = _strange(kept, known)
    for setting in known:
        try:
            value = _value(setting.name, env, kept)
            if value is not None:
                place = tree
                for name in setting.path[:-1]:
                    place = place.setdefault(name, {})
                place[setting.path[-1]] = msgspec.convert(value, setting.kind, strict=False, dec_hook=_hidden)
        except UnreadableError as error:
            problems.append(f"{setting.name} {error}")
        except ValidationError as error:
            problems.append(f"{setting.name}: {rule_of(str(error), setting.kind)}")
    return tree, problems


def _hidden(kind: type[Any], value: Any) -> Any:
    if kind is not Secret:
        raise NotImplementedError
    return Secret(value)


def _strange(kept: Mapping[str, str], known: list[Setting]) -> list[str]:
    """A name that was mistyped would leave the default in force."""
    names = {setting.name for setting in known if not setting.name.startswith(OF_VAULT)}
    return [f"{name} is in Vault, and is no setting that may be there" for name in sorted(kept.keys() - names)]


def is_given(name: str, env: Mapping[str, str]) -> bool:
    return bool(env.get(name) or env.get(name + FILE))


class UnreadableError(ValueError):
    """Says why, and nothing of what is there."""


def _value(name: str, env: Mapping[str, str], kept: Mapping[str, str]) -> str | None:
    if name in kept:
        if is_given(name, env):
            raise UnreadableError("is given here and in Vault; choose one")
        return kept[name]
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
