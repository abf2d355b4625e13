"""The server: its parts put together, and uvicorn with limits."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvicorn

from livesegments.core.errors import EdgeError, LivesegmentsError
from livesegments.serve.api import Site, create_app
from livesegments.serve.api.hub import Hub
from livesegments.serve.connections import LimitedConnection
from livesegments.serve.follower import Follower
from livesegments.serve.guard import Guard
from livesegments.serve.metrics import Metrics
from livesegments.serve.options import ServeOptions, check_address
from livesegments.serve.page.mount import add_pages
from livesegments.serve.reading import Reader
from livesegments.serve.sessions import Sessions
from livesegments.serve.store import Store

__all__ = ["serve"]

_CONNECTIONS_SPARE = 500  # beside the streams
_LOOK_SECONDS = 0.5
_SWITCH_SECONDS = 0.0005  # an answer waits so long at most for the follower's thread, not for Python's 5 ms


def serve(options: ServeOptions) -> None:
    """Follow and answer until stopped by Ctrl-C or TERM.

    Raises EdgeError for an address that needs a token or is taken and for a source that does not answer, and
    LivesegmentsError where the follower fails later.
    """
    check_address(options)
    sys.setswitchinterval(_SWITCH_SECONDS)
    with ExitStack() as stack:
        bound = stack.enter_context(_bound(options))
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="livesegments-serve-"))
        store = Store(options.store or Path(folder) / "store.db", anew=options.anew, keep_ms=options.keep_ms)
        follower = Follower(store, options.source)
        stack.callback(follower.stop)
        reader = Reader(store.path)
        stack.callback(reader.close)
        follower.start()
        server = _Server(_site(options, reader, follower), options)
        options.say(f"following {follower.title}")
        options.say(f"serving {_address(options.host, bound.getsockname()[1])}")
        server.run(sockets=[bound])
        if follower.error is not None:
            raise LivesegmentsError(f"the follower failed: {follower.error!r}") from follower.error


def _bound(options: ServeOptions) -> socket.socket:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((options.host, options.port))
        bound.listen(1_024)  # who comes before the first answer waits
    except OSError as error:
        bound.close()
        where = f"{options.host}:{options.port}"
        raise EdgeError(f"{where}: required a free address of this machine, found: {error.strerror}; --port") from None
    bound.set_inheritable(True)
    return bound


def _site(options: ServeOptions, reader: Reader, follower: Follower) -> Site:
    return Site(reader, options.definition, follower, Hub(reader), options.events)


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """Uvicorn with our limits; ends when the follower does."""

    def __init__(self, site: Site, options: ServeOptions) -> None:
        metrics = Metrics(site.reader, site.follower)
        app = create_app(site, metrics, streams_max=options.streams_max, with_token=options.token is not None)
        sessions = None if options.token is None else Sessions(options.token)
        add_pages(app, site, sessions)
        hosts = None if options.token else frozenset({"localhost", "127.0.0.1", "::1", options.host.lower()})
        guarded = Guard(app, hosts, sessions, metrics.observe_request)
        logging.getLogger("uvicorn").setLevel(logging.WARNING)
        super().__init__(
            uvicorn.Config(
                guarded,
                http=LimitedConnection,
                loop="auto",
                access_log=False,  # addresses hold user ids
                log_config=None,
                server_header=False,
                h11_max_incomplete_event_size=16 * 1_024,
                limit_concurrency=options.streams_max + _CONNECTIONS_SPARE,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=2,
                ws_max_size=64 * 1_024,
            )
        )
        self._site = site
        self._metrics = metrics

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on Ctrl-C and TERM, and let what comes after the server put everything away."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._site.hub.begin()
        self._site.follower.on_rows = self._tell
        self._watch = asyncio.ensure_future(self._until_the_follower_ends())
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._watch.cancel()
        await super().shutdown(sockets)

    def _tell(self, follower: Follower) -> None:
        """Hand on what a transaction brought; called from the follower's thread."""
        self._site.hub.tell(follower.store.has_ended_users)
        if follower.standing().is_level:
            self._metrics.observe_changes(follower.store.change_times_ms)

    async def _until_the_follower_ends(self) -> None:
        while self._site.follower.error is None:
            await asyncio.sleep(_LOOK_SECONDS)
        self.should_exit = True
