"""How people want to be told. Whoever changes it holds the user, so that nothing chosen at the same time is lost."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lms_domain.kernel import Actor, must_be_current
from lms_domain.mailing import LetterKind
from lms_domain.notifications.model import Choice, Frequency, NotificationKind, Preferences
from lms_domain.notifications.ports import NotificationPorts
from lms_domain.notifications.views import PreferencesView, Unsubscribed


async def change_preferences(
    ports: NotificationPorts,
    actor: Actor,
    kinds: Mapping[NotificationKind, Mapping[str, Any]],
    digest: Frequency | None,
    *,
    expected: int | None = None,
) -> PreferencesView:
    """What is not named stays as it is."""
    (await ports.users.locked(actor.id)).must_be_active()
    preferences = await ports.preferences.of(actor.id)
    must_be_current(preferences.version, expected)
    chosen = {kind: replace(preferences.of(kind), **values) for kind, values in kinds.items()}
    await _choose(ports, preferences, chosen, digest or preferences.digest)
    return PreferencesView.of(preferences)


async def unsubscribe(ports: NotificationPorts, what: str, token: str) -> Unsubscribed:
    """From letters of a kind, or from digests. Whoever has one of the letters may; again changes nothing."""
    user = await ports.users.locked(ports.links.unsubscriber(what, token))
    if user.is_active:
        preferences = await ports.preferences.of(user.id)
        kind = None if what == LetterKind.DIGEST else NotificationKind(what)
        await _choose(ports, preferences, preferences.without_letters(kind), preferences.digest)
    return Unsubscribed(what=what)


async def locale_of_link(ports: NotificationPorts, what: str, token: str) -> str | None:
    """In which its letter was written; None where the account is gone. Nothing changes. Raises LinkNotGood."""
    user = await ports.users.get(ports.links.unsubscriber(what, token))
    return user.locale if user.is_active else None


async def _choose(
    ports: NotificationPorts,
    preferences: Preferences,
    chosen: Mapping[NotificationKind, Choice],
    digest: Frequency,
) -> None:
    happened = list(preferences.change(chosen, digest, now=ports.clock.now()))
    if happened:
        await ports.preferences.save(preferences)
        ports.emit(*happened)
