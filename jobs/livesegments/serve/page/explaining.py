"""The user explained by a run's events, as `livesegments explain` does it; one at a time."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nicegui import run, ui

from livesegments.serve.api.site import Site
from livesegments.serve.explaining import explained
from livesegments.serve.page.elements import Line, Part, Rows, code, column, link, text, time
from livesegments.serve.page.wording import segment_path, shown

if TYPE_CHECKING:
    from livesegments.core.explain import ExplainedSegment, Explanation

__all__ = ["explain_button"]

_one_at_a_time = asyncio.Semaphore(1)


def explain_button(site: Site, user_id: str) -> None:
    """Make the button and what it fills."""
    button = ui.button("Replay this user's events").props("no-caps outline")
    word = Line(text("Reads the events of the run and evaluates every clause at their end."))
    word.classes("ls-sub").props('role="status"')  # what comes later is read aloud
    table = Rows("Explained", [column("segment", "Segment"), column("in", "In?"), column("clauses", "Clauses")], "")
    table.set_visibility(False)

    async def explain() -> None:
        assert site.events is not None
        button.disable()
        word.show(text("Reading the events …"))
        try:
            async with _one_at_a_time:
                found = await run.io_bound(explained, site.definition, site.reader, Path(site.events), user_id)
            word.show(*_end(found))
            table.show(_rows(found) if found else [])
            table.set_visibility(found is not None)
        finally:
            button.enable()

    button.on_click(explain)


def _rows(found: Explanation) -> list[dict[str, Any]]:
    """Give a row for each segment: those the user is in first."""
    return [_row(one) for one in sorted(found.segments, key=lambda one: (not one.member, one.segment))]


def _row(one: ExplainedSegment) -> dict[str, Any]:
    condition = one.exit_when if one.member and one.exit_when is not None else one.when
    parts: list[Part] = []
    for clause in (part.as_it_counts for part in condition.clauses) if condition else ():
        values = ", ".join(f"{name} = {shown(value)}" for name, value in clause.values.items())
        mark = {True: "✓ ", False: "✗ ", None: "? "}[clause.holds]
        parts += [text(mark), code(clause.clause), text(values, "ls-value")]
        if clause.flips_at is not None:
            parts += [text("by itself another answer at ", "ls-value"), time(clause.flips_at)]
        parts.append(text("", "ls-break"))
    return {
        "key": one.segment,
        "segment": [link(one.title or one.segment, segment_path(one.segment))],
        "in": [text("✓ in" if one.member else "– out")],
        "clauses": parts[:-1],
    }


def _end(found: Explanation | None) -> list[Part]:
    if found is None:
        return [text("The events have none of this user.")]
    parts = [text("At the end of the events, "), time(found.at)]
    if found.next_change is not None:
        names = ", ".join(str((one.get("data") or {}).get("segment")) for one in found.next_change.changes)
        parts += [text(f". If nothing happens, the next change is {names} at "), time(found.next_change.at)]
    return parts
