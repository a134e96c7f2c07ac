"""What the feed asks of the outside."""

from typing import Protocol

from lms_domain.feed.views import FeedLine, Wanted
from lms_domain.organizations.ports import OrganizationReads


class FeedReader(Protocol):
    async def bounds(self) -> tuple[int, int]:
        """The positions of the first event that is still kept, and of the last; 1 and 0 where there are none."""

    async def after(self, position: int, wanted: Wanted, limit: int, /) -> list[FeedLine]: ...


class FeedReads(OrganizationReads, Protocol):
    @property
    def feed_reads(self) -> FeedReader: ...
