"""K-means on a matrix of points: k-means++ starts, Lloyd's iterations and moves of a single centre."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Fit", "Points", "lloyd", "move_centre", "plus_plus", "squared_distances", "start"]

Points = npt.NDArray[np.float64]
Labels = npt.NDArray[np.intp]


FEW_ITERATIONS = 4
"""Lloyd's iterations that show whether a centre was moved to advantage; the first ones gain nearly all."""

TRIED_ON = 2000
"""Points that a move is tried on before all of them are asked."""


class Fit(NamedTuple):
    """Centres with the label of every point and the sum of squared distances (SSQ) to the nearest centre."""

    centres: Points
    labels: Labels
    ssq: float

    def counts(self) -> npt.NDArray[np.intp]:
        """Count the points of each centre."""
        return np.bincount(self.labels, minlength=len(self.centres))


def squared_distances(points: Points, centres: Points) -> Points:
    """Return squared Euclidean distances, one row per point and one column per centre."""
    squares: Points = (points * points).sum(axis=1)[:, None] + (centres * centres).sum(axis=1)
    squares -= 2.0 * (points @ centres.T)
    np.maximum(squares, 0.0, out=squares)
    return squares


def plus_plus(points: Points, clusters: int, generator: np.random.Generator) -> Points:
    """Choose start centres among the points by greedy k-means++.

    Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007: each next centre is
    drawn with probability proportional to its squared distance, the best of a few draws is kept. Fewer centres
    come back where there are fewer distinct points.
    """
    trials = 2 + int(np.log(clusters))
    chosen = [int(generator.integers(len(points)))]
    nearest = squared_distances(points, points[chosen])[:, 0]
    for _ in range(clusters - 1):
        if nearest.max() <= 1e-18:
            break
        draws = _draw(nearest, trials, generator)
        remaining = np.minimum(squared_distances(points, points[draws]), nearest[:, None])
        best = int(remaining.sum(axis=0).argmin())
        chosen.append(int(draws[best]))
        nearest = remaining[:, best]
    return points[chosen]


def lloyd(points: Points, centres: Points, iterations: int = 100, tolerance: float = 1e-4) -> Fit:
    """Move centres to the means of their points until the SSQ falls by less than `tolerance` of itself.

    Lloyd, "Least squares quantization in PCM", IEEE Trans. Inf. Theory 28(2), 1982. A centre without points
    stays where it is.
    """
    columns = np.ascontiguousarray(points.T)
    constant = float((points * points).sum())
    before = np.inf
    for _ in range(iterations):
        labels, ssq = _label(columns, centres, constant)
        if before - ssq <= tolerance * ssq:
            return Fit(centres, labels, ssq)
        before = ssq
        centres = _means(columns, labels, centres)
    labels, ssq = _label(columns, centres, constant)
    return Fit(centres, labels, ssq)


def start(
    points: Points, clusters: int, generator: np.random.Generator, restarts: int = 5, tolerance: float = 1e-4
) -> Fit:
    """Fit from scratch: the best of `restarts` runs of k-means++ and Lloyd."""
    fits = [lloyd(points, plus_plus(points, clusters, generator), tolerance=tolerance) for _ in range(restarts)]
    return min(fits, key=lambda fit: fit.ssq)


def move_centre(
    points: Points,
    fit: Fit,
    generator: np.random.Generator,
    removed: int | None = None,
    trials: int = 16,
    gain: float = 0.0,
) -> Fit:
    """Take one centre away, put it where it helps most, and run Lloyd again.

    By default the centre that is missed least is taken, and `fit` comes back where a few of Lloyd's iterations on some
    of the points save no more than the share `gain` of the error. The new place is the best of `trials` points drawn
    by squared distance: the step of random swap clustering (Fränti, "Efficiency of random swap clustering", Journal of
    Big Data 5:13, 2018).
    """
    some = points
    if len(points) > TRIED_ON:
        some = points[generator.choice(len(points), TRIED_ON, replace=False)]
    distances = squared_distances(some, fit.centres)
    rows, labels = np.arange(len(some)), distances.argmin(axis=1)
    nearest = distances[rows, labels]
    distances[rows, labels] = np.inf
    second = distances.min(axis=1)
    must_help = removed is None
    if removed is None:
        removed = int(np.bincount(labels, second - nearest, len(fit.centres)).argmin())
    without = np.where(labels == removed, second, nearest)
    if not 0.0 < without.sum() < np.inf:
        return fit
    draws = _draw(without, trials, generator)
    after = np.minimum(squared_distances(some, some[draws]), without[:, None]).sum(axis=0)
    centres = fit.centres.copy()
    centres[removed] = some[draws[int(after.argmin())]]
    if must_help and lloyd(some, centres, FEW_ITERATIONS).ssq >= nearest.sum() * (1.0 - gain):
        return fit
    return lloyd(points, centres)


def _draw(weights: Points, count: int, generator: np.random.Generator) -> Labels:
    cumulative = weights.cumsum()
    positions = np.searchsorted(cumulative, generator.random(count) * cumulative[-1])
    drawn: Labels = np.minimum(positions, len(weights) - 1)
    return drawn


def _label(columns: Points, centres: Points, constant: float) -> tuple[Labels, float]:
    # Centre by centre, a row of all points each: numpy's argmin over few columns takes twice as long.
    scores = (-2.0 * centres) @ columns
    scores += (centres * centres).sum(axis=1)[:, None]
    least, labels = scores[0].copy(), np.zeros(columns.shape[1], dtype=np.intp)
    for index, row in enumerate(scores[1:], start=1):
        np.copyto(labels, index, where=row < least)
        np.minimum(least, row, out=least)
    return labels, max(float(least.sum()) + constant, 0.0)


def _means(columns: Points, labels: Labels, centres: Points) -> Points:
    count = len(centres)
    sizes = np.bincount(labels, minlength=count)
    sums = np.stack([np.bincount(labels, column, count) for column in columns], axis=1)
    return np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], centres)
