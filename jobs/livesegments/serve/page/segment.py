"""One segment: what it means, its size over time, who is in it, and why people entered."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import quote

import msgspec
from nicegui import ui

from livesegments.serve.api.site import Site
from livesegments.serve.page.charts import Chart, size_options
from livesegments.serve.page.elements import Line, Rows, code, column, link, number, share, text, time
from livesegments.serve.page.frame import card, follow, frame, heading, tiles
from livesegments.serve.page.overview import CHANGE_COLUMNS
from livesegments.serve.page.wording import cause_word, change_row, user_path
from livesegments.serve.reading import StoredChange
from livesegments.serve.replies import MemberList, SegmentHistory, SegmentReply

__all__ = ["segment"]

_CHANGES = 300  # looked at for why people entered
_SHOWN = 15
_MEMBERS = 50


class Seen(msgspec.Struct):
    """What the page shows."""

    segment: SegmentReply
    history: SegmentHistory
    changes: list[StoredChange]
    members: MemberList


async def segment(site: Site, name: str, after: str | None) -> None:
    """Make the page; members are shown from an id on."""
    if not site.segments.is_known(name):
        _unknown(site, name)
        return
    reply = site.segments.one(name)
    with frame(site, reply.title or name, ""):
        heading(reply.title or name, code(name), text(f" {reply.description or ''}"))
        members, part, entered, left = tiles("Members", "Share of users", "Entered today", "Left today")
        with card("What it means"):
            _meaning(reply)
        with card("Size over time"):
            chart = Chart("Members over time, and who entered and left")
        with card("Why people entered"):
            causes = Rows("Why people entered", _CAUSE_COLUMNS, "Nobody has entered yet.", compact=True)
        with card("Newest changes"):
            changes = Rows("Newest changes", CHANGE_COLUMNS, "Nobody has entered or left yet.")
        with card("Members"):
            table = Rows("Members", _MEMBER_COLUMNS, "Nobody is in this segment.", compact=True)
            more = Line()

        def show(seen: Seen) -> None:
            found = seen.segment
            members.show(text(f"{found.members:,}"))
            part.show(*share(found.share))
            entered.show(text(f"{found.entered_today:,}"))
            left.show(text(f"{found.left_today:,}"))
            chart.show(size_options(seen.history))
            causes.show(_causes(seen.changes))
            changes.show([change_row(one.number, one.record, site.segments) for one in seen.changes[:_SHOWN]])
            table.show([_member(one.user_id, one.since) for one in seen.members.members])
            path = f"?after={quote(seen.members.after or '', safe='')}#members"
            more.show(*([link("more members", path)] if seen.members.after else []))

        await follow(site, lambda: _load(site, name, after), show)


def _load(site: Site, name: str, after: str | None) -> Seen:
    return Seen(
        segment=site.segments.one(name),
        history=site.segments.history(name),
        changes=site.reader.newest_changes(_CHANGES, name),
        members=site.reader.members(name, _MEMBERS, after),
    )


def _unknown(site: Site, name: str) -> None:
    with frame(site, "Unknown segment", ""):
        heading("No segment of this name", code(name))
        ui.label("Neither the definition nor a change has it.")


def _meaning(reply: SegmentReply) -> None:
    if reply.condition is not None:
        Line(text("enters when ", "ls-label"), text(reply.condition, "ls-code ls-block"))
    if reply.exit_condition is not None:
        Line(text("leaves when ", "ls-label"), text(reply.exit_condition, "ls-code ls-block"))
    if reply.condition is None:
        Line(text("The definition has no condition for it: a list of members, or a segment that was removed."))
    if reply.response:
        Line(text("response ", "ls-label"), text(reply.response))
    if reply.tags:
        Line(*(text(tag, "ls-tag") for tag in reply.tags))


_CAUSE_COLUMNS = [
    column("cause", "What brought them in"),
    column("count", "How many", "number"),
    column("share", "Share of the newest", "wide"),
]
_MEMBER_COLUMNS = [column("user", "User", "user"), column("since", "Since", "time")]


def _causes(changes: list[StoredChange]) -> list[dict[str, Any]]:
    counts: Counter[str] = Counter()
    for change in changes:
        if change.kind == "entered":
            cause = msgspec.json.decode(change.record, type=dict)["data"].get("cause") or {}
            counts[cause_word(cause)] += 1
    total = counts.total()
    return [
        {"key": name, "cause": [text(name)], "count": [number(count)], "share": share(count / total)}
        for name, count in counts.most_common(12)
    ]


def _member(user_id: str, since: str | None) -> dict[str, Any]:
    return {"key": user_id, "user": [link(user_id, user_path(user_id))], "since": [time(since)]}
