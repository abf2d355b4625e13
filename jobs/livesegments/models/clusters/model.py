"""One version of a clustering: plain numbers that tell any user's cluster."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import dist
from typing import Any, NamedTuple

import msgspec

from livesegments.models.clusters.scaling import Scaling

__all__ = ["ClusterModel", "Place"]


class Place(NamedTuple):
    """The cluster of one user; distances are in scaled units.

    `distance` is that of the cluster assigned, `distance_of_current` that of the cluster the user was in, None
    where there was none or it is gone.
    """

    id: int
    name: str
    distance: float
    distance_of_current: float | None


class ClusterModel(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A versioned snapshot of a clustering, in force from `effective_at` (ms since the epoch, event time).

    Clusters stand in ascending order of `ids`; an id keeps its name for ever and is never used again. `sizes` and
    `shares` count users of the learner's sample, `medians` are those of the members in the units of the features, None
    where a feature is known of nobody. `minimum` is how many features must not be null. `centres` are in scaled units,
    `error` is the mean squared distance of the sample to them.
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
    sizes: tuple[int, ...] = ()  # versions before 0.2 had none
    medians: tuple[tuple[float | None, ...], ...] = ()

    def place(self, values: Sequence[Any], current_id: int | None = None, margin: float = 0.25) -> Place | None:
        """Return the cluster of raw feature values, in the order of `features`; None with too few of them.

        Without a current cluster it is the nearest, of equally near ones that of the smallest id. A user of cluster a
        moves to the nearest, b, only when (|x-a|^2 - |x-b|^2) / |a-b|^2 > margin: 0 is the border, 1 is b itself.
        """
        vector = self.scaling.scale(values, self.minimum)
        return None if vector is None else self.place_of(vector, current_id, margin)

    def place_of(self, vector: Sequence[float], current_id: int | None = None, margin: float = 0.25) -> Place:
        """Return the cluster of a vector in scaled units, as `place` does."""
        distances = [dist(vector, centre) for centre in self.centres]
        least = min(distances)
        index, current = distances.index(least), None
        if current_id in self.ids:
            place = self.ids.index(current_id)
            current = distances[place]
            if place == index or current * current - least * least <= margin * self.gaps[place][index]:
                index = place
        return Place(self.ids[index], self.names[index], distances[index], current)

    @cached_property
    def gaps(self) -> list[list[float]]:
        """Return the squared distances between the centres."""
        return [[dist(one, other) ** 2 for other in self.centres] for one in self.centres]

    def real_centres(self) -> list[list[float | None]]:
        """Return what each cluster is like in the units of the features: medians of its members, else its centre."""
        return [list(row) for row in self.medians] or [[*self.scaling.real(centre)] for centre in self.centres]

    def encode(self) -> bytes:
        """Return the model as JSON."""
        return _encoder.encode(self)

    @staticmethod
    def decode(payload: bytes | str) -> ClusterModel:
        """Read a model from JSON; unknown fields are ignored. Raises `msgspec.ValidationError`."""
        return _decoder.decode(payload)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ClusterModel)
