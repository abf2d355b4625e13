"""The picture of a clustering: where its centres are, and how its clusters lasted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from livesegments.models.clusters.version import Version

__all__ = ["draw_clustering"]


def draw_clustering(figure: Any, versions: list[Version]) -> None:
    """Draw into a figure: left the newest centres in deviations from the mean, right each cluster's share over time."""
    newest = versions[-1].model
    figure.suptitle(f"{newest.clustering}, version {newest.version}")
    left, right = figure.subplots(1, 2)
    _centres(left, versions[-1])
    _shares(right, versions)


def _centres(axes: Any, version: Version) -> None:
    model = version.model
    reach = max(1.0, *(abs(value) for centre in model.centres for value in centre))
    axes.imshow(model.centres, cmap="RdBu_r", vmin=-reach, vmax=reach, aspect="auto")
    for row, real in enumerate(model.real_centres()):
        for column, value in enumerate(real):
            axes.text(column, row, f"{value:.3g}", ha="center", va="center")
    axes.set_xticks(range(len(model.features)), model.features, rotation=20, ha="right")
    axes.set_yticks(range(len(model.ids)), model.names)
    axes.set_title("centres: numbers in real units, colour in deviations from the mean", fontsize=9)


def _shares(axes: Any, versions: list[Version]) -> None:
    times = [datetime.fromtimestamp(version.model.effective_at / 1_000, UTC) for version in versions]
    names: dict[int, str] = {}
    for version in versions:
        names.update(zip(version.model.ids, version.model.names, strict=True))
    for cluster, name in sorted(names.items()):
        shares = [dict(zip(v.model.ids, v.model.shares, strict=True)).get(cluster) for v in versions]
        known = [(time, share) for time, share in zip(times, shares, strict=True) if share is not None]
        told = f"{name} ({cluster})" if cluster in versions[-1].model.ids else None  # those that ended have no label
        axes.plot(*zip(*known, strict=True), marker=".", label=told, color=None if told else "lightgrey")
    for time, version in zip(times, versions, strict=True):
        if version.drifts:
            axes.axvline(time, color="grey", linestyle=":", linewidth=0.8)
    axes.set_ylim(0, 1)
    axes.set_title("share of each cluster over time; dotted: drift was found", fontsize=9)
    axes.tick_params(axis="x", rotation=20)
    axes.legend(fontsize=8)
