"""The pages and their addresses, put onto the application."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Coroutine
from typing import Any

os.environ.setdefault("NICEGUI_STORAGE_PATH", tempfile.gettempdir())  # nothing is stored; read when it is imported

from fastapi import FastAPI
from nicegui import core, ui
from nicegui.client import Client
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from livesegments.serve.api.replying import ID_MAX, Refusal, nothing_here, on_refusal, problem, read_id, read_number
from livesegments.serve.api.site import Site
from livesegments.serve.guard import LOGIN
from livesegments.serve.page.clusters import clusters
from livesegments.serve.page.dead_letters import dead_letters
from livesegments.serve.page.frame import FIND
from livesegments.serve.page.login import login, signed_in_router
from livesegments.serve.page.nothing import nothing
from livesegments.serve.page.overview import overview
from livesegments.serve.page.policy import Policy
from livesegments.serve.page.predictions import predictions
from livesegments.serve.page.segment import segment
from livesegments.serve.page.user import user
from livesegments.serve.page.wording import user_path
from livesegments.serve.sessions import Sessions

__all__ = ["PAGES_MAX", "add_pages"]

PAGES_MAX = 200
_MESSAGE_BYTES_MAX = 16 * 1_024


def add_pages(app: FastAPI, site: Site, sessions: Sessions | None) -> None:
    """Put the pages onto the application; NiceGUI's own part is reached by GET and a web socket alone."""

    @ui.page("/")
    async def first() -> Response | None:
        return await _bounded(overview(site))

    @ui.page("/segments/{name}")
    async def one_segment(name: str, after: str | None = None) -> Response | None:
        return await _bounded(segment(site, _id(name), after))

    @ui.page("/users/{user_id}")
    async def one_user(user_id: str, before: str | None = None) -> Response | None:
        return await _bounded(user(site, _id(user_id), _sequence(before)))

    @ui.page("/clusters")
    async def all_clusters() -> Response | None:
        return await _bounded(clusters(site))

    @ui.page("/predictions")
    async def all_predictions() -> Response | None:
        return await _bounded(predictions(site))

    @ui.page("/dead-letters")
    async def all_dead_letters(reason: str | None = None) -> Response | None:
        return await _bounded(dead_letters(site, reason))

    @ui.page(LOGIN)
    async def ask_for_token() -> Response | None:
        return await _bounded(login(sessions))

    @app.get(FIND, include_in_schema=False)
    async def find(user: str = "") -> Response:
        return RedirectResponse(user_path(user[:ID_MAX]) if user else "/", 303)

    async def nothing_has_it(request: Request, _: Exception) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return _page_of_nothing(site, request)
        return await on_refusal(request, nothing_here(app))

    core.app.add_exception_handler(404, nothing_has_it)  # in place of NiceGUI's own, which prints the address
    if sessions is not None:
        app.include_router(signed_in_router(sessions))
    core.sio.eio.max_http_buffer_size = _MESSAGE_BYTES_MAX
    core.sio.eio.transports = ["websocket"]
    core.app.config.socket_io_js_transports = ["websocket"]
    core.app.add_middleware(Policy)  # before what packs answers
    ui.run_with(app, title="livesegments", dark=None, language="en-US", tailwind=False, show_welcome_message=False)


async def _bounded(page: Coroutine[Any, Any, None]) -> Response | None:
    """Make a page, or refuse it where too many are open."""
    refusal = _refusal()
    if refusal is None:
        await page
    else:
        page.close()
    return refusal


def _refusal() -> Response | None:
    if len(Client.instances) <= PAGES_MAX:
        return None
    return problem(503, f"required fewer than {PAGES_MAX} open pages, found so many")


def _page_of_nothing(site: Site, request: Request) -> Response:
    refusal = _refusal()
    if refusal is not None:
        return refusal
    with Client(ui.page(""), request=request) as client:
        nothing(site)
    return client.build_response(request, 404)


def _sequence(text: str | None) -> int | None:
    """Read where a list goes on; where that is no number, it begins at the newest."""
    try:
        return None if text is None else read_number(text, "before", 1, 1 << 53)
    except Refusal:
        return None


def _id(text: str) -> str:
    try:
        return read_id(text)
    except Refusal:
        return text[:256]
