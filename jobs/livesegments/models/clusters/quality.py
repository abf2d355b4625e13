"""How good a clustering is: against a batch fit, within itself, and against another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from livesegments.models.clusters.lloyd import Fit, Labels, Points, squared_distances, start

__all__ = ["adjusted_rand_index", "batch_kmeans", "silhouette", "ssq"]


def ssq(points: Points, centres: Points) -> float:
    """Sum the squared distances of points to their nearest centres."""
    return float(squared_distances(points, centres).min(axis=1).sum())


def batch_kmeans(points: Points, clusters: int, seed: int = 1, restarts: int = 10) -> Fit:
    """Fit k-means to all points at once, with hindsight: the best of `restarts` runs."""
    return start(points, clusters, np.random.default_rng(seed), restarts, tolerance=1e-6)


def silhouette(points: Points, labels: Labels, sample: int = 1000, seed: int = 1) -> float:
    """Return the mean silhouette of at most `sample` points, -1 to 1; NaN with fewer than two clusters in it.

    Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis", J. Comput.
    Appl. Math. 20, 1987. A point alone in its cluster counts 0.
    """
    if len(points) > sample:
        chosen = np.random.default_rng(seed).choice(len(points), sample, replace=False)
        points, labels = points[chosen], labels[chosen]
    _, labels, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if len(sizes) < 2:
        return float("nan")
    rows = np.arange(len(points))
    distances = np.sqrt(squared_distances(points, points))
    distances[rows, rows] = 0.0
    sums = distances @ np.eye(len(sizes))[labels]
    own = sums[rows, labels] / np.maximum(sizes[labels] - 1, 1)
    means = sums / sizes
    means[rows, labels] = np.inf
    other = means.min(axis=1)
    widest = np.maximum(np.maximum(own, other), 1e-300)
    return float(np.where(sizes[labels] > 1, (other - own) / widest, 0.0).mean())


def adjusted_rand_index(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    """Return the agreement of two labelings: 1 for the same groups, about 0 for chance.

    Hubert and Arabie, "Comparing partitions", Journal of Classification 2, 1985.
    """
    _, first = np.unique(one, return_inverse=True)
    _, second = np.unique(other, return_inverse=True)
    cells = np.bincount(first * (second.max() + 1) + second)
    together, rows, columns = (_pairs(counts) for counts in (cells, np.bincount(first), np.bincount(second)))
    expected = rows * columns / max(_pairs(np.array([len(first)])), 1.0)
    greatest = (rows + columns) / 2.0
    return 1.0 if greatest == expected else (together - expected) / (greatest - expected)


def _pairs(counts: npt.NDArray[np.int64]) -> float:
    wide = counts.astype(np.float64)
    return float((wide * (wide - 1.0) / 2.0).sum())
