"""What operators see of background work, and what they do about it."""

from dataclasses import replace

import httpx
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.background import Box, a_background, handed_on
from tests.integration.school import Person, School
from tests.integration.served import transport_to

from lms_domain import reactions
from lms_domain.identity import use_cases as identity
from lms_domain.kernel import Secret, Unavailable
from lms_domain.queues import QUEUES, QueueName
from lms_domain.webhooks.deliveries import DELIVER
from lms_entrypoints.doors import Run
from lms_entrypoints.http.queues import TaskName
from lms_entrypoints.services import Services
from lms_entrypoints.task_settings import MetricsSettings

EMAILS = QUEUES[QueueName.EMAILS]
NOBODY = "01a20000-0000-7000-8000-000000000000"


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


@pytest.fixture
async def admin(school: School) -> Person:
    return await school.admin()


async def given_up(run: Run, engine: AsyncEngine, *names: str) -> None:
    """A letter to each of them that no mail server has taken, as often as it was tried."""
    for name in names:
        await run(identity.register, email=f"{name}@example.org", full_name=name, password_hash=Secret("hash"))
    box = Box(error=Unavailable("The mail server did not take the letter."))
    for _ in range(EMAILS.attempts):
        await a_background(run, box).drain()
        async with engine.begin() as conn:
            await conn.exec_driver_sql("update tasks set due_at = now() where state = 'waiting'")


async def test_what_was_given_up_is_shown_with_its_error_and_tried_again(
    run: Run, engine: AsyncEngine, admin: Person
) -> None:
    await given_up(run, engine, "ada", "grace")
    standing = await admin.json("GET", "/queues")
    [emails] = [each for each in standing["queues"] if each["name"] == "emails"]
    assert (emails["dead"], emails["waiting"], emails["under_way"]) == (2, 0, 0)
    dead = await admin.json("GET", "/queues/emails/dead")
    assert [(each["reaction"], each["event"], each["attempts"]) for each in dead] == [
        ("letter", "user.ticket_issued", EMAILS.attempts)
    ] * 2
    assert {each["error"] for each in dead} == {"Unavailable: The mail server did not take the letter."}

    first = {"subject_id": dead[0]["subject_id"], "reaction": "letter"}
    assert await admin.json("POST", "/queues/emails/dead/retry", {"tasks": [first]}) == {"count": 1}
    box = Box()
    await a_background(run, box).drain()
    assert [letter.to for letter in box.letters] == ["ada@example.org"]

    assert await admin.json("POST", "/queues/emails/dead/drop", {}) == {"count": 1}
    assert await admin.json("POST", "/queues/emails/dead/retry", {"tasks": None}) == {"count": 0}
    assert await admin.json("GET", "/queues/emails/dead") == []
    actions = [line["action"] for line in await admin.json("GET", "/audit?target_kind=queue")]
    assert actions[:2] == ["queue.dead_dropped", "queue.dead_retried"]


async def test_a_paused_queue_holds_up_no_other(run: Run, engine: AsyncEngine, admin: Person) -> None:
    for _ in range(2):
        await admin.json("POST", "/queues/emails/pause")
    await run(identity.register, email="ada@example.org", full_name="Ada", password_hash=Secret("hash"))
    box = Box()
    await a_background(run, box).drain()
    standing = {each["name"]: each for each in (await admin.json("GET", "/queues"))["queues"]}
    assert (standing["emails"]["waiting"], standing["emails"]["done_last_minute"]) == (1, 0)
    assert standing["emails"]["paused_by"] == str(admin.id)
    assert standing["default"]["paused_at"] is None
    assert standing["emails"]["oldest_seconds"] > 0
    await admin.json("POST", "/queues/emails/resume")
    await a_background(run, box).drain()
    assert len(box.letters) == 1
    actions = [line["action"] for line in await admin.json("GET", "/audit?target_kind=queue")]
    assert actions[:2] == ["queue.resumed", "queue.paused"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/queues/letters/dead/retry", {}, "queue"),
        ("/queues/emails/dead/retry", {"tasks": []}, "tasks"),
        ("/queues/emails/dead/drop", {"tasks": [{"subject_id": "x", "reaction": "letter"}]}, "tasks[0].subject_id"),
        ("/queues/emails/dead/retry", {"tasks": [{"subject_id": NOBODY, "reaction": "\0"}]}, "tasks[0].reaction"),
        ("/queues/emails/dead/drop", {"tasks": [{"subject_id": NOBODY, "reaction": "a\0"}]}, "tasks[0].reaction"),
        ("/queues/emails/dead/drop", {"all": True}, "all"),
    ],
)
async def test_what_cannot_be_is_refused_by_name(admin: Person, path: str, body: object, field: str) -> None:
    answer = await admin.client.post(f"/api/v1{path}", json=body)
    assert answer.status_code == 422, answer.text
    assert [problem["field"] for problem in answer.json()["error"]["details"]["problems"]] == [field]


def test_every_reaction_has_a_name_that_may_be_sent() -> None:
    names = [*reactions.BY_NAME, *reactions.OTHER_LETTERS, *(name for name, _ in reactions.ERRANDS.values()), DELIVER]
    for name in names:
        msgspec.convert({"subject_id": NOBODY, "reaction": name}, TaskName)


async def test_figures_for_prometheus_are_those_of_the_queues(
    run: Run, services: Services, school: School, admin: Person
) -> None:
    await admin.json("POST", "/queues/analytics/pause")
    await run(identity.register, email="ada@example.org", full_name="Ada", password_hash=Secret("hash"))
    [task] = [task for task in await handed_on(run) if task.reaction == "letter"]
    services.metrics.performed(task, "done", 0.2)
    text = (await school.stranger().client.get("/metrics")).text
    told = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}
    assert told['lms_queue_under_way{queue="emails"}'] == 1
    assert told['lms_queue_paused{queue="analytics"}'] == 1
    assert told["lms_events_unplanned"] == 0
    assert told['lms_tasks_total{outcome="done",queue="emails",reaction="letter"}'] >= 1


@pytest.mark.parametrize(
    ("environment", "token", "shown", "status"),
    [
        ("production", "", "", 404),
        ("production", "watch", "", 401),
        ("production", "watch", "Bearer wrong", 401),
        ("production", "watch", "Bearer watch", 200),
        ("development", "watch", "", 401),
        ("development", "", "", 200),
    ],
)
async def test_figures_are_for_whoever_has_the_token(
    services: Services, environment: str, token: str, shown: str, status: int
) -> None:
    settings = msgspec.structs.replace(
        services.settings, environment=environment, metrics=MetricsSettings(token=Secret(token))
    )
    given = replace(services, settings=settings)
    transport = transport_to(given)
    async with httpx.AsyncClient(transport=transport, base_url="http://lms.test") as client:
        answer = await client.get("/metrics", headers={"authorization": shown} if shown else {})
    assert answer.status_code == status
