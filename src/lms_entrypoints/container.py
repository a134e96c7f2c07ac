"""The composition root: what is driven through the two doors, on what is plugged in."""

from dependency_injector import providers

from lms_domain.jobs.use_cases import work_off_rows
from lms_domain.reactions import MAKE
from lms_domain.webhooks.deliveries import DELIVER
from lms_entrypoints.accounts import AccountRules, Accounts
from lms_entrypoints.adapters import Adapters, carrier_over_redis
from lms_entrypoints.api_tokens import ApiTokens
from lms_entrypoints.archives import ArchiveDesk
from lms_entrypoints.http.idempotency import AnswerSeal
from lms_entrypoints.hub import Hub
from lms_entrypoints.inline import Background, Inline
from lms_entrypoints.jobs import Jobs
from lms_entrypoints.metrics import Metrics
from lms_entrypoints.mfa import SecondFactors
from lms_entrypoints.passkeys import Passkeys
from lms_entrypoints.privacy import Privacy
from lms_entrypoints.recovery import Recovery
from lms_entrypoints.relay import Relay
from lms_entrypoints.scheduler import Scheduler
from lms_entrypoints.services import Services
from lms_entrypoints.webhooks import Webhooks
from lms_entrypoints.work import Work


class Container(Adapters):
    hub = providers.Singleton(
        Hub,
        Adapters.news_ear,
        poll_seconds=Adapters.settings.provided.tasks.poll_seconds,
        most=Adapters.settings.provided.server.most_streams,
    )
    seal = providers.Singleton(AnswerSeal, Adapters.settings.provided.security.secret_key)
    accounts = providers.Singleton(
        Accounts,
        Adapters.ask,
        Adapters.run,
        passwords=Adapters.passwords,
        strengths=Adapters.strengths,
        tokens=Adapters.tokens,
        emails=Adapters.emails,
        devices=Adapters.devices,
        attempts=Adapters.attempts,
        seals=Adapters.seals,
        rules=providers.Singleton(
            AccountRules,
            refresh_days=Adapters.settings.provided.security.refresh_days,
            session_days=Adapters.settings.provided.security.session_days,
            least_score=Adapters.settings.provided.security.password_score,
            verified_only=Adapters.settings.provided.lets_in_verified_only,
        ),
    )
    recovery = providers.Singleton(
        Recovery,
        Adapters.ask,
        passwords=Adapters.passwords,
        strengths=Adapters.strengths,
        emails=Adapters.emails,
        links=Adapters.links,
        attempts=Adapters.attempts,
        least_score=Adapters.settings.provided.security.password_score,
    )

    metrics = providers.Singleton(Metrics)
    archives = providers.Singleton(ArchiveDesk, Adapters.ask, Adapters.course_archives)
    privacy = providers.Singleton(Privacy, Adapters.ask, recovery, Adapters.mailer, Adapters.seals)
    jobs = providers.Singleton(Jobs, Adapters.ask, Adapters.run, archives, privacy)
    webhooks = providers.Singleton(Webhooks, Adapters.run, Adapters.webhook_sender)
    errands = providers.Dict(
        {
            DELIVER: webhooks.provided.deliver,
            MAKE: jobs.provided.make,
            work_off_rows.__name__: jobs.provided.rows,
        }
    )
    work = providers.Singleton(Work, Adapters.run, Adapters.mailer, errands, observe=metrics.provided.performed)
    inline = providers.Singleton(Inline, work)
    carrier = providers.Selector(
        Adapters.settings.provided.carrier_kind,
        inline=inline,
        redis=providers.Singleton(carrier_over_redis, Adapters.settings.provided.carrier_url),
    )
    relay = providers.Singleton(
        Relay,
        Adapters.run,
        carrier,
        Adapters.ear,
        poll_seconds=Adapters.settings.provided.tasks.poll_seconds,
        news=Adapters.news,
        observe=metrics.provided.relayed,
    )
    background = providers.Singleton(Background, relay, inline)
    scheduler = providers.Singleton(Scheduler, Adapters.run)

    api_tokens = providers.Factory(
        ApiTokens, Adapters.run, Adapters.seals, Adapters.fallback, strange=Adapters.settings.provided.limits.api_tokens
    )
    services = providers.Singleton(
        Services,
        settings=Adapters.settings,
        database=Adapters.database,
        run=Adapters.run,
        ask=Adapters.ask,
        tokens=Adapters.tokens,
        api_tokens=api_tokens,
        gate=Adapters.gate,
        hub=hub,
        metrics=metrics,
        fallback=Adapters.fallback,
        accounts=accounts,
        recovery=recovery,
        privacy=privacy,
        second_factors=providers.Singleton(
            SecondFactors, Adapters.ask, Adapters.run, accounts, recovery, Adapters.attempts
        ),
        passkeys=providers.Singleton(Passkeys, Adapters.ask, Adapters.run, accounts, recovery, Adapters.attempts),
        archives=archives,
        seal=seal,
        seals=Adapters.seals,
        pages=Adapters.pages,
        kept=Adapters.kept,
        audit_keys=Adapters.audit_keys,
    )


async def close(container: Container) -> None:
    """Let go of everything that was opened."""
    for bell in (container.bell(), container.news()):
        await bell.silent()
    await container.webhook_sender().close()
    await container.connections().close()
    if container.settings().redis.url:
        await container.redis().aclose()
