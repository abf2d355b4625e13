"""The book of models: every version that is known, and which one is in force at a moment of event time."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.version import Version
from livesegments.models.predictions.model import PredictionModel
from livesegments.models.predictions.record import kind_of

__all__ = ["ModelBook"]

VERSIONS_MAX = 10_000
"""Versions of one model that are kept; the oldest go first. A live job never comes near."""

M = TypeVar("M", ClusterModel, PredictionModel)


class Versions(Generic[M]):
    """The versions of one model by the time from which they are in force, then by number."""

    __slots__ = ("_from_ms", "_models", "_numbered", "_span", "_told", "added")

    def __init__(self) -> None:
        self._from_ms: list[tuple[int, int]] = []
        self._models: dict[tuple[int, int], tuple[M, bytes]] = {}
        self._numbered: dict[int, M] = {}
        self._span = (0, 0)  # times for which the last answer holds
        self._told: M | None = None
        self.added = 0  # how often something was

    def add(self, model: M, record: bytes) -> None:
        """Add a version, or replace the same one."""
        key = (model.effective_at, model.version)
        self.added += 1
        if key not in self._models:
            insort(self._from_ms, key)
            if len(self._from_ms) > VERSIONS_MAX:
                oldest, _ = self._models.pop(self._from_ms.pop(0))
                self._numbered.pop(oldest.version, None)
        self._models[key] = (model, record)
        self._span = (0, 0)
        self._numbered[model.version] = model

    def in_force(self, now_ms: int) -> M | None:
        """Give the newest version in force at a time, None before the first."""
        first_ms, end_ms = self._span
        if not first_ms <= now_ms < end_ms:  # most answers are the one before
            times = self._from_ms
            place = bisect_right(times, (now_ms, 1 << 62))
            self._told = self._models[times[place - 1]][0] if place else None
            self._span = (times[place - 1][0] if place else -1, times[place][0] if place < len(times) else 1 << 62)
        return self._told

    def numbered(self, version: int) -> M | None:
        """Give a version by its number, None if it is not known any more."""
        return self._numbered.get(version)

    def records(self) -> list[bytes]:
        """Give what was added, oldest first."""
        return [self._models[key][1] for key in self._from_ms]

    def __iter__(self) -> Iterator[M]:
        """Give the versions, oldest first."""
        return (self._models[key][0] for key in self._from_ms)

    @property
    def newest(self) -> M:
        """Give the last version; there is at least one."""
        return self._models[self._from_ms[-1]][0]


class ModelBook:
    """All known versions of all models, by name; filled from records of `segment_models`."""

    def __init__(self, records: Iterable[bytes] = ()) -> None:
        self.clusters: dict[str, Versions[ClusterModel]] = {}
        self.predictions: dict[str, Versions[PredictionModel]] = {}
        for record in records:
            self.add(record)

    def add(self, record: bytes) -> None:
        """Add one record; what is no model is passed over. Raises `msgspec.DecodeError` on what is no record."""
        kind = kind_of(record)
        if kind == "cluster_model":
            model = Version.decode(record).model
            self.clusters.setdefault(model.clustering, Versions()).add(model, record)
        elif kind == "prediction_model":
            prediction = PredictionModel.decode(record)
            self.predictions.setdefault(prediction.name, Versions()).add(prediction, record)

    def prediction_version(self, prediction: str, version: int) -> PredictionModel | None:
        """Give a version of a prediction by its number, None if it is not known any more."""
        versions = self.predictions.get(prediction)
        return None if versions is None else versions.numbered(version)

    def cluster_versions(self) -> dict[str, list[Version]]:
        """Give all versions of each clustering with their stories, oldest first."""
        return {name: [Version.decode(record) for record in told.records()] for name, told in self.clusters.items()}

    def records(self) -> list[bytes]:
        """Give the records of all models, for another book."""
        clusters = [record for versions in self.clusters.values() for record in versions.records()]
        return clusters + [record for versions in self.predictions.values() for record in versions.records()]
