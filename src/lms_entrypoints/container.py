"""The composition root: the only module that knows every adapter by name."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from dependency_injector import containers, providers

from lms_adapters.archives.archives import CourseArchives
from lms_adapters.content.html import HtmlRendering
from lms_adapters.dramatiq.queue import DramatiqCarrier, open_broker
from lms_adapters.http.webhook_sender import HttpWebhookSender
from lms_adapters.mail.folder import FolderMailer
from lms_adapters.mail.messages import Messages
from lms_adapters.mail.pages import TemplatePages
from lms_adapters.mail.smtp import SmtpMailer
from lms_adapters.memory.attempts import MemoryAttempts
from lms_adapters.memory.gate import MemoryGate
from lms_adapters.postgres.bell import NEWS, PgBell, PgEar
from lms_adapters.postgres.connections import Connections, create_engine
from lms_adapters.postgres.database import Beside, PgDatabase, PgReader
from lms_adapters.redis.attempts import RedisAttempts
from lms_adapters.redis.connection import open_redis
from lms_adapters.redis.gate import RedisGate
from lms_adapters.security.authenticator import TotpAuthenticator
from lms_adapters.security.boxes import Boxes
from lms_adapters.security.emails import FoldedEmails
from lms_adapters.security.keys import KeyRing
from lms_adapters.security.links import SealedDevices, SealedLinks
from lms_adapters.security.passkeys import WebAuthn
from lms_adapters.security.passwords import BcryptPasswords
from lms_adapters.security.seals import HmacSeals
from lms_adapters.security.strength import ZxcvbnStrengths
from lms_adapters.security.tokens import PyJwtTokens
from lms_adapters.security.webhooks import BoxedWebhookSecrets
from lms_domain.audit.chain import AuditKeys
from lms_domain.identity.queries import revoked_since
from lms_domain.jobs.use_cases import work_off_rows
from lms_domain.reactions import MAKE
from lms_domain.webhooks.deliveries import DELIVER
from lms_entrypoints.accounts import AccountRules, Accounts
from lms_entrypoints.after_commit import AfterCommit
from lms_entrypoints.api_tokens import ApiTokens
from lms_entrypoints.archives import ArchiveDesk
from lms_entrypoints.doors import Ask, Run
from lms_entrypoints.faults import reach
from lms_entrypoints.http.idempotency import AnswerSeal
from lms_entrypoints.http.kept import KeptAnswers
from lms_entrypoints.hub import Hub
from lms_entrypoints.inline import Background, Inline
from lms_entrypoints.jobs import Jobs
from lms_entrypoints.metrics import Metrics
from lms_entrypoints.mfa import SecondFactors
from lms_entrypoints.origins import current_origin
from lms_entrypoints.passkeys import Passkeys
from lms_entrypoints.privacy import Privacy
from lms_entrypoints.recovery import Recovery
from lms_entrypoints.relay import Relay
from lms_entrypoints.scheduler import Scheduler
from lms_entrypoints.services import Services
from lms_entrypoints.settings import Settings
from lms_entrypoints.webhooks import Webhooks
from lms_entrypoints.work import Work


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def key_ring(settings: Settings) -> KeyRing:
    return KeyRing(settings.tokens.signing() or settings.security.secret_key.encode(), settings.tokens.others())


def audit_keys(settings: Settings) -> AuditKeys:
    return settings.audit.keys(settings.security.secret_key)


def boxes(settings: Settings) -> Boxes:
    return Boxes(settings.security.boxing())


class Container(containers.DeclarativeContainer):
    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)

    clock = providers.Singleton(SystemClock)
    engine = providers.Singleton(
        create_engine,
        settings.provided.database.url,
        statement_timeout_ms=settings.provided.database.statement_timeout_ms,
    )
    connections = providers.Singleton(Connections, engine, settings.provided.database.pool_size)
    kept = providers.Singleton(KeptAnswers, settings.provided.catalog.cache_seconds)
    rendering = providers.Singleton(HtmlRendering)
    reader = providers.Singleton(PgReader, connections)
    ask = providers.Singleton(Ask, reader)
    redis = providers.Singleton(open_redis, settings.provided.redis.url)
    recall = providers.Singleton(partial, ask, revoked_since)
    gate = providers.Selector(
        settings.provided.redis.kind,
        none=providers.Singleton(MemoryGate, recall, token_minutes=settings.provided.security.longest_token_minutes),
        redis=providers.Singleton(
            RedisGate,
            redis,
            recall,
            token_minutes=settings.provided.security.longest_token_minutes,
        ),
    )
    attempts = providers.Selector(
        settings.provided.redis.kind,
        none=providers.Singleton(MemoryAttempts),
        redis=providers.Singleton(RedisAttempts, redis),
    )
    seals = providers.Singleton(HmacSeals, settings.provided.security.secret_key)
    links = providers.Singleton(SealedLinks, seals, settings.provided.mail.links, settings.provided.mail.api_address)
    audit_keys = providers.Singleton(audit_keys, settings)
    boxes = providers.Singleton(boxes, settings)
    beside = providers.Singleton(
        Beside,
        clock=clock,
        rendering=rendering,
        gate=gate,
        links=links,
        authenticator=providers.Singleton(TotpAuthenticator, boxes),
        relying_party=providers.Singleton(
            WebAuthn,
            is_on=settings.provided.passkeys.enabled,
            id=settings.provided.passkeys.rp_id,
            name=settings.provided.passkeys.rp_name,
            origins=settings.provided.passkeys.allowed_origins,
        ),
        seals=seals,
        retention=settings.provided.tasks.retention,
        webhook_secrets=providers.Singleton(BoxedWebhookSecrets, boxes),
        audit_keys=audit_keys,
        origin=providers.Object(current_origin),
        reach=providers.Object(reach),
    )
    bell = providers.Singleton(PgBell, connections)
    ear = providers.Singleton(PgEar, settings.provided.database.url)
    news = providers.Singleton(PgBell, connections, NEWS)
    news_ear = providers.Singleton(PgEar, settings.provided.database.url, NEWS)
    hub = providers.Singleton(
        Hub,
        news_ear,
        poll_seconds=settings.provided.tasks.poll_seconds,
        most=settings.provided.server.most_streams,
    )
    database = providers.Singleton(
        PgDatabase,
        connections,
        beside,
        committed=providers.Singleton(AfterCommit, kept, gate, bell),
        freed=bell.provided.ring,
    )
    run = providers.Singleton(Run, database)
    messages = providers.Singleton(Messages, settings.provided.mail.sender)
    mailer = providers.Selector(
        settings.provided.mail.kind,
        folder=providers.Singleton(
            FolderMailer,
            providers.Singleton(Path, settings.provided.mail.folder),
            messages,
        ),
        smtp=providers.Singleton(
            SmtpMailer,
            settings.provided.mail.host,
            settings.provided.mail.port,
            messages,
            tls=settings.provided.mail.tls,
            user=settings.provided.mail.user,
            password=settings.provided.mail.password,
        ),
    )
    seal = providers.Singleton(AnswerSeal, settings.provided.security.secret_key)
    passwords = providers.Singleton(
        BcryptPasswords,
        rounds=settings.provided.security.bcrypt_rounds,
        threads=settings.provided.security.hashing_threads,
    )
    tokens = providers.Singleton(
        PyJwtTokens,
        providers.Singleton(key_ring, settings),
        settings.provided.security.secret_key,
        issuer=settings.provided.tokens.issuer,
        audience=settings.provided.tokens.audience,
        minutes=settings.provided.security.access_minutes,
    )

    emails = providers.Singleton(FoldedEmails)
    strengths = providers.Singleton(ZxcvbnStrengths, settings.provided.security.context_words)
    accounts = providers.Singleton(
        Accounts,
        ask,
        run,
        passwords=passwords,
        strengths=strengths,
        tokens=tokens,
        emails=emails,
        devices=providers.Singleton(SealedDevices, seals),
        attempts=attempts,
        seals=seals,
        rules=providers.Singleton(
            AccountRules,
            refresh_days=settings.provided.security.refresh_days,
            session_days=settings.provided.security.session_days,
            least_score=settings.provided.security.password_score,
            verified_only=settings.provided.lets_in_verified_only,
        ),
    )
    recovery = providers.Singleton(
        Recovery,
        ask,
        passwords=passwords,
        strengths=strengths,
        emails=emails,
        links=links,
        attempts=attempts,
        least_score=settings.provided.security.password_score,
    )

    metrics = providers.Singleton(Metrics)
    archives = providers.Singleton(ArchiveDesk, ask, providers.Singleton(CourseArchives, rendering))
    privacy = providers.Singleton(Privacy, ask, recovery, mailer, seals)
    jobs = providers.Singleton(Jobs, ask, run, archives, privacy)
    webhook_sender = providers.Singleton(HttpWebhookSender, private=settings.provided.allows_private_webhooks)
    webhooks = providers.Singleton(Webhooks, run, webhook_sender)
    errands = providers.Dict(
        {
            DELIVER: webhooks.provided.deliver,
            MAKE: jobs.provided.make,
            work_off_rows.__name__: jobs.provided.rows,
        }
    )
    work = providers.Singleton(Work, run, mailer, errands, observe=metrics.provided.performed)
    inline = providers.Singleton(Inline, work)
    carrier = providers.Selector(
        settings.provided.carrier_kind,
        inline=inline,
        redis=providers.Singleton(DramatiqCarrier, providers.Singleton(open_broker, settings.provided.carrier_url)),
    )
    relay = providers.Singleton(
        Relay,
        run,
        carrier,
        ear,
        poll_seconds=settings.provided.tasks.poll_seconds,
        news=news,
        observe=metrics.provided.relayed,
    )
    background = providers.Singleton(Background, relay, inline)
    scheduler = providers.Singleton(Scheduler, run)

    fallback = providers.Singleton(MemoryGate)
    api_tokens = providers.Factory(ApiTokens, run, seals, fallback, strange=settings.provided.limits.api_tokens)
    services = providers.Singleton(
        Services,
        settings=settings,
        database=database,
        run=run,
        ask=ask,
        tokens=tokens,
        api_tokens=api_tokens,
        gate=gate,
        hub=hub,
        metrics=metrics,
        fallback=fallback,
        accounts=accounts,
        recovery=recovery,
        privacy=privacy,
        second_factors=providers.Singleton(SecondFactors, ask, run, accounts, recovery, attempts),
        passkeys=providers.Singleton(Passkeys, ask, run, accounts, recovery, attempts),
        archives=archives,
        seal=seal,
        seals=seals,
        pages=providers.Singleton(TemplatePages),
        kept=kept,
        audit_keys=audit_keys,
    )


def take(container: Container, given: Settings) -> None:
    """What may be replaced while everything runs, see `rotation`."""
    container.tokens().use(key_ring(given))
    database = given.database
    container.connections().use(create_engine(database.url, statement_timeout_ms=database.statement_timeout_ms))
    for ear in (container.ear(), container.news_ear()):
        ear.use(database.url)
    mailer = container.mailer()
    if isinstance(mailer, SmtpMailer):
        mailer.use(given.mail.user, given.mail.password)


async def close(container: Container) -> None:
    """Let go of everything that was opened."""
    for bell in (container.bell(), container.news()):
        await bell.silent()
    await container.webhook_sender().close()
    await container.connections().close()
    if container.settings().redis.url:
        await container.redis().aclose()
