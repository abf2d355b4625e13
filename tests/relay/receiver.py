"""A receiver of webhooks: a real HTTP server that checks signatures, and fails as a test wants."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from standardwebhooks import Webhook, WebhookVerificationError

from ports import free_ports

SECRET = "whsec_" + "c2VjcmV0" * 4
HANG_SECONDS = 30


class Request(NamedTuple):
    id: str
    user: str
    body: bytes
    outcome: str
    at: float


Behaviour = Callable[[str, int], str]
"""What a request gets, by its id and the number of the attempt from 1.

`ok`, a status, `429 1` (Retry-After in seconds), `date 1` (the same as a date, with 503), `hang`, or `drop`: no answer;
`502 gzip`: a text that is not packed as its header says; `302 to URL`: a Location.
"""


class Receiver:
    """One URL; `requests` are those that arrived whole and signed, in order."""

    def __init__(self, behaviour: Behaviour, secret: str | None = SECRET) -> None:
        self.requests: list[Request] = []
        self.wrong: list[str] = []
        self._behaviour = behaviour
        self._webhook = None if secret is None else Webhook(secret)
        self._attempts: dict[str, int] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._open: set[socket.socket] = set()
        self._server: ThreadingHTTPServer | None = None
        (self._port,) = free_ports(1)  # nobody gets it while the receiver is down
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/hooks"

    def delivered(self) -> list[Request]:
        """Give the requests that were answered with success, in order."""
        with self._lock:
            return [request for request in self.requests if request.outcome in ("ok", "drop")]

    def start(self) -> None:
        """Listen, on the same port each time."""
        self._ended.clear()
        self._server = _Server(("127.0.0.1", self._port), self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def kill(self) -> None:
        """Close the port and break off all connections."""
        assert self._server is not None
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            for each in self._open:
                with suppress(OSError):  # the other side was faster
                    each.shutdown(socket.SHUT_RDWR)  # to close it would leave it open while its thread reads from it

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def closes(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def take(self, headers: dict[str, str], body: bytes) -> str:
        """Note a request and give what it gets."""
        name = headers.get("webhook-id", "")
        try:
            if self._webhook is not None:
                self._webhook.verify(body, headers)
        except WebhookVerificationError as error:
            self.wrong.append(f"{name}: {error}")
        with self._lock:
            self._attempts[name] = self._attempts.get(name, 0) + 1
            outcome = self._behaviour(name, self._attempts[name])
            user = json.loads(body)["subject"]
            self.requests.append(Request(name, user, body, outcome, time.monotonic()))
        return outcome

    def hang(self) -> None:
        self._ended.wait(HANG_SECONDS)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], receiver: Receiver) -> None:
        super().__init__(address, _handler(receiver))
        self._receiver = receiver

    def process_request(self, request: Any, client_address: Any) -> None:
        self._receiver.opened(request)  # in the thread that accepts: after `shutdown` there are no more
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._receiver.closes(request)
        super().shutdown_request(request)

    def handle_error(self, *_: Any) -> None:
        """Say nothing: connections are broken on purpose."""


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:  # who sent it was killed
                self.close_connection = True
                return
            outcome = receiver.take({name.lower(): value for name, value in self.headers.items()}, body)
            if outcome == "hang":
                receiver.hang()
            if outcome in ("hang", "drop"):
                self.close_connection = True
                return
            word, _, seconds = outcome.partition(" ")
            status = {"ok": 204, "date": 503}.get(word) or int(word)
            self.send_response(status)
            if word == "date":
                self.send_header("retry-after", formatdate(time.time() + float(seconds), usegmt=True))
            elif seconds == "gzip":
                self.send_header("content-encoding", "gzip")
            elif seconds.startswith("to "):
                self.send_header("location", seconds.removeprefix("to "))
            elif seconds:
                self.send_header("retry-after", seconds)
            said = b"the gateway is down" if seconds == "gzip" else b""
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
