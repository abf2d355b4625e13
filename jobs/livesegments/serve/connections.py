"""Connections with patience that ends: who sends no whole request in time is cut off."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["REQUEST_SECONDS_MAX", "LimitedConnection"]

REQUEST_SECONDS_MAX = 5.0


class LimitedConnection(H11Protocol):
    """HTTP/1.1 whose requests must be there, head and all, within some seconds of the first byte or the connection."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        if self._timer is None and self.cycle is None:
            self._wait()
        super().data_received(data)
        if self.cycle is not None:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._timer is None:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._timer = self.loop.call_later(REQUEST_SECONDS_MAX, self._cut_off)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _cut_off(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self.transport.abort()
