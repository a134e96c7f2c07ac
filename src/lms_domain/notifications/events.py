"""What happens to announcements, and to how people are told."""

from dataclasses import dataclass
from typing import NewType
from uuid import UUID

from lms_domain.kernel import CourseId, Event, UserId

AnnouncementId = NewType("AnnouncementId", UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementEvent(Event):
    announcement_id: AnnouncementId
    course_id: CourseId

    @property
    def aggregate_id(self) -> UUID:
        return self.announcement_id


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementPublished(AnnouncementEvent):
    """To everybody who is on the course."""

    name = "announcement.published"
    by: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementChanged(AnnouncementEvent):
    """Nobody is told again."""

    name = "announcement.changed"
    by: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementWithdrawn(AnnouncementEvent):
    name = "announcement.withdrawn"
    by: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadDue(AnnouncementEvent):
    """The next part of a class is to be told; `after`: the last learner of the part before."""

    name = "announcement.spread_due"
    after: UserId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationsMade(Event):
    """Whoever listens looks; `subject_id`: what they are about."""

    name = "notification.made"
    subject_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.subject_id


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencesChanged(Event):
    name = "notification.preferences_changed"
    user_id: UserId

    @property
    def aggregate_id(self) -> UUID:
        return self.user_id
