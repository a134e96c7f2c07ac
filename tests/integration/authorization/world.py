"""One organization with a course, and one person of each kind who may come near it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pyotp import TOTP
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.devices import Device
from tests.integration.classroom import add_users
from tests.integration.school import LONG_AGO, Drafted, Person, School, a_published_course

from lms_adapters.postgres.base import to_row
from lms_adapters.postgres.courses_tables import assets, blobs
from lms_adapters.postgres.identity_tables import (
    credentials,
    erasures,
    mfa_challenges,
    passkeys,
    sessions,
    sign_ins,
    tickets,
    totps,
    users,
)
from lms_adapters.postgres.jobs_tables import job_pieces, job_rows, jobs
from lms_adapters.postgres.notifications import PgNotifications
from lms_adapters.postgres.upkeep_tables import drifts
from lms_adapters.security.authenticator import TotpAuthenticator
from lms_adapters.security.boxes import Boxes
from lms_adapters.security.links import SealedLinks
from lms_adapters.security.seals import HmacSeals
from lms_domain.identity.erasure import SEALED_AS, ErasedBy, Erasure
from lms_domain.identity.mfa import Totp, new_challenge
from lms_domain.identity.passkeys import FOR_SIGN_IN, new_passkey
from lms_domain.identity.tickets import Purpose, new_ticket
from lms_domain.identity.webauthn import Registered
from lms_domain.jobs.events import JobId, JobKind, JobState
from lms_domain.jobs.model import Job
from lms_domain.kernel import CourseId, OrganizationId, UserId, new_id
from lms_domain.notifications.model import ByEmail, Notification, NotificationId, NotificationKind, Subject
from lms_entrypoints.accounts import CHALLENGE
from lms_entrypoints.http.cookies import session_in
from lms_entrypoints.settings import DEVELOPMENT_KEY, SecuritySettings

# In every text that belongs to the organization, its course and its people: whoever is refused must not read it.
MARK = "zq7watermark"
PASSWORD = "correct horse battery"


@dataclass(frozen=True, kw_only=True)
class World:
    """`ids`: of one of each kind, by the names of parameters. `people`: by the columns of the page."""

    people: Mapping[str, Person]
    organization_id: OrganizationId
    course: Drafted
    ids: Mapping[str, str]
    email: str  # of an account that is signed into with PASSWORD, as everybody's is
    engine: AsyncEngine

    async def ticket(self, purpose: Purpose) -> str:
        """The token of a link that was sent to the account."""
        now = datetime.now(UTC)
        async with self.engine.begin() as conn:
            holder = (await conn.execute(select(users.c.id).where(users.c.email == self.email))).scalar_one()
            change_id = new_id() if purpose is Purpose.NEW_EMAIL else None
            ticket = new_ticket(UserId(holder), purpose, self.email, now=now, change_id=change_id)
            await conn.execute(insert(tickets).values(to_row(ticket)))
        links = SealedLinks(HmacSeals(DEVELOPMENT_KEY), "", "")
        return links.of(ticket).partition("#token=")[2]

    async def challenge(self) -> tuple[str, str]:
        """What the account's right password was answered with, and a code."""
        authenticator = TotpAuthenticator(Boxes(SecuritySettings().boxing()))
        now = datetime.now(UTC)
        async with self.engine.begin() as conn:
            holder = UserId((await conn.execute(select(users.c.id).where(users.c.email == self.email))).scalar_one())
            await conn.execute(delete(totps).where(totps.c.user_id == holder))
            totp = Totp(user_id=holder, box=authenticator.new_secret(holder), created_at=now, confirmed_at=now)
            made = new_challenge(holder, 1, now=now)
            await conn.execute(insert(totps).values(to_row(totp)))
            await conn.execute(insert(mfa_challenges).values(to_row(made)))
        code = TOTP(authenticator.secret(totp)).now()
        return HmacSeals(DEVELOPMENT_KEY).seal(CHALLENGE, made.id), code

    async def setup_challenge(self) -> str:
        """The same of an account that has no second factor."""
        now = datetime.now(UTC)
        async with self.engine.begin() as conn:
            holder = UserId((await conn.execute(select(users.c.id).where(users.c.email == self.email))).scalar_one())
            await conn.execute(delete(totps).where(totps.c.user_id == holder))
            made = new_challenge(holder, 1, now=now)
            await conn.execute(insert(mfa_challenges).values(to_row(made)))
        return HmacSeals(DEVELOPMENT_KEY).seal(CHALLENGE, made.id)

    async def passkey(self) -> dict[str, Any]:
        """What one of the account's answers when it signs in."""
        async with self.engine.begin() as conn:
            holder = UserId((await conn.execute(select(users.c.id).where(users.c.email == self.email))).scalar_one())
        device = Device()
        await a_passkey(self.engine, holder, device)
        challenge = HmacSeals(DEVELOPMENT_KEY).seal(FOR_SIGN_IN, new_id())
        return device.get({"rpId": "localhost", "challenge": challenge})

    def shows(self, answer: str) -> bool:
        """Whether there is anything of this world in it."""
        return MARK in answer or any(self.ids[name] in answer for name in self.ids if _is_random(name))

    def without_ids(self, answer: str) -> str:
        """With names in the place of ids, so that answers about two worlds can be compared."""
        for name, id in self.ids.items():
            answer = answer.replace(id, name) if _is_random(name) else answer
        return answer

    def unknown(self) -> "World":
        """The same people, and ids of what has never been."""
        ids = {
            name: new_id().hex if name in {"slug", "key"} else str(new_id()) for name in self.ids if _is_random(name)
        }
        id = OrganizationId(UUID(ids["organization_id"]))
        return replace(self, ids={**self.ids, **ids}, organization_id=id)


def _is_random(name: str) -> bool:
    return name.endswith("_id") or name in {"slug", "key"}


async def a_world(school: School, engine: AsyncEngine, visibility: str) -> World:
    people = {
        "nobody": school.stranger(),
        "student": await school.learner(),
        "learner": await school.learner(),
        "member": await school.learner(),
        "instructor": await school.teacher(),
        "assistant": await school.learner(),
        "owner": await school.teacher(),
        "org admin": await school.learner(),
        "other org": await school.learner(),
        "admin": await school.admin(),
    }
    [colleague] = [actor.id for actor in await add_users(engine, 1, MARK)]
    organization = await _an_organization(school, people, colleague)
    await school.organization(admin=people["other org"])
    course = await _a_course(people["owner"], organization, visibility)
    for each in (people["assistant"].id, colleague):
        await people["owner"].json("PUT", f"/courses/{course.id}/staff/{each}", {"role": "assistant"})
    enrollment = await _an_enrollment(people, course)
    ids = {
        "organization_id": str(organization),
        "course_id": course.id,
        "slug": (await people["owner"].json("GET", f"/courses/{course.id}"))["slug"],
        "section_id": course.section,
        "lesson_id": course.lessons[0],
        "enrollment_id": enrollment,
        "review_id": await _a_review(people["learner"], course),
        "code_id": await _a_code(people["owner"], course),
        "session_id": await _a_session(engine, people["learner"].id),
        "passkey_id": await _a_proved_passkey(engine, people["learner"]),
        "token_id": await _an_api_token(people["learner"]),
        "user_id": str(colleague),
        "learner_id": str(people["learner"].id),
        "key": await _an_asset(engine, organization),
        "job_id": await a_job(engine, people["learner"].id, enrollment),
        "receipt": await _a_receipt(engine),
        **await _a_notification(engine, people, course),
        **await _a_webhook(people["org admin"], organization),
        "name": "bees.txt",
        "queue": "emails",
        "kind": "course",
        "subject_id": await _a_drift(engine, course.id),
        "number": "1",
        "before": "1",
        "after": "2",
    }
    email = await _an_account(people["nobody"])
    async with engine.begin() as conn:
        registered = select(credentials.c.password_hash).where(credentials.c.password_hash != "!").limit(1)
        await conn.execute(update(credentials).values(password_hash=registered.scalar_subquery()))
    return World(people=people, organization_id=organization, course=course, ids=ids, email=email, engine=engine)


async def _an_organization(school: School, people: Mapping[str, Person], colleague: UserId) -> OrganizationId:
    admin, owner, member = people["org admin"], people["owner"], people["member"]
    id = await school.organization(admin=admin, instructor=owner, student=member)
    await admin.json("PATCH", f"/organizations/{id}", {"name": f"School {MARK}", "slug": f"{MARK}-{id}"})
    await people["admin"].json("PUT", f"/organizations/{id}/members/{colleague}", {"role": "student"})
    return id


async def _a_course(owner: Person, organization: OrganizationId, visibility: str) -> Drafted:
    """With two revisions, so that there is a difference."""
    fields = {"summary": f"Of {MARK}", "category": MARK, "tags": [MARK], "visibility": visibility}
    course = await a_published_course(
        owner, lessons=5, title=f"Bees {MARK}", organization_id=str(organization), **fields
    )
    await owner.json("PATCH", f"/sections/{course.section}", {"title": f"Section {MARK}"})
    for id in course.lessons[:2]:
        await owner.json("PATCH", f"/lessons/{id}", {"title": f"Lesson {MARK}", "content": {"body": f"Read {MARK}"}})
    await owner.json("POST", f"/courses/{course.id}/publish", {"note": f"More {MARK}"})
    return course


async def _an_enrollment(people: Mapping[str, Person], course: Drafted) -> str:
    """By the owner: the learner is no member of the organization. One lesson of five suffices for a review."""
    owner, learner = people["owner"], people["learner"]
    enrolled = await owner.json("POST", f"/courses/{course.id}/enrollments/staff", {"user_id": str(learner.id)})
    lessons = f"/enrollments/{enrolled['id']}/lessons"
    await learner.json("PUT", f"{lessons}/{course.lessons[0]}/progress", {"viewed": True})
    return str(enrolled["id"])


async def _a_review(learner: Person, course: Drafted) -> str:
    body = {"rating": 5, "body": f"I like {MARK}"}
    return str((await learner.json("POST", f"/courses/{course.id}/reviews", body))["id"])


async def _a_code(owner: Person, course: Drafted) -> str:
    return str((await owner.json("POST", f"/courses/{course.id}/codes", {"note": MARK}))["id"])


async def _an_api_token(learner: Person) -> str:
    made = await learner.json("POST", "/me/api-tokens", {"name": MARK, "scopes": ["learning:read"]})
    return str(made["api_token"]["id"])


async def _a_receipt(engine: AsyncEngine) -> str:
    [gone] = await add_users(engine, 1, "Gone")
    erasure = Erasure(id=new_id(), user_id=gone.id, erased_at=datetime.now(UTC), by=ErasedBy.OWNER)
    async with engine.begin() as conn:
        await conn.execute(insert(erasures).values(to_row(erasure)))
    return HmacSeals(DEVELOPMENT_KEY).seal(SEALED_AS, erasure.id)


async def _a_notification(engine: AsyncEngine, people: Mapping[str, Person], course: Drafted) -> dict[str, str]:
    """The learner is told of an announcement, and may want no more letters of the kind."""
    announced = {"title": f"News {MARK}", "body": f"Read {MARK}"}
    announcement = await people["owner"].json("POST", f"/courses/{course.id}/announcements", announced)
    learner, id, now = people["learner"].id, NotificationId(new_id()), datetime.now(UTC)
    subject = Subject(
        id=announcement["id"],
        kind=NotificationKind.ANNOUNCEMENT,
        course_id=CourseId(UUID(course.id)),
        announcement_id=announcement["id"],
    )
    made = Notification(id=id, user_id=learner, subject=subject, at=now, in_app=True, email=ByEmail.OFF)
    async with engine.begin() as conn:
        await PgNotifications(conn).add([made], [], now=now)
    token = HmacSeals(DEVELOPMENT_KEY).seal("unsubscribe:announcement", learner)
    ids = {"announcement_id": announcement["id"], "notification_id": str(id)}
    return ids | {"what": "announcement", "token": token}


async def a_job(engine: AsyncEngine, user_id: UserId, enrollment_id: str) -> str:
    """One that is over, with a row, and a file to be fetched."""
    now = datetime.now(UTC)
    job = Job(id=JobId(new_id()), kind=JobKind.ENROLLMENTS, created_by=user_id, user_id=user_id, created_at=now)
    job.state, job.ended_at, job.file_name, job.file_size = JobState.SUCCEEDED, now, f"{MARK}.zip", len(MARK)
    row = {"number": 1, "status": "enrolled", "enrollment_id": enrollment_id, "error": {"code": "x", "message": MARK}}
    async with engine.begin() as conn:
        await conn.execute(insert(jobs).values(to_row(job)))
        await conn.execute(insert(job_rows).values(row | {"job_id": job.id}))
        await conn.execute(insert(job_pieces).values(job_id=job.id, number=0, data=MARK.encode()))
    return str(job.id)


async def _a_session(engine: AsyncEngine, user_id: UserId) -> str:
    id = new_id()
    row: dict[str, Any] = {
        "id": id,
        "user_id": user_id,
        "refresh_digest": hashlib.sha256(id.bytes).digest(),
        "user_agent": MARK,
        "created_at": LONG_AGO,
        "last_used_at": LONG_AGO,
        "expires_at": datetime.now(UTC) + timedelta(days=1),
        "version": 1,
    }
    async with engine.begin() as conn:
        await conn.execute(insert(sessions), row)
        attempt = {"id": new_id(), "user_id": user_id, "outcome": "succeeded", "user_agent": MARK, "at": LONG_AGO}
        await conn.execute(insert(sign_ins), attempt)
    return str(id)


async def _a_proved_passkey(engine: AsyncEngine, learner: Person) -> str:
    """Proved just now in the session of the learner's own access token."""
    token = learner.client.headers["authorization"].removeprefix("Bearer ")
    now = datetime.now(UTC)
    async with engine.begin() as conn:
        row = {"id": session_in(token), "user_id": learner.id, "refresh_digest": new_id().bytes, "user_agent": MARK}
        times = {"created_at": now, "last_used_at": now, "second_factor_at": now, "expires_at": now + timedelta(days=1)}
        await conn.execute(insert(sessions), row | times | {"version": 1})
    return await a_passkey(engine, learner.id, Device())


async def a_passkey(engine: AsyncEngine, user_id: UserId, device: Device) -> str:
    """As if the device had been registered."""
    made = Registered(
        credential_id=device.credential_id,
        public_key=device.public_key,
        sign_count=0,
        aaguid=UUID(int=0),
        can_be_backed_up=False,
        is_backed_up=False,
    )
    passkey = new_passkey(user_id, made, name=MARK, transports=[], now=datetime.now(UTC))
    device.user_handle = user_id.bytes
    async with engine.begin() as conn:
        await conn.execute(insert(passkeys).values(to_row(passkey)))
    return str(passkey.id)


async def _an_asset(engine: AsyncEngine, organization: OrganizationId) -> str:
    key = new_id().hex
    file: dict[str, Any] = {"sha256": hashlib.sha256(key.encode()).digest(), "size": 3}
    about = {"key": key, "organization_id": organization, "name": "bees.txt", "media_type": "text/plain"}
    async with engine.begin() as conn:
        await conn.execute(insert(blobs), file | {"data": b"bee"})
        await conn.execute(insert(assets), file | about | {"created_at": LONG_AGO})
    return key


async def _a_webhook(admin: Person, organization: OrganizationId) -> dict[str, str]:
    """With a delivery, which nobody sends."""
    path = f"/organizations/{organization}/webhooks"
    body = {"url": f"https://example.org/{MARK}", "kinds": ["*"], "description": MARK}
    id = (await admin.json("POST", path, body))["webhook"]["id"]
    return {"webhook_id": id, "delivery_id": (await admin.json("POST", f"{path}/{id}/test"))["id"]}


async def _a_drift(engine: AsyncEngine, course_id: str) -> str:
    """Of the course, reported and not there."""
    wrong: dict[str, Any] = {"kind": "course", "kept": {"seats_taken": 2}, "counted": {"seats_taken": 1}}
    async with engine.begin() as conn:
        await conn.execute(insert(drifts), wrong | {"subject_id": course_id, "found_at": LONG_AGO, "seen_at": LONG_AGO})
    return course_id


async def _an_account(nobody: Person) -> str:
    email = f"{new_id().hex}@example.org"
    await nobody.json("POST", "/auth/register", {"email": email, "password": PASSWORD, "full_name": "Grace"})
    return email
