"""/v1/changes/stream: server-sent events, live, bounded in number and in patience."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from livesegments.serve.api.hub import Hub
from livesegments.serve.api.replying import ID_MAX, Refusal
from livesegments.serve.api.schemas import problems
from livesegments.serve.api.site import Site
from livesegments.serve.guard import HEAD_ONLY
from livesegments.serve.metrics import Metrics
from livesegments.serve.reading import StoredChange

__all__ = ["stream_router"]

_BEAT_SECONDS = 15.0
_SEND_SECONDS_MAX = 30.0
_CHUNK = 64 * 1024


def stream_router(site: Site, metrics: Metrics, streams_max: int) -> APIRouter:
    """Give the route; more than so many streams at a time are refused."""
    router = APIRouter(tags=["changes"])
    limit = Places(streams_max, metrics)

    @router.get(
        "/v1/changes/stream",
        responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}, **problems(400, 503)},
    )
    async def stream(
        segment: Annotated[list[str] | None, Query(description="Only this segment's. Repeatable.")] = None,
        user: Annotated[list[str] | None, Query(description="Only this user's. Repeatable.")] = None,
        last_event_id: Annotated[str | None, Header(description="Goes on after this event.")] = None,
    ) -> Response:
        """Give changes as they come, as server-sent events: `event: change`, and the record of section 5 as its data.

        With `Last-Event-ID` it goes on after that event. Where that is of a store that was made anew, is unreadable, or
        is older than what is kept, the first event is `reset`: what was missed is not known. Erased users' changes are
        not sent again.
        """
        for text in [*(segment or ()), *(user or ())]:
            if len(text) > ID_MAX:
                raise Refusal(400, f"required names and ids of at most {ID_MAX} characters, found {len(text):,}")
        place, is_lost = _place(site, last_event_id)
        return EventStream(site, limit.take(), Wanted(segment, user), place, is_lost)

    return router


class Places:
    """So many streams at a time."""

    def __init__(self, most: int, metrics: Metrics) -> None:
        self._most = most
        self._metrics = metrics

    def take(self) -> Places:
        """Take a place; raises Refusal where there is none."""
        if self._metrics.open_streams >= self._most:
            raise Refusal(503, f"required fewer than {self._most:,} open streams, found so many")
        self._metrics.open_streams += 1
        return self

    def leave(self) -> None:
        """Give the place back."""
        self._metrics.open_streams -= 1


class Wanted:
    """Which changes a stream gives."""

    def __init__(self, segments: list[str] | None, users: list[str] | None) -> None:
        self._segments = frozenset(segments or ())
        self._users = frozenset(users or ())

    def wants(self, change: StoredChange) -> bool:
        """Tell whether a change is given."""
        if self._users and change.user_id not in self._users:
            return False
        return not self._segments or change.segment in self._segments


class EventStream(Response):
    """Writes events until the client goes, or takes nothing for too long."""

    media_type = "text/event-stream"

    def __init__(self, site: Site, places: Places, wanted: Wanted, place: int, is_lost: bool) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._site = site
        self._places = places
        self._wanted = wanted
        self._place = place
        self._is_lost = is_lost

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; a HEAD request gets the head alone."""
        hub = self._site.hub
        wakeup = hub.join()
        try:
            await self._send(send, {"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if scope.get(HEAD_ONLY):
                await send({"type": "http.response.body", "body": b""})
                return
            gone = asyncio.ensure_future(_gone(receive))
            try:
                await self._run(hub, wakeup, send, gone)
            finally:
                gone.cancel()
        except (TimeoutError, OSError):
            pass  # a client that takes nothing, or went away
        finally:
            hub.leave(wakeup)
            self._places.leave()

    async def _run(self, hub: Hub, wakeup: asyncio.Event, send: Send, gone: asyncio.Future[None]) -> None:
        first = b"retry: 2000\n\n" + (b"event: reset\ndata: {}\n\n" if self._is_lost else b"")
        await self._body(send, first)
        while not gone.done():
            wakeup.clear()
            for chunk in self._chunks(hub):
                await self._body(send, chunk)
            waiting = asyncio.ensure_future(wakeup.wait())
            both: set[asyncio.Future[Any]] = {waiting, gone}
            done, _ = await asyncio.wait(both, timeout=_BEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if not done:
                await self._body(send, b": still here\n\n")

    def _chunks(self, hub: Hub) -> Iterator[bytes]:
        while changes := hub.after(self._place):
            parts: list[bytes] = []
            size = 0
            for change in changes:
                self._place = change.number
                if self._wanted.wants(change):
                    parts.append(b"id: %b-%d\nevent: change\ndata: %b\n\n" % (self._name, change.number, change.record))
                    size += len(parts[-1])
                if size > _CHUNK:
                    yield b"".join(parts)
                    parts, size = [], 0
            if parts:
                yield b"".join(parts)

    @property
    def _name(self) -> bytes:
        return self._site.reader.name.encode()

    async def _body(self, send: Send, body: bytes) -> None:
        await self._send(send, {"type": "http.response.body", "body": body, "more_body": True})

    @staticmethod
    async def _send(send: Send, message: dict[str, Any]) -> None:
        await asyncio.wait_for(send(message), _SEND_SECONDS_MAX)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _place(site: Site, last_event_id: str | None) -> tuple[int, bool]:
    """Give the number to go on after, and whether what was missed is unknown."""
    if last_event_id is None:
        return site.hub.last, False
    name, _, number = last_event_id.rpartition("-")
    is_number = number.isascii() and number.isdigit() and len(number) < 19
    if name != site.reader.name or not is_number or int(number) > site.hub.last:
        return site.hub.last, True
    return int(number), int(number) < site.reader.forgotten_number()
