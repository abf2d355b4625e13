"""How an explanation looks: terse tables for people, readable at 100 columns."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from livesegments.cli.wording import plain, to_flip, value_words, values_words
from livesegments.core.explain.words import about
from livesegments.core.reasons import Reasons

if TYPE_CHECKING:
    from livesegments.core.definition import Definition
    from livesegments.core.explain import (
        ExplainedCondition,
        ExplainedFeature,
        ExplainedSegment,
        Explanation,
    )

__all__ = ["show"]

Renderable = Text | Padding
WIDTH = 100
_HOLDS = {True: "yes", False: "no", None: "?"}
_VERBS = {"entered": "enters", "exited": "leaves"}
_APART = ("segments", "clusters", "predictions", "features")  # of the document; told in parts of their own


def show(told: Explanation, definition: Definition) -> None:
    """Print an explanation on stdout; it is by this definition."""
    reasons = Reasons(definition)
    console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH, highlight=False)
    parts = [_heading(told), *_profile(told), *_features(told), *_segments(told), *_next(told, reasons)]
    parts += [*_inherited(told), *_changes(told, reasons)]
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    for line in captured.get().splitlines():
        print(line.rstrip())  # noqa: T201


def _heading(told: Explanation) -> Text:
    lines = [plain(told.user_id) + (f" at {_exact(told.at)} UTC" if told.at else "")]
    if told.erased_at and told.forgotten_at:
        lines.append(f"erased: events up to {_exact(told.erased_at)} are refused until {_exact(told.forgotten_at)}")
    elif told.merged_into:
        lines.append(f"this visitor is now the user {plain(told.merged_into)}")
    elif told.state == "empty":
        lines.append("nothing is known: no event of this user was applied, or all was erased and forgotten")
    else:
        members = sum(segment.member for segment in told.segments)
        lines.append(f"in {members} of {len(told.segments)} segments; first event {_minute(told.first_event_at)}")
    lines.append(str(told.counts))
    lines.extend(f"  {line.reason}: {plain(line.message)}" for line in told.bad_lines)
    return Text("\n".join(lines))


def _profile(told: Explanation) -> list[Renderable]:
    if told.profile is None:
        return []
    shown = {name: fields for name, fields in told.profile.items() if name not in _APART}
    whole = {name: fields for name, fields in shown.items() if isinstance(fields, dict)}
    sections = {name: {key: one for key, one in whole[name].items() if one is not None} for name in whole}
    without = sum(map(len, whole.values())) - sum(map(len, sections.values()))
    names = [name for fields in sections.values() for name in fields]
    table = _grid(_width(sections), _width(names), None)
    for section, fields in sections.items():
        for index, (name, value) in enumerate(fields.items()):
            table.add_row(*_cells("" if index else section, name, value_words(value)))
    left_out = [Text(f"  {without} fields without a value are left out")] if without else []
    return [_title(f"Profile, as of {_exact(told.profile['updated_at'])}"), _indented(table, 2), *left_out]


def _features(told: Explanation) -> list[Renderable]:
    if not told.features:
        return []
    table = _grid(_width(feature.feature for feature in told.features), 16, 17, None)
    table.add_row(*(Text(word, style="dim") for word in ("name", "value", "changes by itself", "what it is")))
    for feature in told.features:
        table.add_row(*_cells(feature.feature, value_words(feature.value), _when(feature), _what(feature)))
    return [_title("Features"), _indented(table, 2)]


def _what(feature: ExplainedFeature) -> str:
    """Say what a feature is: its window after the meaning, a limit that was hit after that."""
    parts = [feature.meaning, feature.window, feature.limit]
    return "; ".join(part for part in parts if part)


def _when(feature: ExplainedFeature) -> str:
    return "all the time" if feature.continuous else _minute(feature.changes_at)


def _segments(told: Explanation) -> list[Renderable]:
    days = {feature.feature for feature in told.features if feature.meaning.startswith("days since")}
    parts: list[Renderable] = [_title("Segments")] if told.segments else []
    for segment in sorted(told.segments, key=lambda segment: not segment.member):
        style = "bold green" if segment.member else "bold"
        parts.append(Text(f"{'in ' if segment.member else 'out'}  {_standing(segment)}", style=style))
        parts.extend(_condition("enters", segment.when, days))
        parts.extend(_condition("leaves", segment.exit_when, days))
    return parts


def _condition(verb: str, condition: ExplainedCondition | None, days: set[str]) -> list[Renderable]:
    """Show each clause, as it counts, below the condition; that is left out where it is no more than its one clause."""
    if condition is None:
        return []
    table = _grid(3, 36, 14, None)
    counting = [clause.as_it_counts for clause in condition.clauses]
    for clause in counting:
        table.add_row(*_cells(_HOLDS[clause.holds], clause.clause, values_words(clause), to_flip(clause, days)))
    if verb == "enters" and len(counting) == 1:
        return [_indented(table, 5)]
    whole = Text(f"     {verb} when {plain(condition.condition)}: {_HOLDS[condition.holds]}", style="dim")
    return [whole, _indented(table, 5)]


def _standing(segment: ExplainedSegment) -> str:
    parts = [f"{segment.segment} ({plain(segment.title)})"]
    if segment.since:
        parts.append(f"since {_minute(segment.since)}")
    if segment.dwell_left_ms:
        parts.append(f"stays for {about(segment.dwell_left_ms)} more at least")
    if segment.cooldown_left_ms and not segment.member:
        parts.append(f"may return in {about(segment.cooldown_left_ms)}")
    if segment.kind == "static":
        parts.append("decided once" if segment.decided else "not decided yet")
    return ", ".join(parts)


def _next(told: Explanation, reasons: Reasons) -> list[Renderable]:
    if told.looked_until is None:
        return []
    if told.next_change is None:
        return [_title("If nothing happens"), Text(f"  no change until {_minute(told.looked_until)}")]
    heading = f"If nothing happens: at {_exact(told.next_change.at)}, in {about(told.next_change.in_ms)}"
    table = _grid(36, None)
    for record in told.next_change.changes:
        table.add_row(*_cells(_what_changes(record), _why(reasons, record["data"])))
    return [_title(heading), _indented(table, 2)]


def _inherited(told: Explanation) -> list[Renderable]:
    if not told.inherited:
        return []
    table = _grid(16, 30, None)
    for one in told.inherited:
        for event in one.events:
            table.add_row(*_cells(_minute(event.at), event.event or event.type, f"of {one.visitor}"))
    count = sum(len(one.events) for one in told.inherited)
    return [_title(f"Inherited from visitors, {count}"), _indented(table, 2)]


def _changes(told: Explanation, reasons: Reasons) -> list[Renderable]:
    if not told.changes:
        return []
    table = _grid(16, 30, None)
    for record in told.changes:
        table.add_row(*_cells(_minute(record["time"]), _what_changes(record), _why(reasons, record["data"])))
    return [_title(f"Last changes, {len(told.changes)} of {told.sequence}"), _indented(table, 2)]


def _what_changes(record: dict[str, Any]) -> str:
    change = record["data"]
    if "clustering" in change:
        return f"{change['clustering']}: {change['before'] or 'no cluster'} -> {change['after'] or 'no cluster'}"
    if change["segment"]:
        return f"{_VERBS[change['change']]} {change['segment']}"
    return f"merged into {change['into']}" if change["change"] == "merged" else "erased"


def _why(reasons: Reasons, change: dict[str, Any]) -> str:
    if "clustering" in change:
        told = change["moved"].replace("_", " ")
        if change["distance_before"] is not None and change["distance_after"] is not None:
            told += f", distance {change['distance_before']:.3g} -> {change['distance_after']:.3g}"
    else:
        told = "; ".join(
            f"{part['clause']} [{', '.join(value_words(value) for value in part['values'].values())}]"
            for part in reasons.of(change)
        )
    cause = change["cause"]
    name = plain(str(cause.get("event") or (cause["type"] if cause["kind"] == "event" else cause["kind"])))
    return f"{name}: {told}" if told else name


def _title(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _grid(*widths: int | None) -> Table:
    """Make a table without lines: columns of fixed widths, and one (None) that takes what is left."""
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for width in widths:
        table.add_column(width=width, ratio=1 if width is None else None, overflow="fold")
    return table


def _width(texts: Iterable[str]) -> int:
    """Give the width of a column of names, a third of the line at most."""
    return min(max(map(len, texts), default=1), WIDTH // 3)


def _indented(table: Table, spaces: int) -> Padding:
    return Padding(table, (0, 0, 0, spaces))


def _cells(*texts: str) -> list[Text]:
    """Make cells of texts as they are: brackets in them are no markup."""
    return [Text(plain(text)) for text in texts]


def _exact(text: str) -> str:
    return text[:23].replace("T", " ").removesuffix(".000")


def _minute(text: str | None) -> str:
    return "" if text is None else text[:16].replace("T", " ")
