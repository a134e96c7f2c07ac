"""Accounts, by the operator: the first admin is made here, and by nothing that listens on a network."""

import os
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from lms_domain.identity import queries, use_cases
from lms_domain.identity.erasure import Receipt
from lms_domain.identity.errors import EmailTaken, LastAdmin
from lms_domain.identity.model import Role
from lms_domain.kernel import Invalid, Secret
from lms_entrypoints.cli.work import with_services
from lms_entrypoints.services import Services

F = TypeVar("F", bound=Callable[..., Any])

PASSWORD_VARIABLE = "LMS_PASSWORD"  # noqa: S105 (its name)
GENERATED_BYTES = 18  # 24 characters
SHOWN = 1000

email_option = click.option("--email", required=True, help="The address to sign in with.")
name_option = click.option("--name", required=True, help="The full name.")
stdin_option = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
generate_option = click.option("--generate-password", is_flag=True, help="Make a password, and show it once.")
roles_option = click.option(
    "--role", "roles", type=click.Choice([role.value for role in Role]), multiple=True, required=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordSource:
    """Never an argument: other users of the machine see those."""

    stdin: bool
    generate: bool

    def read(self) -> Secret:
        if self.stdin and self.generate:
            raise click.UsageError("Choose one: --password-stdin or --generate-password.")
        if self.stdin:
            return Secret(sys.stdin.readline().rstrip("\r\n"))
        if self.generate:
            return Secret(secrets.token_urlsafe(GENERATED_BYTES))
        if given := os.environ.get(PASSWORD_VARIABLE):
            return Secret(given)
        return Secret(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def new_account(command: F) -> F:
    """What every account is made of."""
    for option in (generate_option, stdin_option, name_option, email_option):
        command = option(command)
    return command


@click.group()
def users() -> None:
    """Accounts: the first admin, instructors, roles."""


@users.command("create-admin")
@new_account
@click.option(
    "--promote", is_flag=True, help="If there is an account, make it an admin's, and open it if it is closed."
)
def create_admin(email: str, name: str, *, password_stdin: bool, generate_password: bool, promote: bool) -> None:
    """Make an admin. The password is asked for, or read from standard input or LMS_PASSWORD."""
    if promote and with_services(lambda services: _promote(services, email)):
        click.echo(f"{email} is an admin now; the password is the one it had.")
        return
    _create(email, name, [Role.ADMIN], PasswordSource(stdin=password_stdin, generate=generate_password))


@users.command()
@new_account
@roles_option
def create(email: str, name: str, roles: tuple[str, ...], *, password_stdin: bool, generate_password: bool) -> None:
    """Make an account with these roles. The password is asked for, or read from standard input or LMS_PASSWORD."""
    _create(email, name, _in_order(roles), PasswordSource(stdin=password_stdin, generate=generate_password))


@users.command("list")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Only those who have it.")
def list_users(role: str | None) -> None:
    """Show the newest accounts: address, name, roles, one a line, with tabs between."""

    async def work(services: Services) -> None:
        found = await services.ask(queries.newest, Role(role) if role else None, SHOWN)
        for user in found.items:
            closed = "" if user.is_active else "\tclosed"
            click.echo(f"{user.email}\t{user.full_name}\t{','.join(user.roles)}{closed}")
        if found.next_cursor is not None:
            click.echo(f"The newest {SHOWN} of at least {found.total} accounts.", err=True)

    with_services(work)


@users.command("set-roles")
@email_option
@roles_option
def set_roles(email: str, roles: tuple[str, ...]) -> None:
    """Give an account these roles instead of the ones it has."""

    async def work(services: Services) -> bool:
        address = services.accounts.normalized(email)
        return await services.run(use_cases.set_roles, address, _in_order(roles)) is not None

    if not with_services(work):
        raise click.ClickException(f"There is no account with the address {email}.")
    click.echo(f"{email} is now {', '.join(roles)}.")


@users.command()
@email_option
@click.confirmation_option(prompt="What is personal is gone for good. Go on?")
def erase(email: str) -> None:
    """Erase somebody who asked for it. Prints the receipt for them."""

    async def work(services: Services) -> Receipt | None:
        return await services.privacy.erase_by_operator(services.run, services.accounts.normalized(email))

    try:
        receipt = with_services(work)
    except LastAdmin as refusal:
        raise click.ClickException(str(refusal)) from None
    if receipt is None:
        raise click.ClickException(f"There is no account with the address {email}.")
    click.echo(f"Erased. The receipt: {receipt.receipt}")


async def _promote(services: Services, email: str) -> bool:
    return await services.run(use_cases.make_admin, services.accounts.normalized(email)) is not None


def _create(email: str, name: str, roles: list[Role], source: PasswordSource) -> None:
    password = source.read()

    async def work(services: Services) -> str:
        user = await services.accounts.create(services.run, email=email, full_name=name, password=password, roles=roles)
        return user.email

    try:
        made = with_services(work)
    except EmailTaken:
        raise click.ClickException(_taken(email, roles)) from None
    except Invalid as error:
        raise click.ClickException("; ".join(f"{p.field}: {p.rule}" for p in error.problems)) from None
    click.echo(f"Made {made} ({', '.join(roles)}).")
    if source.generate:
        click.echo(f"Password: {password.reveal()}")


def _taken(email: str, roles: list[Role]) -> str:
    instead = f"lms users set-roles --email {email} --role ..."
    if roles == [Role.ADMIN]:
        instead = "add --promote"
    return f"{email} has an account already. To change its roles: {instead}"


def _in_order(roles: tuple[str, ...]) -> list[Role]:
    return [role for role in Role if role.value in roles]
