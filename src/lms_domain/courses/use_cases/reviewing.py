"""Reviewing a course. Each call holds the course's turnstile, so that its counters are the sum of its reviews."""

from collections.abc import Mapping
from typing import Any

from lms_domain.courses.reviews import (
    AlreadyReviewed,
    Attendance,
    NotEnrolled,
    Review,
    ReviewId,
    ReviewLine,
    ReviewPorts,
    ReviewWritten,
    clean_review,
)
from lms_domain.kernel import Actor, CourseId, NotFound, must_be_current, new_id
from lms_domain.standing import may_teach, must_see


async def review(ports: ReviewPorts, actor: Actor, course_id: CourseId, *, rating: int, body: str) -> ReviewLine:
    """Once per enrollment; who has deleted their review may write it anew."""
    must_see(actor, await ports.attendances.course(course_id), await ports.standings.of(course_id, actor.id))
    body = clean_review(rating, body)
    await ports.turnstiles.lock(course_id)
    attendance = await _attendance(ports, actor, course_id)
    attendance.must_suffice()
    now = ports.clock.now()
    known = await ports.reviews.of_enrollment(attendance.enrollment_id)
    if known is not None and known.is_active:
        raise AlreadyReviewed(review_id=known.id)
    if known is not None:
        known.write_again(rating, body, now=now)
        await ports.reviews.save(known)
    written = known or Review(
        id=ReviewId(new_id()),
        enrollment_id=attendance.enrollment_id,
        course_id=course_id,
        learner_id=actor.id,
        rating=rating,
        body=body,
        created_at=now,
        updated_at=now,
    )
    if known is None:
        await ports.reviews.add(written)
    await ports.reviews.count(course_id, reviews=1, ratings=rating)
    ports.emit(ReviewWritten(at=now, course_id=course_id, by=actor.id, review_id=written.id, rating=rating))
    return _line(written, attendance)


async def change_review(
    ports: ReviewPorts,
    actor: Actor,
    review_id: ReviewId,
    values: Mapping[str, Any],
    *,
    expected: int | None = None,
) -> ReviewLine:
    """By its author, who may have left the course since. A `body` of None clears it."""
    found = await _held(ports, review_id)
    if found.learner_id != actor.id:
        raise NotFound(entity="Review", id=review_id)
    must_be_current(found.version, expected)
    attendance = await _attendance(ports, actor, found.course_id)
    before = found.rating
    rating, body = values.get("rating", before), values.get("body", found.body) or ""
    happened = list(found.change(rating, clean_review(rating, body), now=ports.clock.now()))
    if happened:
        await ports.reviews.save(found)
        await ports.reviews.count(found.course_id, reviews=0, ratings=rating - before)
    ports.emit(*happened)
    return _line(found, attendance)


async def delete_review(ports: ReviewPorts, actor: Actor, review_id: ReviewId, *, expected: int | None = None) -> None:
    """By its author, who may have left the course since, or by the staff of the course."""
    found = await _held(ports, review_id)
    if found.learner_id != actor.id:
        await _must_teach(ports, actor, found)
    must_be_current(found.version, expected)
    ports.emit(*found.delete(by=actor.id, now=ports.clock.now()))
    await ports.reviews.save(found)
    await ports.reviews.count(found.course_id, reviews=-1, ratings=-found.rating)


async def _must_teach(ports: ReviewPorts, actor: Actor, review: Review) -> None:
    try:
        standing = await ports.standings.of(review.course_id, actor.id)
    except NotFound:  # whose details would name the course
        standing = None
    if standing is None or not may_teach(actor, standing):
        raise NotFound(entity="Review", id=review.id)


async def _held(ports: ReviewPorts, review_id: ReviewId) -> Review:
    """The review as it is once its course's turnstile is ours."""
    course_id = (await ports.reviews.get(review_id)).course_id
    await ports.turnstiles.lock(course_id)
    found = await ports.reviews.get(review_id)
    if not found.is_active:
        raise NotFound(entity="Review", id=review_id)
    return found


async def _attendance(ports: ReviewPorts, actor: Actor, course_id: CourseId) -> Attendance:
    attendance = await ports.attendances.of(course_id, actor.id)
    if attendance is None:
        raise NotEnrolled
    return attendance


def _line(review: Review, attendance: Attendance) -> ReviewLine:
    return ReviewLine(
        id=review.id,
        course_id=review.course_id,
        learner_id=review.learner_id,
        learner_name=attendance.learner_name,
        rating=review.rating,
        body=review.body,
        created_at=review.created_at,
        updated_at=review.updated_at,
        version=review.version,
    )
