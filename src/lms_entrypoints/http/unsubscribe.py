"""Turning letters off with the link in one of them: on a page, or by a mail program in one step (RFC 8058)."""

from html import escape
from typing import Any

from litestar import Controller, MediaType, Request, Response, get, post
from litestar.params import FromPath

from lms_domain.notifications.use_cases import must_be_link, unsubscribe
from lms_domain.notifications.views import Unsubscribed
from lms_entrypoints.http.given import GivenRun

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>body{{font:16px/1.5 system-ui;margin:4rem auto;max-width:32rem;padding:0 1rem}}</style>
</head><body><h1>{title}</h1>{body}</body></html>"""
ASK = '<p>You get no more letters of this kind then: {what}.</p><form method="post"><button>Unsubscribe</button></form>'
DONE = "<p>You get no more letters of this kind: {what}. In your settings you can turn them on again.</p>"
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'",
    "cache-control": "no-store",
}


class UnsubscribeController(Controller):
    path = "/unsubscribe/{what:str}/{token:str}"
    tags = ["Letters"]
    security = [{}]

    @get(summary="Ask whether to turn letters off", media_type=MediaType.HTML)
    async def page(self, run: GivenRun, what: FromPath[str], token: FromPath[str]) -> Response[str]:
        """A page with a button: programs that look into links before their readers do turn nothing off."""
        await run(must_be_link, what, token)
        return _page("Unsubscribe?", ASK, what)

    @post(summary="Turn letters of a kind off", status_code=200)
    async def unsubscribe(
        self, run: GivenRun, request: Request[Any, Any, Any], what: FromPath[str], token: FromPath[str]
    ) -> Unsubscribed | Response[str]:
        """With the link of a letter, of whose kind none is sent any more; nobody has to sign in for it (RFC 8058)."""
        done = await run(unsubscribe, what, token)
        is_for_people = "text/html" in request.headers.get("accept", "")
        return _page("Done", DONE, what) if is_for_people else done


def _page(title: str, body: str, what: str) -> Response[str]:
    shown = body.format(what=escape(what.replace("_", " ")))
    return Response(PAGE.format(title=title, body=shown), media_type=MediaType.HTML, headers=HEADERS)
