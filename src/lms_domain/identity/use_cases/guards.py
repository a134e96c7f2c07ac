"""What wants more than an access token."""

from lms_domain.identity.api_tokens import SessionNeeded
from lms_domain.identity.mfa import FRESH, StepUpRequired
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.kernel import Actor, Forbidden, NotFound, OwnerNeeded, Permission


def must_be_signed_in(actor: Actor) -> None:
    if actor.scopes is not None:
        raise SessionNeeded
    must_be_owner(actor)


def must_be_owner(actor: Actor) -> None:
    """Not an admin who stands in: what they do to an account they do in their own name."""
    if actor.acting_admin_id is not None:
        raise OwnerNeeded


async def must_be_managing(ports: IdentityPorts, actor: Actor) -> None:
    """An admin now, whatever an older token says; an actor without an account is the operator's doing."""
    actor.must(Permission.MANAGE_USERS)
    try:
        is_admin = (await ports.users.get(actor.id)).is_admin
    except NotFound:
        return
    if not is_admin:
        raise Forbidden(permission=Permission.MANAGE_USERS)


async def must_be_fresh(ports: IdentityPorts, actor: Actor) -> None:
    """For what would hurt most in a thief's hands, and is no program's. Nobody is asked for a factor they lack."""
    must_be_signed_in(actor)
    if not await ports.second_factors.is_on(actor.id):
        return
    if actor.session_id is None:
        raise StepUpRequired
    session = await ports.sessions.get(actor.session_id)
    if session.second_factor_at is None or ports.clock.now() - session.second_factor_at > FRESH:
        raise StepUpRequired
