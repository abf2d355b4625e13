"""Plant a new group of customers and a price shift into a stream, and print how soon the learner tells.

    OMP_NUM_THREADS=1 uv run --no-sync python tests/bench/clusters_drift.py [--seeds 1 2 3]

Three groups of customers, four clusters. After 6,000 vectors a fourth group makes up 15 % of the stream; after 12,000
all prices rise by 60 %. Delays are in vectors.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from livesegments.models.clusters.learner import Clustering, Learner
from livesegments.models.clusters.quality import adjusted_rand_index
from livesegments.models.clusters.version import Version

__all__ = ["FEATURES", "Outcome", "follow", "planted_stream"]

FEATURES = ("orders_90d", "basket", "session_minutes", "email_open_rate")
NEW_GROUP_AT, PRICES_AT, END = 6000, 12_000, 18_000
PRICES = 1.6
MINUTE_MS = 60_000

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
        """Return after how many vectors a cluster was told to be born."""
        return next((at for at, born in self.born if born == cluster), None)


def planted_stream(seed: int) -> tuple[list[list[float]], np.ndarray]:
    """Draw the vectors and the group of each: 0 to 2, and 3 for the new one."""
    generator = np.random.default_rng(seed)
    groups = generator.integers(3, size=END)
    late = np.arange(END) >= NEW_GROUP_AT
    groups[late & (generator.random(END) < NEW_SHARE)] = 3
    medians = np.vstack([MEDIANS, NEW_MEDIANS])[groups]
    values = medians * np.exp(0.35 * generator.standard_normal(medians.shape))
    values[PRICES_AT:, 1] *= PRICES
    values[:, 3] = np.minimum(values[:, 3], 1.0)
    return values.tolist(), groups


def follow(seed: int) -> Outcome:
    """Learn one planted stream and note what is told, and who is who at the end of each part."""
    vectors, groups = planted_stream(seed)
    learner = Learner(Clustering(name="planted", features=FEATURES, clusters=4, seed=seed))
    outcome = Outcome()
    for number, vector in enumerate(vectors):
        version = learner.learn(vector, number * MINUTE_MS)
        if version:
            _note(outcome, number, version)
        if number + 1 in (NEW_GROUP_AT, PRICES_AT, END):
            _look(outcome, learner, vectors[number - 1999 : number + 1], groups[number - 1999 : number + 1])
    return outcome


def _note(outcome: Outcome, number: int, version: Version) -> None:
    if version.drifts:
        outcome.drifts.append((number, tuple(sorted({drift.signal for drift in version.drifts}))))
    outcome.born += [(number, told.cluster) for told in version.transitions if told.kind == "born"]


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
    print(f"seed {seed}: {false_alarms} false alarms in the {NEW_GROUP_AT:,} vectors before anything was planted")
    for name, start, end in (("new group", NEW_GROUP_AT, PRICES_AT), ("price shift", PRICES_AT, END)):
        drift = outcome.first_drift(start, end)
        told = f"drift after {drift[0]} vectors, on {', '.join(drift[1])}" if drift else "NO DRIFT FOUND"
        print(f"  {name:12} {told}")
    print(f"  {'new cluster':12} " + (f"born after {birth - NEW_GROUP_AT} vectors" if birth else "NEVER BORN"))
    kept = three == four[:3] and four == prices
    print(f"  {'old ids':12} {'survive' if kept else 'LOST'}: {three}, then {four}, then {prices}")
    print(f"  {'agreement':12} " + ", ".join(f"{part} {value:.3f}" for part, value in outcome.agreement.items()))


if __name__ == "__main__":
    main()
