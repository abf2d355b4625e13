"""What became of each cluster between two versions, in MONIC's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np

from livesegments.models.clusters.lloyd import Labels, Points

__all__ = ["Transition", "transitions"]

SPLIT = 0.3
"""Share of a cluster's members that another cluster must take to count as a part of it."""

MERGED = 0.5
"""Share of a cluster's members that must go to one other cluster when it merges into that."""


class Transition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One cluster's fate from one version to the next.

    `kind` is `born` (nothing before it), `survived`, `split` (a part of its members now is another cluster, named
    in `others`), `merged` (most of its members are in the one cluster of `others`) or `died`. `overlap` is the
    share of its old members that are still in it, or went where `others` says.
    """

    kind: Literal["born", "survived", "split", "merged", "died"]
    cluster: int
    others: tuple[int, ...] = ()
    overlap: float = 0.0


def transitions(old_ids: Sequence[int], old: Labels, new_ids: Sequence[int], new: Labels) -> list[Transition]:
    """Compare two clusterings of the same vectors, which were there when the older version was made.

    `old` and `new` label each vector by position in `old_ids` and `new_ids`. Spiliopoulou, Ntoutsi, Theodoridis
    and Schult, "MONIC: modeling and monitoring cluster transitions", KDD 2006, with one difference: a cluster
    survives where its id does, since the ids follow the centres. Ordered by kind as above, then by id.
    """
    shares = _shares(old, len(old_ids), new, len(new_ids))
    place = {cluster: index for index, cluster in enumerate(new_ids)}
    fresh = [cluster for cluster in new_ids if cluster not in old_ids]
    parts: set[int] = set()
    found: list[Transition] = []
    for row, cluster in zip(shares, old_ids, strict=True):
        takers = tuple(other for other in fresh if row[place[other]] >= SPLIT)
        if cluster in place:
            found.append(_kept(cluster, float(row[place[cluster]])))
            if takers:
                found.append(_told("split", cluster, takers, row, place))
        else:
            found.append(_ended(cluster, takers, row, new_ids, place))
        parts.update(takers)
    found.extend(Transition(kind="born", cluster=cluster) for cluster in fresh if cluster not in parts)
    order = {kind: index for index, kind in enumerate(("born", "survived", "split", "merged", "died"))}
    return sorted(found, key=lambda transition: (order[transition.kind], transition.cluster))


def _kept(cluster: int, overlap: float) -> Transition:
    return Transition(kind="survived", cluster=cluster, overlap=overlap)


def _ended(
    cluster: int, takers: tuple[int, ...], row: Points, new_ids: Sequence[int], place: dict[int, int]
) -> Transition:
    if len(takers) > 1:
        return _told("split", cluster, takers, row, place)
    heir = new_ids[int(row.argmax())] if len(row) else None
    if heir is None or row[place[heir]] < MERGED:
        return Transition(kind="died", cluster=cluster)
    return _told("merged", cluster, (heir,), row, place)


def _told(
    kind: Literal["split", "merged"], cluster: int, others: tuple[int, ...], row: Points, place: dict[int, int]
) -> Transition:
    overlap = float(sum(row[place[other]] for other in others))
    return Transition(kind=kind, cluster=cluster, others=others, overlap=overlap)


def _shares(old: Labels, old_count: int, new: Labels, new_count: int) -> Points:
    cells = np.bincount(old * new_count + new, minlength=old_count * new_count).reshape(old_count, new_count)
    shares: Points = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    return shares
