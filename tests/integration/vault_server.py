"""As much of Vault's HTTP API as we use, answered as Vault answers it: no Vault server comes as a package.

Paths, methods, bodies, headers and statuses are those of the API documentation of Vault 1.x: KV version 2, token,
AppRole and Kubernetes auth.
"""

import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ROLE_ID, SECRET_ID = "8f0c1a9e-role", "c1b2a3d4-secret"
KUBERNETES_ROLE, ACCOUNT_TOKEN = "lms", "eyJhbGciOi.account"
NAMESPACE = "school"
Answer = tuple[int, dict[str, Any]]
DENIED: Answer = (403, {"errors": ["permission denied"]})
SEALED: Answer = (503, {"errors": ["Vault is sealed"]})


@dataclass
class StubVault:
    """`versions`: of the entry secret/lms; None where one was deleted. `grows`: seconds that a renewal gives."""

    versions: list[dict[str, Any] | None] = field(default_factory=list)
    address: str = ""
    seconds: int = 3600
    grows: int = 3600
    is_renewable: bool = True
    is_sealed: bool = False
    delay: float = 0
    namespace: str = ""
    tokens: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def made_token(self) -> str:
        token = f"hvs.{next(self._numbers)}"
        self.tokens.add(token)
        return token

    def count(self, request: str) -> int:
        return self.asked.count(request)

    def answer(self, request: str, token: str, namespace: str, body: dict[str, Any]) -> Answer:
        self.asked.append(request)
        time.sleep(self.delay)
        if self.is_sealed:
            return SEALED
        if namespace != self.namespace:
            return 404, {"errors": []}
        if request == "POST /v1/auth/approle/login":
            is_good = body == {"role_id": ROLE_ID, "secret_id": SECRET_ID}
            return self._auth() if is_good else (400, {"errors": ["invalid role or secret ID"]})
        if request == "POST /v1/auth/kubernetes/login":
            return self._auth() if body == {"role": KUBERNETES_ROLE, "jwt": ACCOUNT_TOKEN} else DENIED
        return self._known(request, token) if token in self.tokens else DENIED

    def _known(self, request: str, token: str) -> Answer:
        if request == "GET /v1/auth/token/lookup-self":
            return 200, {"data": {"id": token, "ttl": self.seconds, "renewable": self.is_renewable}}
        if request == "POST /v1/auth/token/renew-self":
            if not self.is_renewable:
                return 400, {"errors": ["lease is not renewable"]}
            return 200, {"auth": self._lease(token, self.grows)}
        if request == "GET /v1/secret/data/lms":
            return self._entry()
        return DENIED

    def _auth(self) -> Answer:
        return 200, {"auth": self._lease(self.made_token(), self.seconds)}

    def _lease(self, token: str, seconds: int) -> dict[str, Any]:
        return {"client_token": token, "lease_duration": seconds, "renewable": self.is_renewable, "policies": ["lms"]}

    def _entry(self) -> Answer:
        if not self.versions:
            return 404, {"errors": []}
        newest = self.versions[-1]
        about = {
            "version": len(self.versions),
            "destroyed": False,
            "deletion_time": "" if newest else "2026-01-01T00:00:00Z",
        }
        return 200 if newest is not None else 404, {"data": {"data": newest, "metadata": about}}


@contextmanager
def a_vault(**given: Any) -> Iterator[StubVault]:
    stub = StubVault(**given)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            named = self.headers.get("X-Vault-Token", ""), self.headers.get("X-Vault-Namespace", "")
            status, answer = stub.answer(f"{self.command} {self.path}", *named, body)
            sent = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_POST = do_GET  # noqa: N815 (http.server's name)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
