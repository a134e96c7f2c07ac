"""Which events others are told of, and in which version of their form. A form never changes under its number."""

from dataclasses import fields
from uuid import UUID

from lms_domain.courses.events import (
    CourseArchived,
    CourseChanged,
    CourseCreated,
    CourseDeleted,
    CourseImported,
    CoursePublished,
    CourseRestored,
    CourseUnpublished,
    SettingsChanged,
    StaffPut,
    StaffRemoved,
)
from lms_domain.courses.reviews import ReviewChanged, ReviewDeleted, ReviewWritten
from lms_domain.enrollments.events import (
    AccessChanged,
    AccessEnded,
    AccessEnding,
    CourseCompleted,
    LearnerDropped,
    LearnerEnrolled,
    LearnerInactive,
    LearnerPromoted,
    LearnerReturned,
    LearnerWaitlisted,
    LessonCompleted,
    LessonStarted,
)
from lms_domain.feed.model import FeedEvent
from lms_domain.identity.events import UserCreated, UserErased, UserRegistered
from lms_domain.jobs.events import JobEnded
from lms_domain.kernel import Event
from lms_domain.notifications.events import AnnouncementChanged, AnnouncementPublished, AnnouncementWithdrawn
from lms_domain.organizations.model import (
    MemberAdded,
    MemberRemoved,
    MemberRoleChanged,
    MembershipAccepted,
    OrganizationChanged,
)

VERSIONS: dict[type[Event], int] = dict.fromkeys(
    (
        AccessChanged,
        AccessEnded,
        AccessEnding,
        AnnouncementChanged,
        AnnouncementPublished,
        AnnouncementWithdrawn,
        CourseArchived,
        CourseChanged,
        CourseCompleted,
        CourseCreated,
        CourseDeleted,
        CourseImported,
        CoursePublished,
        CourseRestored,
        CourseUnpublished,
        JobEnded,
        LearnerDropped,
        LearnerEnrolled,
        LearnerInactive,
        LearnerPromoted,
        LearnerReturned,
        LearnerWaitlisted,
        LessonCompleted,
        LessonStarted,
        MemberAdded,
        MemberRemoved,
        MemberRoleChanged,
        MembershipAccepted,
        OrganizationChanged,
        ReviewChanged,
        ReviewDeleted,
        ReviewWritten,
        SettingsChanged,
        StaffPut,
        StaffRemoved,
        UserCreated,
        UserErased,
        UserRegistered,
    ),
    1,
)
KINDS: dict[str, type[Event]] = {event.name: event for event in sorted(VERSIONS, key=lambda event: event.name)}
ABOUT_EVERY_EVENT = frozenset(field.name for field in fields(Event))


def told(event: Event) -> FeedEvent | None:
    """None: nobody else's business."""
    version = VERSIONS.get(type(event))
    if version is None:
        return None
    return FeedEvent(
        id=event.id,
        kind=event.name,
        version=version,
        at=event.at,
        aggregate_id=event.aggregate_id,
        organization_id=_id(event, "organization_id"),
        course_id=_id(event, "course_id"),
        data={name: getattr(event, name) for name in data_fields(type(event))},
    )


def data_fields(kind: type[Event]) -> list[str]:
    return [field.name for field in fields(kind) if field.name not in ABOUT_EVERY_EVENT]


def _id(event: Event, name: str) -> UUID | None:
    found = getattr(event, name, None)
    return found if isinstance(found, UUID) else None
