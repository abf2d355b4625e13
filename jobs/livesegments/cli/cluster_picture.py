"""The picture of a clustering: how many users each cluster has, what they are like, and how the sizes went."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.version import Version

__all__ = ["draw_clustering"]


def draw_clustering(figure: Any, versions: list[Version]) -> None:
    """Draw into a figure: sizes of the clusters, the median user of each feature by feature, sizes over time."""
    newest = versions[-1].model
    figure.suptitle(f"{newest.clustering}: {sum(newest.sizes):,} users, version {newest.version}")
    sizes, medians, over_time = figure.subplots(1, 3, width_ratios=[2, 3, 3])
    colours = _colours(versions)
    _sizes(sizes, newest, colours)
    _medians(medians, newest)
    _over_time(over_time, versions, colours)


def _colours(versions: list[Version]) -> dict[int, str]:
    known = sorted({cluster for version in versions for cluster in version.model.ids})
    return {cluster: f"C{place % 10}" for place, cluster in enumerate(known)}


def _sizes(axes: Any, model: ClusterModel, colours: dict[int, str]) -> None:
    rows = range(len(model.ids))
    axes.barh(rows, model.shares, color=[colours[cluster] for cluster in model.ids])
    counts = model.sizes or [None] * len(model.ids)
    for row, (share, count) in enumerate(zip(model.shares, counts, strict=True)):
        axes.text(share, row, f" {share:.0%}" + ("" if count is None else f" ({count:,})"), va="center", fontsize=8)
    axes.set_yticks(rows, model.names)
    axes.invert_yaxis()
    axes.set_xlim(0, max(model.shares) * 1.5)
    axes.set_xticks([])
    axes.set_title("share of users", fontsize=9)


def _medians(axes: Any, model: ClusterModel) -> None:
    """Draw a table of medians; the colour tells how far a centre lies above (red) or below (blue) the mean user."""
    reach = max(1.0, *(abs(value) for centre in model.centres for value in centre))
    axes.imshow(model.centres, cmap="RdBu_r", vmin=-1.5 * reach, vmax=1.5 * reach, aspect="auto")
    for row, real in enumerate(model.real_centres()):
        for column, value in enumerate(real):
            axes.text(column, row, "none" if value is None else f"{value:,.3g}", ha="center", va="center", fontsize=9)
    axes.set_xticks(range(len(model.features)), model.features, rotation=20, ha="right")
    axes.set_yticks([])
    axes.set_title("the median user of each cluster", fontsize=9)


def _over_time(axes: Any, versions: list[Version], colours: dict[int, str]) -> None:
    times = [datetime.fromtimestamp(version.model.effective_at / 1_000, UTC) for version in versions]
    names: dict[int, str] = {}
    for version in versions:
        names.update(zip(version.model.ids, version.model.names, strict=True))
    shares = [dict(zip(version.model.ids, version.model.shares, strict=True)) for version in versions]
    columns = [[share.get(cluster, 0.0) for share in shares] for cluster in sorted(names)]
    axes.stackplot(times, columns, colors=[colours[cluster] for cluster in sorted(names)], labels=names.values())
    for time, version in zip(times, versions, strict=True):
        if version.drifts:
            axes.axvline(time, color="black", linestyle=":", linewidth=0.8)
    axes.set_ylim(0, 1)
    axes.margins(x=0)
    axes.set_title("share of users over time; dotted: drift was found", fontsize=9)
    axes.tick_params(axis="x", rotation=20)
