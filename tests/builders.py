"""The only factories of the tests. Each states what matters and leaves the rest to a sensible default."""

from lms_domain.kernel import Actor, Permission, UserId, new_id

TEACHES = frozenset({Permission.CREATE_COURSES})
ADMINISTERS = frozenset(Permission)


def a_learner() -> Actor:
    return Actor(id=UserId(new_id()))


def a_teacher() -> Actor:
    """An instructor of the instance: may create courses in the default organization."""
    return Actor(id=UserId(new_id()), permissions=TEACHES)


def an_admin() -> Actor:
    return Actor(id=UserId(new_id()), permissions=ADMINISTERS)
