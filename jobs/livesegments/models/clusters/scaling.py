"""Scaled units: log1p and standardisation, frozen per version of a model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import copysign, expm1, log1p, nan
from typing import Any

import msgspec
import numpy as np

from livesegments.models.clusters.lloyd import Points

__all__ = ["HUGE", "LIMIT", "Scaling", "after_logarithm", "logarithm", "logarithms", "scaling_of"]

LIMIT = 10.0
"""Scaled values are cut here, so that one absurd value can't outweigh all other features."""

LEAST = 0.02
"""Least deviation of a logarithm: differences of a fiftieth are none to group people by."""

HUGE = 1e300
"""A number beyond this is no number of anything, and counts as missing."""


class Scaling(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Means and deviations of each feature, after the logarithm where `logs` says so."""

    logs: tuple[bool, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]

    @cached_property
    def _columns(self) -> tuple[tuple[bool, float, float], ...]:
        return tuple(zip(self.logs, self.means, self.deviations, strict=True))

    def scale(self, values: Sequence[Any], minimum: int = 1) -> list[float] | None:
        """Return raw values in scaled units; 0, the mean, for missing ones; None with fewer than `minimum` values.

        Missing is all that is no finite number: null, NaN, text, booleans.
        """
        return self.standard(logarithms(values, self.logs), minimum)

    def standard(self, numbers: Sequence[float], minimum: int = 1) -> list[float] | None:
        """Do the same for values after the logarithm, NaN where one is missing."""
        vector, missing = [], 0
        for number, (_, mean, deviation) in zip(numbers, self._columns, strict=True):
            if number != number:
                vector.append(0.0)
                missing += 1
            else:
                scaled = (number - mean) / deviation
                vector.append(scaled if -LIMIT < scaled < LIMIT else copysign(LIMIT, scaled))
        return vector if len(vector) - missing >= minimum else None

    def scale_all(self, sample: Points) -> Points:
        """Do the same for a matrix after the logarithm, one row per vector, NaN where a value is missing."""
        scaled: Points = (sample - np.array(self.means)) / np.array(self.deviations)
        return np.clip(np.nan_to_num(scaled, nan=0.0), -LIMIT, LIMIT)

    def real(self, vector: Sequence[float]) -> list[float]:
        """Return a scaled vector, such as a centre, in the units of the features."""
        values = [value * deviation + mean for value, (_, mean, deviation) in zip(vector, self._columns, strict=True)]
        return [
            copysign(expm1(abs(value)), value) if log else value for value, log in zip(values, self.logs, strict=True)
        ]

    def change_to(self, other: Scaling) -> tuple[list[float], list[float]]:
        """Return `shift` and `factor` per feature that turn x in these units into (x - shift) / factor in the other."""
        pairs = zip(self.means, self.deviations, other.means, other.deviations, strict=True)
        shift = [(new_mean - mean) / deviation for mean, deviation, new_mean, _ in pairs]
        factor = [new / old for old, new in zip(self.deviations, other.deviations, strict=True)]
        return shift, factor


def logarithm(value: float) -> float:
    """Return log(1 + x), that of a negative value is -log(1 - x)."""
    return log1p(value) if value >= 0.0 else -log1p(-value)


def logarithms(values: Sequence[Any], logs: Sequence[bool]) -> list[float]:
    """Return raw values after the logarithm where `logs` says so; NaN for all that is no finite number."""
    numbers = []
    for value, log in zip(values, logs, strict=True):
        kind = type(value)
        if (kind is float or kind is int) and -HUGE < value < HUGE:
            if log:
                value = log1p(value) if value >= 0.0 else -log1p(-value)
            numbers.append(value)
        else:
            numbers.append(nan)
    return numbers


def after_logarithm(points: Points, logs: Sequence[bool]) -> Points:
    """Return raw values, one row per vector, after the logarithm; that of a negative value is -log(1 - x)."""
    return np.where(np.array(logs), np.copysign(np.log1p(np.abs(points)), points), points)


def scaling_of(sample: Points, logs: Sequence[bool]) -> Scaling:
    """Return the units of a matrix after the logarithm: each column's mean and deviation, what is missing left out.

    Values further than ten deviations from the mean count as if they were that far. A constant column has deviation 1,
    and one that hardly differs between users no less than a fiftieth after the logarithm: it must not decide alone.
    """
    means, deviations = [], []
    for column, log in zip(sample.T, logs, strict=True):
        known = column[~np.isnan(column)]
        mean, deviation = (float(known.mean()), float(known.std())) if len(known) else (0.0, 0.0)
        if deviation > 0.0 and np.abs(known - mean).max() > LIMIT * deviation:
            drawn_in = np.clip(known, mean - LIMIT * deviation, mean + LIMIT * deviation)
            mean, deviation = float(drawn_in.mean()), float(drawn_in.std())
        if deviation <= 1e-9 * (1.0 + abs(mean)):
            deviation = 1.0
        means.append(mean)
        deviations.append(max(deviation, LEAST) if log else deviation)
    return Scaling(logs=tuple(logs), means=tuple(means), deviations=tuple(deviations))
