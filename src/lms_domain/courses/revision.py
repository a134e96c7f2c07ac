"""A revision: one immutable, numbered state of a course that learners read."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NewType
from uuid import UUID

from lms_domain.courses.model import CoursePage, LessonKind
from lms_domain.kernel import CourseId, LessonId, RevisionId, SectionId, UserId

ContentId = NewType("ContentId", UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisedSection:
    id: SectionId
    title: str
    summary: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisedLesson:
    """One lesson as this revision froze it; its content may be shared with other revisions."""

    revision_id: RevisionId
    lesson_id: LessonId
    section_id: SectionId
    position: int  # over the whole course, from 0
    title: str
    kind: LessonKind
    required: bool
    preview: bool
    completion_rule: dict[str, Any]
    duration_seconds: int | None
    metadata: dict[str, Any]
    content_id: ContentId


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonContent:
    """One state of a lesson's content, stored once however many revisions have it."""

    id: ContentId
    lesson_id: LessonId
    digest: bytes
    content: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonText:
    """What a search reads of a lesson: no markup, no problem, no answer."""

    lesson_id: LessonId
    position: int
    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    id: RevisionId
    course_id: CourseId
    number: int  # from 1, without gaps
    page: CoursePage
    sections: tuple[RevisedSection, ...]
    lesson_count: int
    required_count: int
    total_seconds: int
    note: str = ""
    published_at: datetime
    published_by: UserId | None


def digest_of(content: dict[str, Any]) -> bytes:
    """SHA-256 of the canonical JSON: equal contents have equal digests, whatever the order of their keys."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).digest()
