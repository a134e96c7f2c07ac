"""The table in docs/authorization.md, as people read it."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "authorization.md"
ROUTE = re.compile(r"`([A-Z]+ /\S*)`")
# One value where it makes no difference who sees the course, two where it does: public, then members only.
CELL = re.compile(r"(ok|empty|401|403|404|409|422)(?:/(ok|empty|401|403|404))?")

Row = Mapping[str, str]


def rows(page: str) -> dict[str, Row]:
    """By route. A table's head names the callers."""
    found: dict[str, Row] = {}
    callers: list[str] = []
    for line in page.splitlines():
        if not line.startswith("|"):
            continue
        first, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        route = ROUTE.fullmatch(first)
        if first == "route":
            callers = cells
        elif route is not None:
            if route[1] in found:
                raise ValueError(f"{route[1]} has two rows")
            found[route[1]] = dict(zip(callers, cells, strict=True))
    return found


def expected(cell: str, visibility: str) -> str:
    values = CELL.fullmatch(cell)
    if values is None:
        raise ValueError(f"{cell!r} is none of ok, empty, 401, 403, 404, 409, 422 or two of them with a slash")
    return values[2] if values[2] and visibility == "members" else values[1]


def gaps(known: Iterable[str], table: Mapping[str, Row], callers: Iterable[str]) -> list[str]:
    """What to add to the page, and what to take out of it."""
    columns, routes = set(callers), set(known)
    missing = [f"add a row for `{route}`" for route in sorted(routes - table.keys())]
    stale = [f"remove the row of `{route}`: there is no such route" for route in sorted(table.keys() - routes)]
    odd = [f"`{route}`: the columns are {', '.join(columns)}" for route, row in table.items() if set(row) != columns]
    return missing + stale + odd
