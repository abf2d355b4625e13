"""The figures of all runs as one Markdown table and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from bench.peers.engines import ENGINES

__all__ = ["COLUMNS", "medians", "table"]

COLUMNS = {
    "events_per_second": ("events/s", "{:,.0f}"),
    "cpu_seconds_per_million": ("CPU s per 1 M events", "{:,.0f}"),
    "memory_mb": ("memory MB", "{:,.0f}"),
    "start_seconds": ("start s", "{:.1f}"),
    "p50_ms": ("p50 ms", "{:,.0f}"),
    "p99_ms": ("p99 ms", "{:,.0f}"),
    "back_seconds": ("back s", "{:.1f}"),
}


def medians(runs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Give the median of each figure by engine, of the runs that have it."""
    found: dict[str, dict[str, float]] = {}
    for name in dict.fromkeys(run["engine"] for run in runs):
        mine = [run for run in runs if run["engine"] == name]
        values = {key: [run[key] for run in mine if key in run] for key in COLUMNS}
        found[name] = {key: statistics.median(each) for key, each in values.items() if each}
    return found


def table(runs: Sequence[Mapping[str, Any]]) -> str:
    """Give a row for each engine; what failed is said below."""
    heads = ["engine", "guarantee", *(title for title, _ in COLUMNS.values()), "lost / twice", "after kill -9"]
    rows = [f"| {' | '.join(heads)} |", f"|---|---|{'--:|' * (len(heads) - 2)}"]
    for name, figures in medians(runs).items():
        spec = ENGINES[name]
        cells = [text.format(figures[key]) if key in figures else "" for key, (_, text) in COLUMNS.items()]
        mine = [run for run in runs if run["engine"] == name]
        cells += [_checked(mine, "rate"), _checked(mine, "delivery")]
        rows.append(f"| {' | '.join([spec.title, spec.guarantee.replace('-', ' '), *cells])} |")
    failed = [f"{run['engine']}, {run['kind']} {run['run']}: {run['error']}" for run in runs if "error" in run]
    return "\n".join([*rows, *(["", *failed] if failed else [])])


def _checked(runs: Sequence[Mapping[str, Any]], kind: str) -> str:
    """Give the sums over the runs."""
    found = [run[kind] for run in runs if kind in run]
    if not found:
        return ""
    lost, twice, wrong = (sum(each[key] for each in found) for key in ("lost", "twice", "wrong"))
    return f"{lost:,} / {twice:,}{f' / {wrong:,} wrong' if wrong else ''}"
