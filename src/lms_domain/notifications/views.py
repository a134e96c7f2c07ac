"""What people see of notifications and announcements."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from lms_domain.kernel import CourseId, UserId
from lms_domain.notifications.announcements import Announcement
from lms_domain.notifications.events import AnnouncementId
from lms_domain.notifications.model import Choice, Frequency, NotificationId, NotificationKind, Preferences

MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseNamed:
    id: CourseId
    slug: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementNamed:
    id: AnnouncementId
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationView:
    """`moment`: when access ends or has ended, or since when nothing was learned. `course` and `announcement`: as long
    as their reader may see them. `cursor` grows with every notification of its reader.
    """

    id: NotificationId
    cursor: str
    kind: NotificationKind
    at: datetime
    read_at: datetime | None
    course: CourseNamed | None
    announcement: AnnouncementNamed | None
    moment: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationFilter:
    unread: bool | None = None
    kind: NotificationKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadCount:
    """Exact up to 1,000, which is as far as it is counted."""

    unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribed:
    """`what`: a kind of notifications, or `digest`."""

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencesView:
    """`digest`: how often what is gathered is sent, at seven in the morning where the reader is."""

    kinds: dict[NotificationKind, Choice]
    digest: Frequency
    updated_at: datetime | None
    version: int

    @classmethod
    def of(cls, preferences: Preferences) -> Self:
        return cls(
            kinds=preferences.all(),
            digest=preferences.digest,
            updated_at=preferences.updated_at,
            version=preferences.version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementView:
    """`body` is Markdown, `html` the same, safe to show."""

    id: AnnouncementId
    course_id: CourseId
    author_id: UserId
    author_name: str
    title: str
    body: str
    html: str
    published_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def of(cls, announcement: Announcement, author_name: str) -> Self:
        names = set(cls.__slots__) - {"author_name"}
        return cls(author_name=author_name, **{name: getattr(announcement, name) for name in names})
