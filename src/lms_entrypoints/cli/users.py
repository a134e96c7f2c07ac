"""Accounts, by the operator: the first admin is made here, and by nothing that listens on a network."""

import os
import sys

import click

from lms_domain.identity import use_cases
from lms_domain.identity.model import EmailTaken, Role
from lms_domain.kernel import Invalid, Secret
from lms_entrypoints.cli.work import with_services
from lms_entrypoints.services import Services

PASSWORD_VARIABLE = "LMS_PASSWORD"  # noqa: S105 (its name)
email_option = click.option("--email", required=True, help="The address to sign in with.")
name_option = click.option("--name", required=True, help="The full name.")
stdin_option = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
roles_option = click.option(
    "--role", "roles", type=click.Choice([role.value for role in Role]), multiple=True, required=True
)


@click.group()
def users() -> None:
    """Accounts: the first admin, instructors, roles."""


@users.command("create-admin")
@email_option
@name_option
@stdin_option
def create_admin(email: str, name: str, *, password_stdin: bool) -> None:
    """Make an admin. The password is asked for, or read from standard input or LMS_PASSWORD."""
    _create(email, name, [Role.ADMIN], _password(from_stdin=password_stdin))


@users.command()
@email_option
@name_option
@roles_option
@stdin_option
def create(email: str, name: str, roles: tuple[str, ...], *, password_stdin: bool) -> None:
    """Make an account with these roles."""
    _create(email, name, [Role(role) for role in roles], _password(from_stdin=password_stdin))


@users.command("set-roles")
@email_option
@roles_option
def set_roles(email: str, roles: tuple[str, ...]) -> None:
    """Give an account these roles instead of the ones it has."""

    async def work(services: Services) -> bool:
        wanted = [role for role in Role if role.value in roles]
        return await services.run(use_cases.set_roles, services.accounts.normalized(email), wanted) is not None

    if not with_services(work):
        raise click.ClickException(f"There is no account with the address {email}.")
    click.echo(f"{email} is now {', '.join(roles)}.")


def _create(email: str, name: str, roles: list[Role], password: Secret) -> None:
    async def work(services: Services) -> str:
        user = await services.accounts.create(services.run, email=email, full_name=name, password=password, roles=roles)
        return user.email

    try:
        made = with_services(work)
    except EmailTaken:
        raise click.ClickException(
            f"{email} has an account already. To change its roles: lms users set-roles --email {email} --role ..."
        ) from None
    except Invalid as error:
        raise click.ClickException("; ".join(f"{p.field}: {p.rule}" for p in error.problems)) from None
    click.echo(f"Made {made} ({', '.join(roles)}).")


def _password(*, from_stdin: bool) -> Secret:
    """Never an argument: other users of the machine see those."""
    if from_stdin:
        return Secret(sys.stdin.readline().rstrip("\r\n"))
    if given := os.environ.get(PASSWORD_VARIABLE):
        return Secret(given)
    return Secret(click.prompt("Password", hide_input=True, confirmation_prompt=True))
