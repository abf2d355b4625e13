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
    fresh = [cluster for cluster in new_ids if cluster not in old_ids]
    found: list[Transition] = []
    for cluster, row in zip(old_ids, shares.tolist(), strict=True):
        taken = dict(zip(new_ids, row, strict=True))
        found += _kept(cluster, taken, fresh) if cluster in taken else [_ended(cluster, taken)]
    parts = {other for told in found for other in told.others}
    found += [Transition(kind="born", cluster=cluster) for cluster in fresh if cluster not in parts]
    order = {kind: index for index, kind in enumerate(("born", "survived", "split", "merged", "died"))}
    return sorted(found, key=lambda told: (order[told.kind], told.cluster))


def _kept(cluster: int, taken: dict[int, float], fresh: Sequence[int]) -> list[Transition]:
    survived = Transition(kind="survived", cluster=cluster, overlap=taken[cluster])
    parts = tuple(other for other in fresh if taken[other] >= SPLIT)
    return [survived, _told("split", cluster, parts, taken)] if parts else [survived]


def _ended(cluster: int, taken: dict[int, float]) -> Transition:
    parts = tuple(other for other, share in taken.items() if share >= SPLIT)
    if len(parts) > 1:
        return _told("split", cluster, parts, taken)
    if parts and taken[parts[0]] >= MERGED:
        return _told("merged", cluster, parts, taken)
    return Transition(kind="died", cluster=cluster)


def _told(
    kind: Literal["split", "merged"], cluster: int, others: tuple[int, ...], taken: dict[int, float]
) -> Transition:
    return Transition(kind=kind, cluster=cluster, others=others, overlap=sum(taken[other] for other in others))


def _shares(old: Labels, old_count: int, new: Labels, new_count: int) -> Points:
    cells = np.bincount(old * new_count + new, minlength=old_count * new_count).reshape(old_count, new_count)
    shares: Points = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    return shares
