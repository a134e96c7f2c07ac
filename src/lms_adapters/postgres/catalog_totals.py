"""How many courses a list has, from totals that are kept: no row is counted."""

from lms_adapters.postgres.identity_tables import MEMBERS
from lms_domain.courses.catalog import Onlooker, Wanted

ACTIVE = "l.organization_id not in (select id from organizations where not is_active)"


def is_kept(wanted: Wanted) -> bool:
    """Whether the totals tell it. What else narrows a list leaves few enough to count."""
    return not (wanted.search or wanted.tags or wanted.instructor)


def total(onlooker: Onlooker, wanted: Wanted) -> str:
    """A subquery with one row, `total`."""
    where = " and ".join([*shared_conditions(onlooker, wanted), *_price(wanted)])
    return f"(select coalesce(sum(l.courses), 0)::int as total from listing_totals l where {where})"


def shared_conditions(onlooker: Onlooker, wanted: Wanted) -> list[str]:
    """On the columns that totals and listings both have."""
    belongs = f"l.organization_id in (select organization_id from {MEMBERS} m where user_id = %(viewer)s)"
    public = "l.visibility = 'public'"
    all_of_them = {
        ACTIVE: True,
        f"({public} or {belongs})": onlooker.id is not None and not onlooker.sees_all,
        public: onlooker.id is None,
        "l.category = %(category)s": wanted.category,
        "l.level = %(level)s": wanted.level,
        "(l.language = %(language)s or l.language like %(dialects)s)": wanted.language,
        "l.organization_id = %(organization)s": wanted.organization,
    }
    return [condition for condition, applies in all_of_them.items() if applies]


def _price(wanted: Wanted) -> list[str]:
    return [] if wanted.free is None else ["l.is_free" if wanted.free else "not l.is_free"]
