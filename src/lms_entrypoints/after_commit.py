"""What has to be so before the caller is answered, though it is not in the database.

The outbox has the same events: what is missed here, because something is away or the process dies, is made up for.
"""

from collections.abc import Sequence

import structlog

from lms_domain.identity.events import ApiTokenRevoked, SessionEnded, TokensOutdated
from lms_domain.identity.gate import Gate
from lms_domain.kernel import Event, SessionId, Unavailable
from lms_domain.reactions import is_awaited
from lms_entrypoints.http.kept import KeptAnswers
from lms_entrypoints.relay import Bell

log = structlog.get_logger("lms")


class AfterCommit:
    def __init__(self, kept: KeptAnswers, gate: Gate, bell: Bell) -> None:
        self._kept, self._gate, self._bell = kept, gate, bell

    async def __call__(self, events: Sequence[Event]) -> None:
        self._kept.committed(events)
        try:
            for event in events:
                await self._revoke(event)
        except Unavailable:
            log.warning("revocation_postponed")
        if any(map(is_awaited, events)):
            self._bell.ring()  # now: streams that look then find their session ended

    async def _revoke(self, event: Event) -> None:
        match event:
            case SessionEnded():
                await self._gate.end_session(SessionId(event.session_id))
            case ApiTokenRevoked():
                await self._gate.end_session(SessionId(event.token_id))
            case TokensOutdated():
                await self._gate.outdate_tokens(event.user_id, event.auth_version)
