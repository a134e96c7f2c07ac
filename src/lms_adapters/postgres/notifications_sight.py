"""What readers of notifications may see still, by now: the rules of `standing` and of announcements, in SQL.

Of notification n, its course c and organization o, and its reader's enrollment e, which may be none.
"""

from lms_adapters.postgres.identity_tables import MEMBERS

JOINS = """
    join courses c on c.id = n.course_id
    join organizations o on o.id = c.organization_id
    left join enrollments e on e.course_id = n.course_id and e.learner_id = n.user_id
    left join announcements a on a.id = n.announcement_id
"""
IS_ON_COURSE = "e.status in ('active', 'completed')"
SEES_COURSE = f"""
    (c.is_active and o.is_active and (
        c.status = 'published' and (c.visibility = 'public' or coalesce({IS_ON_COURSE}, false) or exists (
            select from {MEMBERS} m where m.organization_id = c.organization_id and m.user_id = n.user_id
        ))
        or c.status = 'archived' and coalesce({IS_ON_COURSE}, false)
    ))
"""
READS_ANNOUNCEMENT = f"""
    ({SEES_COURSE} and a.is_active and coalesce({IS_ON_COURSE} and (e.expires_at > now()) is not false, false))
"""
