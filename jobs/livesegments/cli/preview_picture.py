"""The picture of a preview: sizes over time, and who moved from which segment to which."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livesegments.preview import Difference

__all__ = ["draw_flows", "draw_sizes"]

_LINES_MAX = 12
_BANDS_MAX = 15
_GAP = 0.02  # between two segments, of the height


def draw_sizes(figure: Any, shown: list[Difference]) -> None:
    """Draw the members of each segment over time; dashed under the old definition where that differs."""
    axes = figure.subplots(1, 1)
    largest = sorted(
        shown, key=lambda one: -max((side.members.users for side in (one.new, one.old) if side), default=0)
    )
    for number, one in enumerate(largest[:_LINES_MAX]):
        for side, style in ((one.new, "-"), (one.old if one.state != "unchanged" else None, "--")):
            if side is not None:
                days = [date.fromisoformat(step.start) for step in side.over_time]
                name = one.segment if style == "-" else f"{one.segment}, old"
                axes.plot(days, [step.members for step in side.over_time], style, color=f"C{number % 10}", label=name)
    axes.set_title("members over time", fontsize=9)
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=7, loc="upper left")


def _size(one: Difference) -> int:
    return max((side.members.users for side in (one.new, one.old) if side), default=0)


def draw_flows(figure: Any, shown: list[Difference], flows: list[tuple[str, str, int]]) -> None:
    """Draw how many users left one segment for another in the same moment, as bands from left to right."""
    axes = figure.subplots(1, 1)
    axes.axis("off")
    axes.set_title("left one segment and entered another in the same moment", fontsize=9)
    names = {one.segment for one in shown}
    flows = [flow for flow in flows if flow[0] and flow[1] and names & set(flow[:2])][:_BANDS_MAX]
    if not flows:
        axes.text(0.5, 0.5, "nobody did", ha="center")
        return
    total = sum(users for _, _, users in flows)
    starts = _column(axes, flows, 0, total)
    ends = _column(axes, flows, 1, total)
    for number, (before, after, users) in enumerate(flows):
        height = users / total
        _band(axes, starts[before], ends[after], height, f"C{number % 10}")
        starts[before] -= height
        ends[after] -= height
    axes.set_xlim(-0.6, 1.6)


def _column(axes: Any, flows: list[tuple[str, str, int]], side: int, total: int) -> dict[str, float]:
    """Write the names of one side and give the upper edge of each."""
    users: dict[str, int] = {}
    for flow in flows:
        name = flow[side]
        assert isinstance(name, str)
        users[name] = users.get(name, 0) + flow[2]
    edge, edges = 1.0 + _GAP * len(users), {}
    for name, count in users.items():
        edges[name] = edge
        middle = edge - count / total / 2
        where = {"x": -0.02, "ha": "right"} if side == 0 else {"x": 1.02, "ha": "left"}
        axes.text(where["x"], middle, f"{name} {count:,}", ha=where["ha"], va="center", fontsize=8)
        edge -= count / total + _GAP
    return edges


def _band(axes: Any, start: float, end: float, height: float, colour: str) -> None:
    steps = [step / 40 for step in range(41)]
    edge = [start + (end - start) * step * step * (3 - 2 * step) for step in steps]
    axes.fill_between(steps, edge, [one - height for one in edge], color=colour, alpha=0.6, linewidth=0)
