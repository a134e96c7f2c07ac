"""What people ask about reviews."""

from lms_domain.courses.reviews import ReviewId, ReviewLine, ReviewReads, ReviewSort
from lms_domain.kernel import Actor, CourseId, NotFound, Page, PageRequest
from lms_domain.standing import must_see


async def review(reads: ReviewReads, viewer: Actor | None, review_id: ReviewId) -> ReviewLine:
    """Of a course that the viewer may see."""
    found = await reads.review_lists.one(review_id)
    try:
        standing = await reads.standings.of(found.course_id, viewer.id if viewer else None)
        must_see(viewer, await reads.review_lists.course(found.course_id), standing)
    except NotFound:  # whose details would name the course
        raise NotFound(entity="Review", id=review_id) from None
    return found


async def reviews(
    reads: ReviewReads,
    viewer: Actor | None,
    course_id: CourseId,
    *,
    rating: int | None,
    sort: ReviewSort,
    paging: PageRequest,
) -> Page[ReviewLine]:
    """Of a course that the viewer may see."""
    standing = await reads.standings.of(course_id, viewer.id if viewer else None)
    must_see(viewer, await reads.review_lists.course(course_id), standing)
    return await reads.review_lists.page(course_id, rating, sort, paging)
