"""The first page: segments, sizes over time, newest changes, freshness, dead letters."""

from __future__ import annotations

from typing import Any

import msgspec

from livesegments.serve.api.health import health
from livesegments.serve.api.site import Site
from livesegments.serve.letters import letter_counts
from livesegments.serve.page.charts import Chart, line_options
from livesegments.serve.page.elements import Rows, column, link, number, share, text, time
from livesegments.serve.page.frame import card, follow, frame, heading, tiles
from livesegments.serve.page.wording import change_row, segment_path
from livesegments.serve.reading import StoredChange
from livesegments.serve.replies import Health, SegmentHistory, SegmentList, SegmentReply

__all__ = ["overview"]

_CHARTED = 6
_CHANGES = 15


class Seen(msgspec.Struct):
    """What the page shows."""

    segments: SegmentList
    histories: list[SegmentHistory]
    changes: list[StoredChange]
    letters: list[tuple[str, int]]
    health: Health


def _load(site: Site) -> Seen:
    segments = site.segments.all()
    largest = sorted(segments.segments, key=lambda one: (-one.members, one.name))[:_CHARTED]
    return Seen(
        segments=segments,
        histories=[site.segments.history(one.name) for one in largest if one.members],
        changes=site.reader.newest_changes(_CHANGES),
        letters=letter_counts(site.reader),
        health=health(site),
    )


async def overview(site: Site) -> None:
    """Make the page."""
    with frame(site, "Overview", "/"):
        day = heading("Segments, live")
        users, entered, left, newest, letters_tile = tiles(
            "Users", "Entered today", "Left today", "Newest change", "Dead letters"
        )
        with card("Sizes over time of the largest segments"):
            chart = Chart("Members of the largest segments over time")
        with card("Segments"):
            table = Rows("Segments", _SEGMENT_COLUMNS, _NO_SEGMENTS, compact=True)
        with card("Newest changes"):
            changes = Rows("Newest changes", CHANGE_COLUMNS, "No user has entered or left a segment yet.")
        with card("Dead letters by reason"):
            letters = Rows("Dead letters", _LETTER_COLUMNS, "None: all input was good.", compact=True)

        def show(seen: Seen) -> None:
            found = seen.segments
            day.show(*([text(f"Today is {found.today}, the day of the newest change.")] if found.today else []))
            users.show(text(f"{found.users:,}"))
            entered.show(text(f"{sum(one.entered_today for one in found.segments):,}"))
            left.show(text(f"{sum(one.left_today for one in found.segments):,}"))
            newest.show(time(seen.health.newest_change_at))
            letters_tile.show(link(f"{sum(count for _, count in seen.letters):,}", "/dead-letters"))
            titles = {one.name: site.segments.title(one.name) for one in found.segments}
            chart.show(
                line_options({titles[one.segment]: [(s.time, s.members) for s in one.steps] for one in seen.histories})
            )
            changes.show([change_row(one.number, one.record, site.segments) for one in seen.changes])
            by_title = sorted(found.segments, key=lambda one: titles[one.name].lower())
            table.show([_segment_row(one, titles[one.name]) for one in by_title])
            letters.show(
                [
                    {"key": name, "reason": [link(name, "/dead-letters")], "count": [number(count)]}
                    for name, count in seen.letters
                ]
            )

        await follow(site, lambda: _load(site), show)


CHANGE_COLUMNS = [
    column("time", "Time", "time"),
    column("user", "User", "user"),
    column("what", "What"),
    column("why", "Why"),
]
_SEGMENT_COLUMNS = [
    column("segment", "Segment", sort=True),
    column("members", "Members", "number", sort=True),
    column("share", "Share of users", "wide"),
    column("entered", "Entered today", "number wide", sort=True),
    column("left", "Left today", "number wide", sort=True),
]
_NO_SEGMENTS = "The definition has no segments, and no change has come."
_LETTER_COLUMNS = [column("reason", "Reason"), column("count", "How many", "number")]


def _segment_row(one: SegmentReply, title: str) -> dict[str, Any]:
    return {
        "key": one.name,
        "segment": [link(title, segment_path(one.name))],
        "members": [number(one.members)],
        "share": share(one.share),
        "entered": [number(one.entered_today)],
        "left": [number(one.left_today)],
        "sort": {
            "segment": title.lower(),
            "members": one.members,
            "entered": one.entered_today,
            "left": one.left_today,
        },
    }
