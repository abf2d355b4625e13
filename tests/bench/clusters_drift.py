"""Plant a new group of customers and a price shift into a shop, and print how soon the learner tells.

    OMP_NUM_THREADS=1 uv run --no-sync python tests/bench/clusters_drift.py [--seeds 1 2 3]

Three groups of customers, four clusters, one version a week. In week 20 a fourth group joins, 15 % of the customers;
in week 40 all prices rise by 60 %. Delays are in weeks.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from livesegments.models.clusters.learner import Clustering, Learner
from livesegments.models.clusters.quality import adjusted_rand_index
from livesegments.models.clusters.version import Version

__all__ = ["FEATURES", "Outcome", "follow", "planted_weeks"]

FEATURES = ("orders_90d", "basket", "session_minutes", "email_open_rate")
NEW_GROUP_AT, PRICES_AT, END = 20, 40, 60
PRICES = 1.6
WEEK_MS = 7 * 86_400_000
USERS = 2000

# Medians of each group: bargain hunters, regulars, readers; and those who come later.
MEDIANS = np.array([[2.0, 20.0, 5.0, 0.10], [9.0, 60.0, 12.0, 0.35], [3.0, 90.0, 40.0, 0.75]])
NEW_MEDIANS = np.array([25.0, 8.0, 3.0, 0.60])
NEW_SHARE = 0.15


@dataclass
class Outcome:
    """What the learner told of one planted stream."""

    drifts: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    born: list[tuple[int, int]] = field(default_factory=list)
    ids: dict[str, list[int]] = field(default_factory=dict)
    agreement: dict[str, float] = field(default_factory=dict)

    def first_drift(self, start: int, end: int) -> tuple[int, tuple[str, ...]] | None:
        """Return the delay and the signals of the first drift told in a part of the stream."""
        return next(((at - start, signals) for at, signals in self.drifts if start <= at < end), None)

    def birth_of(self, cluster: int) -> int | None:
        """Return the week in which a cluster was told to be born, or to be a part of another."""
        return next((at for at, born in self.born if born == cluster), None)


def planted_weeks(seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give the values of all users in each week, which waver a little, and the group of each: 0 to 2, 3 the new one."""
    generator = np.random.default_rng(seed)
    groups = generator.integers(3, size=USERS)
    own = np.exp(0.3 * generator.standard_normal((USERS, len(FEATURES))))
    joining = generator.random(USERS) < NEW_SHARE
    for week in range(END):
        now = np.where(joining & (week >= NEW_GROUP_AT), 3, groups)
        wavering = np.exp(0.15 * generator.standard_normal(own.shape))
        values = np.vstack([MEDIANS, NEW_MEDIANS])[now] * own * wavering
        values[:, 1] *= PRICES if week >= PRICES_AT else 1.0
        values[:, 3] = np.minimum(values[:, 3], 1.0)
        yield values, now


def follow(seed: int) -> Outcome:
    """Learn one planted shop and note what is told, and who is who at the end of each part."""
    learner = Learner(Clustering(name="planted", features=FEATURES, clusters=4, seed=seed, interval_ms=WEEK_MS))
    outcome = Outcome()
    for week, (users, groups) in enumerate(planted_weeks(seed)):
        version = learner.learn(users, week * WEEK_MS)
        if version:
            _note(outcome, week, version)
        if week + 1 in (NEW_GROUP_AT, PRICES_AT, END):
            _look(outcome, learner, users.tolist(), groups)
    return outcome


def _note(outcome: Outcome, week: int, version: Version) -> None:
    if version.drifts:
        outcome.drifts.append((week, tuple(sorted({drift.signal for drift in version.drifts}))))
    for told in version.transitions:
        new = [told.cluster] if told.kind == "born" else told.others if told.kind == "split" else []
        outcome.born += [(week, cluster) for cluster in new]


def _look(outcome: Outcome, learner: Learner, vectors: list[list[float]], groups: np.ndarray) -> None:
    assert learner.model is not None
    places = [learner.model.place(vector) for vector in vectors]
    found = np.array([place.id for place in places if place])
    part = {1: "three groups", 2: "four groups", 3: "higher prices"}[len(outcome.ids) + 1]
    outcome.ids[part] = [Counter(found[groups == group].tolist()).most_common(1)[0][0] for group in sorted({*groups})]
    outcome.agreement[part] = adjusted_rand_index(found, groups)


def main() -> None:
    """Print one line per seed and part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    for seed in parser.parse_args().seeds:
        _print(seed, follow(seed))


def _print(seed: int, outcome: Outcome) -> None:
    three, four, prices = outcome.ids.values()
    birth = outcome.birth_of(four[3])
    false_alarms = sum(at < NEW_GROUP_AT for at, _ in outcome.drifts)
    print(f"seed {seed}: {false_alarms} false alarms in the {NEW_GROUP_AT} weeks before anything was planted")
    for name, start, end in (("new group", NEW_GROUP_AT, PRICES_AT), ("price shift", PRICES_AT, END)):
        drift = outcome.first_drift(start, end)
        told = f"drift after {drift[0]} weeks, on {', '.join(drift[1])}" if drift else "NO DRIFT FOUND"
        print(f"  {name:12} {told}")
    print(f"  {'new cluster':12} " + (f"born after {birth - NEW_GROUP_AT} weeks" if birth else "NEVER BORN"))
    kept = three == four[:3] and four == prices
    print(f"  {'old ids':12} {'survive' if kept else 'LOST'}: {three}, then {four}, then {prices}")
    print(f"  {'agreement':12} " + ", ".join(f"{part} {value:.3f}" for part, value in outcome.agreement.items()))


if __name__ == "__main__":
    main()
