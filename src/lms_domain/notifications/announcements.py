"""What the staff of a course tell everybody who is on it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from lms_domain.enrollments.course import CourseSight
from lms_domain.kernel import Actor, CourseId, Event, NotFound, Problem, TooMany, UserId, new_id, refuse_if_any
from lms_domain.notifications.events import (
    AnnouncementChanged,
    AnnouncementId,
    AnnouncementPublished,
    AnnouncementWithdrawn,
    SpreadDue,
)
from lms_domain.text import clean_text

LONGEST_TITLE = 200
LONGEST_BODY = 20_000
MOST_A_DAY = 20  # to one course: nobody's mailbox is filled by it


@dataclass(slots=True, kw_only=True)
class Announcement:
    """`body` is Markdown, `html` what became of it."""

    id: AnnouncementId
    course_id: CourseId
    author_id: UserId
    title: str
    body: str
    html: str
    is_active: bool = True
    published_at: datetime
    updated_at: datetime
    version: int = 1

    @classmethod
    def publish(
        cls, course_id: CourseId, by: UserId, values: Mapping[str, str], *, html: str, now: datetime
    ) -> tuple[Self, list[Event]]:
        """`values`: cleaned."""
        made = cls(
            id=AnnouncementId(new_id()),
            course_id=course_id,
            author_id=by,
            title=values["title"],
            body=values["body"],
            html=html,
            published_at=now,
            updated_at=now,
        )
        published = AnnouncementPublished(at=now, announcement_id=made.id, course_id=course_id, by=by)
        return made, [published, SpreadDue(at=now, announcement_id=made.id, course_id=course_id)]

    def change(self, values: Mapping[str, str], *, html: str, by: UserId, now: datetime) -> Iterator[Event]:
        after = {"title": self.title, "body": self.body} | dict(values)
        if (after["title"], after["body"]) == (self.title, self.body):
            return
        self.title, self.body, self.html, self.updated_at = after["title"], after["body"], html, now
        yield AnnouncementChanged(at=now, announcement_id=self.id, course_id=self.course_id, by=by)

    def withdraw(self, *, by: UserId, now: datetime) -> Iterator[Event]:
        """Letters that have left cannot be called back; those that wait do not leave."""
        self.is_active, self.updated_at = False, now
        yield AnnouncementWithdrawn(at=now, announcement_id=self.id, course_id=self.course_id, by=by)

    def must_be_there(self) -> None:
        if not self.is_active:
            raise NotFound(entity="Announcement", id=self.id)


class TooManyAnnouncements(TooMany):
    message = f"At most {MOST_A_DAY} announcements a day go out to a course; change one of them instead."


def is_read_by(sight: CourseSight, actor: Actor) -> bool:
    """By learners whose access has not ended, and by the staff."""
    return sight.is_taught_by(actor) or (sight.is_seen_by(actor) and sight.standing.access)


def clean_announcement(values: Mapping[str, Any]) -> dict[str, str]:
    problems: list[Problem] = []
    cleaned = {}
    if "title" in values:
        cleaned["title"] = clean_text(values["title"], "title", problems, longest=LONGEST_TITLE, shortest=1)
    if "body" in values:
        body = clean_text(values["body"], "body", problems, longest=LONGEST_BODY, shortest=1, multiline=True)
        cleaned["body"] = body
    refuse_if_any(problems)
    return cleaned
