"""Dead letters: bad input by reason, over time, and the newest with what came."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from livesegments.serve.api.site import Site
from livesegments.serve.letters import StoredLetter, letter_counts, letters_over_time, newest_letters
from livesegments.serve.page.charts import Chart, bars_options
from livesegments.serve.page.elements import Rows, code, column, link, number, share, text, time
from livesegments.serve.page.frame import card, follow, frame, heading
from livesegments.serve.page.wording import user_path

__all__ = ["dead_letters"]

_SHOWN = 100
_RAW_SHOWN = 600
_HOUR_MS = 3_600_000


class Seen(msgspec.Struct):
    """What the page shows."""

    counts: list[tuple[str, int]]
    over_time: dict[str, list[tuple[str, int]]]
    letters: list[StoredLetter]


async def dead_letters(site: Site, reason: str | None) -> None:
    """Make the page, of all reasons or of one."""
    with frame(site, "Dead letters", "/dead-letters"):
        title = "Dead letters: what could not be applied, and why"
        heading(title, *([code(reason), text(" "), link("all reasons", "/dead-letters")] if reason else []))
        with card("By reason"):
            counts = Rows("By reason", _COUNT_COLUMNS, "None: all input was good.", compact=True)
        with card("Over time, per hour"):
            chart = Chart("Dead letters per hour by reason", "ls-low")
        with card("The newest"):
            letters = Rows("The newest dead letters", _COLUMNS, "None.")

        def show(seen: Seen) -> None:
            total = sum(count for _, count in seen.counts) or 1
            counts.show(
                [
                    {"key": name, "reason": [link(name, f"?reason={quote(name)}")], "count": [number(count)],
                     "share": share(count / total)}
                    for name, count in seen.counts
                ]
            )  # fmt: skip
            chart.show(bars_options(seen.over_time))
            letters.show([_letter(one) for one in seen.letters])

        def load() -> Seen:
            reader = site.reader
            return Seen(
                letter_counts(reader), letters_over_time(reader, _HOUR_MS), newest_letters(reader, _SHOWN, reason)
            )

        await follow(site, load, show)


_COUNT_COLUMNS = [column("reason", "Reason"), column("count", "How many", "number"), column("share", "Share", "wide")]
_COLUMNS = [
    column("time", "Received", "time"),
    column("reason", "Reason", "short"),
    column("message", "What is wrong"),
    column("user", "User", "user"),
    column("raw", "What came"),
]


def _letter(one: StoredLetter) -> dict[str, Any]:
    raw = one.letter.raw
    return {
        "key": one.number,
        "time": [time(one.received_at)],
        "reason": [text(one.letter.reason)],
        "message": [text(one.letter.message), *_place(one)],
        "user": [link(one.user_id, user_path(one.user_id))] if one.user_id else [text("–")],
        "raw": [text("not kept") if raw is None else code(raw[:_RAW_SHOWN] + ("…" if len(raw) > _RAW_SHOWN else ""))],
    }


def _place(one: StoredLetter) -> list[dict[str, Any]]:
    letter = one.letter
    return [] if letter.topic is None else [text(f" ({letter.topic}, {letter.partition}, {letter.offset})", "ls-cause")]
