"""What there is to tell about one clustering: its clusters, how they lasted, and how good it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from livesegments.core.times import format_time
from livesegments.models.clusters.lloyd import Points
from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.naming import describe
from livesegments.models.clusters.quality import batch_kmeans, ssq
from livesegments.models.clusters.version import Version

__all__ = ["ClusterTold", "ClusteringReport", "DriftTold", "Stability", "Story", "report"]


class ClusterTold(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster of the newest version; `medians` of its members in the units of the features.

    `users` are all that are in it at the end of the events and `share` is theirs; without events both count users of
    the learner's sample, and `users` is null in versions that did not count them.
    """

    id: int
    name: str
    users: int | None
    share: float
    medians: dict[str, float | None]
    apart: str
    since_version: int


class DriftTold(msgspec.Struct, frozen=True, kw_only=True):
    """A drift that was found, and which signals it was seen in."""

    at: str
    version: int
    signals: list[str]


class Stability(msgspec.Struct, frozen=True, kw_only=True):
    """How the clusters lasted over all versions told of; `kept` is the mean share of members that stayed."""

    versions: int
    born: int
    split: int
    merged: int
    died: int
    kept: float | None
    user_moved: int | None  # changes of users, null without events
    model_moved: int | None


class ClusteringReport(msgspec.Struct, frozen=True, kw_only=True):
    """All about one clustering.

    `error` is the mean squared distance of the sample to the centres in scaled units, `silhouette` lies between -1 and
    1, `ssq_ratio` is the squared distances over those of batch k-means on the same sample of users (1 is as good), null
    where they are not at hand.
    """

    clustering: str
    algorithm: str
    version: int
    effective_at: str
    features: list[str]
    clusters: list[ClusterTold]
    stability: Stability
    drifts: list[DriftTold]
    error: float
    silhouette: float | None
    ssq_ratio: float | None


class Story(msgspec.Struct, kw_only=True):
    """What a replay of the events adds to the versions: users per cluster id, changes, and the learner's users."""

    users: Mapping[int, int] = {}
    moves: Mapping[str, int] = {}
    sample: Any = None  # Points after the logarithm, NaN where missing


def report(versions: Sequence[Version], story: Story | None = None) -> ClusteringReport:
    """Tell about the newest of the versions, which are those of one clustering, oldest first; there is at least one."""
    newest = versions[-1].model
    return ClusteringReport(
        clustering=newest.clustering,
        algorithm=newest.algorithm,
        version=newest.version,
        effective_at=format_time(newest.effective_at),
        features=list(newest.features),
        clusters=_clusters(versions, story),
        stability=_stability(versions, story),
        drifts=[
            DriftTold(
                at=format_time(version.model.effective_at),
                version=version.model.version,
                signals=sorted({drift.signal for drift in version.drifts}),
            )
            for version in versions
            if version.drifts
        ],
        error=newest.error,
        silhouette=versions[-1].silhouette,
        ssq_ratio=None if story is None or story.sample is None else _ssq_ratio(newest, story.sample),
    )


def _clusters(versions: Sequence[Version], story: Story | None) -> list[ClusterTold]:
    newest = versions[-1].model
    since: dict[int, int] = {}
    for version in reversed(versions):
        for cluster in version.model.ids:
            since[cluster] = version.model.version
    middle = np.array(newest.centres).mean(axis=0)
    columns = zip(newest.ids, newest.names, _sizes(newest, story), newest.centres, newest.real_centres(), strict=True)
    return [
        ClusterTold(
            id=cluster,
            name=name,
            users=users,
            share=share,
            medians=dict(zip(newest.features, real, strict=True)),
            apart=describe((np.array(centre) - middle).tolist(), newest.features),
            since_version=since[cluster],
        )
        for cluster, name, (users, share), centre, real in columns
    ]


def _sizes(model: ClusterModel, story: Story | None) -> list[tuple[int | None, float]]:
    """Give users and share of each cluster: of all users where they were replayed, else of the learner's sample."""
    if story is None:
        return list(zip(model.sizes or [None] * len(model.ids), model.shares, strict=True))
    users = [story.users.get(cluster, 0) for cluster in model.ids]
    return [(count, count / max(sum(users), 1)) for count in users]


def _stability(versions: Sequence[Version], story: Story | None) -> Stability:
    told = [transition for version in versions[1:] for transition in version.transitions]
    kinds = Counter(transition.kind for transition in told)
    kept = [transition.overlap for transition in told if transition.kind == "survived"]
    return Stability(
        versions=len(versions),
        born=kinds["born"],
        split=kinds["split"],
        merged=kinds["merged"],
        died=kinds["died"],
        kept=sum(kept) / len(kept) if kept else None,
        user_moved=None if story is None else story.moves.get("user_moved", 0),
        model_moved=None if story is None else story.moves.get("model_moved", 0),
    )


def _ssq_ratio(model: ClusterModel, sample: Points) -> float | None:
    scaled = model.scaling.scale_all(sample)
    oracle = batch_kmeans(scaled, len(model.ids)).ssq if len(scaled) > len(model.ids) else 0.0
    return ssq(scaled, np.array(model.centres)) / oracle if oracle > 0.0 else None
