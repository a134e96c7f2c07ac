"""The page that a link for turning letters off leads to: a template in every language, beside those of letters."""

from collections.abc import Sequence

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lms_adapters.mail.rendering import FALLBACK, LANGUAGES, TEMPLATES
from lms_domain.mailing import UnsubscribeStep


class TemplatePages:
    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def unsubscribing(self, step: UnsubscribeStep, what: str, locales: Sequence[str], /) -> str:
        language = next(filter(LANGUAGES.__contains__, map(_language, locales)), FALLBACK)
        template = self._templates.get_template(f"{language}/unsubscribe.jinja")
        return template.render(language=language, step=step, what=what)


def _language(locale: str) -> str:
    return locale.partition("-")[0].lower()
