"""The catalog as nobody in particular sees it: its answers are kept for a moment, ready to be sent.

They are dropped as soon as this process commits anything that could change one, and after some seconds in any case,
because other processes commit too. Whoever is signed in is never answered from here.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from lms_domain.enrollments.events import CourseCompleted, LessonCompleted, LessonStarted, ProgressRecorded
from lms_domain.identity.events import SessionEnded, SessionOpened, SessionRefreshed, UserRegistered
from lms_domain.kernel import Event
from lms_entrypoints.http.wire import App, Message, Receive, Scope, Send

PUBLIC = frozenset({"/api/v1/courses", "/api/v1/categories"})
MOST_ANSWERS = 256  # of 100 courses at most: 30 MB
LONGEST_QUESTION = 2_048  # bytes

# The frequent events that no page of the catalog shows. One that is not named here only costs time.
SILENT: frozenset[type[Event]] = frozenset(
    {
        CourseCompleted,
        LessonCompleted,
        LessonStarted,
        ProgressRecorded,
        SessionEnded,
        SessionOpened,
        SessionRefreshed,
        UserRegistered,
    }
)

Question = tuple[str, bytes]


@dataclass(slots=True)
class KeptAnswers:
    """`seconds`: 0 keeps nothing."""

    seconds: float
    _answers: dict[Question, tuple[list[Message], float]] = field(default_factory=dict)
    _era: int = 0

    @property
    def era(self) -> int:
        """Changes with every commit that counts: what was read before belongs to the past."""
        return self._era

    def find(self, question: Question) -> list[Message] | None:
        answer, until = self._answers.get(question, (None, 0.0))
        return answer if time.monotonic() < until else None

    def keep(self, question: Question, answer: list[Message], *, era: int) -> None:
        if era == self._era and self.seconds > 0:
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            self._answers[question] = answer, time.monotonic() + self.seconds

    def committed(self, events: Sequence[Event]) -> None:
        if any(type(event) not in SILENT for event in events):
            self._era += 1
            self._answers.clear()


def keeping(app: App, kept: KeptAnswers) -> App:
    """The app, where the same question to the same bytes is answered with the same bytes."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if not is_public(scope):
            await app(scope, receive, send)
            return
        question = scope["path"], scope["query_string"]
        messages = kept.find(question)
        if messages is None:
            era, heard = kept.era, Heard(send)
            await app(scope, receive, heard.send)
            if heard.is_good:
                kept.keep(question, heard.messages, era=era)
            return
        for message in messages:
            await send(dict(message))

    return answer


def is_public(scope: Scope) -> bool:
    """Asked by nobody in particular: a token that is not good is still to be refused."""
    if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] not in PUBLIC:
        return False
    sender = scope["state"]["sender"]
    return sender.actor is None and sender.refusal is None and len(scope["query_string"]) <= LONGEST_QUESTION


class Heard:
    """An answer on its way out, and what it was."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.messages: list[Message] = []

    @property
    def is_good(self) -> bool:
        return bool(self.messages) and self.messages[0]["status"] == HTTPStatus.OK

    async def send(self, message: Message) -> None:
        self.messages.append(dict(message))
        await self._send(message)
