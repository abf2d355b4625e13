"""The clusterers by the names that definitions use."""

from __future__ import annotations

from inspect import signature
from typing import Any

from livesegments.models.clusters.centroids import Centroids
from livesegments.models.clusters.clusterer import Clusterer
from livesegments.models.clusters.dbscan import DBSCAN
from livesegments.models.clusters.dbstream import DBSTREAM
from livesegments.models.clusters.kmeans import KMeans
from livesegments.models.clusters.stream_kmeans import STREAMKMeans

__all__ = ["ALGORITHMS", "make_clusterer", "restore_clusterer"]

ALGORITHMS: dict[str, type[Clusterer]] = {
    found.algorithm: found for found in (Centroids, DBSCAN, DBSTREAM, KMeans, STREAMKMeans)
}
"""Each clusterer by its name in `algorithm:`."""


def make_clusterer(algorithm: str, clusters: int, seed: int, **parameters: Any) -> Clusterer:
    """Build a clusterer for a learner, which decides itself when to re-fit.

    The number of clusters is ignored by algorithms that find it themselves.
    """
    found = ALGORITHMS[algorithm]
    accepted = signature(found).parameters
    wanted = {"n_clusters": clusters, "seed": seed, "refit_every": 0, "warm_up": 0, **parameters}
    return found(**{name: value for name, value in wanted.items() if name in accepted})


def restore_clusterer(snapshot: dict[str, Any]) -> Clusterer:
    """Build the clusterer that a snapshot was taken of."""
    return ALGORITHMS[snapshot["algorithm"]].restore(snapshot)
