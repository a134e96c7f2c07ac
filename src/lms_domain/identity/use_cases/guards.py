"""What wants more than an access token."""

from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.kernel import Actor, Forbidden, NotFound, Permission
from lms_domain.presence import must_be_fresh, must_be_owner, must_be_signed_in

__all__ = ["must_be_fresh", "must_be_managing", "must_be_owner", "must_be_signed_in"]


async def must_be_managing(ports: IdentityPorts, actor: Actor) -> None:
    """An admin now, whatever an older token says; an actor without an account is the operator's doing."""
    actor.must(Permission.MANAGE_USERS)
    try:
        is_admin = (await ports.users.get(actor.id)).is_admin
    except NotFound:
        return
    if not is_admin:
        raise Forbidden(permission=Permission.MANAGE_USERS)
