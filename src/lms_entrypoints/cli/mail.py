"""`lms mail`: what letters look like."""

import click

from lms_domain.mailing import LetterKind


@click.group()
def mail() -> None:
    """Letters: which there are, and what they look like."""


@mail.command()
def kinds() -> None:
    """The kinds of letters, and the languages they are written in."""
    from lms_adapters.mail.rendering import LANGUAGES

    for kind in LetterKind:
        click.echo(kind.value)
    click.echo(f"in {', '.join(LANGUAGES)}", err=True)


@mail.command()
@click.argument("kind", type=click.Choice([kind.value for kind in LetterKind]))
@click.option("--language", default="en", show_default=True, help="As people choose it for themselves, such as de-AT.")
@click.option("--html", "as_html", is_flag=True, help="The HTML instead of subject and text.")
def preview(kind: str, language: str, *, as_html: bool) -> None:
    """Print a letter of KIND, as if something had happened. It is sent to nobody."""
    from lms_adapters.mail.messages import Messages
    from lms_adapters.mail.samples import sample
    from lms_entrypoints import configuration

    messages = Messages(configuration.load().mail.sender)
    letter = messages.rendered(sample(LetterKind(kind), language))
    click.echo(letter.html if as_html else f"{letter.subject}\n\n{letter.text}", nl=False)
