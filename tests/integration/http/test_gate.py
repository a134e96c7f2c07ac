"""Revocation and limits over HTTP, on a real server of the Redis protocol, by several processes."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
import pytest
from redis.asyncio import Redis
from tests.integration.http.processes import Start, register
from tests.integration.http.signed import PASSWORD, Signed, sign_in

from lms_domain.kernel import new_id

AWAY = "redis://127.0.0.1:1"


@pytest.mark.usefixtures("redis")
async def test_who_signs_out_at_one_process_is_out_at_all_of_them(start: Start, redis_url: str) -> None:
    here, there = await start(redis_url), await start(redis_url)
    await register(here)
    mine, other = await sign_in(here), await sign_in(there)
    assert (await mine.ask("GET", "/me", client=there)).status_code == 200
    await there.post("/api/v1/auth/logout", json={"refresh_token": mine.tokens["refresh_token"]})
    refused = await mine.ask("GET", "/me", client=here)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "token_revoked")
    assert (await other.ask("GET", "/me", client=here)).status_code == 200


async def test_a_wiped_redis_lets_nobody_back_in(start: Start, redis_url: str, redis: Redis) -> None:
    client = await start(redis_url)
    await register(client)
    mine, other = await sign_in(client), await sign_in(client)
    await client.post("/api/v1/auth/logout", json={"refresh_token": mine.tokens["refresh_token"]})
    await redis.flushdb()
    assert not await mine.is_in()
    assert await other.is_in()


async def test_without_redis_who_is_signed_in_is_told_to_come_back_and_the_public_goes_on(
    start: Start, redis_url: str
) -> None:
    healthy, cut_off = await start(redis_url), await start(AWAY)
    await register(healthy)
    mine = await sign_in(healthy)
    for path in ("/me", "/courses"):
        answer = await mine.ask("GET", path, client=cut_off)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
        assert answer.headers["retry-after"] == "1"
    assert (await cut_off.get("/api/v1/courses")).status_code == 200
    assert (await cut_off.get("/health")).status_code == 200
    credentials = {"email": "ada@example.org", "password": PASSWORD}
    for path, body in (
        ("login", credentials),
        ("refresh", {"refresh_token": mine.tokens["refresh_token"]}),
        ("register", credentials | {"full_name": "Ada"}),
    ):
        assert (await cut_off.post(f"/api/v1/auth/{path}", json=body)).status_code == 503


async def test_what_is_revoked_while_redis_is_away_is_void_when_it_is_back(
    start: Start, redis_url: str, redis: Redis
) -> None:
    healthy = await start(redis_url)
    await register(healthy)
    mine = await sign_in(healthy)
    assert await mine.is_in()
    cut_off = await start(AWAY)
    await cut_off.post("/api/v1/auth/logout", json={"refresh_token": mine.tokens["refresh_token"]})
    assert await mine.is_in()  # nobody could tell yet
    await redis.flushdb()
    assert not await mine.is_in()


@pytest.mark.usefixtures("redis")
@pytest.mark.parametrize("where", ["", "redis"])
async def test_the_general_limit_holds_on_every_address_and_says_so(start: Start, redis_url: str, where: str) -> None:
    client = await start(redis_url if where else "", general="3/3600")
    answers = [await client.get(path) for path in ("/api/v1/courses", "/api/v1/nowhere", "/nowhere", "/api/v1/courses")]
    assert [answer.status_code for answer in answers] == [200, 404, 404, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer.headers["ratelimit-limit"] for answer in answers} == {"3"}
    assert 1190 < int(answers[3].headers["retry-after"]) <= 1200
    assert 3500 < int(answers[3].headers["ratelimit-reset"]) <= 3600
    assert answers[3].json()["error"]["code"] == "too_many_requests"
    assert answers[3].headers["x-request-id"]
    assert (await client.get("/health")).status_code == 200
    assert "ratelimit-limit" not in (await client.get("/ready")).headers


@pytest.mark.usefixtures("redis")
async def test_of_a_hundred_sign_ins_over_several_processes_twenty_are_heard(start: Start, redis_url: str) -> None:
    clients = [await start(redis_url, sign_in="20/3600") for _ in range(3)]
    bodies = [{"email": f"nobody{n}@example.org", "password": PASSWORD} for n in range(100)]
    # Who has not reached Redis within a second is refused: a slow machine makes its connections before the rush.
    await asyncio.gather(*(client.get("/api/v1/courses") for client in clients for _ in range(34)))
    answers = await asyncio.gather(*(clients[n % 3].post("/api/v1/auth/login", json=bodies[n]) for n in range(100)))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(401), statuses.count(429)) == (20, 80)


@pytest.mark.usefixtures("redis")
async def test_a_user_has_a_limit_of_their_own(start: Start, redis_url: str) -> None:
    client = await start(redis_url, general="6/3600")
    await register(client)
    mine = await sign_in(client)
    assert [(await mine.ask("GET", "/me")).status_code for _ in range(7)] == [200] * 6 + [429]
    assert [(await client.get("/api/v1/courses")).status_code for _ in range(5)] == [200] * 4 + [429]


@pytest.mark.usefixtures("redis")
async def test_an_api_token_has_a_limit_of_its_own_and_takes_from_its_owners(start: Start, redis_url: str) -> None:
    client = await start(redis_url, general="12/3600", each_api_token="3/3600")
    await register(client)
    mine = await sign_in(client)
    body = {"name": "Report", "scopes": ["account:read"]}
    made = [(await mine.ask("POST", "/me/api-tokens", body)).json()["data"]["token"] for _ in range(3)]
    programs = [Signed(client, {"access_token": token}) for token in made]
    first = [await programs[0].ask("GET", "/me") for _ in range(4)]
    assert [answer.status_code for answer in first] == [200, 200, 200, 429]
    assert first[3].headers["ratelimit-limit"] == "3"
    assert [(await programs[1].ask("GET", "/me")).status_code for _ in range(3)] == [200] * 3
    assert [(await mine.ask("GET", "/me")).status_code for _ in range(4)] == [200] * 3 + [429]
    assert (await programs[2].ask("GET", "/me")).status_code == 429  # its owner has nothing left


@pytest.mark.usefixtures("redis")
@pytest.mark.parametrize("where", ["", "redis"])
@pytest.mark.parametrize("kind", ["session", "API token"])
async def test_what_a_revoked_token_asks_counts_for_its_network_and_not_for_its_owner(
    start: Start, redis_url: str, where: str, kind: str
) -> None:
    client = await start(redis_url if where else "", peer="10.0.0.1", proxies="10.0.0.0/8", general="12/3600")
    await register(client)
    mine, out = await sign_in(client), await sign_in(client)
    if kind == "session":
        assert (await mine.ask("POST", "/me/sessions/end-others")).status_code == 204
    else:
        made = await mine.ask("POST", "/me/api-tokens", {"name": "Report", "scopes": ["account:read"]})
        out = Signed(client, {"access_token": made.json()["data"]["token"]})
        assert await out.is_in()
        assert (await mine.ask("DELETE", f"/me/api-tokens/{made.json()['data']['api_token']['id']}")).status_code == 204
    before = int((await mine.ask("GET", "/me")).headers["ratelimit-remaining"])
    client.headers["x-forwarded-for"] = "192.0.2.1"
    assert [(await out.ask("GET", "/me")).status_code for _ in range(40)] == [401] * 12 + [429] * 28
    assert (await client.get("/api/v1/courses")).status_code == 429, "the network of the one who asked"
    del client.headers["x-forwarded-for"]
    answers = [await mine.ask("GET", "/me") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert [int(answer.headers["ratelimit-remaining"]) for answer in answers] == [before - n for n in (1, 2, 3)]


@pytest.mark.usefixtures("redis")
async def test_an_api_token_that_outlives_its_owners_roles_is_counted_once(start: Start, redis_url: str) -> None:
    client = await start(redis_url, each_api_token="10/3600")
    await register(client)
    mine = await sign_in(client)
    made = await mine.ask("POST", "/me/api-tokens", {"name": "Report", "scopes": ["account:read"]})
    program = Signed(client, {"access_token": made.json()["data"]["token"]})
    assert (await program.ask("GET", "/me")).headers["ratelimit-remaining"] == "9"
    assert (await mine.ask("POST", "/me/sessions/end-all")).status_code == 204  # its tokens are outdated
    again = [await program.ask("GET", "/me") for _ in range(2)]
    assert [answer.status_code for answer in again] == [200, 200]
    assert [answer.headers["ratelimit-remaining"] for answer in again] == ["8", "7"]


@pytest.mark.usefixtures("redis")
@pytest.mark.parametrize(
    ("kind", "request_line"),
    [
        ("search", "GET /courses?search=bees"),
        ("registration", "POST /auth/register"),
        ("sign_in", "POST /auth/refresh"),
        ("upload", "POST /courses/import"),
    ],
)
async def test_what_costs_more_has_stricter_limits(start: Start, redis_url: str, kind: str, request_line: str) -> None:
    client = await start(redis_url, **{kind: "2/3600"})
    method, path = request_line.split()
    statuses = [(await client.request(method, f"/api/v1{path}", json={})).status_code for _ in range(3)]
    assert statuses[2] == 429
    assert 429 not in statuses[:2]
    assert (await client.get("/api/v1/courses")).status_code == 200


async def test_addresses_are_believed_of_our_own_proxies_alone(start: Start) -> None:
    ours = await start("", peer="10.0.0.1", proxies="10.0.0.0/8, fd00::/8", general="1/3600")
    anyone = await start("", peer="192.0.2.9", proxies="10.0.0.0/8", general="1/3600")

    async def ask(client: httpx.AsyncClient, forwarded: str) -> int:
        return (await client.get("/api/v1/courses", headers={"x-forwarded-for": forwarded})).status_code

    assert [await ask(ours, hop) for hop in ("192.0.2.1", "192.0.2.2", "192.0.2.1")] == [200, 200, 429]
    assert await ask(ours, "6.6.6.6, 192.0.2.2, 10.1.1.1") == 429  # what stands before it anybody may have written
    assert [await ask(ours, hop) for hop in ("2001:db8::1", "2001:db8::2")] == [200, 429]  # one network
    assert [await ask(ours, f"{hop}:55") for hop in ("192.0.2.1", "192.0.2.3")] == [429, 200]  # whatever the port
    assert [await ask(anyone, hop) for hop in ("192.0.2.1", "192.0.2.2")] == [200, 429]


async def test_a_session_remembers_the_address_behind_the_proxy(start: Start) -> None:
    client = await start("", peer="10.0.0.1", proxies="10.0.0.0/8")
    client.headers["x-forwarded-for"] = "192.0.2.1"
    await register(client)
    mine: Signed = await sign_in(client)
    assert [line["ip"] for line in await mine.sessions()] == ["192.0.2.1"]


@pytest.mark.usefixtures("redis")
@pytest.mark.parametrize("path", ["/auth/login/", "//auth/login", "/auth//login/", "/auth/login//"])
async def test_a_slash_more_is_no_way_around_a_limit(start: Start, redis_url: str, path: str) -> None:
    client, cut_off = await start(redis_url, sign_in="2/3600"), await start(AWAY)
    address = httpx.URL("http://lms.test", raw_path=f"/api/v1{path}".encode())
    answers = [await client.post(address, json={}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [422, 422, 429]
    assert {answer.headers["ratelimit-limit"] for answer in answers} == {"2"}
    assert answers[2].headers["cache-control"] == "no-store"
    assert (await cut_off.post(address, json={})).status_code == 503


@pytest.mark.usefixtures("redis")
async def test_an_endpoint_may_have_a_limit_of_its_own(start: Start, redis_url: str) -> None:
    client = await start(redis_url, general="100/3600", endpoints="GET /api/v1/users/{user_id}=2/3600")
    await register(client)
    mine, other = await sign_in(client), await start(redis_url, endpoints="GET /api/v1/users/{user_id}=2/3600")
    body = {"email": "eve@example.org", "password": PASSWORD, "full_name": "Eve"}
    assert (await client.post("/api/v1/auth/register", json=body)).status_code == 201
    eve = await sign_in(client, "eve@example.org")
    someone = f"/users/{new_id()}"
    answers = [await mine.ask("GET", someone, client=each) for each in (client, other, client)]
    assert [answer.status_code for answer in answers] == [403, 403, 429]
    assert [answer.headers["ratelimit-limit"] for answer in answers] == ["2"] * 3, "it is the emptiest"
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert 1790 < int(answers[2].headers["retry-after"]) <= 1800
    assert (await mine.ask("HEAD", f"/users/{new_id()}")).status_code == 429, "one bucket, whatever the parameter"
    assert (await eve.ask("GET", someone)).status_code == 403, "somebody else's"
    assert (await mine.ask("PATCH", someone, {})).status_code == 403
    assert (await mine.ask("GET", "/me")).headers["ratelimit-limit"] == "100"
    nobody = [(await client.get(f"/api/v1{someone}")).status_code for _ in range(3)]
    assert nobody == [401, 401, 429], "and a network's, where nobody is signed in"


async def test_two_authorizations_are_one_too_many(start: Start) -> None:
    client = await start("")
    await register(client)
    mine = (b"authorization", b"Bearer " + (await sign_in(client)).tokens["access_token"].encode())
    other = (b"authorization", b"Bearer something else")
    for sent, status in (([mine], 200), ([mine, other], 401), ([other, mine], 401), ([mine, mine], 401)):
        assert (await client.get("/api/v1/me", headers=sent)).status_code == status


@pytest.mark.usefixtures("redis")
async def test_made_up_api_tokens_are_refused_without_the_database(
    start: Start,
    redis_url: str,
    count_queries: Callable[[], AbstractContextManager[list[str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = await start(redis_url, api_tokens="3/3600")
    await register(client)
    mine = await sign_in(client)
    body = {"name": "Report", "scopes": ["account:read"]}
    made = (await mine.ask("POST", "/me/api-tokens", body)).json()["data"]["token"]
    made_up = [Signed(client, {"access_token": f"lms_{n:064}"}) for n in range(10)]
    answers = [await each.ask("GET", "/me") for each in made_up[:4]]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert 1100 < int(answers[3].headers["retry-after"]) <= 1200
    with count_queries() as statements:
        assert [(await each.ask("GET", "/me")).status_code for each in made_up] == [429] * 10
    assert statements == []

    calls: list[object] = []
    send: Callable[..., object] = Redis.execute_command

    def noted(*given: object, **options: object) -> object:
        calls.append(given)
        return send(*given, **options)

    monkeypatch.setattr(Redis, "execute_command", noted)
    program = Signed(client, {"access_token": made})
    assert [(await program.ask("GET", "/me")).status_code for _ in range(2)] == [200, 200]
    assert len(calls) == 2, "one round trip for each, though the first was looked up"
