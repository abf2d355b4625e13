"""Names of clusters, given once, at birth."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

__all__ = ["name_clusters"]

STRONG = 0.5
"""Deviations from the mean from which on a feature sets a cluster apart."""


def name_clusters(
    known: Mapping[int, str],
    ids: Sequence[int],
    centres: Sequence[Sequence[float]],
    features: Sequence[str],
    names: Sequence[str] = (),
) -> dict[int, str]:
    """Return the name of every id; `known` ones stay.

    New ids take the free ones of `names` (low to high) in order of their mean scaled value. Where there are more
    of them than names, or no names, a name is made of the features that set the centre apart from the others.

    >>> name_clusters({}, [0, 1], [[1.5, 0.2], [-1.0, -0.1]], ["orders", "opens"], ["Low", "High"])
    {0: 'High', 1: 'Low'}
    >>> name_clusters({}, [0, 1], [[1.5, 0.6], [-1.0, -0.5]], ["orders", "opens"])
    {0: 'high orders, high opens', 1: 'low orders, low opens'}
    """
    given = {cluster: known[cluster] for cluster in ids if cluster in known}
    free = [name for name in names if name not in given.values()]
    fresh = [(index, cluster) for index, cluster in enumerate(ids) if cluster not in given]
    ranked = sorted(fresh, key=lambda pair: (sum(centres[pair[0]]), pair[1]))
    middle = [sum(column) / len(centres) for column in zip(*centres, strict=True)]
    for rank, (index, cluster) in enumerate(ranked):
        if rank < len(free):
            given[cluster] = free[_spread(rank, len(ranked), len(free))]
        else:
            apart = [value - usual for value, usual in zip(centres[index], middle, strict=True)]
            given[cluster] = describe(apart, features, set(given.values()))
    return {cluster: given[cluster] for cluster in ids}


def describe(apart: Sequence[float], features: Sequence[str], taken: Collection[str] = ()) -> str:
    """Say what sets a centre apart, by the two features that do most, or by more where the name is taken.

    >>> describe([0.1, -2.0, 0.7], ["orders", "opens", "visits"])
    'low opens, high visits'
    """
    order = sorted(range(len(apart)), key=lambda index: (-abs(apart[index]), index))
    words = [f"{'high' if apart[index] > 0 else 'low'} {features[index]}" for index in order]
    strong = sum(abs(value) >= STRONG for value in apart)
    for count in range(min(strong, 2), max(strong, 2) + 1):
        name = ", ".join(words[:count]) or "average"
        if name not in taken:
            return name
    return next(other for number in range(2, len(taken) + 3) if (other := f"{name} ({number})") not in taken)


def _spread(rank: int, wanted: int, free: int) -> int:
    # Fewer clusters than names: keep the ends, so that two clusters of three names are low and high.
    if wanted >= free or wanted == 1:
        return rank
    return round(rank * (free - 1) / (wanted - 1))
