"""Letters in a browser, while developing: those of the mail folder. In production none of this is there."""

import asyncio
import re
from html import escape
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import UUID

from litestar import Controller, MediaType, Request, Response, get
from litestar.params import FromPath

from lms_domain.kernel import NotFound
from lms_entrypoints.http.addresses import unmapped
from lms_entrypoints.http.given import GivenServices
from lms_entrypoints.mailbox import Kept, MailFolder
from lms_entrypoints.services import Services

PATH = "/dev/mailbox"
URL = re.compile(r"https?://[^\s<>\"]+")
STYLE = "body{font:16px/1.5 system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem}pre{white-space:pre-wrap}"
STYLE += "table{border-collapse:collapse;width:100%}td{border-top:1px solid #ddd;padding:.4rem}iframe{border:1px solid"
STYLE += " #ddd;height:36rem;width:100%}"
PAGE = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{style}</style></head>'
PAGE += "<body>{body}</body></html>"
# Whatever a letter holds, it runs nothing, asks nobody for anything, and is shown within this page alone.
OF_PAGES = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'"}
OF_LETTERS = {
    "content-security-policy": "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'",
    "x-frame-options": "SAMEORIGIN",
}


NAMES_OF_THIS_MACHINE = {"localhost", "127.0.0.1", "[::1]"}


class MailboxController(Controller):
    path = PATH
    include_in_schema = False

    @get()
    async def letters(self, request: Request[Any, Any, Any], services: GivenServices) -> Response[str]:
        letters = await asyncio.to_thread(_folder(request, services).newest)
        rows = "".join(
            f'<tr><td>{_when(each)}<td>{escape(each.to)}<td><a href="{PATH}/{each.id}">{escape(each.subject)}</a>'
            for each in letters
        )
        return _page("Mailbox", f"<h1>Mailbox</h1><table>{rows}</table>" if rows else "<h1>Mailbox</h1><p>Empty.")

    @get("/{letter_id:uuid}")
    async def letter(
        self, request: Request[Any, Any, Any], services: GivenServices, letter_id: FromPath[UUID]
    ) -> Response[str]:
        kept = await asyncio.to_thread(_folder(request, services).get, letter_id)
        text = URL.sub(lambda url: f'<a href="{url[0]}">{url[0]}</a>', escape(kept.text, quote=False))
        body = f'<p><a href="{PATH}">Mailbox</a><h1>{escape(kept.subject)}</h1><p>{_when(kept)} to {escape(kept.to)}'
        body += f'<iframe src="{PATH}/{kept.id}/html" title="HTML"></iframe><h2>Text</h2><pre>{text}</pre>'
        return _page(kept.subject, body)

    @get("/{letter_id:uuid}/html")
    async def html(
        self, request: Request[Any, Any, Any], services: GivenServices, letter_id: FromPath[UUID]
    ) -> Response[str]:
        kept = await asyncio.to_thread(_folder(request, services).get, letter_id)
        return Response(kept.html, media_type=MediaType.HTML, headers=OF_LETTERS)


def _folder(request: Request[Any, Any, Any], services: Services) -> MailFolder:
    """For who sits at this machine, as the connection has it, and a proxy of ours, if it comes through one.

    And a page from elsewhere that has its own name lead to this machine does not read the links of letters.
    """
    server, peer = services.settings.server, request.scope.get("client")
    if not all(map(_is_here, (peer[0] if peer else "", request.scope["state"]["ip"]))):
        raise NotFound
    if not server.hosts and request.headers.get("host", "").rsplit(":", 1)[0] not in NAMES_OF_THIS_MACHINE:
        raise NotFound
    return MailFolder(Path(services.settings.mail.folder))


def _is_here(address: str) -> bool:
    try:
        return ip_address(unmapped(address)).is_loopback
    except ValueError:
        return False


def _page(title: str, body: str) -> Response[str]:
    page = PAGE.format(title=escape(title), style=STYLE, body=body)
    return Response(page, media_type=MediaType.HTML, headers=OF_PAGES)


def _when(letter: Kept) -> str:
    return f"{letter.date:%Y-%m-%d %H:%M:%S %Z}" if letter.date else ""
