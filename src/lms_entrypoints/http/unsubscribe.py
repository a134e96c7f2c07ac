"""Turning letters off with the link in one of them: on a page, or by a mail program in one step (RFC 8058)."""

from typing import Any

from litestar import Controller, MediaType, Request, Response, get, post
from litestar.params import FromPath

from lms_domain.identity.tickets import LinkNotGood
from lms_domain.mailing import UnsubscribeStep
from lms_domain.notifications.use_cases import locale_of_link, unsubscribe
from lms_domain.notifications.views import Unsubscribed
from lms_entrypoints.http.errors import status_of
from lms_entrypoints.http.given import ANY_PARAMETER, GivenRun, GivenServices
from lms_entrypoints.http.languages import languages_of
from lms_entrypoints.services import Services

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'",
    "cache-control": "no-store",
}


class UnsubscribeController(Controller):
    path = "/unsubscribe/{what:str}/{token:path}"  # what is no token may hold a slash, and people are shown the page
    opt = {ANY_PARAMETER: True}  # mail providers add some
    tags = ["Letters"]
    security = [{}]

    @get(summary="Ask whether to turn letters off", media_type=MediaType.HTML)
    async def page(
        self,
        run: GivenRun,
        services: GivenServices,
        request: Request[Any, Any, Any],
        what: FromPath[str],
        token: FromPath[str],
    ) -> Response[str]:
        """A page with a button: programs that look into links before their readers do turn nothing off. In the language
        of the letter.
        """
        try:
            locale = await run(locale_of_link, what, _read(token))
        except LinkNotGood as refusal:
            return _refused(services, request, refusal)
        return _page(services, request, UnsubscribeStep.ASK, what, locale)

    @post(summary="Turn letters of a kind off", status_code=200)
    async def unsubscribe(
        self,
        run: GivenRun,
        services: GivenServices,
        request: Request[Any, Any, Any],
        what: FromPath[str],
        token: FromPath[str],
    ) -> Unsubscribed | Response[str]:
        """With the link of a letter, of whose kind none is sent any more; nobody has to sign in for it (RFC 8058)."""
        try:
            done = await run(unsubscribe, what, _read(token))
        except LinkNotGood as refusal:
            return _refused(services, request, refusal)
        if not _is_for_people(request):
            return done
        locale = await run(locale_of_link, what, _read(token))
        return _page(services, request, UnsubscribeStep.DONE, what, locale)


def _read(token: str) -> str:
    return token.removeprefix("/")  # which Litestar puts before a path


def _refused(services: Services, request: Request[Any, Any, Any], refusal: LinkNotGood) -> Response[str]:
    """Of what the link says nothing is shown: others may have written it."""
    if not _is_for_people(request):
        raise refusal
    return _page(services, request, UnsubscribeStep.NOT_GOOD, status_code=status_of(refusal))


def _is_for_people(request: Request[Any, Any, Any]) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _page(
    services: Services,
    request: Request[Any, Any, Any],
    step: UnsubscribeStep,
    what: str = "",
    locale: str | None = None,
    *,
    status_code: int = 200,
) -> Response[str]:
    asked = languages_of(request.headers.get("accept-language", ""))
    html = services.pages.unsubscribing(step, what, [locale] if locale else asked)
    return Response(html, media_type=MediaType.HTML, headers=HEADERS, status_code=status_code)
