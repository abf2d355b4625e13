"""The demo's screen: segments in two columns, the newest changes below; for 80 columns, and without a terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from livesegments.cli.demo_clusters import cluster_table
from livesegments.cli.demo_tally import NEWEST, DemoTally
from livesegments.cli.wording import plain, value_words

if TYPE_CHECKING:
    from livesegments.core.definition import Definition
    from livesegments.models.clusters.model import ClusterModel

__all__ = ["DemoScreen", "make_console"]

WIDTH = 80
_SECONDS = 0.2  # between two pictures
_AROUND = 8  # lines beside segments and changes
_SIGNS = {"entered": ("+", "green"), "exited": ("-", "red"), "erased": ("x", "red")}


def make_console() -> Console:
    """Give a console on stdout: 80 columns wide where that is no terminal."""
    is_terminal = sys.stdout.isatty()
    return Console(width=None if is_terminal or "COLUMNS" in os.environ else WIDTH, highlight=False)


class DemoScreen:
    """Shows a tally: again and again while the job runs on a terminal, and once at the end."""

    def __init__(self, definition: Definition, tally: DemoTally, console: Console) -> None:
        self._definition = definition
        self._titles = {name: spec.title for name, spec in definition.segments.items()}
        self._tally = tally
        self._console = console
        self._shown = 0.0
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None

    def __enter__(self) -> DemoScreen:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def update(self) -> None:
        """Draw the screen again, unless it was drawn just now; nothing without a terminal."""
        now = time.monotonic()
        if self._live is None or now - self._shown < _SECONDS:
            return
        self._shown = now
        rows = max(4, self._console.height - NEWEST - _AROUND)
        self._live.update(Group(self._segments("", rows), self._newest()), refresh=True)

    def finish(self, title: str, models: Mapping[str, ClusterModel]) -> None:
        """Show everything once: all segments, the newest changes, the clusters with what their models tell of them."""
        self._console.print(self._segments(title, None))
        self._console.print(self._newest())
        for name, sizes in self._tally.groups.items():
            self._console.print(cluster_table(self._definition.clusters[name], sizes, models.get(name)))

    def _segments(self, title: str, rows: int | None) -> Table:
        """Draw the segments in two columns, the largest where there is not room for all."""
        names = sorted(self._definition.segments, key=lambda name: (-self._tally.members(name), name))
        if rows is not None:
            names = names[: 2 * rows]
        half = -(-len(names) // 2)
        found = _table(title)
        for _ in range(2):
            found.add_column("segment", no_wrap=True, overflow="ellipsis", ratio=1)
            found.add_column("members", justify="right", no_wrap=True)
        found.expand = True
        for left, right in zip(names[:half], [*names[half:], None], strict=False):
            found.add_row(*self._cells(left), *(self._cells(right) if right else ("", "")))
        return found

    def _cells(self, name: str) -> tuple[str, str]:
        return self._definition.segments[name].title or name, f"{self._tally.members(name):,}"

    def _newest(self) -> Group:
        lines = [self._line(record) for record in self._tally.newest()]
        return Group(Text(f"The newest of {self._tally.changes:,} changes", style="bold"), *lines, Text(""))

    def _line(self, record: dict[str, Any]) -> Text:
        """Write a change in one line of 80: when, who, what, and the values that decided."""
        found = record["data"]
        sign, colour = _SIGNS.get(str(found.get("change")), (">", "cyan"))
        if "clustering" in found:
            what, values = f"{found['clustering']}: {found['after'] or 'none'}", found["values"]
        else:
            what = self._titles.get(found["segment"]) or str(found.get("segment") or found["change"])
            values = {name: value for clause in found["because"] for name, value in clause["values"].items()}
        line = Text(f"{record['time'][5:16].replace('T', ' ')}  {plain(found['user_id']):<12} ")
        line.append(f"{sign} ", colour)
        line.append(f"{what:<26.26} {', '.join(f'{name} {value_words(value)}' for name, value in values.items())}")
        line.truncate(self._console.width, overflow="ellipsis")
        return line


def _table(title: str) -> Table:
    return Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", padding=(0, 1))
