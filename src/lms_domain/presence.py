"""What wants more than an access token: somebody who is there themselves, and has just proved it."""

from datetime import datetime, timedelta
from typing import Any, Protocol

from lms_domain.kernel import Actor, Forbidden, OwnerNeeded, Ports, UserId

FRESH = timedelta(minutes=10)  # how long a second factor counts as just proved


class Factors(Protocol):
    async def is_on(self, user_id: UserId, /) -> bool:
        """Whether they have a second one."""


class OpenSession(Protocol):
    @property
    def second_factor_at(self) -> datetime | None:
        """When it was proved last."""


class OpenSessions(Protocol):
    async def get(self, id: Any, /) -> OpenSession: ...


class PresencePorts(Ports, Protocol):
    @property
    def second_factors(self) -> Factors: ...
    @property
    def sessions(self) -> OpenSessions: ...


def must_be_signed_in(actor: Actor) -> None:
    if actor.scopes is not None:
        raise SessionNeeded
    must_be_owner(actor)


def must_be_owner(actor: Actor) -> None:
    """Not an admin who stands in: what they do to an account they do in their own name."""
    if actor.acting_admin_id is not None:
        raise OwnerNeeded


async def must_be_fresh(ports: PresencePorts, actor: Actor) -> None:
    """For what would hurt most in a thief's hands, and is no program's. Nobody is asked for a factor they lack."""
    must_be_signed_in(actor)
    if not await ports.second_factors.is_on(actor.id):
        return
    if actor.session_id is None:
        raise StepUpRequired
    session = await ports.sessions.get(actor.session_id)
    if session.second_factor_at is None or ports.clock.now() - session.second_factor_at > FRESH:
        raise StepUpRequired


class SessionNeeded(Forbidden):
    message = "This needs somebody who is signed in; an API token will not do."


class StepUpRequired(Forbidden):
    message = "Prove your second factor again first: POST /api/v1/me/step-up."
