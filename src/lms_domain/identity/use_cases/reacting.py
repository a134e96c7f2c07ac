"""What follows when a sign-in ends: every instance is told. Done again, it does no harm."""

from lms_domain.identity.events import ApiTokenRevoked, SessionEnded, TokensOutdated
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.kernel import SessionId


async def refuse_session(ports: IdentityPorts, event: SessionEnded) -> None:
    await ports.gate.end_session(SessionId(event.session_id))


async def refuse_api_token(ports: IdentityPorts, event: ApiTokenRevoked) -> None:
    """To the gate it is a session like another."""
    await ports.gate.end_session(SessionId(event.token_id))


async def refuse_older_tokens(ports: IdentityPorts, event: TokensOutdated) -> None:
    await ports.gate.outdate_tokens(event.user_id, event.auth_version)
