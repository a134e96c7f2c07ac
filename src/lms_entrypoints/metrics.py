"""Figures for Prometheus: what this process has done, and how background work stands in the database."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, start_http_server

from lms_domain.drifts import DriftKind
from lms_domain.tasks.model import Task
from lms_domain.tasks.views import Standing

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
OF_QUEUES = {
    "waiting": "Tasks that are not handed on yet.",
    "held": "Of those, tasks that wait for an earlier one of the same thing.",
    "retrying": "Of those, tasks that have failed before.",
    "under_way": "Tasks that are handed on and not finished.",
    "dead": "Tasks that were given up.",
    "oldest_seconds": "How long the task that is due longest has been so.",
    "done_last_minute": "Tasks that were finished within the last minute.",
}


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._tasks = Counter(
            "lms_tasks", "Tasks performed by this process.", ["queue", "reaction", "outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            "lms_task_seconds", "How long they took.", ["queue"], buckets=SECONDS, registry=self.registry
        )
        self._planned = Counter("lms_events_planned", "Events this process made tasks of.", registry=self.registry)
        self._handed_on = Counter("lms_tasks_handed_on", "Tasks this process handed on.", registry=self.registry)

    def performed(self, task: Task, outcome: str, seconds: float, /) -> None:
        self._tasks.labels(task.queue, task.reaction, outcome).inc()
        self._seconds.labels(task.queue).observe(seconds)

    def relayed(self, planned: int, handed_on: int, /) -> None:
        self._planned.inc(planned)
        self._handed_on.inc(handed_on)

    def serve(self, port: int) -> None:
        """In a thread, for processes that serve nothing else."""
        start_http_server(port, registry=self.registry)

    def text(self, standing: Standing, drifts: Mapping[DriftKind, int]) -> bytes:
        return generate_latest(self.registry) + generate_latest(_standing(standing, drifts))


def _standing(standing: Standing, drifts: Mapping[DriftKind, int]) -> CollectorRegistry:
    """Of the moment, and the same whichever process is asked."""
    registry = CollectorRegistry()
    for name, text in OF_QUEUES.items():
        gauge = Gauge(f"lms_queue_{name}", text, ["queue"], registry=registry)
        for queue in standing.queues:
            gauge.labels(queue.name).set(getattr(queue, name))
    paused = Gauge("lms_queue_paused", "Whether an operator has paused it.", ["queue"], registry=registry)
    for queue in standing.queues:
        paused.labels(queue.name).set(queue.paused_at is not None)
    events = Gauge("lms_events_unplanned", "Events that no relay has seen yet.", registry=registry)
    events.set(standing.events.unplanned)
    age = Gauge("lms_events_oldest_seconds", "How old the oldest of them is.", registry=registry)
    age.set(standing.events.oldest_seconds)
    wrong = Gauge("lms_drifts", "Sums found to be not what counting says.", ["kind"], registry=registry)
    for kind, count in drifts.items():
        wrong.labels(kind).set(count)
    return registry
