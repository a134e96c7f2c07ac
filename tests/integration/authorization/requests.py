"""A valid request for every route: what is refused is refused for who asks, not for what is asked."""

import inspect
import io
import json
import re
import zipfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import text
from tests.integration.authorization.world import PASSWORD, World
from tests.integration.school import Person

from lms_domain.identity.tickets import Purpose
from lms_domain.kernel import new_id

Body = Callable[[World], Any]  # or a coroutine function
OUTSIDE = frozenset({"/.well-known/jwks.json", "/health", "/ready"})


@dataclass(frozen=True, kw_only=True)
class Call:
    """`body`: as JSON. `names`: other ids than those of the parameter's name.

    `spends`: done once, it leaves another world; `changes`: one that other callers find as it was, not other routes.
    `before`: what has to be the case, and is until the call has been made.
    """

    body: Body | None = None
    query: Body | None = None
    names: Mapping[str, str] | None = None
    spends: bool = False
    changes: bool = False
    before: Callable[[World], Awaitable[Any]] | None = None
    form: Callable[[], dict[str, Any]] | None = None


async def send(call: Call, route: str, world: World, caller: Person) -> httpx.Response:
    method, _, path = route.partition(" ")
    ids = dict(world.ids) | {name: world.ids[other] for name, other in (call.names or {}).items()}
    plain = re.sub(r"{(\w+)}", lambda match: ids[match[1]], path)
    body: dict[str, Any] = {} if call.body is None else {"json": await _made(call.body, world)}
    if call.form:
        body = {"files": call.form()}
    address = plain if path in OUTSIDE else f"/api/v1{plain}"
    return await caller.client.request(method, address, params=call.query(world) if call.query else None, **body)


async def _made(body: Body, world: World) -> Any:
    made = body(world)
    return await made if inspect.isawaitable(made) else made


async def _told(world: World) -> None:
    """Something of the organization stands in the feed."""
    async with world.engine.begin() as conn:
        given = {"id": new_id(), "organization_id": world.organization_id}
        await conn.execute(text(TOLD), given)


async def _under_way(world: World) -> None:
    """The job is not over yet."""
    async with world.engine.begin() as conn:
        changed = "update jobs set state = 'running', ended_at = null where id = :id"
        await conn.execute(text(changed), {"id": world.ids["job_id"]})


TOLD = """
    insert into feed (position, id, kind, version, at, aggregate_id, sequence, organization_id, data)
    select coalesce(max(position), 0) + 1, :id, 'course.published', 1, now(), :organization_id, 1, :organization_id,
        '{}' from feed
"""


def an_archive(key: str) -> dict[str, Any]:
    """A form with a course that is named by this key."""
    lesson = {"key": "l1", "title": "One", "kind": "text", "content": {"format": "html", "body": "<p>Hi</p>"}}
    sections = [{"key": "s1", "title": "All", "lessons": ["lessons/1.json"]}]
    documents = {
        "manifest.json": {"format": "lms-course", "version": 1},
        "course.json": {"key": key, "page": {"title": "Bees"}, "settings": {}, "sections": sections},
        "lessons/1.json": lesson,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, document in documents.items():
            archive.writestr(name, json.dumps(document))
    return {"file": ("course.zip", file.getvalue(), "application/zip")}


async def _withdraw_review(world: World) -> None:
    await world.people["learner"].json("DELETE", f"/reviews/{world.ids['review_id']}")


async def _refresh_token(world: World) -> dict[str, str]:
    signed = await world.people["nobody"].json("POST", "/auth/login", {"email": world.email, "password": PASSWORD})
    return {"refresh_token": signed["refresh_token"]}


async def _reset(world: World) -> dict[str, str]:
    return {"token": await world.ticket(Purpose.PASSWORD_RESET), "new_password": PASSWORD}


async def _verification(world: World) -> dict[str, str]:
    return {"token": await world.ticket(Purpose.EMAIL_VERIFICATION), "password": PASSWORD}


async def _change(world: World) -> dict[str, str]:
    return {"token": await world.ticket(Purpose.NEW_EMAIL)}


async def _second_step(world: World) -> dict[str, str]:
    token, code = await world.challenge()
    return {"challenge_token": token, "code": code}


async def _setup(world: World) -> dict[str, str]:
    return {"challenge_token": await world.setup_challenge()}


async def _by_passkey(world: World) -> dict[str, Any]:
    return {"credential": await world.passkey()}


def _no_passkey(_: World) -> dict[str, Any]:
    response = {"clientDataJSON": "e30", "attestationObject": "oA"}
    return {"name": "Key", "credential": {"id": "AA", "rawId": "AA", "type": "public-key", "response": response}}


def _new_email(_: World) -> dict[str, str]:
    return {"email": f"{new_id().hex}@example.org", "current_password": PASSWORD}


def _outline(world: World) -> Any:
    return {"sections": [{"id": world.course.section, "lessons": world.course.lessons}]}


def _titled(_: World) -> Any:
    return {"title": "Wasps"}


def _in_organization(world: World) -> Any:
    return {"organization_id": str(world.organization_id)}


def _on_course(world: World) -> Any:
    return {"course_id": world.course.id}


def _colleague(world: World) -> Any:
    return {"user_id": world.ids["user_id"]}


def _a_webhook(_: World) -> Any:
    return {"url": "https://example.org/hooks", "kinds": ["course.published"]}


def _an_announcement(_: World) -> Any:
    return {"title": "Friday", "body": "We meet at the hives."}


def _newcomer(_: World) -> Any:
    return {"email": f"{new_id().hex}@example.org", "password": PASSWORD, "full_name": "Linus"}


CALLS: Mapping[str, Call] = {
    "POST /auth/register": Call(body=_newcomer),
    "POST /auth/login": Call(body=lambda world: {"email": world.email, "password": PASSWORD}),
    "POST /auth/refresh": Call(body=_refresh_token),
    "POST /auth/mfa": Call(body=_second_step, changes=True),
    "POST /auth/passkey/options": Call(body=lambda _: {}),
    "POST /auth/passkey": Call(body=_by_passkey, changes=True),
    "POST /me/passkeys/options": Call(body=lambda _: {"current_password": PASSWORD}),
    "POST /me/passkeys": Call(body=_no_passkey),
    "PATCH /me/passkeys/{passkey_id}": Call(body=lambda _: {"name": "Key"}),
    "DELETE /me/passkeys/{passkey_id}": Call(spends=True),
    "DELETE /me/mfa": Call(changes=True),
    "POST /me/mfa/totp": Call(body=lambda _: {"current_password": PASSWORD}, changes=True),
    "POST /me/mfa/totp/confirm": Call(body=lambda _: {"code": "123456"}),
    "POST /me/step-up": Call(body=lambda _: {"code": "123456"}),
    "POST /auth/logout": Call(body=_refresh_token),
    "POST /auth/password/forgotten": Call(body=lambda world: {"email": world.email}),
    "POST /auth/password/reset": Call(body=_reset),
    "POST /auth/email/verification": Call(body=lambda world: {"email": world.email}),
    "POST /auth/email/verify": Call(body=_verification),
    "POST /auth/email/confirm": Call(body=_change),
    "POST /me/password": Call(body=lambda _: {"current_password": PASSWORD, "new_password": PASSWORD}),
    "POST /me/email": Call(body=_new_email),
    "GET /users/{user_id}/sign-ins": Call(names={"user_id": "learner_id"}),
    "PATCH /me": Call(body=lambda _: {"bio": "I like engines."}),
    "POST /me/api-tokens": Call(body=lambda _: {"name": "Report", "scopes": ["learning:read"]}, changes=True),
    "POST /me/sessions/end-all": Call(changes=True),
    "POST /users": Call(body=lambda _: {"email": f"{new_id().hex}@example.org", "full_name": "Grace"}),
    "POST /users/{user_id}/act-as": Call(body=lambda _: {"reason": "Ticket 4711"}),
    "POST /me/erase": Call(body=lambda _: {"current_password": PASSWORD}, changes=True),
    "POST /users/{user_id}/erase": Call(spends=True),
    "PATCH /users/{user_id}": Call(body=lambda _: {"full_name": "Ada Lovelace"}),
    "GET /users/{user_id}/sessions": Call(names={"user_id": "learner_id"}),
    "GET /users/{user_id}/api-tokens": Call(names={"user_id": "learner_id"}),
    "GET /organizations": Call(query=lambda _: {"page_size": 100}),
    "GET /events": Call(query=lambda world: {"organization_id": str(world.organization_id)}, before=_told),
    "GET /events/stream": Call(query=lambda world: {"organization_id": str(world.organization_id)}),
    "POST /queues/{queue}/dead/retry": Call(body=lambda _: {}),
    "POST /queues/{queue}/dead/drop": Call(body=lambda _: {}),
    "POST /organizations": Call(body=lambda _: {"name": "Hive"}),
    "PATCH /organizations/{organization_id}": Call(body=lambda _: {"name": "Hive"}),
    "DELETE /organizations/{organization_id}": Call(spends=True),
    "PUT /organizations/{organization_id}/policy": Call(body=lambda _: {"mfa": "staff", "mfa_grace_days": 14}),
    "POST /organizations/{organization_id}/webhooks": Call(body=_a_webhook),
    "PATCH /organizations/{organization_id}/webhooks/{webhook_id}": Call(body=lambda _: {"kinds": ["*"]}),
    "DELETE /organizations/{organization_id}/webhooks/{webhook_id}": Call(spends=True),
    "POST /organizations/{organization_id}/webhooks/{webhook_id}/rotate-secret": Call(body=lambda _: {}),
    "POST /organizations/{organization_id}/webhooks/{webhook_id}/redeliver": Call(
        body=lambda _: {"since": "2030-01-01T00:00:00Z"}
    ),
    "POST /auth/mfa/setup": Call(body=_setup, changes=True),
    "PUT /organizations/{organization_id}/members/{user_id}": Call(body=lambda _: {"role": "student"}),
    "DELETE /organizations/{organization_id}/members/{user_id}": Call(spends=True),
    "DELETE /me/memberships/{organization_id}": Call(changes=True),
    "POST /courses": Call(body=lambda world: _titled(world) | _in_organization(world)),
    "POST /courses/import": Call(form=lambda: an_archive(new_id().hex), query=_in_organization),
    "PATCH /courses/{course_id}": Call(body=_titled),
    "DELETE /courses/{course_id}": Call(spends=True),
    "POST /courses/{course_id}/duplicate": Call(body=_titled),
    "POST /courses/{course_id}/publish": Call(body=lambda _: {"note": "New"}),
    "POST /courses/{course_id}/unpublish": Call(spends=True),
    "POST /courses/{course_id}/archive": Call(spends=True),
    "PUT /courses/{course_id}/outline": Call(body=_outline),
    "POST /courses/{course_id}/sections": Call(body=_titled),
    "PATCH /sections/{section_id}": Call(body=_titled),
    "DELETE /sections/{section_id}": Call(spends=True),
    "POST /sections/{section_id}/lessons": Call(body=_titled),
    "PATCH /lessons/{lesson_id}": Call(body=_titled),
    "DELETE /lessons/{lesson_id}": Call(spends=True),
    "PUT /courses/{course_id}/staff/{user_id}": Call(body=lambda _: {"role": "instructor"}),
    "DELETE /courses/{course_id}/staff/{user_id}": Call(spends=True),
    "POST /courses/{course_id}/codes": Call(body=lambda _: {"note": "Spring"}),
    "POST /courses/{course_id}/enrollments": Call(body=lambda _: {}, changes=True),
    "POST /courses/{course_id}/enrollments/staff": Call(body=_colleague),
    "POST /courses/{course_id}/enrollments/bulk": Call(body=lambda world: {"rows": [_colleague(world)]}),
    "POST /jobs/enrollments": Call(body=lambda world: {"rows": [_colleague(world)]}, query=_on_course, spends=True),
    "POST /jobs/course-exports": Call(body=_on_course, spends=True),
    "POST /jobs/course-imports": Call(form=lambda: an_archive(new_id().hex), query=_in_organization, spends=True),
    "POST /jobs/personal-exports": Call(changes=True),
    "POST /jobs/erasures": Call(body=_colleague, spends=True),
    "POST /jobs/erasures/me": Call(body=lambda _: {"current_password": PASSWORD}, changes=True),
    "POST /jobs/{job_id}/cancel": Call(before=_under_way, spends=True),
    "PATCH /enrollments/{enrollment_id}": Call(body=lambda _: {"expires_at": None}),
    "DELETE /enrollments/{enrollment_id}": Call(spends=True),
    "PUT /enrollments/{enrollment_id}/lessons/{lesson_id}/progress": Call(body=lambda _: {"viewed": True}),
    "POST /courses/{course_id}/reviews": Call(body=lambda _: {"rating": 4}, before=_withdraw_review, spends=True),
    "PATCH /reviews/{review_id}": Call(body=lambda _: {"rating": 4}),
    "DELETE /reviews/{review_id}": Call(spends=True),
    "POST /courses/{course_id}/announcements": Call(body=_an_announcement),
    "PATCH /announcements/{announcement_id}": Call(body=_titled),
    "DELETE /announcements/{announcement_id}": Call(spends=True),
    "POST /me/notifications/read": Call(body=lambda _: {}),
    "PATCH /me/notification-preferences": Call(body=lambda _: {"digest": "weekly"}),
}
