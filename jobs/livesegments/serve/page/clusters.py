"""Clusters: how many users, what sets each apart, how they lasted, how good the clustering is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livesegments.serve.api.site import Site
from livesegments.serve.models import cluster_reports
from livesegments.serve.page.charts import Chart, bar_options
from livesegments.serve.page.elements import Line, Rows, column, number, share, text, time
from livesegments.serve.page.frame import card, follow_each, frame, heading
from livesegments.serve.page.overview import CHANGE_COLUMNS
from livesegments.serve.page.wording import change_row

if TYPE_CHECKING:
    from livesegments.models.clusters.report import ClusteringReport, ClusterTold

__all__ = ["clusters"]

_CHANGES = 10


async def clusters(site: Site) -> None:
    """Make the page."""
    with frame(site, "Clusters", "/clusters"):
        heading("Clusters, learned from the stream")
        await follow_each(
            site,
            lambda: cluster_reports(site.reader),
            lambda told: told.clustering,
            lambda told: _Clustering(site, told).show,
            "No clustering has been learned yet, or none is defined.",
        )


class _Clustering:
    """The card of one clustering."""

    def __init__(self, site: Site, told: ClusteringReport) -> None:
        self._site = site
        columns = [column("name", "Cluster"), column("users", "Users", "number"), column("share", "Share", "short")]
        columns += [column(f"f-{name}", name.replace("_", " "), "number") for name in told.features]
        with card(told.clustering, anchor=told.clustering):
            self._line = Line().classes("ls-sub")
            self._chart = Chart("Users in each cluster", "ls-low")
            self._medians = Line().classes("ls-sub")
            self._table = Rows(told.clustering, [*columns, column("apart", "Set apart by")], "No clusters.")
            self._quality = Line()
        with card(f"Newest moves in {told.clustering}"):
            self._changes = Rows("Newest moves", CHANGE_COLUMNS, "Nobody has moved yet.")

    def show(self, told: ClusteringReport) -> None:
        """Show a report."""
        self._line.show(text(f"version {told.version} by {told.algorithm}, in force from "), time(told.effective_at))
        self._medians.show(text("Features are the medians of the members."))
        self._chart.show(
            bar_options([one.name for one in told.clusters], [one.users or 0 for one in told.clusters], "users")
        )
        self._table.show([_cluster(one) for one in told.clusters])
        lasted = told.stability
        words = [f"{lasted.versions} versions: {lasted.born} born, {lasted.split} split, {lasted.merged} merged, "]
        words.append(f"{lasted.died} died; mean squared distance {told.error:.3f}")
        if told.silhouette is not None:
            words.append(f", silhouette {told.silhouette:.3f}")
        self._quality.show(text("".join(words)))
        newest = self._site.reader.newest_changes(_CHANGES, told.clustering)
        self._changes.show([change_row(one.number, one.record, self._site.segments) for one in newest])


def _cluster(one: ClusterTold) -> dict[str, Any]:
    features = {f"f-{name}": [number(value, 2)] for name, value in one.medians.items()}
    total = {"key": one.id, "name": [text(one.name)], "users": [number(one.users)], "share": share(one.share)}
    return {**total, **features, "apart": [text(one.apart.replace("_", " "))]}
