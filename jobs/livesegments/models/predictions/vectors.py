"""Feature values as vectors: numbers only, compressed, absent values marked."""

import math
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache

from livesegments.core.program.source import Source

__all__ = ["ABSENT", "Columns", "compress"]

ABSENT = " == null"


def compress(value: float) -> float:
    """Return the signed logarithm sign(v) * ln(1 + |v|): counts, money and gaps are skewed, models want them even.

    >>> [round(compress(value), 3) for value in (0, 1, -1, 1000)]
    [0.0, 0.693, -0.693, 6.909]
    """
    return math.copysign(math.log1p(abs(value)), value)


class Columns:
    """The fixed order of a vector's columns: one per feature, then one per feature that can be absent.

    >>> columns = Columns(["orders", "days_since_order"], nullable={"days_since_order"})
    >>> columns.names
    ('orders', 'days_since_order', 'days_since_order == null')
    >>> columns.encode([0, None])
    [0.0, 0.0, 1.0]
    """

    __slots__ = ("_encode", "features", "names")

    def __init__(self, features: Sequence[str], nullable: Collection[str] = ()) -> None:
        self.features = tuple(features)
        absences = [place for place, feature in enumerate(features) if feature in nullable]
        self.names = self.features + tuple(f"{features[place]}{ABSENT}" for place in absences)
        self._encode = _encoder(len(self.features), tuple(absences))

    def encode(self, values: Sequence[object]) -> list[float]:
        """Return the vector of these feature values, in the order of `features`.

        Booleans are 0 and 1. Absent values, and whatever is no finite number, are 0 with their mark set, so that
        no NaN can reach (and poison) a running mean.
        """
        return self._encode(values)


@lru_cache(64)
def _encoder(width: int, absences: tuple[int, ...]) -> Callable[[Sequence[object]], list[float]]:
    """Compile what encodes values: one expression takes two thirds of the time that loops do."""
    names = [f"v{place}" for place in range(width)]
    quick = "log1p({0}) if (type({0}) is int or type({0}) is float) and 0 <= {0} < 1e300 else number({0})"
    columns = [quick.format(name) for name in names]
    columns += [f"0.0 if type(v{place}) is int else float(is_absent(v{place}))" for place in absences]
    lines = [f"[{', '.join(names)}] = values", f"return [{', '.join(columns)}]"]
    source = Source({"log1p": math.log1p, "number": _number, "is_absent": _is_absent})
    return source.function("vectors of a prediction", "values", lines)


def _number(value: object) -> float:
    if type(value) is int or type(value) is float:  # nearly all; the same as below, in half the time
        grown = math.log1p(value) if value >= 0 else -math.log1p(-value)
        return grown if math.isfinite(grown) else 0.0
    return 0.0 if _is_absent(value) else compress(float(value))  # type: ignore[arg-type]


def _is_absent(value: object) -> bool:
    return not isinstance(value, int | float) or not math.isfinite(value)
