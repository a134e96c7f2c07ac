"""Courses in and out as files, by the operator."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from lms_domain.courses.catalog import listed
from lms_domain.courses.queries import course_by_slug
from lms_domain.courses.use_cases.importing import ImportReport
from lms_domain.courses.use_cases.showing import list_again
from lms_domain.identity.model import Role, permissions_of
from lms_domain.identity.queries import first_admin, user_by_email
from lms_domain.kernel import Actor, Invalid, NotFound
from lms_entrypoints.cli.work import with_services
from lms_entrypoints.services import Services

T = TypeVar("T")
BATCH = 500
as_option = click.option("--as", "email", help="On behalf of this account; without it, of the first admin.")


@click.group()
def courses() -> None:
    """Courses as files: import and export."""


@courses.command("import")
@click.argument("archive", type=click.Path(path_type=Path))
@as_option
def take(archive: Path, email: str | None) -> None:
    """Import ARCHIVE: an Open edX course (OLX) or our own format. The same course again updates its draft."""
    _told(archive, lambda: archive.open("rb").close())  # before a database is started for it
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
    bar = Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty())
    task = bar.add_task("Opening")

    def tell(done: int, total: int, what: str) -> None:
        bar.update(task, completed=done, total=total, description=what)

    async def work(services: Services) -> ImportReport:
        actor = await _actor(services, email)
        return await services.archives.take(services.run, actor, archive, progress=tell)

    with bar:
        report = _told(archive, lambda: with_services(work))
    _show(report)


@courses.command("export")
@click.argument("slug")
@click.argument("archive", type=click.Path(path_type=Path))
@as_option
def give(slug: str, archive: Path, email: str | None) -> None:
    """Write the draft of the course SLUG to ARCHIVE, in our own format."""

    async def work(services: Services) -> None:
        actor = await _actor(services, email)
        try:
            course = await services.ask(course_by_slug, actor, slug)
        except NotFound:
            raise click.ClickException(f"There is no course with the slug {slug}.") from None
        await services.archives.give(actor, course.id, archive)

    _told(archive, lambda: with_services(work))
    click.echo(f"Wrote {archive}.")


@courses.command("reindex")
def reindex() -> None:
    """Write anew what the catalog keeps of every published course. It stays readable meanwhile."""
    click.echo(f"Indexed {with_services(reindexed)} courses.")


async def reindexed(services: Services) -> int:
    count, last = 0, None
    while ids := await services.ask(listed, last, BATCH):
        for id in ids:
            await services.run(list_again, id)
        count, last = count + len(ids), ids[-1]
    return count


async def _actor(services: Services, email: str | None) -> Actor:
    """Somebody has to own what is imported."""
    if email is None:
        user = await services.ask(first_admin)
    else:
        user = await services.ask(user_by_email, services.accounts.normalized(email))
    if user is None:
        raise click.ClickException(
            f"There is no account with the address {email}."
            if email
            else "There is no admin yet. Make one first: lms users create-admin --email ... --name ..."
        )
    return Actor(id=user.id, permissions=permissions_of([Role(role) for role in user.roles]))


def _told(archive: Path, work: Callable[[], T]) -> T:
    try:
        return work()
    except Invalid as error:
        rules = [f"{problem.field}: {problem.rule}" for problem in error.problems]
        raise click.ClickException("\n  ".join([str(error), *rules])) from None
    except OSError as error:
        raise click.ClickException(f"{archive}: {error.strerror or error}.") from None


def _show(report: ImportReport) -> None:
    lessons = report.lessons
    verb = "Imported" if report.created else "Updated"
    click.echo(f"{verb} {report.title!r} as the draft {report.slug} ({report.format}).")
    kinds = ", ".join(f"{count} {kind}" for kind, count in report.lesson_kinds.items())
    click.echo(
        f"Taken: sections: {report.sections}; lessons: {kinds}; problems: {report.problems}; files: {report.files}."
    )
    click.echo(
        f"Lessons: {lessons.added} added, {lessons.updated} updated, {lessons.unchanged} unchanged, "
        f"{lessons.removed} removed."
    )
    for notice in report.notices:
        click.echo(f"Note: {notice}")
    if report.omissions:
        click.echo(f"Left out ({len(report.omissions)}):")
    for item in report.omissions:
        partly = " (in part)" if item.is_partial else ""
        title = f" {item.title!r}" if item.title else ""
        click.echo(f"  {item.kind} {item.name}{title}{partly} in {item.place or 'the course'}: {item.reason}")
