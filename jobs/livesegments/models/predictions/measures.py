"""How good probabilities are: numpy on `chances` (batch x outcomes) and `outcomes` (batch), and curves to draw."""

import numpy as np
from numpy.typing import NDArray

from livesegments.models.predictions.cells import Numbers

__all__ = ["amount_measures", "area_under_curve", "calibration_error", "chance_measures", "gain", "lift", "reliability"]

Outcomes = NDArray[np.int64]
_BINS = 10
_LEAST = 1e-9


def chance_measures(chances: Numbers, outcomes: Outcomes) -> dict[str, float | None]:
    """Return AUC, log loss, Brier score, expected calibration error and lift in the top decile.

    With more than two outcomes, the mean over outcomes of each against the rest, but for log loss and the Brier
    score, which have a form for many; AUC and lift are None when only one outcome occurred.
    """
    told = chances[np.arange(len(outcomes)), outcomes]
    squares = ((chances - np.eye(chances.shape[1])[outcomes]) ** 2).sum(axis=1) / 2.0
    sides = [1] if chances.shape[1] == 2 else range(chances.shape[1])
    pairs = [(chances[:, side], outcomes == side) for side in sides]
    return {
        "auc": _mean([area_under_curve(*pair) for pair in pairs]),
        "log_loss": float(-np.log(np.maximum(told, _LEAST)).mean()),
        "brier": float(squares.mean()),
        "calibration_error": _mean([calibration_error(*pair) for pair in pairs]),
        "lift": _mean([lift(*pair) for pair in pairs]),
    }


def amount_measures(amounts: Numbers, outcomes: Numbers) -> dict[str, float | None]:
    """Return correlation, mean absolute error, root mean squared error and bias (sum foretold / sum true - 1)."""
    total = float(outcomes.sum())
    varies = len(outcomes) > 1 and amounts.std() > 0.0 and outcomes.std() > 0.0
    return {
        "correlation": float(np.corrcoef(amounts, outcomes)[0, 1]) if varies else None,
        "absolute_error": float(np.abs(amounts - outcomes).mean()),
        "squared_error_root": float(np.sqrt(((amounts - outcomes) ** 2).mean())),
        "bias": float(amounts.sum()) / total - 1.0 if total else None,
    }


def area_under_curve(chances: Numbers, happened: NDArray[np.bool_]) -> float | None:
    """Return P(chance of a yes > chance of a no), ties counting half: the area under the ROC curve (Fawcett 2006)."""
    yes = int(happened.sum())
    no = len(happened) - yes
    if not yes or not no:
        return None
    _, places, counts = np.unique(chances, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2.0
    return float((ranks[places][happened].sum() - yes * (yes + 1) / 2.0) / (yes * no))


def calibration_error(chances: Numbers, happened: NDArray[np.bool_]) -> float:
    """Return the mean of |chance - frequency| over ten bins of equal width, weighted by size (Naeini et al. 2015)."""
    return sum(abs(chance - share) * count for chance, share, count in reliability(chances, happened)) / len(chances)


def reliability(chances: Numbers, happened: NDArray[np.bool_]) -> list[tuple[float, float, int]]:
    """Return (mean chance, share that happened, how many) for each of ten bins of equal width that is not empty."""
    bins = np.minimum((chances * _BINS).astype(np.int64), _BINS - 1)
    sizes = np.bincount(bins, minlength=_BINS)
    told = sizes > 0
    counts = sizes[told]
    means = np.bincount(bins, chances, _BINS)[told] / counts
    shares = np.bincount(bins, happened, _BINS)[told] / counts
    return list(zip(means.tolist(), shares.tolist(), counts.tolist(), strict=True))


def gain(chances: Numbers, happened: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Return (share of users, share of all yes among them) for the likeliest tenth, two tenths, ... of users."""
    total = int(happened.sum())
    if not total:
        return []
    found = np.cumsum(happened[np.argsort(-chances, kind="stable")])
    sizes = [max(1, round(len(chances) * tenth / _BINS)) for tenth in range(1, _BINS + 1)]
    return [(size / len(chances), float(found[size - 1]) / total) for size in sizes]


def lift(chances: Numbers, happened: NDArray[np.bool_]) -> float | None:
    """Return how many times more often it happened among the likeliest tenth than among all."""
    curve = gain(chances, happened)
    return curve[0][1] / curve[0][0] if curve else None


def _mean(values: list[float] | list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
