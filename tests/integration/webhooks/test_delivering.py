"""From something that happens to a receiver that has it: signed, logged, and never doubled."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook as Verifier
from tests.background import Box, a_background, handed_on
from tests.integration.webhooks.conftest import Desk
from tests.integration.webhooks.receiver import OK, Received, Receiver, status

from lms_adapters.postgres.database import PgDatabase
from lms_domain.kernel import Actor, OrganizationId, UserId, new_id
from lms_domain.mailing import LetterKind
from lms_domain.queues import QUEUES, QueueName
from lms_domain.upkeep.use_cases import strike
from lms_domain.webhooks import use_cases
from lms_domain.webhooks.deliveries import AT_ONCE, SLOW_MS, WAITS, Failure, Outcome, Sending
from lms_domain.webhooks.events import WebhookId
from lms_entrypoints.container import Container
from lms_entrypoints.doors import Run
from lms_entrypoints.inline import Background
from lms_entrypoints.work import Work


def verified(secret: str, received: Received) -> Any:
    return Verifier(secret).verify(received.body, received.headers)


async def test_what_happens_is_told_signed_and_logged(desk: Desk, receiver: Receiver, background: Background) -> None:
    made = await desk.hook(receiver.url(), "organization.member_added", description="Staff portal")
    await desk.happens(2)
    await background.drain()
    assert len({each.id for each in receiver.received}) == len(receiver.received) == 2
    told = [verified(made["secret"], each) for each in receiver.received]
    feed = await desk.admin.json("GET", f"/events?organization_id={desk.organization}&kind=organization.member_added")
    assert sorted((each["event_id"], each["sequence"]) for each in told) == sorted(
        (line["id"], line["sequence"]) for line in feed
    )
    for each in told:
        [line] = [line for line in feed if line["id"] == each["event_id"]]
        assert each["data"] == line["data"]
        assert (each["type"], each["version"], each["organization_id"]) == (
            "organization.member_added",
            1,
            desk.organization,
        )
        assert datetime.fromisoformat(each["timestamp"]) == datetime.fromisoformat(line["at"])

    log = await desk.log(made["webhook"]["id"])
    assert {each["id"] for each in log} == {each.id for each in receiver.received}
    assert {(each["status"], each["attempts"]) for each in log} == {("delivered", 1)}
    one = await desk.delivery(made["webhook"]["id"], log[0]["id"])
    [received] = [each for each in receiver.received if each.id == one["id"]]
    assert one["request_body"].encode() == received.body
    [attempt] = one["log"]
    assert (attempt["response_status"], attempt["response_excerpt"], attempt["failure"]) == (200, "ok", None)
    assert attempt["request_headers"].items() <= received.headers.items()
    assert made["secret"] not in json.dumps(one)


async def test_only_what_was_asked_for_and_only_of_this_organization(
    desk: Desk, receiver: Receiver, background: Background
) -> None:
    await desk.hook(receiver.url("/members"), "organization.member_added")
    await desk.hook(receiver.url("/courses"), "course.published")
    await desk.hook(receiver.url("/off"), "*", is_enabled=False)
    other = Desk(desk.engine, desk.admin, str(await desk.school.organization(admin=desk.admin)), desk.school)
    await other.hook(receiver.url("/other"), "*")
    await desk.happens()
    await background.drain()
    assert [each.path for each in receiver.received] == ["/members"]


async def test_it_is_tried_again_by_the_schedule_until_it_is_taken(
    desk: Desk, receiver: Receiver, background: Background
) -> None:
    receiver.answers["/hooks"] = [status(500), status(301, "Location: /x"), OK]
    made = await desk.hook(receiver.url())
    await desk.happens()
    await background.drain()
    [line] = await desk.log(made["webhook"]["id"])
    wait = datetime.fromisoformat(line["next_attempt_at"]) - datetime.now(UTC)
    assert (line["status"], line["attempts"]) == ("waiting", 1)
    assert timedelta() < wait <= WAITS[0] * 1.2
    for _ in range(2):
        await desk.pass_time()
        await background.drain()
    assert len({each.id for each in receiver.received}) == 1
    one = await desk.delivery(made["webhook"]["id"], line["id"])
    assert (one["status"], one["attempts"], one["next_attempt_at"]) == ("delivered", 3, None)
    assert [(each["response_status"], each["failure"]) for each in one["log"]] == [
        (200, None),
        (301, "redirect"),
        (500, "status"),
    ]


async def test_what_waits_to_be_tried_again_is_sent_at_once_when_the_receiver_is_mended(
    desk: Desk, receiver: Receiver, background: Background
) -> None:
    receiver.answers["/hooks"] = [status(503), status(503), OK]
    made = await desk.hook(receiver.url())
    await desk.happens(2)
    await background.drain()
    path, since = f"{desk.path}/{made['webhook']['id']}/redeliver", {"since": "2020-01-01T00:00:00Z"}
    assert await desk.admin.json("POST", path, since) == {"count": 2, "has_rest": False}
    assert await desk.admin.json("POST", path, since) == {"count": 0, "has_rest": False}  # they are due already
    await background.drain()
    assert len(await desk.log(made["webhook"]["id"], status="delivered")) == 2


async def test_after_the_last_attempt_it_has_failed_and_can_be_sent_again(
    desk: Desk, receiver: Receiver, background: Background
) -> None:
    receiver.answers["/hooks"] = [status(503)]
    made = await desk.hook(receiver.url())
    await desk.happens(2)
    for _ in range(len(WAITS) + 3):
        await background.drain()
        await desk.pass_time()
    id = made["webhook"]["id"]
    failed = await desk.log(id, status="failed")
    assert [each["attempts"] for each in failed] == [len(WAITS) + 1] * 2
    assert await desk.scalar("select count(*) from tasks where state = 'dead'") == 0

    receiver.answers["/hooks"] = [OK]
    again = await desk.admin.json("POST", f"{desk.path}/{id}/deliveries/{failed[0]['id']}/redeliver")
    assert (again["id"], again["status"]) == (failed[0]["id"], "waiting")
    await background.drain()
    assert [each["id"] for each in await desk.log(id, status="delivered")] == [failed[0]["id"]]
    since = {"since": "2020-01-01T00:00:00Z"}
    assert await desk.admin.json("POST", f"{desk.path}/{id}/redeliver", since) == {"count": 1, "has_rest": False}
    await background.drain()
    assert len(await desk.log(id, status="delivered")) == 2
    assert await desk.admin.json("POST", f"{desk.path}/{id}/redeliver", since) == {"count": 0, "has_rest": False}


async def test_a_test_goes_the_way_of_all_events(desk: Desk, receiver: Receiver, background: Background) -> None:
    made = await desk.hook(receiver.url(), "course.published")
    sent = await desk.admin.json("POST", f"{desk.path}/{made['webhook']['id']}/test")
    await background.drain()
    [received] = receiver.received
    assert received.id == sent["id"]
    assert verified(made["secret"], received)["type"] == "webhook.test"
    assert (await desk.delivery(made["webhook"]["id"], sent["id"]))["status"] == "delivered"


async def test_while_secrets_overlap_both_verify(desk: Desk, receiver: Receiver, background: Background) -> None:
    made = await desk.hook(receiver.url())
    path = f"{desk.path}/{made['webhook']['id']}"
    rotated = await desk.admin.json("POST", f"{path}/rotate-secret", {"overlap_hours": 1})
    assert rotated["secret"] != made["secret"]
    await desk.happens()
    await background.drain()
    for secret in (made["secret"], rotated["secret"]):
        verified(secret, receiver.received[0])
    last = await desk.admin.json("POST", f"{path}/rotate-secret", {"overlap_hours": 0})
    await desk.happens()
    await background.drain()
    verified(last["secret"], receiver.received[1])
    assert len(receiver.received[1].headers["webhook-signature"].split()) == 1
    for word in (made["secret"], rotated["secret"], last["secret"]):
        assert word not in json.dumps(await desk.admin.json("GET", desk.path))
        assert await desk.scalar("select count(*) from outbox where payload::text like :word", word=f"%{word}%") == 0


async def test_who_is_gone_is_told_nothing_more_and_the_owner_is_written_to(
    desk: Desk, receiver: Receiver, container: Container
) -> None:
    receiver.answers["/hooks"] = [status(410)]
    made = await desk.hook(receiver.url("/hooks"))
    box = Box()
    background = a_background(container.run(), box, errands=container.errands())
    await desk.happens(3)
    await background.drain()
    webhook = await desk.admin.json("GET", f"{desk.path}/{made['webhook']['id']}")
    assert (webhook["is_enabled"], webhook["disabled_because"]) == (False, "gone")
    [letter] = [each for each in box.letters if each.kind is LetterKind.WEBHOOK_DISABLED]
    assert letter.values["origin"] == receiver.url("")
    seen = len(receiver.received)
    await desk.happens()
    await desk.pass_time()
    await background.drain()
    assert len(receiver.received) == seen
    assert {each["status"] for each in await desk.log(webhook["id"])} <= {"failed", "dropped"}
    assert (await desk.admin.refused("POST", f"{desk.path}/{webhook['id']}/test"))[0] == 409

    receiver.answers["/hooks"] = [OK]
    await desk.admin.json("PATCH", f"{desk.path}/{webhook['id']}", {"is_enabled": True})
    since = {"since": "2020-01-01T00:00:00Z"}
    assert (await desk.admin.json("POST", f"{desk.path}/{webhook['id']}/redeliver", since))["count"] == 3
    await background.drain()
    assert {each["status"] for each in await desk.log(webhook["id"])} == {"delivered"}


async def test_what_an_old_address_answers_is_not_held_against_the_new_one(
    desk: Desk, receiver: Receiver, others: Any
) -> None:
    """Changed while a delivery is on its way: who has moved may well say that nobody is there any more."""
    made = (await desk.hook(receiver.url("/old")))["webhook"]
    path = f"{desk.path}/{made['id']}"

    class Sender:
        sent: list[str] = []

        async def send(self, sending: Sending, /) -> Outcome:
            self.sent.append(sending.url)
            if sending.url == receiver.url("/new"):
                return Outcome(status=204)
            await desk.admin.json("PATCH", path, {"url": receiver.url("/new")})
            return Outcome(status=410, failure=Failure.STATUS, duration_ms=SLOW_MS)

    background: Background = others(Sender())
    await desk.happens()
    await background.drain()
    webhook = await desk.admin.json("GET", path)
    assert (webhook["is_enabled"], webhook["failing_since"], webhook["slow_until"]) == (True, None, None)
    await desk.pass_time()
    await background.drain()
    assert Sender.sent == [receiver.url("/old"), receiver.url("/new")]
    [line] = await desk.log(made["id"])
    assert (line["status"], line["attempts"]) == ("delivered", 2)


async def test_what_is_asked_for_is_sent_at_once(desk: Desk, receiver: Receiver, container: Container) -> None:
    """A relay is told of it: it need not look."""
    rung: list[bool] = []
    run = Run(PgDatabase(container.connections(), container.beside(), freed=lambda: rung.append(True)))
    admin = await an_admin(desk)
    made = WebhookId(UUID((await desk.hook(receiver.url()))["webhook"]["id"]))
    organization = OrganizationId(UUID(desk.organization))
    sent = await run(use_cases.test, admin, organization, made)
    assert len(rung) == 1
    await run(use_cases.redeliver, admin, organization, made, sent.id)
    assert len(rung) == 2
    again = await run(use_cases.redeliver_failed, admin, organization, made, since=sent.created_at)
    assert (again.count, len(rung)) == (0, 2)


async def an_admin(desk: Desk) -> Actor:
    me = await desk.admin.json("GET", "/me")
    return Actor(id=UserId(UUID(me["id"])))


async def test_days_of_failures_disable_it(desk: Desk, receiver: Receiver, background: Background) -> None:
    receiver.answers["/hooks"] = [status(500)]
    made = await desk.hook(receiver.url())
    await desk.happens()
    await background.drain()
    async with desk.engine.begin() as conn:
        await conn.execute(text("update webhooks set failing_since = failing_since - interval '5 days'"))
    await desk.pass_time()
    await background.drain()
    webhook = await desk.admin.json("GET", f"{desk.path}/{made['webhook']['id']}")
    assert (webhook["is_enabled"], webhook["disabled_because"]) == (False, "failing")
    audit = await desk.admin.json("GET", f"/organizations/{desk.organization}/audit")
    assert "webhook.disabled" in {entry["action"] for entry in audit}


async def test_of_several_workers_one_sends(desk: Desk, receiver: Receiver, container: Container) -> None:
    await desk.hook(receiver.url())
    await desk.happens(3)
    work = Work(container.run(), Box(), container.errands())
    tasks = [task for task in await handed_on(container.run()) if task.queue is QueueName.WEBHOOKS]
    assert len(tasks) == 3
    await asyncio.gather(*(work.perform(task) for task in tasks for _ in range(4)))
    assert len({each.id for each in receiver.received}) == len(receiver.received) == 3
    assert await desk.scalar("select count(*) from webhook_attempts") == 3


async def test_a_receiver_that_hangs_holds_up_nobody_else(desk: Desk, receiver: Receiver, container: Container) -> None:
    receiver.answers["/slow"] = [None]
    await desk.hook(receiver.url("/slow"))
    await desk.hook(receiver.url("/quick"))
    await desk.happens(3 * AT_ONCE)
    work, under_way = Work(container.run(), Box(), container.errands()), list[asyncio.Task[None]]()

    async def until_the_quick_one_has_all() -> None:
        while len(receiver.at("/quick")) < 3 * AT_ONCE:
            tasks = [task for task in await handed_on(container.run()) if task.queue is QueueName.WEBHOOKS]
            under_way.extend(asyncio.create_task(work.perform(task)) for task in tasks)
            await asyncio.sleep(0.01)

    await asyncio.wait_for(until_the_quick_one_has_all(), 8)  # an attempt is given up after ten
    assert len(receiver.at("/slow")) == AT_ONCE
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)


async def test_those_that_are_slow_wait_for_each_other_alone(
    desk: Desk, receiver: Receiver, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many of them there are: what may be under way of them is not what may be of others."""
    few = replace(QUEUES[QueueName.WEBHOOKS], window=2 * AT_ONCE)
    monkeypatch.setitem(QUEUES, QueueName.WEBHOOKS, few)
    receiver.answers["/slow"] = [None]
    for _ in range(3):
        await desk.hook(receiver.url("/slow"))
    async with desk.engine.begin() as conn:
        await conn.execute(text("update webhooks set slow_until = now() + interval '1 hour'"))
    await desk.hook(receiver.url("/quick"))
    await desk.happens(3 * AT_ONCE)
    work, under_way = Work(container.run(), Box(), container.errands()), list[asyncio.Task[None]]()

    async def until_all_is_under_way() -> None:
        while len(receiver.at("/quick")) < 3 * AT_ONCE or len(receiver.at("/slow")) < few.window:
            tasks = [task for task in await handed_on(container.run()) if task.queue is QueueName.WEBHOOKS]
            under_way.extend(asyncio.create_task(work.perform(task)) for task in tasks)
            await asyncio.sleep(0.01)

    await asyncio.wait_for(until_all_is_under_way(), 60)
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)


async def test_how_long_it_takes_tells_whether_it_is_slow(desk: Desk, others: Any) -> None:
    class Sender:
        duration_ms = SLOW_MS

        async def send(self, _: Sending, /) -> Outcome:
            return Outcome(status=204, duration_ms=self.duration_ms)

    sender = Sender()
    background: Background = others(sender)
    made = (await desk.hook("https://example.org"))["webhook"]
    path, waited_apart = f"{desk.path}/{made['id']}", []
    tag = (await desk.admin.ask("GET", path)).headers["etag"]
    for sender.duration_ms in (SLOW_MS - 1, SLOW_MS, SLOW_MS - 1):
        await desk.happens()
        await background.drain()
        waited_apart.append(await desk.scalar("select count(*) from tasks where is_slow"))
    assert waited_apart == [0, 0, 1]
    assert (await desk.admin.json("GET", path))["slow_until"]
    assert await desk.scalar("select count(*) from webhook_attempts") == 3
    changed = await desk.admin.json("PATCH", path, {"description": "x"}, headers={"If-Match": tag})
    assert changed["slow_until"]  # which is no part of what somebody else may have changed


async def test_a_rolled_back_change_is_told_to_nobody(desk: Desk, receiver: Receiver, background: Background) -> None:
    await desk.hook(receiver.url())
    await desk.admin.refused("PUT", f"{desk.path.removesuffix('/webhooks')}/members/{desk.organization}", {"role": "x"})
    await background.drain()
    assert receiver.received == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kinds": ["*"]}, "url"),
        ({"url": "ftp://example.org", "kinds": ["*"]}, "url"),
        ({"url": "https://user:x@example.org", "kinds": ["*"]}, "url"),
        ({"url": "https://example.org", "kinds": []}, "kinds"),
        ({"url": "https://example.org", "kinds": ["course.published", "course.eaten"]}, "kinds[1]"),
        ({"url": "https://example.org", "kinds": ["*"], "description": "x" * 501}, "description"),
        ({"url": "https://example.org", "kinds": ["*"], "secret": "mine"}, "secret"),
    ],
)
async def test_what_is_wrong_is_named(desk: Desk, body: dict[str, Any], field: str) -> None:
    assert list(await desk.admin.problems("POST", desk.path, body)) == [field]
    assert await desk.scalar("select count(*) from webhooks") == 0


async def test_an_organization_has_twenty_however_many_ask_at_once(desk: Desk) -> None:
    body = {"url": "https://example.org", "kinds": ["*"]}
    answers = await asyncio.gather(*(desk.admin.ask("POST", desk.path, body) for _ in range(25)))
    assert sorted(answer.status_code for answer in answers) == [201] * 20 + [409] * 5


async def test_it_is_changed_by_who_has_seen_it_as_it_is(desk: Desk) -> None:
    made = (await desk.hook("https://example.org/hooks"))["webhook"]
    path = f"{desk.path}/{made['id']}"
    tag = (await desk.admin.ask("GET", path)).headers["etag"]
    assert (await desk.admin.json("PATCH", path, {"kinds": ["*"]}, headers={"If-Match": tag}))["version"] == 1
    await desk.admin.json("PATCH", path, {"description": "x"}, headers={"If-Match": tag})
    assert (await desk.admin.refused("PATCH", path, {"description": "y"}, headers={"If-Match": tag}))[0] == 412
    assert (await desk.admin.refused("DELETE", path, headers={"If-Match": tag}))[0] == 412
    await desk.admin.json("DELETE", path)
    assert (await desk.admin.refused("GET", path))[0] == 404
    assert await desk.admin.json("GET", desk.path) == []
    assert await desk.scalar("select count(*) from webhooks where box <> ''") == 0


async def test_the_log_is_purged_after_a_month(
    desk: Desk, receiver: Receiver, background: Background, container: Container
) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=31)
    made = await desk.hook(receiver.url())
    await desk.happens(2)
    await background.drain()
    old, kept = await desk.log(made["webhook"]["id"])
    async with desk.engine.begin() as conn:
        given = {"id": old["id"], "old": new_id(long_ago)}
        await conn.execute(text("delete from webhook_attempts where delivery_id = :id"), given)
        await conn.execute(text("update webhook_deliveries set id = :old where id = :id"), given)
        await conn.execute(text("update tasks set subject_id = :old where subject_id = :id"), given)
    for _ in range(2):  # the first time ever only notes which schedules there are
        await container.run()(strike)
    await background.drain()
    assert [each["id"] for each in await desk.log(made["webhook"]["id"])] == [kept["id"]]
    assert await desk.scalar("select count(*) from tasks where reaction = 'deliver_webhook'") == 1
