"""What our models say about every customer at given moments: a learning pass, then a replay that stops at each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time

import pandas as pd

from livesegments.core.changes import ClusterChange
from livesegments.core.definition import Definition, parse_definition
from livesegments.core.replay import Replay
from livesegments.core.times import DAY_MS
from livesegments.models.book import ModelBook
from livesegments.models.clusters.version import Version
from livesegments.models.engine import engine_with_models
from livesegments.models.passes import learn_models

__all__ = ["Told", "definition_of", "tell"]

PLAIN = """
features:
  orders: {count: Order Completed}
  revenue: {sum: Order Completed, of: revenue}
  mean_order: {mean: Order Completed, of: revenue}
  days_since_order: {days_since: Order Completed}
  orders_30d: {count: Order Completed, within: 30d}
  orders_90d: {count: Order Completed, within: 90d}
"""
FEATURES = f"{PLAIN}  order_days: {{distinct: Order Completed, of: order_id, within: 365d}}\n"
SILENCE_MS = 90 * DAY_MS
WILL = "will: Order Completed, within: 30d"
READ = "features: [orders, revenue, mean_order, days_since_order, orders_30d, orders_90d]"
PREDICTIONS = f"""
predictions:
  logistic_regression: {{{WILL}, model: logistic_regression, {READ}, seed: SEED}}
  decision_tree: {{{WILL}, model: decision_tree, {READ}, seed: SEED}}
  bg_nbd: {{{WILL}, model: bg_nbd, seed: SEED}}
  gru: {{{WILL}, model: gru, seed: SEED}}
  lifetime: {{value: customer_lifetime_value, horizon: 180d, model: bg_nbd, seed: SEED}}
"""


@dataclass
class Told:
    """Clusters and predictions of all users at each moment, what changed on the way, and what it cost."""

    clusters: dict[pd.Timestamp, dict[str, dict[str, int]]] = field(default_factory=dict)
    predictions: dict[pd.Timestamp, dict[str, dict[str, float]]] = field(default_factory=dict)
    moved_by_time: dict[str, int] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)
    user_days: float = 0.0
    moved_in_silence: dict[str, int] = field(default_factory=dict)  # in the 90 days after each stop, without any event
    silences: int = 0  # of as many users
    kept: dict[str, float] = field(default_factory=dict)
    kept_still: dict[str, float] = field(default_factory=dict)  # by versions that tell no drift
    versions: dict[str, int] = field(default_factory=dict)
    seconds: tuple[float, float] = (0.0, 0.0)


def definition_of(clusters: Sequence[int], seed: int, *, predictions: bool, more: str = "") -> Definition:
    """Give a definition with a clustering for each number of clusters, of users who have ordered."""
    rfm = "features: [orders, revenue, mean_order, days_since_order], when: 'orders > 0', active: 730d"
    lines = [f"  k{k}: {{{rfm}, clusters: {k}, seed: {seed}{more}}}" for k in clusters]
    groups = "\n".join(["clusters:", *lines]) if clusters else ""
    asked = PREDICTIONS.replace("SEED", str(seed)) if predictions else ""
    return parse_definition(f"version: 1\n{FEATURES}segments: {{}}\n{groups}\n{asked}")


def tell(definition: Definition, path: Path, stops: Sequence[pd.Timestamp]) -> Told:
    """Learn from the whole stream, then replay it, looking at every user at each stop."""
    told = Told()
    began = process_time()
    book = ModelBook(row.payload for row in learn_models(definition, _lines(path)))
    learned = process_time()
    replay = Replay(engine_with_models(definition, book))
    waiting = sorted(stops)
    for line in _lines(path):
        at = _time_of(line)
        while waiting and at > waiting[0]:
            _look(replay, waiting.pop(0), told)
        for change in replay.feed(line):
            _count(change.detail, told)
    for stop in waiting:
        _look(replay, stop, told)
    told.seconds = (learned - began, process_time() - learned)
    for name, versions in book.cluster_versions().items():
        told.kept[name], told.versions[name] = _kept(versions), len(versions)
        told.kept_still[name] = _kept([version for version in versions if not version.drifts])
    for name, known in book.predictions.items():
        told.versions[name] = len(known.records())
    return told


def _kept(versions: Sequence[Version]) -> float:
    kept = [one.overlap for version in versions for one in version.transitions if one.kind == "survived"]
    return sum(kept) / max(len(kept), 1)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as lines:
        yield from lines


def _time_of(line: bytes) -> pd.Timestamp:
    place = line.rindex(b'"timestamp":"') + 13
    return pd.Timestamp(line[place : line.index(b'"', place)].decode())


def _look(replay: Replay, stop: pd.Timestamp, told: Told) -> None:
    now_ms = stop.value // 1_000_000
    clusters: dict[str, dict[str, int]] = {}
    predictions: dict[str, dict[str, float]] = {}
    for user in replay.profiles:
        profile = replay.profiles[user]
        for change in replay.engine.advance(profile, now_ms):
            _count(change.detail, told)
        for name, held in profile.clusters.items():
            clusters.setdefault(name, {})[user] = held[0] if isinstance(held, list) else held.id
        _be_silent(replay, user, now_ms + SILENCE_MS, told)
        answers = {} if profile.empty or not replay.engine.models else replay.engine.models.answers(profile, now_ms)
        for name, answer in answers.items():
            predictions.setdefault(name, {})[user] = answer
        told.user_days += 0.0 if profile.empty else (now_ms - max(profile.first_ms, _last(told))) / DAY_MS
    told.clusters[stop], told.predictions[stop] = clusters, predictions


def _be_silent(replay: Replay, user: str, until_ms: int, told: Told) -> None:
    """Count what a copy of a user does up to a time if nothing happens but time, new versions included."""
    content = replay.engine.snapshot(replay.profiles[user])
    if content is None:
        return
    told.silences += 1
    for change in replay.engine.advance(replay.engine.restore(user, content), until_ms):
        if isinstance(change.detail, ClusterChange) and change.detail.before is not None:
            name = change.detail.clustering
            told.moved_in_silence[name] = told.moved_in_silence.get(name, 0) + 1


def _last(told: Told) -> int:
    return max((stop.value // 1_000_000 for stop in told.clusters), default=0)


def _count(detail: object, told: Told) -> None:
    if isinstance(detail, ClusterChange) and detail.before is not None:
        told.moved[detail.clustering] = told.moved.get(detail.clustering, 0) + 1
        if detail.cause.kind in ("time", "model"):
            told.moved_by_time[detail.clustering] = told.moved_by_time.get(detail.clustering, 0) + 1
