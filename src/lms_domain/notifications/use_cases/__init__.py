"""What follows for people from what happens, and what they do about it. Each call is one transaction."""

from lms_domain.notifications.use_cases.announcing import announce, change_announcement, withdraw_announcement
from lms_domain.notifications.use_cases.notifying import notify, spread
from lms_domain.notifications.use_cases.preferring import change_preferences, locale_of_link, unsubscribe
from lms_domain.notifications.use_cases.reading import read_all, read_one

__all__ = [
    "announce",
    "change_announcement",
    "change_preferences",
    "locale_of_link",
    "notify",
    "read_all",
    "read_one",
    "spread",
    "unsubscribe",
    "withdraw_announcement",
]
