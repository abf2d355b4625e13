"""How an explanation looks: terse tables for people, readable at 100 columns."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from livesegments.core.explain.words import about

if TYPE_CHECKING:
    from livesegments.core.changes import ChangeRecord, SegmentChange
    from livesegments.core.explain import (
        Distance,
        ExplainedClause,
        ExplainedFeature,
        ExplainedSegment,
        Explanation,
    )

__all__ = ["show"]

WIDTH = 100
_HOLDS = {True: "yes", False: "no", None: "?"}
_VERBS = {"entered": "enters", "exited": "leaves"}
_APART = ("segments", "clusters", "predictions", "features")  # of the document; told in parts of their own
_DAY_MS = 86_400_000


def show(told: Explanation) -> None:
    """Print an explanation on stdout."""
    console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH, highlight=False)
    parts = [_heading(told), *_profile(told), *_features(told), *_segments(told), *_next(told), *_changes(told)]
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    for line in captured.get().splitlines():
        print(line.rstrip())  # noqa: T201


def _heading(told: Explanation) -> Text:
    lines = [_plain(told.user_id) + (f" at {_exact(told.at)} UTC" if told.at else "")]
    if told.erased_at and told.forgotten_at:
        lines.append(f"erased: events up to {_exact(told.erased_at)} are refused until {_exact(told.forgotten_at)}")
    elif told.state == "empty":
        lines.append("nothing is known: no event of this user was applied, or all was erased and forgotten")
    else:
        members = sum(segment.member for segment in told.segments)
        lines.append(f"in {members} of {len(told.segments)} segments; first event {_minute(told.first_event_at)}")
    lines.append(str(told.counts))
    lines.extend(f"  {line.reason}: {_plain(line.message)}" for line in told.bad_lines)
    return Text("\n".join(lines))


def _profile(told: Explanation) -> list[Text | Table]:
    if told.profile is None:
        return []
    table = _grid(2, 2, 5)
    for section, fields in told.profile.items():
        if isinstance(fields, dict) and section not in _APART:
            for index, (name, value) in enumerate(fields.items()):
                table.add_row(*_cells("" if index else section, name, _value(value)))
    return [_title(f"Profile, as of {_exact(told.profile['updated_at'])}"), table]


def _features(told: Explanation) -> list[Text | Table]:
    if not told.features:
        return []
    table = _grid(5, 3, 5, 3, 3)
    table.add_row(*(Text(word, style="dim") for word in ("  name", "value", "what it is", "of", "changes by itself")))
    for feature in told.features:
        row = (f"  {feature.feature}", _value(feature.value), _what(feature), feature.window or "", _when(feature))
        table.add_row(*_cells(*row))
    return [_title("Features"), table]


def _what(feature: ExplainedFeature) -> str:
    return feature.meaning if feature.limit is None else f"{feature.meaning} ({feature.limit})"


def _when(feature: ExplainedFeature) -> str:
    return "all the time" if feature.continuous else _minute(feature.changes_at)


def _segments(told: Explanation) -> list[Text | Table]:
    days = {feature.feature for feature in told.features if feature.meaning.startswith("days since")}
    parts: list[Text | Table] = [_title("Segments")] if told.segments else []
    for segment in sorted(told.segments, key=lambda segment: not segment.member):
        style = "bold green" if segment.member else "bold"
        parts.append(Text(f"{'in ' if segment.member else 'out'}  {_standing(segment)}", style=style))
        table = _grid(1, 8, 5, 7)
        for clauses, heading in ((segment.when, ""), (segment.exit_when, "leaves when")):
            if clauses and heading:
                table.add_row("", Text(heading, style="dim"))
            for clause in clauses:
                row = (f"  {_HOLDS[clause.holds]}", clause.clause, _values(clause), _to_flip(clause, days))
                table.add_row(*_cells(*row))
        if segment.when:
            parts.append(table)
    return parts


def _standing(segment: ExplainedSegment) -> str:
    parts = [f"{segment.segment} ({_plain(segment.title)})"]
    if segment.since:
        parts.append(f"since {_minute(segment.since)}")
    if segment.dwell_left_ms:
        parts.append(f"stays for {about(segment.dwell_left_ms)} more at least")
    if segment.cooldown_left_ms and not segment.member:
        parts.append(f"may return in {about(segment.cooldown_left_ms)}")
    if segment.kind == "static":
        parts.append("decided once" if segment.decided else "not decided yet")
    return ", ".join(parts)


def _values(clause: ExplainedClause) -> str:
    if len(clause.values) == 1:
        return _value(*clause.values.values())
    return ", ".join(f"{name} {_value(value)}" for name, value in clause.values.items())


def _to_flip(clause: ExplainedClause, days: set[str]) -> str:
    """Say what flips a clause: how much more or less, and when time does it."""
    if clause.holds is None:
        return "; ".join(f"needs {name}" for name, value in clause.values.items() if value is None)
    distance = clause.distance
    if distance is not None and distance.side in days:
        return _days_to_flip(clause, distance)
    parts = [] if distance is None else [_amount(distance, clause.holds)]
    if clause.flips_in_ms is not None:
        parts.append(f"{'ends' if clause.holds else 'met'} by itself in {about(clause.flips_in_ms)}")
    return "; ".join(parts)


def _days_to_flip(clause: ExplainedClause, distance: Distance) -> str:
    if distance.direction != "more":
        return "a new event ends it" if clause.holds else "needs a new event"
    left = about(round(distance.needs * _DAY_MS))
    return f"ends in {left}" if clause.holds else f"{left} to go"


def _amount(distance: Distance, holds: bool) -> str:
    if distance.direction == "any":
        return "any other value ends it" if holds else "needs any other value"
    over = "over " if distance.beyond else ""
    amount = f"{over}{_number(abs(distance.needs))} {distance.direction}"
    return f"{amount} ends it" if holds else f"needs {amount}"


def _next(told: Explanation) -> list[Text | Table]:
    if told.looked_until is None:
        return []
    if told.next_change is None:
        return [_title("If nothing happens"), Text(f"  no change until {_minute(told.looked_until)}")]
    heading = f"If nothing happens: at {_exact(told.next_change.at)}, in {about(told.next_change.in_ms)}"
    table = _grid(6, 12)
    for record in told.next_change.changes:
        table.add_row(*_cells(f"  {_what_changes(record)}", _why(record.data)))
    return [_title(heading), table]


def _changes(told: Explanation) -> list[Text | Table]:
    if not told.changes:
        return []
    table = _grid(4, 6, 8)
    for record in told.changes:
        table.add_row(*_cells(f"  {_minute(record.time)}", _what_changes(record), _why(record.data)))
    return [_title(f"Last changes, {len(told.changes)} of {told.sequence}"), table]


def _what_changes(record: ChangeRecord) -> str:
    change = record.data
    return f"{_VERBS[change.change]} {change.segment}" if change.segment else "erased"


def _why(change: SegmentChange) -> str:
    told = "; ".join(
        f"{part.clause} [{', '.join(_value(value) for value in part.values.values())}]" for part in change.because
    )
    cause = change.cause.event or (change.cause.type if change.cause.kind == "event" else change.cause.kind)
    return f"{_plain(str(cause))}: {told}" if told else _plain(str(cause))


def _title(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _grid(*ratios: int) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for ratio in ratios:
        table.add_column(ratio=ratio, overflow="fold")
    return table


def _cells(*texts: str) -> list[Text]:
    """Make cells of texts as they are: brackets in them are no markup."""
    return [Text(_plain(text)) for text in texts]


def _value(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool | dict):
        return msgspec.json.encode(value).decode()
    if isinstance(value, list):
        return ", ".join(map(_value, value)) or "none"
    return _number(value) if isinstance(value, int | float) else str(value)


def _number(number: float) -> str:
    """Write a number with at most four decimals, small ones with three digits."""
    if number and abs(number) < 0.0001:
        return f"{number:.3g}"
    return f"{number:,.4f}".rstrip("0").rstrip(".")


def _plain(text: str) -> str:
    """Write what no terminal shows, or would act on, as its escape."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _exact(text: str) -> str:
    return text[:23].replace("T", " ").removesuffix(".000")


def _minute(text: str | None) -> str:
    return "" if text is None else text[:16].replace("T", " ")
