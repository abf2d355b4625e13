"""Clusters: unsupervised groups of users that learn from the stream and keep their identity.

Pure: vectors with event times in, versioned models out. Nothing here knows Flink, Kafka or the clock.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from livesegments.models.clusters.model import ClusterModel, Place
from livesegments.models.clusters.scaling import Scaling
from livesegments.models.clusters.transitions import Transition
from livesegments.models.clusters.version import Drift, Version

if TYPE_CHECKING:
    from livesegments.models.clusters.algorithms import ALGORITHMS, make_clusterer, restore_clusterer
    from livesegments.models.clusters.centroids import Centroids
    from livesegments.models.clusters.clusterer import NOBODY, Centre, Clusterer
    from livesegments.models.clusters.dbscan import DBSCAN
    from livesegments.models.clusters.dbstream import DBSTREAM
    from livesegments.models.clusters.kmeans import KMeans
    from livesegments.models.clusters.learner import Clustering, Learner
    from livesegments.models.clusters.stream_kmeans import STREAMKMeans

__all__ = [
    "ALGORITHMS",
    "DBSCAN",
    "DBSTREAM",
    "NOBODY",
    "Centre",
    "Centroids",
    "ClusterModel",
    "Clusterer",
    "Clustering",
    "Drift",
    "KMeans",
    "Learner",
    "Place",
    "STREAMKMeans",
    "Scaling",
    "Transition",
    "Version",
    "make_clusterer",
    "restore_clusterer",
]

_LEARNING = {
    "algorithms": ("ALGORITHMS", "make_clusterer", "restore_clusterer"),
    "centroids": ("Centroids",),
    "clusterer": ("NOBODY", "Centre", "Clusterer"),
    "dbscan": ("DBSCAN",),
    "dbstream": ("DBSTREAM",),
    "kmeans": ("KMeans",),
    "learner": ("Clustering", "Learner"),
    "stream_kmeans": ("STREAMKMeans",),
}


def __getattr__(name: str) -> Any:
    # River loads pandas and scipy, seconds of every start; who only assigns clusters must not wait for them.
    for module, names in _LEARNING.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
