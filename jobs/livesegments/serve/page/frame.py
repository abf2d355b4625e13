"""What all pages share: head, navigation, how the server stands, and following the store while one looks."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from nicegui import ui

from livesegments.serve.api.health import health
from livesegments.serve.api.site import Site
from livesegments.serve.page.elements import Line, Part, words

__all__ = ["FIND", "Tile", "card", "follow", "follow_each", "frame", "heading", "style", "tiles"]

T = TypeVar("T")
FIND = "/find"
_TICK_SECONDS = 1.0
_STATE_TICKS = 5
_FIRST_SECONDS = 1.0
_STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
_PAGES = {"/": "Overview", "/clusters": "Clusters", "/predictions": "Predictions", "/dead-letters": "Dead letters"}
_log = logging.getLogger(__name__)


@contextmanager
def frame(site: Site, title: str, here: str) -> Iterator[None]:
    """Make a page: what is made inside goes below the head, which stands outside of the page's `main`."""
    style()
    ui.page_title(f"{title} · livesegments")
    dark = ui.dark_mode(None)
    with ui.context.client.layout, ui.element("header").classes("ls-header") as head:
        words("a", "to the content").classes("ls-skip").props('href="#main"')
        ui.link("livesegments", "/").classes("ls-brand")
        with ui.element("nav").classes("ls-nav").props('aria-label="Pages"'):
            for path, name in _PAGES.items():
                item = ui.link(name, path)
                if path == here:
                    item.props('aria-current="page"')
        ui.element("span").classes("ls-grow")
        _search()
        state = ui.label("").classes("ls-state").props('role="status" aria-live="off"')
        button = ui.element("button").classes("ls-button").props('type="button" title="automatic, light, dark"')
        button.on("click", lambda: _turn(dark))
        with button:
            words("span", "Light or dark")
    head.move(target_index=0)
    with ui.element("div").classes("ls-main").props('id="main" tabindex="-1"'):
        yield
    _keep_state(site, state)


def style() -> None:
    """Give the page our style."""
    ui.add_head_html(f"<style>{_STYLE}</style>")


def _turn(dark: ui.dark_mode) -> None:
    dark.value = {None: False, False: True, True: None}[dark.value]


def _search() -> None:
    """Make a form of plain HTML: it works before the web socket is there."""
    with ui.element("form").props(f'action="{FIND}" method="get" role="search"'):
        box = ui.element("input").classes("ls-search")
        box.props('name="user" type="search" placeholder="User id" aria-label="User id" maxlength="256" required')
        box.props('autocomplete="off"')


def _keep_state(site: Site, state: ui.label) -> None:
    """Say in the head how the server stands, every few seconds."""

    def show() -> None:
        try:
            told = health(site)
        except sqlite3.Error:
            state.set_text("the store does not answer")
            state.classes(replace="ls-state stopped")
            return
        words = {"level": "up to date", "stopped": "stopped"}
        behind = "" if told.lag_offsets is None else f" by {told.lag_offsets:,}"
        text = words.get(told.status, f"behind{behind}, {told.lag_seconds:,.0f} s")
        if told.problem is not None:
            text = f"{told.status}: {told.problem[:120]}"
        if text != state.text:
            state.set_text(text)
            state.classes(replace=f"ls-state {told.status}")

    show()
    ui.timer(_TICK_SECONDS * _STATE_TICKS, show)


def heading(title: str, *parts: Part) -> Line:
    """Make the page's heading with a line below."""
    with ui.element("div"):
        words("h1", title)
        return Line(*parts).classes("ls-sub")


@contextmanager
def card(title: str, kind: str = "", *, anchor: str | None = None) -> Iterator[ui.element]:
    """Make a card with a heading, which links reach by its anchor; the title may be a text of others."""
    with ui.element("section").classes(f"ls-card {kind}") as made:
        made._props.update({"aria-label": title, "id": anchor or title.lower().replace(" ", "-")})
        words("h2", title)
        yield made


class Tile:
    """A figure with its name."""

    def __init__(self, name: str) -> None:
        with ui.element("div").classes("ls-tile"):
            ui.label(name).classes("ls-name")
            with ui.element("div").classes("ls-figure"):
                self._line = Line()

    def show(self, *parts: Part) -> None:
        """Show the figure."""
        self._line.show(*parts)


def tiles(*names: str) -> list[Tile]:
    """Make a row of tiles."""
    with ui.element("div").classes("ls-tiles"):
        return [Tile(name) for name in names]


async def follow(site: Site, load: Callable[[], T], show: Callable[[T], None]) -> None:
    """Show what `load` gives now, and again within a second of each change of the store.

    `load` runs in a thread. Until it has answered for the first time, and when it fails, the page says so.
    """
    with ui.element("div").classes("ls-card") as banner:
        word = ui.label("Loading …").props('role="status"')
    banner.move(target_index=1)  # below the heading
    seen, is_broken = site.hub.version, False
    task: asyncio.Task[None]

    async def refresh() -> None:
        nonlocal is_broken
        try:
            show(await asyncio.to_thread(load))
            is_broken = False
        except Exception as error:
            _log.warning("a page cannot be shown", exc_info=error)
            is_broken = True
            word.set_text("This cannot be shown now. It is tried again; what the server prints says why.")
            banner.classes("ls-trouble")
        banner.set_visibility(is_broken)

    def tick() -> None:
        nonlocal seen, task
        if task.done() and (is_broken or site.hub.version != seen):
            seen = site.hub.version
            task = asyncio.create_task(refresh())

    task = asyncio.create_task(refresh())
    await asyncio.wait({task}, timeout=_FIRST_SECONDS)
    ui.timer(_TICK_SECONDS, tick)


async def follow_each(
    site: Site,
    load: Callable[[], list[T]],
    name_of: Callable[[T], str],
    make: Callable[[T], Callable[[T], None]],
    none: str,
) -> None:
    """Show a card for each report that `load` gives: `make` makes it once and gives what shows a report in it.

    `none` is said while there is no report.
    """
    empty = ui.label("").classes("ls-empty")
    place = ui.element("div").classes("ls-stack")
    cards: dict[str, Callable[[T], None]] = {}

    def show(reports: list[T]) -> None:
        empty.set_visibility(not reports)
        empty.set_text("" if reports else none)
        for report in reports:
            name = name_of(report)
            if name not in cards:
                with place:
                    cards[name] = make(report)
            cards[name](report)

    await follow(site, load, show)
