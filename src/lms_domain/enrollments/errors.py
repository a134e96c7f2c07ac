"""How enrollment refuses, in the words of the one who is refused."""

from lms_domain.kernel import Conflict, Forbidden, Invalid, NotFound


class CourseNotOpen(Conflict):
    message = "This course is not published."


class EnrollmentNotYetOpen(Conflict):
    message = "Enrollment in this course has not begun."


class EnrollmentClosed(Conflict):
    message = "Enrollment in this course is closed."


class PaymentRequired(Conflict):
    message = "This course has a price: enter with an enrollment code, or ask the course's staff."


class PrerequisitesMissing(Conflict):
    message = "Complete the courses that this one builds on first."


class CourseIsFull(Conflict):
    message = "No seats are left on this course."


class AccessExpired(Conflict):
    message = "Your access to this course has ended."


class RemovedByStaff(Forbidden):
    message = "The course's staff took you off this course; only they can put you back."


class NotOnCourse(Conflict):
    message = "This enrollment is not active."


class LessonNotInCourse(NotFound):
    message = "That lesson does not belong to this course."


class NotYourProgress(Forbidden):
    message = "Only the learner makes progress; staff may read it."


class UnknownCode(Invalid):
    message = "This code does not open this course."


class CodeExpired(Conflict):
    message = "This code has expired."


class CodeUsedUp(Conflict):
    message = "This code has been used as often as it may be."


class CodeTaken(Conflict):
    message = "This code exists already; choose another one."


class NoSuchLearner(Invalid):
    message = "There is no account with this id or email address."
