"""`lms queues`: how background work stands, and what an operator does about it."""

from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

import click

from lms_domain.kernel import PageRequest
from lms_domain.queues import QueueName
from lms_domain.tasks import operating, queries
from lms_domain.tasks.model import Named
from lms_domain.tasks.views import Counted, DeadTask, QueueView, Standing
from lms_entrypoints.cli.work import with_services
from lms_entrypoints.services import Services

queue_argument = click.argument("queue", type=click.Choice([name.value for name in QueueName]))
COLUMNS = ("waiting", "held", "retrying", "under_way", "dead", "oldest_seconds", "done_last_minute", "done_last_hour")
HEADS = ("queue", "waiting", "held", "retrying", "under way", "dead", "oldest s", "done/min", "done/h")


class TaskType(click.ParamType[Named]):
    name = "ID:REACTION"

    def convert(self, value: str | Named, param: click.Parameter | None, ctx: click.Context | None) -> Named:
        if not isinstance(value, str):
            return value
        subject_id, _, reaction = value.partition(":")
        try:
            return UUID(subject_id), reaction
        except ValueError:
            self.fail("as `lms queues dead` prints it: an id, a colon, the name of the reaction.", param, ctx)


tasks_argument = click.argument("tasks", nargs=-1, type=TaskType())
all_option = click.option("--all", "everything", is_flag=True, help="All that is dead in this queue.")


@click.group(invoke_without_command=True)
@click.pass_context
def queues(ctx: click.Context) -> None:
    """How background work stands; with a command: pause, resume, and what was given up."""
    if ctx.invoked_subcommand is None:
        _show(with_services(_standing))


@queues.command()
@queue_argument
def pause(queue: str) -> None:
    """Hand on nothing more of QUEUE; what workers have in hand they finish."""
    with_services(partial(_run, operating.pause, QueueName(queue)))


@queues.command()
@queue_argument
def resume(queue: str) -> None:
    """Go on with QUEUE."""
    with_services(partial(_run, operating.resume, QueueName(queue)))


@queues.command()
@queue_argument
@click.option("--most", type=click.IntRange(1, 100), default=20, show_default=True)
def dead(queue: str, most: int) -> None:
    """What of QUEUE was given up, the oldest first, and why."""

    async def work(services: Services) -> list[DeadTask]:
        page = await services.ask(queries.dead_for_operator, QueueName(queue), PageRequest(page_size=most))
        return page.items

    for task in with_services(work):
        about = f"{task.given_up_at:%Y-%m-%d %H:%M:%S} {task.event} after {task.attempts} attempts: {task.error}"
        click.echo(f"{task.subject_id}:{task.reaction}  {about}")


@queues.command()
@queue_argument
@tasks_argument
@all_option
def retry(queue: str, tasks: tuple[Named, ...], *, everything: bool) -> None:
    """Try dead TASKS of QUEUE again, as if they were new."""
    click.echo(f"{_chosen(operating.retry_dead, queue, tasks, everything=everything)} will be tried again.")


@queues.command()
@queue_argument
@tasks_argument
@all_option
def drop(queue: str, tasks: tuple[Named, ...], *, everything: bool) -> None:
    """Never try dead TASKS of QUEUE again."""
    click.echo(f"{_chosen(operating.drop_dead, queue, tasks, everything=everything)} dropped.")


def _chosen(
    use_case: Callable[..., Awaitable[Counted]], queue: str, tasks: tuple[Named, ...], *, everything: bool
) -> int:
    if bool(tasks) is everything:
        raise click.UsageError("Name tasks, or say --all.")

    async def work(services: Services) -> int:
        counted: Counted = await services.run(use_case, None, QueueName(queue), None if everything else tasks)
        return counted.count

    return with_services(work)


async def _run(use_case: Callable[..., Awaitable[None]], queue: QueueName, services: Services) -> None:
    await services.run(use_case, None, queue)


async def _standing(services: Services) -> Standing:
    return await services.ask(queries.standing_for_operator)


def _show(standing: Standing) -> None:
    click.echo("  ".join([f"{HEADS[0]:<12}", *(f"{head:>9}" for head in HEADS[1:])]))
    for queue in standing.queues:
        click.echo(
            "  ".join([f"{queue.name:<12}", *(f"{_number(queue, name):>9}" for name in COLUMNS), _paused(queue)])
        )
    waiting = f"{standing.events.unplanned} events that no relay has seen"
    click.echo(f"{waiting}, the oldest {standing.events.oldest_seconds:.0f} s old")


def _number(queue: QueueView, name: str) -> str:
    return f"{getattr(queue, name):.0f}"


def _paused(queue: QueueView) -> str:
    return f"paused since {queue.paused_at:%Y-%m-%d %H:%M}" if queue.paused_at else ""
