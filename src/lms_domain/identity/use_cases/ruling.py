"""What the organizations of somebody ask of their sign-ins."""

from datetime import datetime

from lms_domain.identity import events
from lms_domain.identity.errors import MfaSetupRequired, SignInElsewhere
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.sign_ins import Origin, Outcome, sign_in
from lms_domain.kernel import Invalid, Problem, UserId, new_id
from lms_domain.policies import Policy, Rules, is_within, strictest, takes_address


async def rules_of(ports: IdentityPorts, user_id: UserId) -> Rules:
    return strictest(await ports.policies.held_by(user_id))


async def must_be_let_in(ports: IdentityPorts, user_id: UserId, rules: Rules, origin: Origin) -> None:
    """Staff of the instance, by where they sign in from."""
    if not all(is_within(origin.ip, networks) for networks in rules.networks):
        await refuse_sign_in(ports, user_id, Outcome.ELSEWHERE, origin)
        raise SignInElsewhere


async def must_still_be_let_in(ports: IdentityPorts, user_id: UserId | None, origin: Origin) -> None:
    """Of whoever is told again, by their Idempotency-Key, what a sign-in was answered."""
    if user_id is not None:
        await must_be_let_in(ports, user_id, await rules_of(ports, user_id), origin)


async def must_have_second_factor(ports: IdentityPorts, user_id: UserId, rules: Rules, *, now: datetime) -> None:
    """For a session that began before it was asked for."""
    if rules.asks_for_mfa(now) and not await ports.second_factors.is_on(user_id):
        raise MfaSetupRequired


async def mfa_due(ports: IdentityPorts, user_id: UserId, rules: Rules) -> datetime | None:
    """By when a second factor has to be set up, for who has none."""
    return rules.mfa_due if rules.mfa_due and not await ports.second_factors.is_on(user_id) else None


async def must_take_newcomer(ports: IdentityPorts, email: str) -> None:
    policy = await ports.policies.of_default()
    must_take(email, [policy] if policy else [])


def must_take(email: str, policies: list[Policy]) -> None:
    for policy in policies:
        if not takes_address(email, policy.email_domains):
            raise Invalid(Problem("email", f"an address at {', '.join(policy.email_domains)}"))


async def refuse_sign_in(ports: IdentityPorts, user_id: UserId | None, outcome: Outcome, origin: Origin) -> None:
    """Every attempt is noted; the same is written whether there is such an account or not."""
    now = ports.clock.now()
    await ports.sign_ins.add(sign_in(user_id, outcome, origin, now=now))
    ports.emit(events.SignInRefused(at=now, user_id=user_id or UserId(new_id()), outcome=outcome.value))
