"""How people are told is theirs to say: in the settings, or with the link of any letter. Digests gather the rest."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.background import Box, a_background
from tests.integration.http.mailbox import Mailbox
from tests.integration.school import Drafted, Person, School, a_published_course

from lms_adapters.mail.messages import Messages
from lms_domain.kernel import Unavailable
from lms_domain.mailing import LetterKind
from lms_domain.notifications.model import NotificationKind

PATH = "/me/notification-preferences"
AT_ONCE = {"email": "at_once", "in_app": True}
ONE_CLICK: dict[str, Any] = {
    "content": "List-Unsubscribe=One-Click",
    "headers": {"content-type": "application/x-www-form-urlencoded"},
}

BROWSER = {"accept": "text/html,*/*;q=0.8"}


async def choose(who: Person, email: str, *kinds: str, **other: Any) -> None:
    await who.json("PATCH", PATH, {"kinds": {kind: {"email": email} for kind in kinds}} | other)


async def enroll(who: Person, course: Drafted) -> str:
    return str((await who.json("POST", f"/courses/{course.id}/enrollments", {}))["id"])


async def due(engine: AsyncEngine) -> None:
    """It is morning."""
    async with engine.begin() as conn:
        changed = await conn.execute(text("update tasks set due_at = now() where reaction = 'digest' returning 1"))
        assert changed.all()


async def test_at_first_everything_is_told_at_once(reader: Person) -> None:
    found = await reader.ask("GET", PATH)
    assert found.json()["data"] == {
        "kinds": dict.fromkeys(NotificationKind, AT_ONCE),
        "digest": "daily",
        "updated_at": None,
        "version": 1,
    }
    assert found.headers["etag"].startswith('"1-')


async def test_what_is_not_named_stays(reader: Person) -> None:
    await choose(reader, "off", "inactive", digest="weekly")
    changed = await reader.json("PATCH", PATH, {"kinds": {"inactive": {"in_app": False}, "enrolled": {}}})
    assert changed["kinds"]["inactive"] == {"email": "off", "in_app": False}
    assert (changed["kinds"]["enrolled"], changed["digest"], changed["version"]) == (AT_ONCE, "weekly", 3)
    assert (await reader.json("PATCH", PATH, {}))["version"] == 3
    assert await reader.refused("PATCH", PATH, {"digest": "daily"}, headers={"If-Match": '"2"'}) == (412, "outdated")
    assert (await reader.json("GET", PATH))["digest"] == "weekly"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kinds": {"birthday": {}}}, "kinds.birthday"),
        ({"kinds": {"inactive": {"email": "never"}}}, "kinds.inactive.email"),
        ({"kinds": {"inactive": {"sms": True}}}, "kinds.inactive.sms"),
        ({"digest": "hourly"}, "digest"),
        ({"kind": {}}, "kind"),
        ({"kinds": []}, "kinds"),
    ],
)
async def test_what_there_is_not_is_refused_by_name(reader: Person, body: Any, field: str) -> None:
    assert list(await reader.problems("PATCH", PATH, body)) == [field]


async def test_choices_that_are_made_at_once_are_all_kept(reader: Person) -> None:
    await asyncio.gather(*(choose(reader, "off", kind) for kind in NotificationKind))
    chosen = await reader.json("GET", PATH)
    assert {choice["email"] for choice in chosen["kinds"].values()} == {"off"}
    assert chosen["version"] == 1 + len(NotificationKind)


async def test_a_digest_gathers_what_has_happened_and_goes_out_once(
    reader: Person, teacher: Person, mailbox: Mailbox, engine: AsyncEngine
) -> None:
    await choose(reader, "digest", "enrolled", "course_completed")
    first, second = [await a_published_course(teacher, lessons=1, title=title) for title in ("Bees", "Wasps")]
    for course in (first, second):
        enrollment = await enroll(reader, course)
        assert await mailbox.emptied() == []  # one after the other: of several things there is no order
    path = f"/enrollments/{enrollment}/lessons/{second.lessons[0]}/progress"
    await reader.json("PUT", path, {"viewed": True})
    assert await mailbox.emptied() == []
    await due(engine)
    [letter] = await mailbox.emptied()
    assert letter.kind is LetterKind.DIGEST
    told = [(item["kind"], item["values"]["course"]) for item in letter.values["items"]]
    assert told == [("enrolled", "Bees"), ("enrolled", "Wasps"), ("course_completed", "Wasps")]
    rendered = Messages("School <lms@example.org>").rendered(letter)
    assert rendered.text.count("Wasps") == 2
    assert await mailbox.emptied() == []
    await enroll(reader, await a_published_course(teacher, title="Ants"))
    await mailbox.emptied()
    await due(engine)
    [letter] = await mailbox.emptied()
    assert [item["values"]["course"] for item in letter.values["items"]] == ["Ants"]


async def test_a_digest_that_was_not_taken_comes_again_the_same(
    reader: Person, course: Drafted, mailbox: Mailbox, engine: AsyncEngine, teacher: Person
) -> None:
    await choose(reader, "digest", "enrolled")
    await enroll(reader, course)
    await mailbox.emptied()
    await due(engine)
    await a_background(mailbox.run, Box(error=Unavailable())).drain()
    await enroll(reader, await a_published_course(teacher, title="Ants"))  # for the next one
    await mailbox.emptied()
    await due(engine)
    letters = await mailbox.emptied()
    assert sorted(len(letter.values["items"]) for letter in letters) == [1, 1]
    assert {item["values"]["course"] for letter in letters for item in letter.values["items"]} == {
        "Keeping bees",
        "Ants",
    }


async def test_who_turns_it_all_off_meanwhile_is_sent_no_digest(
    reader: Person, course: Drafted, mailbox: Mailbox, engine: AsyncEngine
) -> None:
    await choose(reader, "digest", "enrolled")
    await enroll(reader, course)
    await mailbox.emptied()
    await choose(reader, "off", "enrolled")
    await due(engine)
    assert await mailbox.emptied() == []


def address(url: str | None) -> str:
    assert url
    return url.replace("http://127.0.0.1:8000", "")


async def test_one_click_turns_a_kind_off_without_a_sign_in_and_twice_is_once(
    reader: Person, course: Drafted, mailbox: Mailbox, client: httpx.AsyncClient
) -> None:
    await enroll(reader, course)
    [letter] = await mailbox.emptied()
    message = Messages("lms@example.org").of(letter)
    assert message["List-Unsubscribe"] == f"<{letter.unsubscribe_url}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = address(letter.unsubscribe_url)
    page = await client.get(path)  # as programs do that look into links
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert '<form method="post">' in page.text
    assert (await reader.json("GET", PATH))["version"] == 1
    for _ in range(2):
        done = await client.post(path, **ONE_CLICK)
        assert done.json()["data"] == {"what": "enrolled"}
    chosen = await reader.json("GET", PATH)
    assert (chosen["kinds"]["enrolled"], chosen["version"]) == ({"email": "off", "in_app": True}, 2)
    assert chosen["kinds"]["announcement"] == AT_ONCE


async def test_the_link_of_a_digest_turns_off_all_that_it_gathers(
    reader: Person, course: Drafted, mailbox: Mailbox, client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await choose(reader, "digest", "enrolled", "inactive")
    await enroll(reader, course)
    await mailbox.emptied()
    await due(engine)
    [letter] = await mailbox.emptied()
    answer = await client.post(address(letter.unsubscribe_url), headers={"accept": "text/html,*/*;q=0.8"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    kinds = (await reader.json("GET", PATH))["kinds"]
    assert [kinds[kind]["email"] for kind in ("enrolled", "inactive", "announcement")] == ["off", "off", "at_once"]


async def test_a_link_is_good_for_its_own_kind_and_reader_alone(
    reader: Person, course: Drafted, mailbox: Mailbox, client: httpx.AsyncClient
) -> None:
    await enroll(reader, course)
    [letter] = await mailbox.emptied()
    path = address(letter.unsubscribe_url)
    wrong = [path.replace("enrolled", "inactive"), path.replace("enrolled", "x"), path[:-3], path + "A", path + "%00"]
    for other in wrong:
        for answer in (await client.post(other, **ONE_CLICK), await client.get(other)):
            assert answer.status_code in {404, 422}, other
            assert "html" not in answer.headers["content-type"]  # a page of ours says nothing that others wrote
    assert (await reader.json("GET", PATH))["version"] == 1


async def test_people_are_shown_a_page_in_their_language(
    reader: Person, course: Drafted, mailbox: Mailbox, client: httpx.AsyncClient
) -> None:
    """That of the letter; of the browser, where the link does not say whose it is."""
    await reader.json("PATCH", "/me", {"locale": "de-AT"})
    await enroll(reader, course)
    [letter] = await mailbox.emptied()
    path, browser = address(letter.unsubscribe_url), BROWSER | {"accept-language": "fr-CH,fr;q=0.9"}
    asked = await client.get(path, headers=browser)
    assert (asked.status_code, "<h1>Abbestellen?</h1>" in asked.text) == (200, True)
    for answer in (await client.post(path[:-3], headers=browser), await client.get(path[:-3], headers=browser)):
        assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")
        assert '<html lang="fr">' in answer.text
        assert "enrolled" not in answer.text
        assert answer.headers["content-security-policy"] == asked.headers["content-security-policy"]
    assert (await reader.json("GET", PATH))["version"] == 1
    done = await client.post(path, headers=browser)
    assert (done.status_code, "<h1>Abbestellt</h1>" in done.text) == (200, True)


async def test_what_mail_providers_add_to_a_link_is_ignored(
    reader: Person, course: Drafted, mailbox: Mailbox, client: httpx.AsyncClient
) -> None:
    await enroll(reader, course)
    [letter] = await mailbox.emptied()
    path = f"{address(letter.unsubscribe_url)}?utm_source=x&utm_source=y&what=z"
    page = await client.get(path, headers=BROWSER)
    assert (page.status_code, '<form method="post">' in page.text) == (200, True)
    assert (await client.post(path, **ONE_CLICK)).json()["data"] == {"what": "enrolled"}
    assert (await client.post(path, headers=BROWSER)).headers["content-type"] == "text/html; charset=utf-8"
    assert (await reader.json("GET", PATH))["kinds"]["enrolled"]["email"] == "off"


@pytest.mark.parametrize("token", ["a%2Fb", "a/b", "%2F%2Fa", "%00", "%FF", "%ED%A0%80", "a?utm_source=x"])
@pytest.mark.parametrize("what", ["enrolled", "x%2Fy", "%FF"])
async def test_people_are_shown_a_page_whatever_is_written_there(
    client: httpx.AsyncClient, what: str, token: str
) -> None:
    path = f"/api/v1/unsubscribe/{what}/{token}"
    for answer in (await client.get(path, headers=BROWSER), await client.post(path, headers=BROWSER)):
        assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")
    refused = await client.post(path, **ONE_CLICK)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "link_not_good")


async def test_a_browser_that_is_signed_in_by_cookie_needs_no_csrf_token_for_it(
    reader: Person, course: Drafted, mailbox: Mailbox, client: httpx.AsyncClient
) -> None:
    await enroll(reader, course)
    [letter] = await mailbox.emptied()
    cookie = {"cookie": "__Host-lms_access=x.y.z"}
    assert (await client.post(address(letter.unsubscribe_url), headers=cookie)).status_code == 200
    assert (await client.patch(f"/api/v1{PATH}", json={}, headers=cookie)).status_code == 403


async def test_who_was_erased_is_left_in_peace(
    reader: Person, course: Drafted, mailbox: Mailbox, school: School, engine: AsyncEngine
) -> None:
    await choose(reader, "digest", "course_completed")
    enrollment = await enroll(reader, course)
    await reader.json("PUT", f"/enrollments/{enrollment}/lessons/{course.lessons[0]}/progress", {"viewed": True})
    [letter] = await mailbox.emptied()
    removed = (await (await school.admin()).json("POST", f"/users/{reader.id}/erase"))["removed"]
    assert {"notifications", "notification_preferences", "digests"} <= removed.keys()
    assert (await reader.client.post(address(letter.unsubscribe_url), **ONE_CLICK)).status_code == 200
    asked = await reader.client.get(address(letter.unsubscribe_url), headers={"accept-language": "de"})
    assert (asked.status_code, '<html lang="de">' in asked.text) == (200, True)
    await mailbox.emptied()
    async with engine.connect() as conn:
        for table in ("notifications", "notification_preferences", "digests", "notification_counters"):
            assert (await conn.execute(text(f"select count(*) from {table}"))).scalar_one() == 0
