"""Sign-ins as clients hold them."""

from typing import Any

import httpx

PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"


class Signed:
    """One sign-in, as a client holds it."""

    def __init__(self, client: httpx.AsyncClient, tokens: dict[str, Any]) -> None:
        self._client, self.tokens = client, tokens

    async def ask(self, method: str, path: str, body: Any = None, *, client: Any = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.tokens['access_token']}"}
        asked: httpx.Response = await (client or self._client).request(
            method, f"/api/v1{path}", json=body, headers=headers
        )
        return asked

    async def is_in(self) -> bool:
        return (await self.ask("GET", "/me")).status_code == 200

    async def refresh(self) -> httpx.Response:
        answer = await self._client.post("/api/v1/auth/refresh", json={"refresh_token": self.tokens["refresh_token"]})
        if answer.is_success:
            self.tokens = answer.json()["data"]
        return answer

    async def sessions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.ask("GET", "/me/sessions")).json()["data"]
        return found


async def sign_in(client: httpx.AsyncClient, email: str = "ada@example.org", user_agent: str = FIREFOX) -> Signed:
    body = {"email": email, "password": PASSWORD}
    answer = await client.post("/api/v1/auth/login", json=body, headers={"user-agent": user_agent})
    return Signed(client, answer.json()["data"])
