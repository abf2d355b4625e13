"""Who is who after a re-fit: the ids of old centres for new ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livesegments.models.clusters.lloyd import Labels, Points, squared_distances

__all__ = ["Ids", "match"]


class Ids:
    """Give ids to centres and keep them while the centres move; an id is never used twice."""

    __slots__ = ("current", "following")

    def __init__(self, current: list[int] | None = None, following: int = 0) -> None:
        self.current = current or []
        self.following = following

    def follow(self, old: Points, new: Points, reach: float = 0.5, weights: Sequence[float] | None = None) -> list[int]:
        """Set and return the ids of the `new` centres, in their order; `old` are the centres of the current ids.

        Where two old centres became one, the id of the heavier of them stays: that of most users.
        """
        pairs = match(old, new, reach) if self.current else {}
        if weights is not None and pairs:
            _prefer_heavier(pairs, squared_distances(old, new), weights, _limit(old, reach))
        ids = []
        for index in range(len(new)):
            if index in pairs:
                ids.append(self.current[pairs[index]])
            else:
                ids.append(self.following)
                self.following += 1
        self.current = ids
        return ids

    def follow_members(self, before: Sequence[int], members: Labels, now: Labels) -> None:
        """Let new centres have the ids that no centre near them kept, where they hold the members.

        More than half of those of an id must be in the new cluster, and be more than half of it. `before` are the ids
        until now, `members` the position in it of each vector, `now` that in the ids of now.
        """
        fresh = [place for place, known in enumerate(self.current) if known not in before]
        for place, known in enumerate(before):
            if known in self.current or not fresh:
                continue
            counts = np.bincount(now[members == place], minlength=len(self.current))
            into = int(counts.argmax())
            if into in fresh and 2 * counts[into] > max(counts.sum(), (now == into).sum()):
                self.current[into] = known


def match(old: Points, new: Points, reach: float = 0.5) -> dict[int, int]:
    """Pair new centres with old ones: the pairing with the least sum of squared distances.

    The Hungarian method (Kuhn, Naval Research Logistics Quarterly 2, 1955). A pair further apart than `reach`
    times the mean distance between old centres is no pair. Keys are new positions, values are old ones.
    """
    return {column: row for row, column in _cheapest_pairs(squared_distances(old, new), _limit(old, reach))}


def _cheapest_pairs(squares: Points, limit: float) -> list[tuple[int, int]]:
    """Give the rows and columns of the pairs that cost least together, without those that cost more than the limit.

    Where every row that has a column within the limit has one nearest column, and no two rows have the same, those are
    the pairs; else the Hungarian method decides.
    """
    if len(squares) > squares.shape[1]:
        return [(row, column) for column, row in _cheapest_pairs(squares.T, limit)]
    costs = np.minimum(squares, limit)  # no pair costs more than being no pair, or one far centre would pull all others
    rows = np.flatnonzero(squares.min(axis=1) <= limit)
    near = costs[rows]
    columns = near.argmin(axis=1)
    if (near == near.min(axis=1, keepdims=True)).sum() == len(rows) == len(set(columns.tolist())):
        return list(zip(rows.tolist(), columns.tolist(), strict=True))
    from scipy.optimize import linear_sum_assignment  # takes 0.4 s to import, and is seldom asked

    pairs = zip(*(found.tolist() for found in linear_sum_assignment(costs)), strict=True)
    return [(row, column) for row, column in pairs if squares[row, column] <= limit]


def _prefer_heavier(pairs: dict[int, int], squares: Points, weights: Sequence[float], limit: float) -> None:
    for gone in sorted(set(range(len(squares))) - set(pairs.values())):
        into = int(squares[gone].argmin())
        if into in pairs and squares[gone, into] <= limit and weights[gone] > weights[pairs[into]]:
            pairs[into] = gone


def _limit(old: Points, reach: float) -> float:
    """Give the squared distance beyond which two centres are no pair."""
    return min((reach * _mean_gap(old)) ** 2, 1e300)


def _mean_gap(centres: Points) -> float:
    if len(centres) < 2:
        return float("inf")
    upper = np.triu_indices(len(centres), 1)
    return float(np.sqrt(squared_distances(centres, centres)[upper]).mean())
