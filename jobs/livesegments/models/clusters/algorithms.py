"""The clusterers by the names that definitions use."""

from __future__ import annotations

from importlib import import_module
from inspect import signature
from typing import Any, Final

from livesegments.models.clusters.clusterer import Clusterer

__all__ = ["ALGORITHMS", "make_clusterer", "restore_clusterer", "the_clusterer"]

ALGORITHMS: Final = {
    "centroids": "Centroids",
    "dbscan": "DBSCAN",
    "dbstream": "DBSTREAM",
    "kmeans": "KMeans",
    "stream_kmeans": "STREAMKMeans",
}
"""The class of each clusterer by its name in `algorithm:`, which is the name of its module too."""


def the_clusterer(algorithm: str) -> type[Clusterer]:
    """Give the class of an algorithm; those of River are loaded only when asked for: it takes two seconds."""
    module = import_module(f"livesegments.models.clusters.{algorithm}")
    found: type[Clusterer] = getattr(module, ALGORITHMS[algorithm])
    return found


def make_clusterer(algorithm: str, clusters: int, seed: int, **parameters: Any) -> Clusterer:
    """Build a clusterer for a learner, which decides itself when to re-fit.

    The number of clusters is ignored by algorithms that find it themselves.
    """
    found = the_clusterer(algorithm)
    accepted = signature(found).parameters
    wanted = {"n_clusters": clusters, "seed": seed, "refit_every": 0, "warm_up": 0, **parameters}
    return found(**{name: value for name, value in wanted.items() if name in accepted})


def restore_clusterer(snapshot: dict[str, Any]) -> Clusterer:
    """Build the clusterer that a snapshot was taken of."""
    return the_clusterer(snapshot["algorithm"]).restore(snapshot)
