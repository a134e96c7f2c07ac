"""`lms worker`: performs the tasks of some queues, several at once in one event loop."""

import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

from lms_adapters.dramatiq.queue import Booting, longest_ms, open_broker, work_on
from lms_domain.queues import QueueName
from lms_domain.queues import crews as crews_of
from lms_entrypoints.processes import STOPS, begin, living, must_have_queue
from lms_entrypoints.webhooks import AT_ONCE as WEBHOOKS_AT_ONCE


def work_until_stopped(queues: Sequence[QueueName], *, threads: int, metrics_port: int | None) -> None:
    """The messages in hand are finished before this returns; what was fetched beyond goes back.

    There are as many connections to the database as there may be tasks at once: however many of them hang there, the
    others need not wait for one.
    """
    container, kept = begin(connections=len(crews_of(queues)) * max(threads, sum(WEBHOOKS_AT_ONCE.values())))
    must_have_queue(given := container.settings())
    opened, inline = AsyncExitStack(), container.inline()
    if metrics_port:
        container.metrics().serve(metrics_port)

    async def boot() -> None:
        await opened.enter_async_context(living(container, kept))
        opened.push_async_callback(inline.settled)

    broker = open_broker(given.carrier_url, Booting(boot, opened.aclose))
    crews = work_on(broker, container.work().perform, inline.begin, queues=queues, threads=threads)
    stop = threading.Event()
    for request in STOPS:
        signal.signal(request, lambda *_: stop.set())
    for crew in crews:
        crew.start()
    stop.wait()
    with ThreadPoolExecutor(len(crews)) as stopping:  # neither fetches on while the other finishes
        list(stopping.map(lambda crew: crew.stop(timeout=longest_ms(queues)), crews))
    broker.close()
