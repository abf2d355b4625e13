"""Scaled units: log1p and standardisation, frozen per version of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from math import copysign, expm1, inf, log1p, nan
from typing import Any

import msgspec
import numpy as np

from livesegments.models.clusters.lloyd import Points

__all__ = ["MISSING", "Scaling", "transformed"]

MISSING = float("nan")
"""What is missing, always this very object, so that `list.count` finds it though it equals nothing."""

LIMIT = 10.0
"""Scaled values are cut here, so that one absurd value can't outweigh all other features."""

HUGE = 1e300
"""A number beyond this is no number of anything, and counts as missing."""


class Scaling(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Means and deviations of each feature, after the logarithm where `logs` says so."""

    logs: tuple[bool, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]

    @cached_property
    def scale(self) -> Callable[..., tuple[float, ...] | None]:
        """Return a function of raw values and `minimum` (else 1) that gives them in scaled units.

        It gives 0, the mean, for missing ones and None with fewer than `minimum` values. Missing is all that is no
        finite number: null, NaN, text, booleans.
        """
        return self.compiled("scale(values, minimum=1)", "return vector if known >= minimum else None")

    def compiled(self, signature: str, rest: str, **names: Any) -> Callable[..., Any]:
        """Return a function of raw `values` that is Python source without a loop, as it is asked at every event.

        The source `rest` finds the scaled `vector`, how many values are `known`, and `names`.
        """
        lines = [f"def {signature}:", *self._source(), *rest.splitlines()]
        space = {"log1p": log1p, "copysign": copysign, "inf": inf, "nan": nan, **names}
        exec(compile("\n ".join(lines), "<scaling>", "exec"), space)
        function: Callable[..., Any] = space[signature.partition("(")[0]]
        return function

    def _source(self) -> list[str]:
        names = [f"x{index}" for index in range(len(self.means))]
        lines = [f"{', '.join(names)}, = values", f"known = {len(names)}"]
        for x, log, mean, deviation in zip(names, self.logs, self.means, self.deviations, strict=True):
            value = f"(log1p({x}) if {x} >= 0.0 else -log1p(-{x}))" if log else x
            lines += [
                f"if (type({x}) is float or type({x}) is int) and {-HUGE!r} < {x} < {HUGE!r}:",
                f" {x} = ({value} - {float(mean)!r}) / {float(deviation)!r}",
                f" if not {-LIMIT!r} < {x} < {LIMIT!r}:",
                f"  {x} = copysign({LIMIT!r}, {x})",
                "else:",
                f" {x} = 0.0",
                " known -= 1",
            ]
        return [*lines, f"vector = ({', '.join(names)},)"]

    def standardise(self, values: Sequence[float]) -> list[float]:
        """Return values after the logarithm in scaled units, 0 where a value is NaN."""
        scaled = [
            (value - mean) / deviation
            for value, mean, deviation in zip(values, self.means, self.deviations, strict=True)
        ]
        for index, value in enumerate(scaled):
            if not -LIMIT < value < LIMIT:
                scaled[index] = 0.0 if value != value else copysign(LIMIT, value)
        return scaled

    def standardise_all(self, sample: Points) -> Points:
        """Do the same for a matrix with one row per vector."""
        scaled: Points = (sample - np.array(self.means)) / np.array(self.deviations)
        return np.clip(np.nan_to_num(scaled, nan=0.0), -LIMIT, LIMIT)

    def real(self, vector: Sequence[float]) -> list[float]:
        """Return a scaled vector, such as a centre, in the units of the features."""
        values = [
            value * deviation + mean for value, mean, deviation in zip(vector, self.means, self.deviations, strict=True)
        ]
        return [_signed_expm1(value) if log else value for value, log in zip(values, self.logs, strict=True)]

    def change_to(self, other: Scaling) -> tuple[list[float], list[float]]:
        """Return `shift` and `factor` per feature that turn x in these units into (x - shift) / factor in the other."""
        pairs = zip(self.means, self.deviations, other.means, other.deviations, strict=True)
        shift = [(new_mean - mean) / deviation for mean, deviation, new_mean, _ in pairs]
        factor = [new / old for old, new in zip(self.deviations, other.deviations, strict=True)]
        return shift, factor

    def close_to(self, other: Scaling, tolerance: float = 0.05) -> bool:
        """Tell whether a change of units would move nothing by more than `tolerance` deviations."""
        shift, factor = self.change_to(other)
        return all(abs(x) <= tolerance for x in shift) and all(abs(x - 1.0) <= tolerance for x in factor)


def transformed(values: Sequence[Any], logs: Sequence[bool]) -> list[float]:
    """Return values after the logarithm, `MISSING` for all that is no finite number.

    The logarithm of a negative value is -log(1 - x), so that refunds keep their sign.
    """
    result = []
    for value, log in zip(values, logs, strict=True):
        kind = type(value)
        if (kind is not float and kind is not int) or not -HUGE < value < HUGE:
            result.append(MISSING)
        elif log:
            result.append(log1p(value) if value >= 0.0 else -log1p(-value))
        else:
            result.append(float(value))
    return result


def _signed_expm1(value: float) -> float:
    return copysign(expm1(abs(value)), value)
