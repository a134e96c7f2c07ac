"""What notifications ask of the outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lms_domain.courses.rendering import Rendering
from lms_domain.enrollments.ports import Sights
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.kernel import CourseId, Page, PageRequest, Repository, Slice, UserId
from lms_domain.notifications.announcements import Announcement
from lms_domain.notifications.events import AnnouncementId
from lms_domain.notifications.model import (
    Digest,
    DigestId,
    Notification,
    NotificationId,
    NotificationKind,
    Preferences,
    Recipient,
    Subject,
)
from lms_domain.notifications.views import AnnouncementView, NotificationFilter, NotificationView


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a letter says of one notification. `title`, `text` and `html`: of an announcement."""

    user_id: UserId
    kind: NotificationKind
    at: datetime
    course_title: str
    course_slug: str
    moment: datetime | None = None
    title: str = ""
    text: str = ""
    html: str = ""


class Notifications(Protocol):
    async def recipient(self, user_id: UserId, /) -> Recipient | None:
        """None where the account is not active."""

    async def class_of(self, course_id: CourseId, after: UserId | None, limit: int, /) -> list[Recipient]:
        """Who is on the course and has access, by id. The accounts are active."""

    async def add(self, made: Sequence[Notification], digests: Sequence[Digest], /, *, now: datetime) -> int:
        """Those of which nobody was told before, and how many they are. Letters and digests are tasks from now on;
        of the digests those that somebody needs, and has none of yet.
        """

    async def mark_read(self, user_id: UserId, id: NotificationId, /, *, now: datetime) -> bool:
        """Whether it is one of theirs; what is read stays read as it was."""

    async def mark_all_read(self, user_id: UserId, up_to: int | None, /, *, now: datetime) -> None:
        """Those up to this position; None: all there are."""

    async def unread(self, user_id: UserId, most: int, /) -> int:
        """Counted no further than `most`."""

    async def was_told(self, user_id: UserId, subject: Subject, /, *, since: datetime) -> bool:
        """By letter, or to be by one, of something of this kind on this course."""

    async def told(self, id: NotificationId, /) -> Told | None:
        """None where it is gone, or its reader may no longer see what it is about."""

    async def close(self, id: DigestId, /, *, now: datetime) -> UserId | None:
        """Nothing more goes into the digest. Whose it is; None where it is gone. Closing twice changes nothing."""

    async def gathered(self, id: DigestId, limit: int, /) -> list[Told]:
        """In a closed digest, the oldest first."""


class PreferenceStore(Protocol):
    async def of(self, user_id: UserId, /) -> Preferences: ...
    async def save(self, preferences: Preferences, /) -> None:
        """Raises Stale."""


class Announcements(Repository[Announcement], Protocol):
    async def locked(self, id: AnnouncementId, /) -> Announcement: ...
    async def count(self, course_id: CourseId, /, *, since: datetime) -> int:
        """Published since, withdrawn or not; nobody else counts them until the transaction ends."""


class NotificationPorts(IdentityPorts, Protocol):
    @property
    def notifications(self) -> Notifications: ...
    @property
    def preferences(self) -> PreferenceStore: ...
    @property
    def announcements(self) -> Announcements: ...
    @property
    def sights(self) -> Sights: ...
    @property
    def rendering(self) -> Rendering: ...


class NotificationLists(Protocol):
    async def page(self, user_id: UserId, only: NotificationFilter, paging: PageRequest, /) -> Page[NotificationView]:
        """The newest first."""

    async def unread(self, user_id: UserId, most: int, /) -> int:
        """Counted no further than `most`."""

    async def last(self, user_id: UserId, /) -> int:
        """The position of the newest; 0 where there is none."""

    async def after(self, user_id: UserId, position: int, limit: int, /) -> Slice[NotificationView]: ...
    async def preferences(self, user_id: UserId, /) -> Preferences: ...


class AnnouncementLists(Protocol):
    async def page(self, course_id: CourseId, paging: PageRequest, /) -> Page[AnnouncementView]:
        """The newest first."""

    async def one(self, id: AnnouncementId, /) -> AnnouncementView:
        """Raises NotFound."""


class NotificationReads(Protocol):
    @property
    def notification_lists(self) -> NotificationLists: ...
    @property
    def announcement_lists(self) -> AnnouncementLists: ...
    @property
    def sights(self) -> Sights: ...
