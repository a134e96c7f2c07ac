"""Notifications, how somebody wants to be told, and digests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import NewType, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from lms_domain.kernel import CourseId, Event, UserId, new_id
from lms_domain.notifications.events import AnnouncementId, PreferencesChanged

NotificationId = NewType("NotificationId", UUID)
DigestId = NewType("DigestId", UUID)
MORNING = time(7)  # where the reader is
MOST_IN_DIGEST = 50
PAUSE = timedelta(hours=1)  # between two letters of one kind about one course, however often it happens
NOTICE, DIGEST = "notice", "digest"  # the reactions that are letters about these


class NotificationKind(StrEnum):
    """Each has a letter of the same name."""

    ENROLLED = "enrolled"
    WAITLISTED = "waitlisted"
    PROMOTED = "promoted"
    ACCESS_ENDING = "access_ending"
    ACCESS_ENDED = "access_ended"
    INACTIVE = "inactive"
    COURSE_COMPLETED = "course_completed"
    ANNOUNCEMENT = "announcement"


class ByEmail(StrEnum):
    AT_ONCE = "at_once"
    DIGEST = "digest"
    OFF = "off"


class Frequency(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`in_app`: whether it is in the list of notifications."""

    email: ByEmail = ByEmail.AT_ONCE
    in_app: bool = True


@dataclass(slots=True, kw_only=True)
class Preferences:
    """`kinds`: those that were chosen; of all others everything is told at once."""

    user_id: UserId
    kinds: dict[NotificationKind, Choice] = field(default_factory=dict)
    digest: Frequency = Frequency.DAILY
    updated_at: datetime | None = None
    version: int = 1

    def of(self, kind: NotificationKind) -> Choice:
        return self.kinds.get(kind, Choice())

    def all(self) -> dict[NotificationKind, Choice]:
        return {kind: self.of(kind) for kind in NotificationKind}

    def change(self, kinds: Mapping[NotificationKind, Choice], digest: Frequency, *, now: datetime) -> Iterator[Event]:
        after = self.kinds | dict(kinds)
        if (after, digest) == (self.kinds, self.digest):
            return
        self.kinds, self.digest, self.updated_at = after, digest, now
        yield PreferencesChanged(at=now, user_id=self.user_id)

    def without_letters(self, kind: NotificationKind | None) -> dict[NotificationKind, Choice]:
        """What would have to be chosen for no more letters of a kind; None: for no more digests."""
        return {
            each: Choice(email=ByEmail.OFF, in_app=choice.in_app)
            for each, choice in self.all().items()
            if each is kind or (kind is None and choice.email is ByEmail.DIGEST)
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """`takes_letters`: the account is active, its address is proved, and no mail server refuses it."""

    preferences: Preferences
    timezone: str
    takes_letters: bool

    @property
    def user_id(self) -> UserId:
        return self.preferences.user_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What somebody is told of. `id`: of the event or the announcement: of one nobody is told twice.

    `moment`: of what the kind is about, such as when access ends.
    """

    id: UUID
    kind: NotificationKind
    course_id: CourseId
    announcement_id: AnnouncementId | None = None
    moment: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One person told of one thing. `email`: what was decided when it was made."""

    id: NotificationId
    user_id: UserId
    subject: Subject
    at: datetime
    in_app: bool
    email: ByEmail

    @classmethod
    def to(cls, recipient: Recipient, subject: Subject, *, now: datetime, by_letter: bool = True) -> Self | None:
        """None where they want none of it."""
        choice = recipient.preferences.of(subject.kind)
        email = choice.email if recipient.takes_letters and by_letter else ByEmail.OFF
        if email is ByEmail.OFF and not choice.in_app:
            return None
        id = NotificationId(new_id())
        return cls(id=id, user_id=recipient.user_id, subject=subject, at=now, in_app=choice.in_app, email=email)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What is gathered for somebody until it is due. Everybody has one open digest at most."""

    id: DigestId
    user_id: UserId
    due_at: datetime

    @classmethod
    def to(cls, recipient: Recipient, *, now: datetime) -> Self:
        due_at = next_morning(recipient.preferences.digest, recipient.timezone, now=now)
        return cls(id=DigestId(new_id()), user_id=recipient.user_id, due_at=due_at)


def next_morning(frequency: Frequency, timezone: str, *, now: datetime) -> datetime:
    """In UTC: the next seven o'clock where the reader is; of a Monday, if once a week."""
    zone = ZoneInfo(timezone)
    local = now.astimezone(zone)
    day = local.date() + timedelta(days=local.time() >= MORNING)
    if frequency is Frequency.WEEKLY:
        day += timedelta(days=-day.weekday() % 7)
    return datetime.combine(day, MORNING, tzinfo=zone).astimezone(UTC)
