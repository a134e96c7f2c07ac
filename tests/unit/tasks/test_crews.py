"""Who works on which queues."""

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from lms_domain.queues import QueueName, crews

Q = QueueName


def test_what_is_urgent_what_takes_long_and_the_rest_keep_each_other_from_nothing() -> None:
    assert crews(list(QueueName)) == [
        [Q.DEFAULT, Q.EMAILS, Q.NOTIFICATIONS],
        [Q.PROGRESS, Q.CERTIFICATES],
        [Q.WEBHOOKS],
        [Q.JOBS, Q.ANALYTICS],
    ]


@given(queues=st.lists(st.sampled_from(QueueName), unique=True, min_size=1))
def test_every_queue_has_one_crew(queues: list[QueueName]) -> None:
    found = crews(queues)
    assert sorted(chain(*found)) == sorted(queues)
    assert all(found)
