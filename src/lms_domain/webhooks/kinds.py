"""Which kinds of events may be asked for: those that the feed tells of."""

from lms_domain.feed.public import VERSIONS

KINDS = frozenset(event.name for event in VERSIONS)
ALL = "*"
TEST = "webhook.test"  # sent on demand, whatever was asked for
