"""`lms openapi`: the API's document, without a database."""

import click


@click.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    from lms_entrypoints.container import Container
    from lms_entrypoints.http.app import build_app
    from lms_entrypoints.http.openapi import encoded
    from lms_entrypoints.settings import Settings

    app = build_app(Container(settings=Settings()).services())
    click.echo(encoded(app), nl=False)
