"""Clusters: unsupervised groups of users that learn from the stream and keep their identity.

Pure: vectors with event times in, versioned models out. Nothing here knows Flink, Kafka or the clock.
"""

from livesegments.models.clusters.algorithms import ALGORITHMS, make_clusterer, restore_clusterer
from livesegments.models.clusters.centroids import Centroids
from livesegments.models.clusters.clusterer import NOBODY, Centre, Clusterer
from livesegments.models.clusters.dbscan import DBSCAN
from livesegments.models.clusters.dbstream import DBSTREAM
from livesegments.models.clusters.drift import Drift
from livesegments.models.clusters.kmeans import KMeans
from livesegments.models.clusters.learner import Clustering, Learner, Version
from livesegments.models.clusters.model import Assignment, ClusterModel, Place
from livesegments.models.clusters.scaling import Scaling
from livesegments.models.clusters.stream_kmeans import STREAMKMeans
from livesegments.models.clusters.transitions import Transition

__all__ = [
    "ALGORITHMS",
    "DBSCAN",
    "DBSTREAM",
    "NOBODY",
    "Assignment",
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
