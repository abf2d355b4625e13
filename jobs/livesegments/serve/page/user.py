"""One user: profile, segments since when, why in or not in each, and the history of changes."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec
from nicegui import ui

from livesegments.serve.api.site import Site
from livesegments.serve.page.elements import Line, Part, Rows, code, column, link, text, time
from livesegments.serve.page.explaining import explain_button
from livesegments.serve.page.frame import card, follow, frame, heading
from livesegments.serve.page.wording import change_row, clause_parts, reason_parts, segment_path, shown, user_path
from livesegments.serve.why import Why, why

__all__ = ["user"]

_CHANGES = 50
_NONE: list[Part] = [text("no change is known")]


class Seen(msgspec.Struct):
    """What the page shows; without a document the user is not in the store."""

    document: dict[str, Any] | None
    merged_into: str | None = None
    whys: list[Why] = []
    changes: list[bytes] = []
    before: int | None = None


def _load(site: Site, user_id: str, before: int | None) -> Seen:
    profile = site.reader.profile(user_id)
    if profile is None:
        ending = site.reader.ending(user_id)
        return Seen(None, None if ending is None else ending.merged_into)
    document = msgspec.json.decode(profile, type=dict)
    changes = site.reader.user_changes(user_id, _CHANGES, before)
    return Seen(
        document=document,
        whys=why(site.reader, site.definition, user_id, document),
        changes=[bytes(change) for change in changes.changes] if changes else [],
        before=changes.before if changes else None,
    )


async def user(site: Site, user_id: str, before: int | None) -> None:
    """Make the page; changes are shown from a sequence on downwards."""
    with frame(site, user_id, ""):
        line = heading(user_id)
        known = ui.element("div").classes("ls-stack")
        with known, card("Segments: why in, why not"):
            Line(text("✓ holds, ✗ does not hold, ? cannot be told: a value that it reads is missing.")).classes(
                "ls-sub"
            )
            inside = Rows("Segments", _WHY_COLUMNS, "The definition has no segments.")
        with known, ui.element("div").classes("ls-two"):
            with card("History"):
                history = Rows("History", _HISTORY_COLUMNS, "No change of this user is known.")
                more = Line()
            with card("Profile"):
                models = Line()
                features = Rows("Features", _FEATURE_COLUMNS, "No profile has been written yet.", compact=True)
        if site.events is not None:
            with known, card("Explained by the events"):
                explain_button(site, user_id)

        def show(seen: Seen) -> None:
            line.show(*_standing(seen))
            known.set_visibility(seen.document is not None)
            inside.show([_why_row(site, user_id, one) for one in seen.whys])
            history.show([_change(site, one) for one in seen.changes])
            more.show(*([link("older changes", f"?before={seen.before}")] if seen.before else []))
            document = seen.document or {}
            models.show(*_models(document))
            features.show(_features(document))

        await follow(site, lambda: _load(site, user_id, before), show)


def _standing(seen: Seen) -> list[Part]:
    if seen.merged_into is not None:
        return [text("This visitor is now the user "), link(seen.merged_into, user_path(seen.merged_into))]
    if seen.document is None:
        return [text("No user of this id is in the store: never seen, or erased.")]
    number = f"segments: {len(seen.document['segments']):,}, changes: {seen.document['sequence']:,}, as of "
    return [text(number), time(seen.document.get("updated_at"))]


_WHY_COLUMNS = [
    column("in", "In?", "short", sort=True),
    column("segment", "Segment", sort=True),
    column("since", "Since, or left", "time"),
    column("newest", "Newest change"),
    column("now", "Clauses now"),
]
_HISTORY_COLUMNS = [column("time", "Time", "time"), column("what", "What"), column("why", "Why")]
_FEATURE_COLUMNS = [column("name", "Feature", "name"), column("value", "Value")]


def _why_row(site: Site, user_id: str, one: Why) -> dict[str, Any]:
    mark = text("✓ in", "ls-in") if one.is_member else text("– out", "ls-unknown")
    left = one.newest.get("time") if one.newest and not one.is_member else None
    title = site.segments.title(one.segment)
    return {
        "key": one.segment,
        "in": [mark],
        "segment": [link(title, segment_path(one.segment))],
        "since": [time(one.since or left)],
        "newest": reason_parts(one.newest, site.segments) if one.newest else _NONE,
        "now": clause_parts(one.now, user_id, site.segments) or [text("–")],
        "sort": {"in": not one.is_member, "segment": title.lower()},
    }


def _change(site: Site, record: bytes) -> dict[str, Any]:
    row = change_row(0, record, site.segments)
    return {**row, "key": msgspec.json.decode(record, type=dict)["id"]}


def _models(document: dict[str, Any]) -> list[Part]:
    parts: list[Part] = []
    for section, path in (("clusters", "/clusters"), ("predictions", "/predictions")):
        for name, value in (document.get(section) or {}).items():
            parts.append(link(f"{name}: {shown(value)}", f"{path}#{quote(name)}", "ls-tag"))
    return parts


def _features(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": name, "id": f"feature-{name}", "name": [code(name)], "value": [text(shown(value))]}
        for name, value in sorted((document.get("features") or {}).items())
    ]
