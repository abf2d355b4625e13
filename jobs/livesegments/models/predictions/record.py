"""The record of how good a prediction was: a row of `segment_models` beside its versions."""

from __future__ import annotations

import msgspec

__all__ = ["Bin", "Gain", "Measures", "PredictionQuality", "VersionQuality", "kind_of", "quality_in"]

Measures = dict[str, float | None]


class Bin(msgspec.Struct, frozen=True):
    """Answers of about the same chance: its mean, the share of them to whom it happened, and how many there were."""

    chance: float
    happened: float
    labels: int


class Gain(msgspec.Struct, frozen=True):
    """Which share of all to whom it happens is found among so great a share of the likeliest users."""

    users: float
    found: float


class VersionQuality(msgspec.Struct, frozen=True, kw_only=True):
    """The measures of one version's answers."""

    version: int
    labels: int
    measures: Measures


class PredictionQuality(msgspec.Struct, frozen=True, kw_only=True, tag="prediction_quality"):
    """A record of how good a model's matured answers were, as of `at_ms` in event time."""

    name: str
    at_ms: int
    version: int
    labels: int
    measures: Measures
    base: Measures
    versions: list[VersionQuality]
    reliability: list[Bin]
    gain: list[Gain]
    worse_since_ms: int | None
    warning: str | None


class _Kind(msgspec.Struct):
    type: str


_kinds = msgspec.json.Decoder(_Kind)
_decoder = msgspec.json.Decoder(PredictionQuality)


def kind_of(record: bytes) -> str:
    """Return what a record of `segment_models` is; raises `msgspec.DecodeError` on what is no record."""
    return _kinds.decode(record).type


def quality_in(record: bytes) -> PredictionQuality | None:
    """Return the record if it is one of quality, else None; raises `msgspec.DecodeError` on what is no record."""
    return _decoder.decode(record) if kind_of(record) == "prediction_quality" else None
