"""What stands before everything: methods, addresses, hosts, the token, and how long answers take."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from livesegments.serve.api.replying import problem
from livesegments.serve.sessions import COOKIE, Sessions

__all__ = ["HEAD_ONLY", "Guard"]

HEAD_ONLY = "livesegments.head_only"
PATH_MAX = 4_096
LOGIN = "/login"
_API = ("/v1/", "/healthz", "/metrics", "/openapi.json")
_OPEN = ("/_nicegui/", "/_nicegui_ws/", LOGIN)
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
]
Observe = Callable[[str, int, float], None]


class Guard:
    """Lets GET and HEAD through, with a token where there is one, under names that are ours.

    Paths go on percent-encoded, so that an id may hold a slash; what reads one decodes it.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str] | None, sessions: Sessions | None, observe: Observe) -> None:
        """Guard an app; `hosts` None takes any name (there is a token then), `sessions` None asks for no token."""
        self._app = app
        self._hosts = hosts
        self._sessions = sessions
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, refuse it, or hand it on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        raw = scope.get("raw_path") or scope["path"].encode()
        refusal = self._refusal(scope, headers, raw)
        if scope["type"] == "websocket":
            if refusal is None and _is_same_origin(headers):
                await self._app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return
        if refusal is not None:
            await refusal(scope, receive, _headed(send))
            return
        if not raw.startswith(b"/_nicegui"):
            scope = {**scope, "path": raw.decode("ascii", "replace")}
        await self._answer(scope, receive, send)

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes], raw: bytes) -> ASGIApp | None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD"):
            return problem(405, "required GET or HEAD: nothing can be changed here", headers={"allow": "GET, HEAD"})
        if len(raw) > PATH_MAX:
            return problem(414, f"required a path of at most {PATH_MAX:,} bytes, found {len(raw):,}")
        if self._hosts is not None and _host(headers) not in self._hosts:
            return problem(403, "required one of the names that the server listens on in the header `Host`")
        if self._sessions is None:
            return None
        path = raw.decode("ascii", "replace")
        if path.startswith(_API):
            given = headers.get(b"authorization", b"")
            if hmac.compare_digest(given, b"Bearer " + self._sessions.token.encode()):
                return None
            return problem(
                401, "required the header `Authorization: Bearer TOKEN`", headers={"www-authenticate": "Bearer"}
            )
        if path.startswith(_OPEN) or self._sessions.is_valid(_cookie(headers)):
            return None
        return RedirectResponse(LOGIN, 303)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        is_head = scope["method"] == "HEAD"
        if is_head:
            scope = {**scope, "method": "GET", HEAD_ONLY: True}

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "page")
                self._observe(route, message["status"], time.perf_counter() - start)
                message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        await self._app(scope, receive, told)


def _headed(send: Send) -> Send:
    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
        await send(message)

    return told


def _host(headers: dict[bytes, bytes]) -> str:
    try:
        return (urlsplit("//" + headers.get(b"host", b"").decode("latin-1")).hostname or "").lower()
    except ValueError:  # half an IPv6 address
        return ""


def _is_same_origin(headers: dict[bytes, bytes]) -> bool:
    """Tell whether a web socket is opened by one of our own pages."""
    try:
        origin = urlsplit(headers.get(b"origin", b"").decode("latin-1"))
    except ValueError:
        return False
    return origin.netloc.lower() == headers.get(b"host", b"").decode("latin-1").lower()


def _cookie(headers: dict[bytes, bytes]) -> str:
    for part in headers.get(b"cookie", b"").decode("latin-1").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return ""
