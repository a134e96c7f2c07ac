"""Notifications, preferences, digests and announcements, in memory."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from lms_adapters.memory.enrollments_ground import Ground
from lms_adapters.memory.store import MemoryRepository, Store
from lms_adapters.memory.tasks import Kept
from lms_domain.courses.model import Course
from lms_domain.identity.model import User
from lms_domain.kernel import CourseId, Stale, UserId
from lms_domain.notifications.announcements import Announcement
from lms_domain.notifications.model import (
    DIGEST,
    NOTICE,
    ByEmail,
    Digest,
    DigestId,
    Notification,
    NotificationId,
    Preferences,
    Recipient,
    Subject,
)
from lms_domain.notifications.ports import Told
from lms_domain.queues import QueueName
from lms_domain.tasks.model import PlannedTask


@dataclass(slots=True)
class Made:
    """A notification, its place in its reader's list, and what became of it."""

    notification: Notification
    position: int
    digest_id: DigestId | None = None
    read_at: datetime | None = None


class MemoryNotifications:
    def __init__(self, store: Store) -> None:
        self._ground = Ground(store)
        self._all: dict[NotificationId, Made] = store.setdefault("notifications", {})
        self._digests: dict[DigestId, Digest] = store.setdefault(Digest, {})
        self._closed: dict[DigestId, datetime] = store.setdefault("closed digests", {})
        self._tasks: dict[tuple[UUID, str], Kept] = store.setdefault("tasks", {})
        self._users: dict[UserId, User] = store.setdefault(User, {})
        self._courses: dict[CourseId, Course] = store.setdefault(Course, {})
        self._announcements: dict[UUID, Announcement] = store.setdefault(Announcement, {})
        self._preferences = MemoryPreferences(store)

    async def recipient(self, user_id: UserId, /) -> Recipient | None:
        user = self._users.get(user_id)
        if user is None or not user.is_active:
            return None
        takes_letters = user.email_verified_at is not None and user.email_refused_at is None
        preferences = await self._preferences.of(user_id)
        return Recipient(preferences=preferences, timezone=user.timezone, takes_letters=takes_letters)

    async def class_of(self, course_id: CourseId, after: UserId | None, limit: int, /) -> list[Recipient]:
        of_course = (e for e in self._ground.all_enrollments().values() if e.course_id == course_id)
        ids = sorted(e.learner_id for e in of_course if e.status.has_seat and (after is None or e.learner_id > after))
        found = [await self.recipient(id) for id in ids]
        return [each for each in found if each is not None][:limit]

    async def add(self, made: Sequence[Notification], digests: Sequence[Digest], /, *, now: datetime) -> int:
        fresh = [each for each in made if not any(self._of(each.user_id, each.subject.id))]
        for each in fresh:
            self._all[each.id] = Made(each, 1 + sum(1 for _ in self._of(each.user_id)))
            if each.email is ByEmail.AT_ONCE:
                self._plan(each.id, NOTICE, now)
        gathered = {each.user_id for each in fresh if each.email is ByEmail.DIGEST}
        gathered -= {digest.user_id for digest in self._digests.values() if digest.id not in self._closed}
        for digest in (each for each in digests if each.user_id in gathered):
            self._digests[digest.id] = digest
            self._plan(digest.id, DIGEST, digest.due_at)
        return len(fresh)

    async def mark_read(self, user_id: UserId, id: NotificationId, /, *, now: datetime) -> bool:
        made = self._all.get(id)
        if made is None or made.notification.user_id != user_id or not made.notification.in_app:
            return False
        made.read_at = made.read_at or now
        return True

    async def mark_all_read(self, user_id: UserId, up_to: int | None, /, *, now: datetime) -> None:
        for made in self._of(user_id):
            if up_to is None or made.position <= up_to:
                made.read_at = made.read_at or now

    async def unread(self, user_id: UserId, most: int, /) -> int:
        mine = [made for made in self._of(user_id) if made.notification.in_app and made.read_at is None]
        return min(most, sum(self._is_there(made) for made in mine))

    async def was_told(self, user_id: UserId, subject: Subject, /, *, since: datetime) -> bool:
        alike = (each.notification for each in self._of(user_id) if each.notification.email is not ByEmail.OFF)
        of_course = (each for each in alike if each.subject.course_id == subject.course_id and each.at > since)
        return any(each.subject.kind is subject.kind for each in of_course)

    async def told(self, id: NotificationId, /) -> Told | None:
        made = self._all.get(id)
        return self._told(made) if made and self._is_there(made) else None

    async def close(self, id: DigestId, /, *, now: datetime) -> UserId | None:
        digest = self._digests.get(id)
        if digest is None:
            return None
        if id not in self._closed:
            self._closed[id] = now
            for made in self._of(digest.user_id):
                if made.notification.email is ByEmail.DIGEST and made.digest_id is None:
                    made.digest_id = id
        return digest.user_id

    async def gathered(self, id: DigestId, limit: int, /) -> list[Told]:
        inside = [made for made in self._all.values() if made.digest_id == id and self._is_there(made)]
        return [self._told(made) for made in sorted(inside, key=lambda made: made.position)[:limit]]

    def _of(self, user_id: UserId, subject_id: UUID | None = None) -> Iterator[Made]:
        mine = (made for made in self._all.values() if made.notification.user_id == user_id)
        return (made for made in mine if subject_id is None or made.notification.subject.id == subject_id)

    def _plan(self, id: UUID, reaction: str, due_at: datetime) -> None:
        task = PlannedTask(subject_id=id, reaction=reaction, queue=QueueName.NOTIFICATIONS, seq=0)
        self._tasks[id, reaction] = Kept(task, due_at)

    def _is_there(self, made: Made) -> bool:
        announcement = self._announcements.get(made.notification.subject.announcement_id or UUID(int=0))
        return announcement is None or announcement.is_active

    def _told(self, made: Made) -> Told:
        subject = made.notification.subject
        course = self._courses[subject.course_id]
        told = Told(
            user_id=made.notification.user_id,
            kind=subject.kind,
            at=made.notification.at,
            course_title=course.page.title,
            course_slug=course.slug,
            moment=subject.moment,
        )
        announcement = self._announcements.get(subject.announcement_id or UUID(int=0))
        if announcement is None:
            return told
        return replace(told, title=announcement.title, text=announcement.body, html=announcement.html)


class MemoryPreferences:
    def __init__(self, store: Store) -> None:
        self._all: dict[UserId, Preferences] = store.setdefault(Preferences, {})

    async def of(self, user_id: UserId, /) -> Preferences:
        return deepcopy(self._all.get(user_id) or Preferences(user_id=user_id))

    async def save(self, preferences: Preferences, /) -> None:
        if (await self.of(preferences.user_id)).version != preferences.version:
            raise Stale
        preferences.version += 1
        self._all[preferences.user_id] = deepcopy(preferences)


class MemoryAnnouncements(MemoryRepository[Announcement]):
    entity = Announcement

    async def count(self, course_id: CourseId, /, *, since: datetime) -> int:
        return sum(1 for _ in self._where(lambda each: each.course_id == course_id and each.published_at > since))
