"""Run one clusterer or learner over a stream and score every vector before it is learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import dist
from time import process_time
from typing import Any

import numpy as np
from clusters_profiles import Stream

from livesegments.models.clusters.clusterer import Clusterer
from livesegments.models.clusters.identity import Ids
from livesegments.models.clusters.learner import Clustering, Learner
from livesegments.models.clusters.lloyd import squared_distances
from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.quality import adjusted_rand_index, batch_kmeans, churn

__all__ = [
    "Oracle",
    "Score",
    "fitted_anew",
    "frozen",
    "oracle_of",
    "run_clusterer",
    "run_learner",
    "run_river",
    "score",
]

MARGIN = 0.25
NEWEST = 8000


@dataclass(frozen=True)
class Oracle:
    """Batch k-means of the second half with hindsight, and how far two batch runs agree."""

    labels: np.ndarray
    ssq: float
    churn: float
    ceiling: float
    ceiling_single: float


@dataclass(frozen=True)
class Run:
    """Labels with and without margin and the squared distance to the nearest centre, for every vector."""

    labels: np.ndarray
    with_margin: np.ndarray
    squares: np.ndarray
    microseconds: float


@dataclass(frozen=True)
class Score:
    """What a run reached on the second half."""

    ssq: float
    ari: float
    churn: float
    saved: float
    clusters: int
    microseconds: float


def oracle_of(stream: Stream, k: int) -> Oracle:
    """Fit the oracle, a second one with another seed, and ten single starts."""
    points = stream.scaled[stream.half :]
    best = batch_kmeans(points, k, seed=1)
    again = batch_kmeans(points, k, seed=2)
    singles = [batch_kmeans(points, k, seed=seed, restarts=1) for seed in range(100, 110)]
    return Oracle(
        labels=best.labels,
        ssq=best.ssq,
        churn=churn(stream.users[stream.half :], best.labels),
        ceiling=adjusted_rand_index(best.labels, again.labels),
        ceiling_single=float(np.mean([adjusted_rand_index(best.labels, fit.labels) for fit in singles])),
    )


def score(run: Run, stream: Stream, oracle: Oracle) -> Score:
    """Score the second half of a run against the oracle of that half."""
    half = slice(stream.half, None)
    users = stream.users[half]
    plain, calmed = churn(users, run.labels[half]), churn(users, run.with_margin[half])
    return Score(
        ssq=float(run.squares[half].sum()) / oracle.ssq,
        ari=adjusted_rand_index(run.labels[half], oracle.labels),
        churn=plain / oracle.churn,
        saved=1.0 - calmed / plain if plain else 0.0,
        clusters=len(np.unique(run.labels[half])),
        microseconds=run.microseconds,
    )


def run_clusterer(stream: Stream, clusterer: Clusterer, seen_every: int = 1) -> Run:
    """Predict, then learn, by the standardised vectors; centres are looked at every `seen_every` vectors."""
    return _run(stream, clusterer.learn_one, lambda: [(c.id, c.point) for c in clusterer.centres()], seen_every)


def run_river(stream: Stream, model: Any) -> Run:
    """Do the same with one of River's own that has `centers`, as it comes."""

    def learn(vector: list[float]) -> None:
        model.learn_one(dict(enumerate(vector)))

    def look() -> list[tuple[int, list[float]]]:
        centres = model.centers.items()
        return [(key, [centre[i] for i in sorted(centre)]) for key, centre in centres if len(centre) == width]

    width = stream.scaled.shape[1]
    return _run(stream, learn, look, 1)


def run_learner(stream: Stream, clustering: Clustering) -> tuple[Run, list[ClusterModel]]:
    """Do what a job does: learn raw vectors, assign by the version in force, with the user's cluster as current."""
    learner = Learner(clustering)
    raw, times = stream.raw.tolist(), stream.times_ms.tolist()
    count = len(raw)
    labels, calmed, squares = np.full(count, -1), np.full(count, -1), np.zeros(count)
    current: dict[int, int] = {}
    models: list[ClusterModel] = []
    seconds = 0.0
    for index, (user, values) in enumerate(zip(stream.users.tolist(), raw, strict=True)):
        if models:
            model = models[-1]
            place = model.place(values, current.get(user), MARGIN)
            plain = model.place(values)
            current[user] = calmed[index] = place.id
            labels[index] = plain.id
            squares[index] = _square(stream, index, model, plain.id)
        begun = process_time()
        version = learner.learn(values, times[index])
        seconds += process_time() - begun
        if version:
            models.append(version.model)
    return Run(labels, calmed, squares, seconds / count * 1e6), models


def frozen(stream: Stream, k: int, seed: int) -> Run:
    """Batch k-means of the first half, used unchanged on the second."""
    fit = batch_kmeans(stream.scaled[: stream.half], k, seed)
    points = fit.centres.tolist()
    centres = list(enumerate(points))
    return _run(stream, len, lambda: centres, len(stream.users))  # learns nothing


def fitted_anew(stream: Stream, k: int, seed: int, every: int = 1000) -> Run:
    """Batch k-means of the newest `NEWEST` vectors, fitted anew with 10 restarts all along; ids by the nearest centres.

    It knows no more than a learner does, and spends hundreds of times as much: what batch k-means reaches without
    hindsight.
    """
    ids, before = Ids(), np.empty((0, stream.scaled.shape[1]))
    fits: dict[int, list[tuple[int, list[float]]]] = {}
    for end in range(stream.half - stream.half % every, len(stream.users), every):
        fit = batch_kmeans(stream.scaled[max(0, end - NEWEST) : end], k, seed)
        fits[end] = list(zip(ids.follow(before, fit.centres), fit.centres.tolist(), strict=True))
        before = fit.centres
    ends = iter(range(0, len(stream.users), every))
    return _run(stream, len, lambda: fits.get(next(ends), []), every)  # learns nothing


def _run(
    stream: Stream,
    learn: Callable[[list[float]], Any],
    look: Callable[[], list[tuple[int, list[float]]]],
    seen_every: int,
) -> Run:
    count = len(stream.users)
    labels, calmed, squares = np.full(count, -1), np.full(count, -1), np.zeros(count)
    current: dict[int, int] = {}
    centres: list[tuple[int, list[float]]] = []
    seconds = 0.0
    for index, (user, vector) in enumerate(_vectors(stream)):
        if index % seen_every == 0:
            centres = look()
        if centres:
            distances = {key: dist(vector, point) for key, point in centres}
            nearest = min(distances, key=distances.__getitem__)
            before = distances.get(current.get(user, -1))
            moved = before is None or distances[nearest] < (1.0 - MARGIN) * before
            current[user] = nearest if moved else current[user]
            labels[index], calmed[index] = nearest, current[user]
            squares[index] = distances[nearest] ** 2
        begun = process_time()
        learn(vector)
        seconds += process_time() - begun
    return Run(labels, calmed, squares, seconds / count * 1e6)


def _vectors(stream: Stream) -> Iterator[tuple[int, list[float]]]:
    return zip(stream.users.tolist(), stream.scaled.tolist(), strict=True)


def _square(stream: Stream, index: int, model: ClusterModel, cluster_id: int) -> float:
    # The model's centre in the units that the oracle is measured in.
    scaling = model.scaling
    centre = model.centres[model.ids.index(cluster_id)]
    logs = np.array(centre) * scaling.deviations + scaling.means
    point = (logs - stream.means[index]) / stream.deviations[index]
    return float(squared_distances(stream.scaled[index : index + 1], point[None, :])[0, 0])
