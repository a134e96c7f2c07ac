"""`lms relay`, `lms worker`, `lms scheduler`: background work beside `lms serve`, each as often as you like."""

import click

from lms_domain.queues import QueueName
from lms_entrypoints import configuration
from lms_entrypoints.cli.database import VARIABLE

NO_DATABASE = "DATABASE_URL is not set. Set it to the PostgreSQL server that `lms serve` has."


class Queues(click.ParamType[tuple[QueueName, ...]]):
    name = "queues"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[QueueName, ...]:
        names = dict.fromkeys(part.strip() for part in str(value).split(",") if part.strip())
        if unknown := [name for name in names if name not in set(QueueName)]:
            self.fail(f"{', '.join(unknown)}: there are {', '.join(QueueName)}.", param, ctx)
        if not names:
            self.fail(f"names none: there are {', '.join(QueueName)}.", param, ctx)
        return tuple(map(QueueName, names))


metrics_option = click.option("--metrics-port", type=int, help="Serve figures for Prometheus there, on all addresses.")


@click.command()
@metrics_option
def relay(metrics_port: int | None) -> None:
    """Make tasks of what has happened, and hand them on to workers, until stopped."""
    from lms_entrypoints.worker.relaying import relay_until_stopped

    _must_have_database()
    relay_until_stopped(metrics_port)


@click.command()
def scheduler() -> None:
    """Say whose time has come, until stopped: ended access, waitlists, reminders, purging, checking of sums."""
    from lms_entrypoints.worker.relaying import schedule_until_stopped

    _must_have_database()
    schedule_until_stopped()


@click.command()
@click.option("--queues", type=Queues(), default=",".join(QueueName), show_default=True, help="Which, by commas.")
@click.option(
    "--threads",
    type=click.IntRange(1, 256),
    default=8,
    show_default=True,
    help="Tasks at once: of what is urgent, of what takes long, of webhooks, and of all else.",
)
@metrics_option
def worker(queues: tuple[QueueName, ...], threads: int, metrics_port: int | None) -> None:
    """Perform tasks until stopped; those in hand are finished first."""
    from lms_entrypoints.worker.working import work_until_stopped

    _must_have_database()
    work_until_stopped(queues, threads=threads, metrics_port=metrics_port)


def _must_have_database() -> None:
    if not configuration.has(VARIABLE):
        raise click.ClickException(NO_DATABASE)
