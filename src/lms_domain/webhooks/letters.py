"""What is written to people about webhooks."""

from lms_domain.identity.letters import about_account
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.mailing import Letter, LetterKind
from lms_domain.webhooks.events import WebhookDisabled


async def webhook_disabled(ports: IdentityPorts, event: WebhookDisabled) -> Letter | None:
    """To who made it, unless they are gone."""
    if not (await ports.users.get(event.owner_id)).is_active:
        return None
    values = {"origin": event.origin, "because": event.because.value}
    return await about_account(ports, event.owner_id, event.id, LetterKind.WEBHOOK_DISABLED, values)
