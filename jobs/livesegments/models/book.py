"""The book of models: every version that is known, and which one is in force at a moment of event time."""

from __future__ import annotations

from bisect import bisect_right, insort

import msgspec

from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.version import Version

__all__ = ["ModelBook"]

VERSIONS_MAX = 10_000
"""Versions of one model that are kept; the oldest go first. A live job never comes near."""


class _Kind(msgspec.Struct):
    type: str


_kinds = msgspec.json.Decoder(_Kind)


class Versions:
    """The versions of one model by the time from which they are in force, then by number."""

    __slots__ = ("_from_ms", "_models")

    def __init__(self) -> None:
        self._from_ms: list[tuple[int, int]] = []
        self._models: dict[tuple[int, int], tuple[ClusterModel, bytes]] = {}

    def add(self, model: ClusterModel, record: bytes) -> None:
        """Add a version, or replace the same one."""
        key = (model.effective_at, model.version)
        if key not in self._models:
            insort(self._from_ms, key)
            if len(self._from_ms) > VERSIONS_MAX:
                del self._models[self._from_ms.pop(0)]
        self._models[key] = (model, record)

    def in_force(self, now_ms: int) -> ClusterModel | None:
        """Give the newest version in force at a time, None before the first."""
        place = bisect_right(self._from_ms, (now_ms, 1 << 62))
        return self._models[self._from_ms[place - 1]][0] if place else None

    def records(self) -> list[bytes]:
        """Give what was added, oldest first."""
        return [self._models[key][1] for key in self._from_ms]

    @property
    def newest(self) -> ClusterModel:
        """Give the last version; there is at least one."""
        return self._models[self._from_ms[-1]][0]


class ModelBook:
    """All known versions of all models, by name; filled from records of `segment_models`."""

    def __init__(self) -> None:
        self.clusters: dict[str, Versions] = {}

    def add(self, record: bytes) -> None:
        """Add one record; what is no model is passed over. Raises `msgspec.DecodeError` on what is no record."""
        if _kinds.decode(record).type == "cluster_model":
            model = Version.decode(record).model
            self.clusters.setdefault(model.clustering, Versions()).add(model, record)

    def cluster_model(self, clustering: str, now_ms: int) -> ClusterModel | None:
        """Give the version of a clustering in force at a time, None before the first."""
        versions = self.clusters.get(clustering)
        return None if versions is None else versions.in_force(now_ms)

    def records(self) -> list[bytes]:
        """Give the records of all models, for another book."""
        return [record for versions in self.clusters.values() for record in versions.records()]
