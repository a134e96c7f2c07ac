"""Letters in a browser, while developing."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from tests.integration.served import transport_to

from lms_adapters.mail.folder import FolderMailer
from lms_adapters.mail.messages import Messages
from lms_adapters.mail.samples import sample
from lms_domain.kernel import new_id
from lms_domain.mailing import LetterKind
from lms_entrypoints.container import Container, close
from lms_entrypoints.mail_settings import MailSettings
from lms_entrypoints.settings import DatabaseSettings, ServerSettings, Settings

Served = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Served:
    @asynccontextmanager
    async def serve(
        environment: str = "development",
        url: str = "http://localhost:8000",
        *,
        host: str = "",
        hosts: str = "",
        peer: str = "127.0.0.1",
    ) -> AsyncIterator[httpx.AsyncClient]:
        settings = Settings(
            environment=environment,  # type: ignore[arg-type]
            database=DatabaseSettings(url=database_url),
            mail=MailSettings(folder=str(tmp_path), host=host),
            server=ServerSettings(allowed_hosts=hosts, trusted_proxies="127.0.0.2/32"),
        )
        container = Container(settings=settings)
        services = container.services()
        transport = transport_to(services, client=(peer, 1234))
        async with httpx.AsyncClient(transport=transport, base_url=url) as client:
            yield client
        await close(container)

    return serve


async def written(folder: Path, kind: LetterKind) -> UUID:
    letter = sample(kind, "en")
    await FolderMailer(folder, Messages("Bee school <lms@example.org>")).send(letter)
    return letter.id


async def test_letters_are_listed_and_shown(served: Served, tmp_path: Path) -> None:
    id = await written(tmp_path, LetterKind.ANNOUNCEMENT)
    (tmp_path / "notes.eml").write_text("somebody else's")
    async with served() as client:
        page = await client.get("/dev/mailbox")
        assert f"/dev/mailbox/{id}" in page.text
        assert "Bees &amp; their gardens: Friday&#x27;s excursion" in page.text
        assert "notes" not in page.text
        letter = (await client.get(f"/dev/mailbox/{id}")).text
        assert f'<iframe src="/dev/mailbox/{id}/html"' in letter
        assert '<a href="https://lms.example.org/courses/bees">' in letter
        html = await client.get(f"/dev/mailbox/{id}/html")
        assert "<strong>Friday</strong>" in html.text
        assert html.headers["content-security-policy"].startswith("sandbox allow-popups; default-src 'none'")
        assert html.headers["x-frame-options"] == "SAMEORIGIN"
        for missing in (f"/dev/mailbox/{new_id()}", "/dev/mailbox/..%2Fsecret"):
            assert (await client.get(missing)).status_code == 404


async def test_an_empty_mailbox_says_so(served: Served) -> None:
    async with served() as client:
        assert "Empty." in (await client.get("/dev/mailbox")).text


@pytest.mark.parametrize(
    ("environment", "host"), [("production", ""), ("test", ""), ("development", "smtp.example.org")]
)
async def test_it_is_there_for_the_folder_of_a_developer_alone(served: Served, environment: str, host: str) -> None:
    async with served(environment, host=host) as client:
        assert (await client.get("/dev/mailbox")).status_code == 404


async def test_a_page_from_elsewhere_reads_no_links(served: Served) -> None:
    """By a name of its own that leads to this machine."""
    async with served(url="http://evil.example:8000") as client:
        assert (await client.get("/dev/mailbox")).status_code == 404
    async with served(url="http://dev.example.org", hosts="dev.example.org") as client:
        assert (await client.get("/dev/mailbox")).status_code == 200


@pytest.mark.parametrize(
    ("peer", "forwarded", "status"),
    [
        ("127.0.0.1", "", 200),
        ("::1", "", 200),
        ("::ffff:127.0.0.1", "", 200),
        ("127.0.0.2", "127.0.0.1", 200),
        ("127.0.0.2", "192.0.2.7", 404),
        ("192.0.2.7", "", 404),
        ("192.0.2.7", "127.0.0.1", 404),
        ("2001:db8::7", "", 404),
        ("", "", 404),
    ],
)
async def test_nobody_at_another_machine_reads_letters(
    served: Served, tmp_path: Path, peer: str, forwarded: str, status: int
) -> None:
    """Whatever name they call this one by."""
    id = await written(tmp_path, LetterKind.ANNOUNCEMENT)
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    for hosts in ("", "localhost"):
        async with served(peer=peer, hosts=hosts) as client:
            for path in ("", f"/{id}", f"/{id}/html"):
                assert (await client.get(f"/dev/mailbox{path}", headers=headers)).status_code == status
