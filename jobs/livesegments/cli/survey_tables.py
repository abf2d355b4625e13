"""The survey of `check --events` as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livesegments.cli.console import table
from livesegments.cli.wording import plain
from livesegments.survey.records import some

if TYPE_CHECKING:
    from livesegments.survey import Report

__all__ = ["show"]

_ROWS_MAX = 40


def show(report: Report) -> None:
    """Print what came, what nothing reads, what never came or matched, and at the end what looks wrong."""
    dead = ", ".join(f"{reason} {count:,}" for reason, count in report.dead_letters.items())
    title = f"{report.events:,} events{f', of them dead letters: {dead}' if dead else ''}"
    table(
        title,
        ["name", "events", "features that read it"],
        [(_cell(r.name), r.events, r.features) for r in report.names],
    )
    unread = [row for row in report.paths if not row.features]
    _table(
        "Paths that features read",
        ["path", "with", "events", "values"],
        [(_cell(row.path), _cell(row.name), row.events, _kinds(row.kinds)) for row in report.paths if row.features],
    )
    by_path: dict[str, int] = {}
    for row in unread:
        by_path[row.path] = by_path.get(row.path, 0) + row.events
    _table(
        "Paths that no feature reads",
        ["path", "events"],
        [(_cell(path), count) for path, count in sorted(by_path.items(), key=lambda item: (-item[1], item[0]))],
    )
    _table(
        "Names in the definition that never came",
        ["name", "read by", "near"],
        [(_cell(row.name), some(row.readers), _cell(row.near or "")) for row in report.never_came],
    )
    _table(
        "Features that never matched",
        ["feature", "why", "near"],
        [(row.feature, _cell(row.reason), _cell(row.near or "")) for row in report.never_matched],
    )
    _table(
        "Skipped: no numbers",
        ["path", "with", "values", "such as"],
        [(_cell(row.path), _cell(row.name), row.values, _cell(row.example)) for row in report.skipped],
    )
    rows = [(_cell(finding.message),) for finding in report.findings]
    if rows:
        table("This looks wrong", ["what"], rows)
    elif report.events == sum(report.dead_letters.values()):
        return  # nothing was looked at
    elif report.never_came or report.never_matched:
        print("Nothing looks misspelt. What never came, or never matched, is told above.")  # noqa: T201
    else:
        print("Nothing looks wrong.")  # noqa: T201


def _table(title: str, columns: list[str], rows: list[tuple[object, ...]]) -> None:
    if not rows:
        return
    more = f" (the first {_ROWS_MAX} of {len(rows):,}; all with --json)" if len(rows) > _ROWS_MAX else ""
    table(title + more, columns, rows[:_ROWS_MAX])


def _cell(text: str) -> str:
    """Write a text of the events so that a terminal and rich take it as it is; quotes show blanks at its ends."""
    from rich.markup import escape

    return escape(plain(text if text == text.strip() else repr(text)))


def _kinds(kinds: dict[str, int]) -> str:
    return ", ".join(f"{kind} {count:,}" for kind, count in kinds.items())
