"""The interactive documentation. Its files come from an installed package, so it works offline."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from litestar import MediaType, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>LMS API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
START = """window.ui = SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true,
  persistAuthorization: true, docExpansion: "none", filter: true, validatorUrl: null,
});
"""
FILES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}


@get("/docs", include_in_schema=False, media_type=MediaType.HTML)
async def page() -> Response[str]:
    policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
    return Response(PAGE, headers={"content-security-policy": policy}, media_type=MediaType.HTML)


@get("/docs/{name:str}", include_in_schema=False)
async def file(name: FromPath[str]) -> Response[bytes]:
    if name == "start.js":
        return Response(START.encode(), media_type="text/javascript")
    if name not in FILES:
        raise NotFoundException
    headers = {"cache-control": "public, max-age=86400"}
    return Response(_read(name), media_type=FILES[name], headers=headers)


@cache
def _read(name: str) -> bytes:
    spec = find_spec("swagger_ui")
    if spec is None or spec.origin is None:
        raise NotFoundException
    return (Path(spec.origin).parent / "static" / name).read_bytes()
