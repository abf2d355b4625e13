"""One version of a clustering: plain numbers that tell any user's cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from math import dist
from typing import Any, NamedTuple

import msgspec

from livesegments.models.clusters.scaling import Scaling

__all__ = ["Assignment", "ClusterModel", "Place"]


class Assignment(NamedTuple):
    """The cluster of one vector; distances are in scaled units.

    `distance` is that of the cluster assigned, `distance_of_current` that of the cluster the user was in, None
    where there was none or it is gone.
    """

    id: int
    distance: float
    distance_of_current: float | None


class Place(NamedTuple):
    """An assignment with the name of its cluster."""

    id: int
    name: str
    distance: float
    distance_of_current: float | None


class ClusterModel(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A versioned snapshot of a clustering, in force from `effective_at` (ms since the epoch, event time).

    Clusters stand in ascending order of `ids`; an id keeps its name for ever and is never used again. `shares`
    are shares of the learner's sample. `minimum` is how many features must not be null. `centres` are in scaled
    units, `error` is the mean squared distance of the sample to them.
    """

    clustering: str
    version: int
    effective_at: int
    algorithm: str
    features: tuple[str, ...]
    minimum: int
    scaling: Scaling
    ids: tuple[int, ...]
    names: tuple[str, ...]
    centres: tuple[tuple[float, ...], ...]
    shares: tuple[float, ...]
    error: float

    def assign(self, vector: Sequence[float], current_id: int | None = None, margin: float = 0.25) -> Assignment:
        """Return the cluster of a scaled vector: the nearest, unless the current one is nearly as near.

        A user stays in `current_id` while no other centre is nearer by more than `margin` times the distance.
        Of equally near centres the smallest id counts.
        """
        index, distance, current = self._choose(vector, current_id, margin)
        return Assignment(self.ids[index], distance, current)

    def place(self, values: Sequence[Any], current_id: int | None = None, margin: float = 0.25) -> Place | None:
        """Return the cluster of raw feature values, in the order of `features`; None with too few of them."""
        vector = self.scaling.scale(values, self.minimum)
        if vector is None:
            return None
        index, distance, current = self._choose(vector, current_id, margin)
        return Place(self.ids[index], self.names[index], distance, current)

    def _choose(
        self, vector: Sequence[float], current_id: int | None, margin: float
    ) -> tuple[int, float, float | None]:
        """Return position and distance of the cluster chosen, and the distance of the current one."""
        distances = [dist(vector, centre) for centre in self.centres]
        nearest = min(distances)
        if current_id is None or current_id not in self.ids:
            return distances.index(nearest), nearest, None
        place = self.ids.index(current_id)
        current = distances[place]
        if nearest < (1.0 - margin) * current:
            return distances.index(nearest), nearest, current
        return place, current, current

    def keeper(self, margin: float = 0.25) -> Callable[[Sequence[Any], int], bool]:
        """Return a function that tells whether `place` would answer an id; much quicker than asking it."""
        keeps = self._keepers.get(margin)
        if keeps is None:
            keeps = self._keepers[margin] = self._compiled_keeper(margin)
        return keeps

    @cached_property
    def _keepers(self) -> dict[float, Callable[[Sequence[Any], int], bool]]:
        return {}

    def _compiled_keeper(self, margin: float) -> Callable[[Sequence[Any], int], bool]:
        centres = {f"centre{index}": centre for index, centre in enumerate(self.centres)}
        rest = (
            "current = centre_of.get(current_id)\n"
            f"if current is None or known < {self.minimum}:\n"
            " return False\n"
            f"nearest = {1.0 - margin!r} * dist(vector, current)\n"
            f"return {' and '.join(f'dist(vector, {centre}) >= nearest' for centre in centres)}"
        )
        centre_of = dict(zip(self.ids, self.centres, strict=True))
        return self.scaling.compiled("keeps(values, current_id)", rest, dist=dist, centre_of=centre_of, **centres)

    def name_of(self, cluster_id: int) -> str | None:
        """Return the name of a cluster, None where this version has no such cluster."""
        return self.names[self.ids.index(cluster_id)] if cluster_id in self.ids else None

    def real_centres(self) -> list[list[float]]:
        """Return the centres in the units of the features."""
        return [self.scaling.real(centre) for centre in self.centres]

    def encode(self) -> bytes:
        """Return the model as JSON."""
        return _encoder.encode(self)

    @staticmethod
    def decode(payload: bytes | str) -> ClusterModel:
        """Read a model from JSON; unknown fields are ignored. Raises `msgspec.ValidationError`."""
        return _decoder.decode(payload)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ClusterModel)
