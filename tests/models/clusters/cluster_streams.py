"""Made-up streams of scaled vectors and the clusterers under test."""

import importlib
import pkgutil
from collections.abc import Iterator

import numpy as np

from livesegments.models import clusters
from livesegments.models.clusters.clusterer import Clusterer

WIDTH = 4
GROUPS = np.array([[2.0, 2.0, 0.0, -1.0], [-2.0, 0.0, 2.0, 1.0], [0.0, -2.5, -2.0, 0.0]])


def every_clusterer() -> list[type[Clusterer]]:
    """Find all clusterers that can be built, in all modules of the package."""
    for module in pkgutil.iter_modules(clusters.__path__, clusters.__name__ + "."):
        importlib.import_module(module.name)
    found = {kind for kind in _below(Clusterer) if not kind.__abstractmethods__}
    return sorted(found, key=lambda kind: kind.__name__)


def small(kind: type[Clusterer]) -> Clusterer:
    """Build a clusterer with the small parameters that it names for tests."""
    return kind(**next(iter(kind._unit_test_params())))


def blobs(count: int, seed: int = 1, groups: np.ndarray = GROUPS, spread: float = 0.4) -> list[list[float]]:
    """Draw vectors around groups of equal size, in random order."""
    generator = np.random.default_rng(seed)
    which = generator.integers(len(groups), size=count)
    return (groups[which] + spread * generator.standard_normal((count, groups.shape[1]))).tolist()


def learn(clusterer: Clusterer, vectors: list[list[float]], refit_every: int = 500) -> None:
    """Learn vectors; re-fit now and then, as a learner does, for those that never do it themselves."""
    for number, vector in enumerate(vectors, 1):
        clusterer.learn_one(vector)
        if number % refit_every == 0:
            clusterer.refit()


def points(clusterer: Clusterer) -> np.ndarray:
    """Return the centres as a matrix."""
    return np.array([centre.point for centre in clusterer.centres()])


def _below(kind: type[Clusterer]) -> Iterator[type[Clusterer]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)
