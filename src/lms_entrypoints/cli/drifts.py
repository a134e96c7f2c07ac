"""`lms drifts`: sums that were found wrong, and setting them right."""

from functools import partial
from uuid import UUID

import click

from lms_domain.drifts import DriftKind
from lms_domain.kernel import Page, PageRequest
from lms_domain.upkeep import mending, queries
from lms_domain.upkeep.model import Drift
from lms_domain.upkeep.views import DriftReport
from lms_entrypoints.cli.work import with_services
from lms_entrypoints.services import Services

AT_ONCE = 100
Named = tuple[DriftKind, UUID]


class SubjectType(click.ParamType[Named]):
    name = "KIND:ID"

    def convert(self, value: str | Named, param: click.Parameter | None, ctx: click.Context | None) -> Named:
        if not isinstance(value, str):
            return value
        kind, _, subject_id = value.partition(":")
        try:
            return DriftKind(kind), UUID(subject_id)
        except ValueError:
            self.fail("as `lms drifts` prints it: a kind, a colon, an id.", param, ctx)


@click.group(invoke_without_command=True)
@click.option("--kind", type=click.Choice([kind.value for kind in DriftKind]), help="Of these alone.")
@click.option("--most", type=click.IntRange(1, 100), default=20, show_default=True)
@click.pass_context
def drifts(ctx: click.Context, kind: str | None, most: int) -> None:
    """Sums that are not what counting says, the newest first; with a command: mend them."""
    ctx.obj = DriftKind(kind) if kind else None
    if ctx.invoked_subcommand is None:
        page = with_services(partial(_page, ctx.obj, PageRequest(page_size=most)))
        for report in page.items:
            click.echo(f"{_told(report)}  found {report.found_at:%Y-%m-%d %H:%M:%S}")


@drifts.command()
@click.argument("subjects", nargs=-1, type=SubjectType())
@click.option("--all", "everything", is_flag=True, help="All that were reported, or those of --kind.")
@click.pass_obj
def mend(kind: DriftKind | None, subjects: tuple[Named, ...], *, everything: bool) -> None:
    """Set the sums of SUBJECTS to what counting says now, each in a transaction of its own."""
    if bool(subjects) is everything:
        raise click.UsageError("Name what to mend, or say --all.")

    async def work(services: Services) -> None:
        for named in await _reported(kind, services) if everything else subjects:
            click.echo(_told(await services.run(mending.mend, None, *named)))

    with_services(work)


async def _reported(kind: DriftKind | None, services: Services) -> list[Named]:
    found: list[Named] = []
    paging: PageRequest | None = PageRequest(page_size=AT_ONCE)
    while paging:
        page = await _page(kind, paging, services)
        found += [(report.kind, report.subject_id) for report in page.items]
        paging = PageRequest(page_size=AT_ONCE, cursor=page.next_cursor) if page.next_cursor else None
    return found


async def _page(kind: DriftKind | None, paging: PageRequest, services: Services) -> Page[DriftReport]:
    return await services.ask(queries.drifts_for_operator, kind, paging)


def _told(drift: Drift) -> str:
    wrong = ", ".join(f"{name} {kept}, counted {drift.counted[name]}" for name, kept in drift.kept.items())
    return f"{drift.kind}:{drift.subject_id}  {wrong or 'nothing differs'}"
