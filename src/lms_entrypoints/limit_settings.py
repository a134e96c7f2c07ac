"""How many requests somebody may send."""

import re
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

RATE = re.compile(r"off|([1-9]\d{0,8})/([1-9]\d{0,4})")  # requests, seconds
ENDPOINT = re.compile(r"(GET|POST|PUT|PATCH|DELETE) +(/[^\s=]*) *= *(\S*)")

Endpoint = tuple[str, str]  # a method, and a path with its parameters in braces


@dataclass(frozen=True, slots=True)
class Rate:
    capacity: int
    seconds: int


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Requests and seconds, as in 300/60; `off` for no limit."""

    general: Annotated[
        str,
        Meta(description="Of one user, or of one network where nobody is signed in; `/health` and `/ready` are free."),
    ] = "60000/60"
    each_api_token: Annotated[
        str, Meta(description="Of one API token, beside what it counts for its owner. See sessions.md.")
    ] = "30000/60"  # noqa: S105 (a rate)
    sign_in: Annotated[
        str, Meta(description="Signing in, refreshing and setting up second factors, of one network.")
    ] = "300/60"
    registration: Annotated[str, Meta(description="Registering, of one network.")] = "600/60"
    recovery: Annotated[str, Meta(description="New passwords and addresses, and erasing oneself, of one network.")] = (
        "300/60"
    )
    upload: Annotated[str, Meta(description="Course archives.")] = "60/60"
    search: Annotated[str, Meta(description="Searches in the catalog.")] = "6000/60"
    api_tokens: Annotated[
        str,
        Meta(
            description="API tokens without our seal: made up, or made before `SECURITY_SECRET_KEY` was replaced. Of"
            " one network at one server process, before the database is asked."
        ),
    ] = "60/60"
    endpoints: Annotated[
        str,
        Meta(
            description="Of single endpoints besides, with commas between, each as the OpenAPI document has it:"
            " `POST /api/v1/courses/{course_id}/publish=10/60, GET /api/v1/courses/{course_id}/export=5/60`. See"
            " sessions.md."
        ),
    ] = ""

    def by_endpoint(self) -> dict[Endpoint, str]:
        """Of settings that were found right."""
        found = (ENDPOINT.fullmatch(entry) for entry in self._entries())
        return {(each[1], each[2]): each[3] for each in found if each}

    def problems(self) -> list[str]:
        names = [name for name in self.__struct_fields__ if name != "endpoints"]
        wrong = [name for name in names if not RATE.fullmatch(getattr(self, name))]
        found = [f"LIMITS_{name.upper()} must be requests/seconds, as in 300/60, or off" for name in wrong]
        seen: set[Endpoint] = set()
        for entry in self._entries():
            if (match := ENDPOINT.fullmatch(entry)) is None:
                found.append(f"LIMITS_ENDPOINTS: {entry!r} is not as in POST /api/v1/courses=10/60")
                continue
            method, path, written = match.groups()
            if (limit := RATE.fullmatch(written)) is None or not limit[1]:
                found.append(f"LIMITS_ENDPOINTS: {method} {path} must be requests/seconds, as in 10/60")
            if (method, path) in seen:
                found.append(f"LIMITS_ENDPOINTS: {method} {path} is there twice")
            seen.add((method, path))
        return found

    def _entries(self) -> list[str]:
        return [entry.strip() for entry in self.endpoints.split(",") if entry.strip()]


def rate(written: str) -> Rate | None:
    """Of a setting that was found right."""
    found = RATE.fullmatch(written)
    return Rate(int(found[1]), int(found[2])) if found and found[1] else None
