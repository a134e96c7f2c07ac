"""Named points at which a test has the process killed, as a power cut would, to see what is left."""

import os
import signal

VARIABLE = "LMS_DIES_AT"
POINTS = (
    "api.before_commit",
    "api.after_commit",
    "relay.planned",
    "relay.claimed",
    "relay.sent",
    "relay.dispatched",
    "worker.received",
    "worker.reacting",
    "worker.reacted",
    "worker.letter_composed",
    "worker.letter_sent",
    "worker.letter_finished",
    "worker.webhook_signed",
    "worker.webhook_sent",
    "worker.webhook_noted",
    "worker.job_begun",
    "worker.job_ending",
    "worker.job_ended",
    "scheduler.struck",
)


def reach(point: str) -> None:
    """Does nothing but where a test has asked for it. Production refuses to start with the variable set."""
    if os.environ.get(VARIABLE) == point:
        os.kill(os.getpid(), signal.SIGKILL)
