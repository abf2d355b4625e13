"""The login: the token goes over the page's own web socket, a ticket comes back, and the ticket becomes a cookie."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from nicegui import ui
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from livesegments.serve.guard import LOGIN
from livesegments.serve.page.elements import words
from livesegments.serve.page.frame import style
from livesegments.serve.sessions import COOKIE, SESSION_SECONDS, Sessions

__all__ = ["login", "signed_in_router"]

SIGNED_IN = f"{LOGIN}/ticket"
_WRONG_SECONDS = 1.0


async def login(sessions: Sessions | None) -> None:
    """Make the page."""
    style()
    ui.page_title("Login · livesegments")
    ui.dark_mode(None)
    with ui.element("div").classes("ls-card ls-login"):
        words("h1", "livesegments")
        box = ui.input("Token", password=True).props('outlined dense maxlength=512 autofocus autocomplete="off"')
        word = ui.label("").classes("ls-out").props('role="alert"')
        is_asked = False

        async def ask() -> None:
            nonlocal is_asked
            if is_asked:
                return
            is_asked = True
            try:
                ticket = None if sessions is None else sessions.ticket(box.value or "")
                if ticket is None:
                    await asyncio.sleep(_WRONG_SECONDS)
                    word.set_text("This is not the token that the server was started with.")
                else:
                    ui.navigate.to(f"{SIGNED_IN}?ticket={ticket}")
            finally:
                is_asked = False

        box.on("keydown.enter", ask)
        ui.button("Log in", on_click=ask, color=None).classes("ls-main-button").props("no-caps")


def signed_in_router(sessions: Sessions) -> APIRouter:
    """Give the route that changes a ticket for the cookie."""
    router = APIRouter(include_in_schema=False)

    @router.get(SIGNED_IN)
    async def signed_in(request: Request, ticket: str = "") -> Response:
        cookie = sessions.redeem(ticket)
        if cookie is None:
            return RedirectResponse(LOGIN, 303)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            COOKIE,
            cookie,
            max_age=SESSION_SECONDS,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    return router
