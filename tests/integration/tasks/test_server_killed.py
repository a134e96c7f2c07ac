"""A server killed around the commit: what it acknowledged is there, and what it did not is asked for again."""

import httpx
import pytest
from tests.integration.tasks.plant import Plant, free_port

from lms_entrypoints.faults import POINTS

ADA = {"email": "ada@example.org", "password": "correct horse battery staple", "full_name": "Ada"}
KEY = {"Idempotency-Key": "only-once"}


@pytest.mark.parametrize("point", [point for point in POINTS if point.startswith("api.")])
async def test_a_request_that_was_cut_off_is_repeated_and_done_once(point: str, plant: Plant) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/api/v1/auth/register"
    server = plant.start("serve", "--port", str(port), LMS_DIES_AT=point)
    await plant.until_served(port)
    async with httpx.AsyncClient(timeout=30) as client:
        with pytest.raises(httpx.TransportError):
            await client.post(url, json=ADA, headers=KEY)
        server.kill()
        happened = await plant.scalar("select count(*) from outbox where name = 'user.registered'")
        assert happened == (point == "api.after_commit")

        plant.start("serve", "--port", str(port))
        plant.start("relay")
        plant.start("worker")
        await plant.until_served(port)
        answers = [await client.post(url, json=ADA, headers=KEY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    await plant.settled()
    assert await plant.scalar("select count(*) from users") == 1
    assert len(plant.post_office.ids(ADA["email"])) == 1
