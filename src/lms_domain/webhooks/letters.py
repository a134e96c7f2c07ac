"""What is written to people about webhooks."""

from lms_domain.identity.ports import IdentityPorts
from lms_domain.mailing import Letter
from lms_domain.webhooks.events import Because, WebhookDisabled

WHY = {
    Because.GONE: "the receiver answered that it is gone for good (410)",
    Because.FAILING: "for five days every attempt to deliver something failed",
}
DISABLED = (
    "Nothing is sent to your webhook at {origin} any more: {why}. Its log tells what happened. Mend the receiver, "
    "turn the webhook on again, and have what failed since then sent again.\n"
)


async def webhook_disabled(ports: IdentityPorts, event: WebhookDisabled) -> Letter | None:
    """To who made it, unless they are gone."""
    owner = await ports.users.get(event.owner_id)
    if not owner.is_active:
        return None
    text = DISABLED.format(origin=event.origin, why=WHY[event.because])
    return Letter(id=event.id, to=owner.email, subject="A webhook was turned off", text=text)
