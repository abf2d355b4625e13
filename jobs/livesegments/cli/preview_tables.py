"""How a preview looks: one line for each segment, what differs between two definitions, and details of some."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from livesegments.cli.console import table
from livesegments.cli.wording import plain, value_words
from livesegments.core.explain.words import about

if TYPE_CHECKING:
    from livesegments.preview import Difference, Differing, Preview, PreviewedSegment, Sampled, SweepReport

__all__ = ["show", "show_sweep"]

_BARS = "·▁▂▃▄▅▆▇█"  # a dot and no blank: what draws the table cuts blanks at the end, and bars would move
_BARS_MAX = 10
_ALIKE = 0.5  # from here on two segments are told to be alike
_ROWS_MAX = 15


def show(told: Preview, names: list[str]) -> None:
    """Print a preview on stdout; details of the segments named."""
    _say(_heading(told))
    if told.against is None:
        _overview("Segments", [(one, one.new) for one in told.segments if one.new])
        if not names:
            _alike(told)
    else:
        _differences(told)
        changed = [(one, one.new) for one in told.segments if one.new and one.state != "unchanged"]
        _overview("New and changed segments, under the new definition", changed)
        for one in told.segments:
            _users(one)
        _say(_unchanged(told))
    for one in told.segments:
        if one.segment in names:
            _details(one)


def show_sweep(told: SweepReport) -> None:
    """Print a sweep on stdout: a line for each value."""
    span = f"{(told.start or '')[:10]} to {(told.end or '')[:10]}, {told.days:,.0f} days"
    _say(f"segments.{told.segment}.{told.key}: {_sampled(told.users)} users, {span}\n{told.events}\n")
    rows = [
        (
            _cell(one.condition),
            _sampled(one.members),
            f"{one.share:.1%}",
            f"{one.entered_per_day:,.2f}",
            one.left,
            "-" if one.median_stay_ms is None else about(round(one.median_stay_ms)),
            one.returned,
            f"{one.jaccard:.0%}",
            ", ".join(f"{other.segment} {other.jaccard:.0%}" for other in one.alike[:1]) or "-",
        )
        for one in told.values
    ]
    columns = ["value", "members", "of all", "in a day", "left", "median stay", "back in 7 d", "as now", "most alike"]
    table(told.segment, columns, rows)


def _say(text: str) -> None:
    print(text)  # noqa: T201


def _heading(told: Preview) -> str:
    between = f"{told.definition} against {told.against}" if told.against else told.definition
    if told.start is None or told.end is None:
        return f"{between}: no events"
    span = f"{told.start[:10]} to {told.end[:10]}, {told.days:,.0f} days"
    users = _sampled(told.users)
    sample = (
        f"\nA sample of {told.share:.2%} of all users. Counts are scaled to all; in 95 of 100 samples the true number\n"
        "lies within (from-to)."
    )
    return f"{between}: {users} users, {span}\n{told.events}{sample if told.share < 1 else ''}\n"


def _overview(title: str, rows: list[tuple[Difference, PreviewedSegment]]) -> None:
    if not rows:
        return
    table(
        title,
        [
            "segment",
            "members",
            "of all",
            "over time",
            "a day",
            "entered",
            "left",
            "median stay",
            "back in 7 d",
            "by",
        ],
        [
            (
                one.segment,
                _sampled(side.members),
                f"{side.share:.1%}",
                _line([step.members for step in side.over_time]),
                f"{side.entered_per_day:,.2f}",
                side.entered,
                side.left,
                "-" if side.median_stay_ms is None else about(round(side.median_stay_ms)),
                side.returned,
                ", ".join(f"{kind} {share:.0%}" for kind, share in side.causes.items()) or "-",
            )
            for one, side in rows
        ],
    )


def _sampled(number: Sampled) -> str:
    low, high = number.interval
    if low == high:
        return f"{number.users:,}"
    return f"{number.users:,} ({low:,}-{high:,})"


def _line(sizes: list[int]) -> str:
    """Draw sizes as bars of eight heights, the greatest in a full one; the last size is always among them."""
    step = max(1, -(-len(sizes) // _BARS_MAX))
    kept = sizes[(len(sizes) - 1) % step :: step] if sizes else []
    most = max(kept, default=0)
    return "".join(_BARS[0 if not size else max(1, round(8 * size / most))] for size in kept) if most else ""


def _alike(told: Preview) -> None:
    pairs = sorted(
        (-overlap.jaccard, one.segment, overlap.segment, overlap.both)
        for one in told.segments
        if one.new
        for overlap in one.new.overlaps
        if overlap.jaccard >= _ALIKE and one.segment < overlap.segment
    )
    rows = [(first, second, both, f"{-jaccard:.0%}") for jaccard, first, second, both in pairs[:_ROWS_MAX]]
    if rows:
        table("Segments that are much alike", ["segment", "and", "users in both", "of those in either"], rows)


def _differences(told: Preview) -> None:
    rows = [
        (
            one.segment,
            one.state,
            "-" if one.old is None else _sampled(one.old.members),
            "-" if one.new is None else _sampled(one.new.members),
            *("-" if count is None else _sampled(count) for count in (one.only_old, one.only_new, one.both)),
            "-" if one.old is None else f"{one.old.entered_per_day:,.2f}",
            "-" if one.new is None else f"{one.new.entered_per_day:,.2f}",
        )
        for one in told.segments
        if one.state != "unchanged"
    ]
    columns = ["segment", "is", "members old", "new", "only old", "only new", "both", "in a day old", "new"]
    if rows:
        table("What differs at the end", columns, rows)
    else:
        _say("No segment was edited.")


def _users(one: Difference) -> None:
    if one.users:
        table(
            f"{one.segment}: users that differ",
            ["user", "only in", "since", "what keeps them out of the other"],
            [(_cell(user.user_id), user.only_in, user.since[:10], _cell(_why(user))) for user in one.users],
        )


def _why(user: Differing) -> str:
    parts = [
        f"{'' if clause.part == 'when' else 'leaves: '}{clause.as_it_counts[0]} "
        f"[{', '.join(value_words(value) for value in clause.values.values())}]"
        for clause in user.decided_by
    ]
    return "; ".join([*parts, user.note] if user.note else parts)


def _unchanged(told: Preview) -> str:
    if told.differ_unchanged:
        return f"Not edited, and DIFFERENT all the same: {', '.join(told.differ_unchanged)}"
    count = len(told.unchanged)
    return f"{count} segment{' was' if count == 1 else 's were'} not edited: the same figures under both definitions."


def _details(one: Difference) -> None:
    for when, side in (("", one.new), (" under the old definition", one.old)):
        if side is None or (when and one.state == "unchanged"):
            continue
        _say(f"\n{one.segment} ({plain(one.title)}){when}: {plain(one.condition) if not when else ''}".rstrip(": "))
        total = side.entered or 1
        clauses = list(side.clauses.items())[:_ROWS_MAX]
        rows = [(_cell(clause), count, f"{count / total:.0%}") for clause, count in clauses]
        _table("What brought users in", ["clause", "entries", "of all entries"], rows)
        steps = side.over_time
        _table(
            "Over time" if len(steps) <= _ROWS_MAX else f"Over time, the newest {_ROWS_MAX} of {len(steps)} steps",
            ["from", "members at the end", "entered", "left"],
            [(step.start, step.members, step.entered, step.left) for step in steps[-_ROWS_MAX:]],
        )
        _table(
            "Users also in",
            ["segment", "users in both", "of those in either"],
            [(other.segment, other.both, f"{other.jaccard:.0%}") for other in side.overlaps[:_ROWS_MAX]],
        )


def _table(title: str, columns: list[str], rows: Iterable[tuple[object, ...]]) -> None:
    if kept := list(rows):
        table(title, columns, kept)


def _cell(text: str) -> str:
    from rich.markup import escape

    return escape(plain(text))
