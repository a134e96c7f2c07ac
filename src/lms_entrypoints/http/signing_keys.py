"""What access tokens are verified with, for other services that read them."""

from litestar import Controller, Response, get

from lms_entrypoints.http.given import GivenServices

MEDIA_TYPE = "application/jwk-set+json"  # RFC 7517 §8.5.2
KEPT = "public, max-age=300"


class SigningKeyController(Controller):
    tags = ["Identity"]

    @get("/.well-known/jwks.json", summary="Public keys of access tokens", security=[], media_type=MEDIA_TYPE)
    async def public_keys(self, services: GivenServices) -> Response[dict[str, list[dict[str, str]]]]:
        """A JSON Web Key Set (RFC 7517), without an envelope. Empty where tokens are signed with a secret (HS256)."""
        keys = {"keys": services.tokens.public_keys()}
        return Response(keys, media_type=MEDIA_TYPE, headers={"cache-control": KEPT})
