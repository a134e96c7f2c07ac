"""Lists of notifications and announcements."""

from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import COUNT_LIMIT
from lms_adapters.postgres.cursors import Number
from lms_adapters.postgres.direct import fetch_all, fetch_first, fetch_row
from lms_adapters.postgres.keyset import Keyset
from lms_adapters.postgres.notifications import PgPreferences, unread_of
from lms_adapters.postgres.notifications_sight import JOINS, READS_ANNOUNCEMENT, SEES_COURSE
from lms_domain.kernel import CourseId, NotFound, Page, PageRequest, Slice, UserId
from lms_domain.notifications.events import AnnouncementId
from lms_domain.notifications.model import Preferences
from lms_domain.notifications.views import AnnouncementView, NotificationFilter, NotificationView

# What was withdrawn is not there.
_MINE = "n.user_id = %(user)s and n.in_app and a.is_active is not false"
_FROM = "from notifications n left join announcements a on a.id = n.announcement_id"
_LINE = f"""
    select n.id, n.position, n.position::text as cursor, n.kind, n.at, n.read_at, n.moment,
        case when {SEES_COURSE} then
            jsonb_build_object('id', c.id, 'slug', c.slug, 'title', c.page ->> 'title') end as course,
        case when {READS_ANNOUNCEMENT} then jsonb_build_object('id', a.id, 'title', a.title) end as announcement
    from notifications n {JOINS}
    where {_MINE}
"""
_LAST = "select coalesce((select last from notification_counters where user_id = %(user)s), 0)"
_AFTER = f"{_LINE} and n.position > %(position)s order by n.position limit %(limit)s"
_ANNOUNCEMENT = """
    select a.id, a.course_id, a.author_id, u.full_name as author_name, a.title, a.body, a.html, a.published_at,
        a.updated_at, a.version
    from announcements a join users u on u.id = a.author_id
    where a.is_active
"""


class PgNotificationLists:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def page(self, user_id: UserId, only: NotificationFilter, paging: PageRequest, /) -> Page[NotificationView]:
        keyset = Keyset.of(paging, "position", "notifications", user_id, only.unread, only.kind, kind=Number)
        also = "" if only.kind is None else " and n.kind = %(kind)s"
        if only.unread is not None:
            also += f" and (n.read_at is null) = {only.unread}"
        after = "and (n.position, n.id) < (%(key)s, %(last_id)s)" if keyset.follows else ""
        counted = f"select count(*) from (select {_FROM} where {_MINE} {also} limit {COUNT_LIMIT + 1}) counted"
        given = {"user": user_id, "kind": only.kind} | keyset.parameters
        rows = await fetch_all(
            self._conn, f"{_LINE} {also} {after} order by n.position desc limit %(size)s offset %(skip)s", given
        )
        return keyset.page(rows, NotificationView, await self._number(counted, given))

    async def unread(self, user_id: UserId, most: int, /) -> int:
        return await unread_of(self._conn, user_id, most)

    async def last(self, user_id: UserId, /) -> int:
        return await self._number(_LAST, {"user": user_id})

    async def after(self, user_id: UserId, position: int, limit: int, /) -> Slice[NotificationView]:
        given = {"user": user_id, "position": position, "limit": limit + 1}
        rows = await fetch_all(self._conn, _AFTER, given)
        items = [msgspec.convert(row, NotificationView) for row in rows[:limit]]
        return Slice(items=items, next_cursor=items[-1].cursor if items else str(position), has_more=len(rows) > limit)

    async def preferences(self, user_id: UserId, /) -> Preferences:
        return await PgPreferences(self._conn).of(user_id)

    async def _number(self, statement: str, given: dict[str, Any]) -> int:
        row = await fetch_row(self._conn, statement, given)
        return row[0] if row else 0


class PgAnnouncementLists:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def page(self, course_id: CourseId, paging: PageRequest, /) -> Page[AnnouncementView]:
        keyset = Keyset.of(paging, "published_at", "announcements", course_id)
        after = "and (a.published_at, a.id) < (%(key)s, %(last_id)s)" if keyset.follows else ""
        given = {"course": course_id} | keyset.parameters
        statement = f"""
            {_ANNOUNCEMENT} and a.course_id = %(course)s {after}
            order by a.published_at desc, a.id desc limit %(size)s offset %(skip)s
        """
        counted = f"""
            select count(*) from (
                select from announcements where course_id = %(course)s and is_active limit {COUNT_LIMIT + 1}
            ) a
        """
        total = await fetch_row(self._conn, counted, given)
        return keyset.page(await fetch_all(self._conn, statement, given), AnnouncementView, total[0] if total else 0)

    async def one(self, id: AnnouncementId, /) -> AnnouncementView:
        row = await fetch_first(self._conn, f"{_ANNOUNCEMENT} and a.id = %(id)s", {"id": id})
        if row is None:
            raise NotFound(entity="Announcement", id=id)
        return msgspec.convert(row, AnnouncementView)
