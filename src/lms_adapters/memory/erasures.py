"""Erasing somebody, in memory."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from lms_adapters.memory.store import Store
from lms_domain.courses.model import StaffMember
from lms_domain.courses.reviews import Review
from lms_domain.idempotency import Answer
from lms_domain.identity.api_tokens import ApiToken
from lms_domain.identity.erasure import Erasure
from lms_domain.identity.mfa import Challenge, Totp
from lms_domain.identity.passkeys import Passkey
from lms_domain.identity.sessions import Session
from lms_domain.identity.sign_ins import SignIn
from lms_domain.identity.tickets import Ticket
from lms_domain.kernel import UserId

REMOVED: dict[str, object] = {
    "sign_ins": SignIn,
    "tickets": Ticket,
    "totps": Totp,
    "passkeys": Passkey,
    "mfa_challenges": Challenge,
    "course_staff": StaffMember,
    "memberships": "memberships",
}
EMPTIED: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "sessions": (Session, {"user_agent": "", "ip": None}),
    "api_tokens": (ApiToken, {"name": "", "prefix": "", "networks": []}),
}


class MemoryErasures:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._all: dict[UserId, Erasure] = store.setdefault(Erasure, {})

    async def add(self, erasure: Erasure, /) -> None:
        self._all[erasure.user_id] = deepcopy(erasure)

    async def of(self, user_id: UserId, /) -> Erasure | None:
        return deepcopy(self._all.get(user_id))

    async def scrub(self, user_id: UserId, email: str, /) -> dict[str, int]:  # noqa: ARG002 (the port's)
        counts = {name: self._drop(kind, lambda row: row.user_id == user_id) for name, kind in REMOVED.items()}
        for name, (kind, empty) in EMPTIED.items():
            mine = [row for row in self._store.get(kind, {}).values() if row.user_id == user_id]
            for row in mine:
                for field, nothing in empty.items():
                    setattr(row, field, nothing)
            counts[name] = len(mine)
        counts["idempotency_keys"] = self._drop_answers(user_id)
        written = [row for row in self._store.get(Review, {}).values() if row.learner_id == user_id and row.body]
        for review in written:
            review.body = ""
        return {name: count for name, count in (counts | {"reviews": len(written)}).items() if count}

    def _drop(self, kind: object, is_theirs: Callable[[Any], bool]) -> int:
        rows = self._store.get(kind, {})
        theirs = [key for key, row in rows.items() if is_theirs(row)]
        for key in theirs:
            del rows[key]
        return len(theirs)

    def _drop_answers(self, user_id: UserId) -> int:
        kept: dict[tuple[str, str], Answer] = self._store.get("answers", {})
        theirs = [
            key for key, answer in kept.items() if key[0].split(" ")[0] == str(user_id) or user_id in answer.people
        ]
        for key in theirs:
            del kept[key]
        return len(theirs)
