"""How much of the past to fit: centres of several memories, of which the best at predicting is used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from livesegments.models.clusters.lloyd import Fit, Points, lloyd
from livesegments.models.clusters.quality import ssq

__all__ = ["Memories"]

FADE = 0.5
"""Weight of all earlier errors against the newest."""

NEARLY = 1.03
"""Errors up to this times the least are as good, and the longest memory of these is used: it is the steadiest."""


class Memories:
    """Fit the newest 500, 1,000, ... vectors each; tell which fit foresaw the next ones best.

    A short memory follows drift, a long one is precise; which is better depends on the stream and changes with it.
    Each fit is judged by the mean squared distance of vectors that came after it, so nothing has to be known or
    set (prequential error with fading: Gama, Sebastião and Rodrigues, Machine Learning 90, 2013).
    """

    __slots__ = ("centres", "errors", "lengths")

    def __init__(self, lengths: Sequence[int]) -> None:
        self.lengths = sorted(lengths, reverse=True)
        self.errors = [0.0] * len(self.lengths)
        self.centres: list[Points] = []

    @property
    def best(self) -> int:
        """The position of the longest memory whose error is the least, or nearly."""
        enough = NEARLY * min(self.errors)
        return next(index for index, error in enumerate(self.errors) if error <= enough)

    @property
    def is_longest_best(self) -> bool:
        """Tell whether the longest memory is used: nothing that the shorter ones would follow has happened."""
        return self.best == 0

    def begin(self, centres: Points) -> None:
        """Give all memories the same first centres."""
        self.centres = [centres] * len(self.lengths)

    def judge(self, fresh: Points) -> None:
        """Add the errors on vectors that no fit has seen."""
        if len(fresh):
            for index, centres in enumerate(self.centres):
                self.errors[index] = FADE * self.errors[index] + ssq(fresh, centres) / len(fresh)

    def refit(self, points: Points, ages: npt.NDArray[np.int64], current: Points) -> tuple[Points, Fit]:
        """Fit each memory from the `current` centres; return the points of the best one and its fit.

        `ages` count vectors since arrival. All start from the same centres, so that a change of memory moves
        centres a little and never makes others of them.
        """
        windows = [points[ages < length] for length in self.lengths]
        fits = [lloyd(window, current) for window in windows]
        self.centres = [fit.centres for fit in fits]
        return windows[self.best], fits[self.best]

    def replace_best(self, centres: Points) -> None:
        """Give the best memory improved centres."""
        self.centres[self.best] = centres

    def rescale(self, factor: Points) -> None:
        """Replace every value x by x / factor, per feature."""
        self.centres = [centres / factor for centres in self.centres]

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {"errors": list(self.errors), "centres": [centres.tolist() for centres in self.centres]}

    def load(self, state: dict[str, Any]) -> None:
        """Continue where the snapshot was taken."""
        self.errors = list(state["errors"])
        self.centres = [np.array(centres) for centres in state["centres"]]
