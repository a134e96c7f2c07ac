"""Saying what an organization asks of its people."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from lms_domain.kernel import (
    Actor,
    OrganizationId,
    Permission,
    Problem,
    UserId,
    must_be_current,
    refuse_if_any,
)
from lms_domain.networks import RULE, network_in
from lms_domain.organizations.model import PolicyChanged, must_administer
from lms_domain.organizations.ports import OrganizationPorts, OrganizationReads
from lms_domain.organizations.use_cases import held
from lms_domain.policies import BELOW, MfaRule, Policy, is_within
from lms_domain.presence import must_be_fresh
from lms_domain.text import clean_texts

MOST = 50  # domains, networks
LONGEST_DOMAIN = 253
BOUNDS = {
    "mfa_grace_days": (0, 90),
    "session_idle_minutes": (5, 60 * 24 * 365),
    "session_minutes": (15, 60 * 24 * 365),
    "password_score": (2, 4),
}
ABOUT = {"organization_id", "mfa_since", "updated_at", "updated_by", "version"}  # not what it asks


async def policy(reads: OrganizationReads, actor: Actor, organization_id: OrganizationId) -> Policy:
    """For its admins."""
    role = await reads.organization_lists.role_in(organization_id, actor.id)
    if not actor.can(Permission.MANAGE_ORGANIZATIONS):
        await must_administer(reads.policies, actor, organization_id, role)
    return await reads.policies.of(organization_id) or Policy(organization_id=organization_id)


async def put_policy(
    ports: OrganizationPorts,
    actor: Actor,
    organization_id: OrganizationId,
    values: Mapping[str, Any],
    *,
    expected: int | None = None,
) -> Policy:
    """All of it: what `values` does not name is not asked. The domains are normalized already."""
    await held(ports, actor, organization_id)
    await must_be_fresh(ports, actor)
    known = await ports.policies.of(organization_id) or Policy(organization_id=organization_id)
    must_be_current(known.version, expected)
    new = _put(known, values, actor)
    before, after = _asked(known), _asked(new)
    if before == after:
        return known
    now = ports.clock.now()
    new = replace(new, updated_at=now, updated_by=actor.id, version=known.version + 1)
    new.mfa_since = _since(known, new) or (None if new.mfa is MfaRule.NONE else now)
    await ports.policies.put(new)
    changed = [name for name in after if before[name] != after[name]]
    ports.emit(
        PolicyChanged(
            at=now,
            organization_id=organization_id,
            by=UserId(actor.id),
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    )
    return new


def _since(known: Policy, new: Policy) -> Any:
    """Whoever was asked before is not given days of grace again."""
    goes_on = known.mfa is new.mfa or (known.mfa is MfaRule.ALL and new.mfa is MfaRule.STAFF)
    return known.mfa_since if goes_on else None


def _asked(policy: Policy) -> dict[str, Any]:
    return {name: value for name, value in asdict(policy).items() if name not in ABOUT}


def _put(known: Policy, values: Mapping[str, Any], actor: Actor) -> Policy:
    problems: list[Problem] = []
    asked = {
        "mfa": values.get("mfa", MfaRule.NONE),
        "email_domains": _domains(values.get("email_domains") or [], problems),
        "staff_networks": _networks(values.get("staff_networks") or [], problems),
    }
    for name, (least, most) in BOUNDS.items():
        value = values.get(name)
        if value is not None and not least <= value <= most:
            problems.append(Problem(name, f"from {least} to {most}"))
        asked[name] = value
    asked["mfa_grace_days"] = asked["mfa_grace_days"] or 0
    if not problems and not is_within(actor.ip, asked["staff_networks"]):
        problems.append(Problem("staff_networks", f"a network that you are in yourself, with {actor.ip}"))
    refuse_if_any(problems)
    about = {name: getattr(known, name) for name in ABOUT}
    return Policy(**about, **asked)


def _domains(values: list[str], problems: list[Problem]) -> list[str]:
    found = clean_texts(values, "email_domains", problems, longest=LONGEST_DOMAIN, most=MOST, clean=str.lower)
    for n, domain in enumerate(found):
        labels = domain.removeprefix(BELOW).split(".")
        if len(labels) < 2 or not all(_is_label(label) for label in labels):  # noqa: PLR2004 (a name below a TLD)
            problems.append(Problem(f"email_domains[{n}]", "a domain in ASCII, such as example.org or *.example.org"))
    return found


def _is_label(label: str) -> bool:
    plain = label.replace("-", "")
    return plain.isascii() and plain.isalnum() and not label.startswith("-") and not label.endswith("-")


def _networks(values: list[str], problems: list[Problem]) -> list[str]:
    found: list[str] = []
    for n, value in enumerate(clean_texts(values, "staff_networks", problems, longest=64, most=MOST)):
        try:
            found.append(str(network_in(value)))
        except ValueError:
            problems.append(Problem(f"staff_networks[{n}]", RULE))
    return found
