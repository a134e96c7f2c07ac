"""What the settings choose, up to the two doors: the only module that knows every adapter by name."""

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
from lms_entrypoints.after_commit import AfterCommit
from lms_entrypoints.doors import Ask, Run
from lms_entrypoints.faults import reach
from lms_entrypoints.http.kept import KeptAnswers
from lms_entrypoints.origins import current_origin
from lms_entrypoints.settings import Settings


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def key_ring(settings: Settings) -> KeyRing:
    return KeyRing(settings.tokens.signing() or settings.security.secret_key.encode(), settings.tokens.others())


def audit_keys(settings: Settings) -> AuditKeys:
    return settings.audit.keys(settings.security.secret_key)


def boxes(settings: Settings) -> Boxes:
    return Boxes(settings.security.boxing())


def carrier_over_redis(url: str) -> DramatiqCarrier:
    return DramatiqCarrier(open_broker(url))


class Adapters(containers.DeclarativeContainer):
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
    course_archives = providers.Singleton(CourseArchives, rendering)
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
    fallback = providers.Singleton(MemoryGate)
    attempts = providers.Selector(
        settings.provided.redis.kind,
        none=providers.Singleton(MemoryAttempts),
        redis=providers.Singleton(RedisAttempts, redis),
    )
    seals = providers.Singleton(HmacSeals, settings.provided.security.secret_key)
    links = providers.Singleton(SealedLinks, seals, settings.provided.mail.links, settings.provided.mail.api_address)
    devices = providers.Singleton(SealedDevices, seals)
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
    database = providers.Singleton(
        PgDatabase,
        connections,
        beside,
        committed=providers.Singleton(AfterCommit, kept, gate, bell),
        freed=bell.provided.ring,
    )
    run = providers.Singleton(Run, database)
    pages = providers.Singleton(TemplatePages)
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
    webhook_sender = providers.Singleton(HttpWebhookSender, private=settings.provided.allows_private_webhooks)


def take(adapters: Adapters, given: Settings) -> None:
    """What may be replaced while everything runs, see `rotation`."""
    adapters.tokens().use(key_ring(given))
    database = given.database
    adapters.connections().use(create_engine(database.url, statement_timeout_ms=database.statement_timeout_ms))
    for ear in (adapters.ear(), adapters.news_ear()):
        ear.use(database.url)
    mailer = adapters.mailer()
    if isinstance(mailer, SmtpMailer):
        mailer.use(given.mail.user, given.mail.password)
