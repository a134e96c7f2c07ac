"""Signed in by cookie: what a browser sends by itself is not enough to change anything."""

import base64
from typing import Any

import httpx
import pytest
from tests.integration.http.signed import PASSWORD, sign_in

ADA = {"email": "ada@example.org", "password": PASSWORD, "full_name": "Ada"}
MODE = {"X-Auth-Mode": "cookie"}
HOST = {"Origin": "https://lms.test"}


@pytest.fixture
async def browser(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Over https, as its cookies want it."""
    client.base_url = httpx.URL("https://lms.test")
    assert (await client.post("/api/v1/auth/register", json=ADA)).status_code == 201
    return client


async def signed_in(browser: httpx.AsyncClient, **headers: str) -> dict[str, Any]:
    body = {"email": ADA["email"], "password": PASSWORD}
    answer = await browser.post("/api/v1/auth/login", json=body, headers=MODE | headers)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def changed(browser: httpx.AsyncClient, **headers: str) -> tuple[int, str]:
    answer = await browser.patch("/api/v1/me", json={"bio": "New"}, headers=headers)
    return answer.status_code, answer.json().get("error", {}).get("code", "")


async def test_tokens_are_in_cookies_that_no_script_reads(browser: httpx.AsyncClient) -> None:
    body = {"email": ADA["email"], "password": PASSWORD}
    answer = await browser.post("/api/v1/auth/login", json=body, headers=MODE)
    assert set(answer.json()["data"]) == {
        "mode",
        "csrf_token",
        "expires_in",
        "device_token",
        "mfa_required_by",
        "recovery_codes",
    }
    access, refresh, csrf = answer.headers.get_list("set-cookie")
    for each in (access, refresh, csrf):
        assert "; Secure; SameSite=Strict" in each
    assert access.startswith("__Host-lms_access=")
    assert "Path=/;" in access
    assert refresh.startswith("__Secure-lms_refresh=")
    assert "Path=/api/v1/auth;" in refresh
    assert access.endswith("HttpOnly")
    assert refresh.endswith("HttpOnly")
    assert "HttpOnly" not in csrf
    assert (await browser.get("/api/v1/me")).json()["data"]["email"] == ADA["email"]


async def test_what_changes_something_wants_the_token_of_this_session(browser: httpx.AsyncClient) -> None:
    other = (await signed_in(browser))["csrf_token"]
    mine = (await signed_in(browser))["csrf_token"]
    refused = (403, "csrf_refused")
    assert await changed(browser) == refused
    assert await changed(browser, **{"X-CSRF-Token": "x"}) == refused
    assert await changed(browser, **{"X-CSRF-Token": other}) == refused
    assert await changed(browser, **{"X-CSRF-Token": mine} | HOST) == (200, "")
    assert await changed(browser, **{"X-CSRF-Token": mine}) == (200, "")


async def test_a_planted_token_of_another_session_is_refused(browser: httpx.AsyncClient) -> None:
    """The attacker has an account too, and gets their own CSRF cookie into the victim's browser."""
    planted = (await signed_in(browser))["csrf_token"]
    await signed_in(browser)
    browser.cookies.delete("__Host-lms_csrf", domain="lms.test", path="/")
    browser.cookies.set("__Host-lms_csrf", planted, domain="lms.test", path="/")
    assert await changed(browser, **{"X-CSRF-Token": planted}) == (403, "csrf_refused")


async def test_a_page_from_elsewhere_is_refused_even_with_the_token(browser: httpx.AsyncClient) -> None:
    token = (await signed_in(browser))["csrf_token"]
    for origin in ("https://evil.test", "https://lms.test.evil.test", "null", "http://["):
        got = await changed(browser, **{"X-CSRF-Token": token, "Origin": origin})
        assert got == (403, "csrf_refused"), origin


async def test_refreshing_and_signing_out_go_by_cookie(browser: httpx.AsyncClient) -> None:
    token = (await signed_in(browser))["csrf_token"]
    before = browser.cookies["__Secure-lms_refresh"]
    refused = await browser.post("/api/v1/auth/refresh", headers=MODE)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "csrf_refused")
    again = await browser.post("/api/v1/auth/refresh", headers=MODE | {"X-CSRF-Token": token})
    assert again.status_code == 200
    assert "access_token" not in again.text
    assert browser.cookies["__Secure-lms_refresh"] != before
    assert (await browser.get("/api/v1/me")).status_code == 200
    out = await browser.post("/api/v1/auth/logout", headers=MODE | {"X-CSRF-Token": token})
    assert out.status_code == 204
    assert not [name for name in browser.cookies if "lms" in name]
    assert out.headers["clear-site-data"] == '"cache"'
    assert (await browser.get("/api/v1/me")).status_code == 401


async def test_a_new_sign_in_takes_the_place_of_the_one_that_the_browser_had(browser: httpx.AsyncClient) -> None:
    await signed_in(browser)
    before = browser.cookies["__Secure-lms_refresh"]
    elsewhere = await sign_in(browser)  # by bearer token: somebody's program
    assert len(await elsewhere.sessions()) == 2
    await signed_in(browser)
    assert len(await elsewhere.sessions()) == 2
    assert (await browser.post("/api/v1/auth/refresh", json={"refresh_token": before})).status_code == 401
    assert (await browser.get("/api/v1/me")).status_code == 200


async def test_a_sign_in_that_is_refused_or_repeated_ends_nothing(browser: httpx.AsyncClient) -> None:
    token = (await signed_in(browser, **{"Idempotency-Key": "once"}))["csrf_token"]
    wrong = {"email": ADA["email"], "password": "wrong"}
    assert (await browser.post("/api/v1/auth/login", json=wrong, headers=MODE)).status_code == 401
    again = await browser.post("/api/v1/auth/refresh", headers=MODE | {"X-CSRF-Token": token})
    assert again.status_code == 200
    await signed_in(browser, **{"Idempotency-Key": "once"})
    assert (await browser.get("/api/v1/me")).status_code == 200


async def test_a_repeated_sign_in_shows_no_token_either(browser: httpx.AsyncClient) -> None:
    first = await signed_in(browser, **{"Idempotency-Key": "once"})
    again = await signed_in(browser, **{"Idempotency-Key": "once"})
    assert first == again
    assert "access_token" not in again


async def test_a_bearer_token_goes_before_the_cookie_and_needs_no_csrf_token(browser: httpx.AsyncClient) -> None:
    mine = await sign_in(browser)
    await signed_in(browser)
    assert (await mine.ask("PATCH", "/me", {"bio": "By bearer"})).status_code == 200
    other = {"authorization": "Bearer nonsense"}
    assert (await browser.get("/api/v1/me", headers=other)).status_code == 401


DEEP = base64.urlsafe_b64encode(b'{"sid":' + b"[" * 1000).decode()


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "a.e30.c", "\u00e9", "a" * 5000, f"x.{DEEP}.y", "x.W10=.y"])
async def test_an_odd_cookie_is_nobodys(browser: httpx.AsyncClient, value: str) -> None:
    cookie = f"__Host-lms_access={value}".encode("latin-1")
    answer = await browser.get("/api/v1/me", headers=[(b"cookie", cookie)])
    assert answer.status_code == 401
    change = await browser.patch("/api/v1/me", json={}, headers=[(b"cookie", cookie)])
    assert change.status_code in {401, 403}


async def test_without_the_mode_nothing_is_a_cookie(browser: httpx.AsyncClient) -> None:
    mine = await sign_in(browser)
    assert mine.tokens["access_token"]
    assert not browser.cookies


@pytest.mark.parametrize(
    "other", ['foo={"a":1}', "foo[bar]=1", "a@b=1", 'foo=a"b', "path=/x", "\u00e9=1", "x", "=", "", "a=b=c", "x=\t"]
)
async def test_a_cookie_of_somebody_else_signs_nobody_out(browser: httpx.AsyncClient, other: str) -> None:
    token = (await signed_in(browser))["csrf_token"]
    ours = [f"{name}={value}" for name, value in browser.cookies.items()]
    for line in ("; ".join([other, *ours]), ";".join([*ours, other]), f"{ours[0]}; {other}; {'; '.join(ours[1:])}"):
        headers = [(b"cookie", line.encode("latin-1")), (b"x-csrf-token", token.encode())]
        browser.cookies.clear()
        assert (await browser.patch("/api/v1/me", json={"bio": "x"}, headers=headers)).status_code == 200, line


async def test_cookies_may_come_in_several_lines(browser: httpx.AsyncClient) -> None:
    """As HTTP/2 has them (RFC 9113 §8.2.3)."""
    token = (await signed_in(browser))["csrf_token"]
    lines = [(b"cookie", f"{name}={value}".encode()) for name, value in browser.cookies.items()]
    browser.cookies.clear()
    headers = [*lines, (b"x-csrf-token", token.encode())]
    assert (await browser.patch("/api/v1/me", json={"bio": "x"}, headers=headers)).status_code == 200


@pytest.mark.parametrize("is_first", [True, False])
async def test_of_two_cookies_with_one_name_neither_is_taken(browser: httpx.AsyncClient, *, is_first: bool) -> None:
    """One of them may be planted."""
    await signed_in(browser)
    name = "__Host-lms_access"
    mine, planted = (f"{name}={browser.cookies[name]}", f"{name}=x.y.z")
    line = "; ".join([planted, mine] if is_first else [mine, planted])
    browser.cookies.clear()
    assert (await browser.get("/api/v1/me", headers={"cookie": mine})).status_code == 200
    assert (await browser.get("/api/v1/me", headers={"cookie": line})).status_code == 401
