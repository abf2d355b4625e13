"""Charts: options of ECharts. Colours stand out on light and dark, three to one; style.css colours their words."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from livesegments.serve.replies import SegmentHistory

__all__ = ["Chart", "bar_options", "bars_options", "line_options", "reliability_options", "size_options"]

_COLOURS = ["#2f7ed8", "#e0662f", "#1f9d6b", "#9b5fc0", "#a88510", "#d14f85", "#2f93a5", "#7a8793"]
_GREY = "#8a949e"
_LINE = {"lineStyle": {"color": "rgba(138, 148, 158, 0.25)"}}
_AXIS = {"axisLabel": {"color": _GREY}, "axisLine": {"lineStyle": {"color": _GREY}}, "splitLine": _LINE}


class Chart:
    """A chart that is drawn again where its options change; `words` say what it shows to who cannot see it."""

    def __init__(self, words: str, kind: str = "") -> None:
        self._chart = (
            ui.echart(_base(), renderer="svg").classes(f"ls-chart {kind}").props(f'role="img" aria-label="{words}"')
        )
        self._shown: dict[str, Any] = {}

    def show(self, options: dict[str, Any]) -> None:
        """Draw these options."""
        if options != self._shown:
            self._shown = options
            self._chart.options.clear()
            self._chart.options.update(options)
            self._chart.update()

    def set_visible(self, is_visible: bool) -> None:
        """Show or hide it."""
        self._chart.set_visibility(is_visible)


def _base() -> dict[str, Any]:
    return {
        "color": _COLOURS,
        "animation": False,
        "textStyle": {"fontFamily": "system-ui, sans-serif"},
        "tooltip": {"trigger": "axis", "confine": True},
        "legend": {"type": "scroll", "top": 0, "textStyle": {"color": _GREY}, "pageTextStyle": {"color": _GREY}},
        "grid": {"left": 8, "right": 12, "top": 34, "bottom": 6, "containLabel": True},
        "xAxis": {"type": "time", **_AXIS, "splitLine": {"show": False}},
        "yAxis": {"type": "value", "minInterval": 1, **_AXIS},
        "series": [],
    }


def line_options(series: dict[str, list[tuple[str, float | None]]]) -> dict[str, Any]:
    """Draw lines over time."""
    lines = [
        {"name": name, "type": "line", "showSymbol": len(points) < 3, "step": "end", "data": [list(p) for p in points]}
        for name, points in series.items()
    ]
    return {**_base(), "series": lines}


def bars_options(series: dict[str, list[tuple[str, int]]]) -> dict[str, Any]:
    """Draw bars over time, one colour for each name, on top of one another."""
    bars = [
        {"name": name, "type": "bar", "stack": "all", "barMaxWidth": 14, "data": [list(point) for point in points]}
        for name, points in series.items()
    ]
    return {**_base(), "series": bars}


def size_options(history: SegmentHistory) -> dict[str, Any]:
    """Draw the members as a line, and who entered and left as bars up and down."""
    steps = history.steps
    bars = {"type": "bar", "stack": "moves", "yAxisIndex": 1, "barMaxWidth": 8}
    return {
        **_base(),
        "yAxis": [
            {"type": "value", "minInterval": 1, **_AXIS},
            {"type": "value", "minInterval": 1, **_AXIS, "splitLine": {"show": False}, "position": "right"},
        ],
        "series": [
            {"name": "members", "type": "line", "showSymbol": False, "step": "end", "areaStyle": {"opacity": 0.12},
             "data": [[step.time, step.members] for step in steps]},
            {"name": "entered", **bars, "itemStyle": {"color": "#1f9d6b"},
             "data": [[s.time, s.entered] for s in steps]},
            {"name": "left", **bars, "itemStyle": {"color": "#d9534f"},
             "data": [[s.time, -s.left] for s in steps]},
        ],
    }  # fmt: skip


def bar_options(names: list[str], values: list[float], unit: str) -> dict[str, Any]:
    """Draw one bar for each name, the first on top."""
    return {
        **_base(),
        "legend": {"show": False},
        "grid": {"left": 8, "right": 40, "top": 6, "bottom": 6, "containLabel": True},
        "xAxis": {"type": "value", "minInterval": 1, **_AXIS},
        "yAxis": {"type": "category", "data": names, "inverse": True, **_AXIS, "splitLine": {"show": False}},
        "series": [{"name": unit, "type": "bar", "barMaxWidth": 22, "data": values,
                    "label": {"show": True, "position": "right", "color": _GREY}}],
    }  # fmt: skip


def reliability_options(bins: list[tuple[float, float]]) -> dict[str, Any]:
    """Draw how often it happened over the chance that was told; the grey line is a perfect answer."""
    axis = {"type": "value", "min": 0, "max": 1, **_AXIS}
    return {
        **_base(),
        "xAxis": {**axis, "name": "chance told", "nameLocation": "middle", "nameGap": 22},
        "yAxis": {**axis, "name": "happened"},
        "grid": {"left": 8, "right": 16, "top": 34, "bottom": 24, "containLabel": True},
        "series": [
            {"name": "perfect", "type": "line", "showSymbol": False, "data": [[0, 0], [1, 1]], "color": _GREY},
            {"name": "answers", "type": "line", "data": [list(one) for one in bins], "color": _COLOURS[0]},
        ],
    }
