"""Dramatiq on Redis: what carries a task to a worker. All that must not be lost stays in PostgreSQL."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from threading import Lock
from typing import Any
from uuid import UUID

import dramatiq
import redis
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AsyncIO, TimeLimit
from redis.backoff import NoBackoff
from redis.retry import Retry

from lms_domain.kernel import Unavailable
from lms_domain.queues import QUEUES, QueueName, crews
from lms_domain.tasks.model import Task

NAMESPACE = "lms:tasks"
SPARE = 2  # times its window: messages of one queue in Redis, since some may have been sent again for nothing
PATIENCE = 5  # seconds for an answer of Redis
# A worker that was killed is noticed after this, by whichever worker asks next: one in ten times it looks.
HEARTBEAT_MS = 10_000
LOOK_EVERY = 100_000  # of a million
MARGIN_MS = 5_000  # that Dramatiq waits longer than we do ourselves

Perform = Callable[[Task], Awaitable[None]]


class Booting(AsyncIO):
    """One loop in a thread of its own for all tasks of a process; `boot` runs there before the first, `close` after the
    last of its crews has gone.
    """

    def __init__(self, boot: Callable[[], Awaitable[None]], close: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._boot, self._close = boot, close
        self._crews, self._counting = 0, Lock()

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        self._crews += 1
        if self._crews == 1:
            super().before_worker_boot(broker, worker)  # type: ignore[no-untyped-call]
            _in_loop(self._boot())

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        with self._counting:
            self._crews -= 1
            if self._crews == 0:
                _in_loop(self._close())
                super().after_worker_shutdown(broker, worker)  # type: ignore[no-untyped-call]


def _in_loop(work: Awaitable[None]) -> None:
    thread = get_event_loop_thread()
    if thread is None:
        raise RuntimeError("the loop of the worker is not running")
    thread.run_coroutine(work)


def open_broker(url: str, *middleware: dramatiq.Middleware) -> RedisBroker:
    client = redis.Redis.from_url(
        url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
    )
    return RedisBroker(  # type: ignore[no-untyped-call]
        client=client,
        middleware=list(middleware),
        namespace=NAMESPACE,
        heartbeat_timeout=HEARTBEAT_MS,
        maintenance_chance=LOOK_EVERY,
    )


def work_on(
    broker: RedisBroker, perform: Perform, begin: Perform, *, queues: Sequence[QueueName], threads: int
) -> list[dramatiq.Worker]:
    """Crews, not yet started, with so many threads each. Of what one has fetched, the most urgent comes first.

    `begin`: returns before the task is done, and is given those that keep no thread while they wait.
    """
    broker.add_middleware(TimeLimit())
    broker.logger.setLevel(logging.ERROR)  # all that it warns of is a second crew, which is what we want
    for name in queues:
        how = QUEUES[name]
        declare = dramatiq.actor(
            broker=broker,
            actor_name=name,
            queue_name=name,
            priority=how.priority,
            time_limit=longest_ms([name]),
        )
        declare(_actor(name, begin if how.waits_outside else perform))
    return [
        dramatiq.Worker(broker, queues=set(crew), worker_threads=threads, worker_timeout=100) for crew in crews(queues)
    ]


def longest_ms(queues: Collection[QueueName]) -> int:
    """Milliseconds after which no task of these is still performed."""
    return max(int(QUEUES[name].time_limit.total_seconds() * 1000) for name in queues) + MARGIN_MS


def _actor(queue: QueueName, perform: Perform) -> Callable[..., Awaitable[None]]:
    async def actor(subject_id: str, reaction: str, attempt: int | None = None, *, is_slow: bool = False) -> None:
        id = UUID(subject_id)
        await perform(Task(subject_id=id, reaction=reaction, queue=queue, attempt=attempt, is_slow=is_slow))

    return actor


class DramatiqCarrier:
    """Bounded: what a worker that is away does not fetch piles up in PostgreSQL, not in Redis."""

    def __init__(self, broker: RedisBroker) -> None:
        self._broker = broker

    async def rooms(self) -> Mapping[QueueName, int]:
        return await asyncio.to_thread(_reached, self._rooms)

    async def send(self, tasks: Sequence[Task], /) -> None:
        await asyncio.to_thread(_reached, self._send, tasks)

    def _rooms(self) -> Mapping[QueueName, int]:
        with self._broker.client.pipeline(transaction=False) as asked:
            for name in QueueName:
                asked.hlen(f"{NAMESPACE}:{name}.msgs")  # those that are being performed, too
            held: list[int] = asked.execute()
            return {name: SPARE * QUEUES[name].window - count for name, count in zip(QueueName, held, strict=True)}

    def _send(self, tasks: Sequence[Task]) -> None:
        for task in tasks:
            self._broker.enqueue(_message(task))


def _message(task: Task) -> dramatiq.Message[None]:
    said = (str(task.subject_id), task.reaction, task.attempt)
    kwargs = {"is_slow": task.is_slow}
    return dramatiq.Message(queue_name=task.queue, actor_name=task.queue, args=said, kwargs=kwargs, options={})


def _reached(call: Callable[..., Any], *given: object) -> Any:
    try:
        return call(*given)
    except (redis.RedisError, OSError) as error:
        raise Unavailable from error
