"""What an entrypoint is given: the two doors, and what works beside them."""

from dataclasses import dataclass

from lms_domain.audit.chain import AuditKeys
from lms_domain.identity.gate import Gate
from lms_domain.identity.ports.sessions import AccessTokens, Seals
from lms_domain.mailing import LetterPages
from lms_domain.ports import Database
from lms_entrypoints.accounts import Accounts
from lms_entrypoints.api_tokens import ApiTokens
from lms_entrypoints.archives import ArchiveDesk
from lms_entrypoints.doors import Ask, Run
from lms_entrypoints.http.idempotency import AnswerSeal
from lms_entrypoints.http.kept import KeptAnswers
from lms_entrypoints.hub import Hub
from lms_entrypoints.metrics import Metrics
from lms_entrypoints.mfa import SecondFactors
from lms_entrypoints.passkeys import Passkeys
from lms_entrypoints.privacy import Privacy
from lms_entrypoints.recovery import Recovery
from lms_entrypoints.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    settings: Settings
    database: Database
    run: Run
    ask: Ask
    tokens: AccessTokens
    api_tokens: ApiTokens
    gate: Gate
    hub: Hub
    metrics: Metrics
    fallback: Gate  # in memory, for limits while the other one is away
    accounts: Accounts
    recovery: Recovery
    privacy: Privacy
    second_factors: SecondFactors
    passkeys: Passkeys
    archives: ArchiveDesk
    seal: AnswerSeal
    seals: Seals
    pages: LetterPages
    kept: KeptAnswers
    audit_keys: AuditKeys
