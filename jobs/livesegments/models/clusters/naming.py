"""Names of clusters, given once, at birth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    of them than names, or no names, a name is made of the centre's strongest features.

    >>> name_clusters({}, [0, 1], [[1.5, 0.2], [-1.0, -0.1]], ["orders", "opens"], ["Low", "High"])
    {0: 'High', 1: 'Low'}
    >>> name_clusters({}, [0, 1], [[1.5, 0.6], [-1.0, -0.1]], ["orders", "opens"])
    {0: 'high orders, high opens', 1: 'low orders'}
    """
    given = {cluster: known[cluster] for cluster in ids if cluster in known}
    free = [name for name in names if name not in given.values()]
    fresh = [(index, cluster) for index, cluster in enumerate(ids) if cluster not in given]
    ranked = sorted(fresh, key=lambda pair: (sum(centres[pair[0]]), pair[1]))
    for rank, (index, cluster) in enumerate(ranked):
        if rank < len(free):
            given[cluster] = free[_spread(rank, len(ranked), len(free))]
        else:
            given[cluster] = _distinct(describe(centres[index], features), given)
    return {cluster: given[cluster] for cluster in ids}


def describe(centre: Sequence[float], features: Sequence[str]) -> str:
    """Say what sets a scaled centre apart, by at most two features."""
    order = sorted(range(len(centre)), key=lambda index: (-abs(centre[index]), index))
    strong = [index for index in order if abs(centre[index]) >= STRONG][:2]
    return ", ".join(f"{'high' if centre[index] > 0 else 'low'} {features[index]}" for index in strong) or "average"


def _spread(rank: int, wanted: int, free: int) -> int:
    # Fewer clusters than names: keep the ends, so that two clusters of three names are low and high.
    if wanted >= free or wanted == 1:
        return rank
    return round(rank * (free - 1) / (wanted - 1))


def _distinct(name: str, given: Mapping[int, str]) -> str:
    taken = set(given.values())
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name} ({number})", number + 1
    return candidate
