"""What people do with enrollments. Each call is one transaction."""

from lms_domain.enrollments.use_cases.codes import create_code, revoke_code
from lms_domain.enrollments.use_cases.enrolling import change_access, drop, enroll
from lms_domain.enrollments.use_cases.reacting import count_completion, leave_courses, seat_waiting
from lms_domain.enrollments.use_cases.staffing import enroll_learner, enroll_many, enroll_rows
from lms_domain.enrollments.use_cases.studying import record_progress

__all__ = [
    "change_access",
    "count_completion",
    "create_code",
    "drop",
    "enroll",
    "enroll_learner",
    "enroll_many",
    "enroll_rows",
    "leave_courses",
    "record_progress",
    "revoke_code",
    "seat_waiting",
]
