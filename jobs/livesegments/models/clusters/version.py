"""A version of a clustering with the story of how it came about: a record of `segment_models`."""

from __future__ import annotations

from typing import Literal

import msgspec

from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.transitions import Transition

__all__ = ["Drift", "Reason", "Version"]

Reason = Literal["start", "interval", "drift", "end"]


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """A signal whose mean changed: a feature, or the quantisation error; means in the scaled units of the start."""

    signal: str
    mean_before: float
    mean_after: float


class Version(msgspec.Struct, frozen=True, kw_only=True, tag="cluster_model"):
    """A model, what made the learner publish it, what became of each cluster, and the drifts found before it.

    `silhouette` is that of some of the learner's newest vectors, null with fewer than two clusters among them.
    """

    model: ClusterModel
    reason: Reason
    transitions: tuple[Transition, ...] = ()
    drifts: tuple[Drift, ...] = ()
    silhouette: float | None = None

    def encode(self) -> bytes:
        """Return the record as JSON."""
        return _encoder.encode(self)

    @staticmethod
    def decode(payload: bytes | str) -> Version:
        """Read a record from JSON; unknown fields are ignored. Raises `msgspec.ValidationError`."""
        return _decoder.decode(payload)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Version)
