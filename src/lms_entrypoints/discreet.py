"""Settings that a log, a traceback or a debugger may print."""

from typing import Any, ClassVar

import msgspec


class Discreet(msgspec.Struct, frozen=True, kw_only=True):
    """Shows of its `hidden` fields whether there is something in them."""

    hidden: ClassVar[frozenset[str]]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return [(name, "..." if name in self.hidden and value else value) for name, value in values.items()]
