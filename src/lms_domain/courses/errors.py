"""How authoring and reading refuse, in the words of the one who is refused."""

from lms_domain.kernel import Conflict, Forbidden, Invalid, NotFound


class SlugTaken(Conflict):
    message = "Another course has this slug; choose another one."


class NotPublished(Conflict):
    message = "This course is not published."


class NotPublishable(Invalid):
    message = "The draft is not ready to be published."


class SectionDeleted(Conflict):
    message = "The section of this lesson is deleted; restore the section first."


class EnrollFirst(Forbidden):
    message = "Enroll in this course to read this lesson."


class AccessEnded(Forbidden):
    message = "Your access to this course has ended."


class LastOwner(Conflict):
    message = "A course keeps at least one owner; make somebody else one first."


class NoSuchUser(NotFound):
    message = "There is no such user."
