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

ROUGHLY = 5e-4
"""Where Lloyd's iterations end for memories that are only judged; the one that is used is then fitted to the end."""


class Memories:
    """Fit the newest 500, 2,000, ... vectors each; tell which fit foresaw the next ones best.

    A short memory follows drift, a long one is precise; which is better depends on the stream and changes with it. So
    does what a move of the means tells: where all users change together, as totals and ages do, what was learned goes
    with the means; where the means only come nearer to the truth, it stands. So each memory is kept in two forms.
    Each fit is judged by the mean squared distance of vectors that came after it, so nothing has to be known or
    set (prequential error with fading: Gama, Sebastião and Rodrigues, Machine Learning 90, 2013).
    """

    __slots__ = ("centres", "errors", "lengths")

    def __init__(self, lengths: Sequence[int]) -> None:
        self.lengths = sorted(lengths, reverse=True)
        self.errors = [0.0] * (2 * len(self.lengths))  # of each memory as it stands, then as it moves
        self.centres: list[Points] = []

    @property
    def best(self) -> int:
        """The position of the longest memory whose error is the least, or nearly, in its better form."""
        errors, enough = self.errors, NEARLY * min(self.errors)
        better = [at if errors[at] <= errors[at + 1] else at + 1 for at in range(0, len(errors), 2)]
        return next(at for at in better if errors[at] <= enough)

    @property
    def length(self) -> int:
        """The length of the memory that is used."""
        return self.lengths[self.best // 2]

    @property
    def stands(self) -> bool:
        """Tell whether what is used stands when the means move."""
        return self.best % 2 == 0

    def begin(self, centres: Points) -> None:
        """Give all memories the same first centres, of vectors as they stand."""
        self.errors = [0.0] * len(self.errors)
        self.centres = [centres] * len(self.errors)

    def judge(self, standing: Points, moving: Points) -> None:
        """Add the errors on vectors that no fit has seen, given in both forms."""
        if len(moving):
            for index, centres in enumerate(self.centres):
                error = ssq(moving if index % 2 else standing, centres) / len(moving)
                self.errors[index] = FADE * self.errors[index] + error

    def refit(
        self, standing: Points, moving: Points, ages: npt.NDArray[np.int64], current: Points
    ) -> tuple[Points, Fit]:
        """Fit each memory from the `current` centres; return the points of the best one and its fit.

        The sample is given in both forms, `ages` count vectors since arrival. All start from the same centres, so that
        a change of memory moves centres a little and never makes others of them.
        """
        windows = [form[ages < length] for length in self.lengths for form in (standing, moving)]
        fits: list[Fit] = []
        for index, window in enumerate(windows):
            is_known = index % 2 == 1 and np.array_equal(window, windows[index - 1])  # the means have not moved in it
            fits.append(fits[-1] if is_known else lloyd(window, current, tolerance=ROUGHLY))
        self.centres = [fit.centres for fit in fits]
        return windows[self.best], lloyd(windows[self.best], fits[self.best].centres)

    def replace_best(self, centres: Points) -> None:
        """Give the best memory improved centres."""
        self.centres[self.best] = centres

    def rescale(self, shift: Points, factor: Points) -> None:
        """Replace every value x by (x - shift) / factor where it stands, and by x / factor where it moves."""
        self.centres = [
            (centres if index % 2 else centres - shift) / factor for index, centres in enumerate(self.centres)
        ]

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {"errors": list(self.errors), "centres": [centres.tolist() for centres in self.centres]}

    def load(self, state: dict[str, Any]) -> None:
        """Continue where the snapshot was taken."""
        forms = 1 if len(state["errors"]) == len(self.errors) else 2  # snapshots of before knew one form
        self.errors = [error for error in state["errors"] for _ in range(forms)]
        self.centres = [np.array(centres) for centres in state["centres"] for _ in range(forms)]
