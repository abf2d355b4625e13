"""The contract of clusterers, on every one there is."""

import inspect
import json
import math
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from cluster_streams import GROUPS, WIDTH, blobs, every_clusterer, learn, points, small
from river.checks import common

from livesegments.models.clusters.algorithms import ALGORITHMS, restore_clusterer, the_clusterer
from livesegments.models.clusters.centroids import Centroids
from livesegments.models.clusters.clusterer import NOBODY, Clusterer
from livesegments.models.clusters.quality import adjusted_rand_index

KINDS = every_clusterer()
NAMES = ("age", "gap", "orders", "spend")

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def through_bytes(snapshot: dict[str, Any]) -> dict[str, Any]:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(snapshot))


def test_all_five_are_found_and_have_a_name_in_definitions() -> None:
    assert [kind.__name__ for kind in KINDS] == ["Centroids", "DBSCAN", "DBSTREAM", "KMeans", "STREAMKMeans"]
    assert {the_clusterer(name) for name in ALGORITHMS} == set(KINDS)
    assert sorted(ALGORITHMS) == ["centroids", "dbscan", "dbstream", "kmeans", "stream_kmeans"]


@every_kind
def test_the_groups_are_found(kind: type[Clusterer]) -> None:
    clusterer = small(kind)
    learn(clusterer, blobs(2000))
    found = [clusterer.predict_one(group.tolist()) for group in GROUPS]
    assert len(set(found)) == len(GROUPS)


@every_kind
def test_the_order_of_features_does_not_matter(kind: type[Clusterer]) -> None:
    chance = random.Random(1)
    straight, shuffled, listed = small(kind), small(kind), small(kind)
    for number, vector in enumerate(blobs(700)):
        pairs = list(zip(NAMES, vector, strict=True))
        straight.learn_one(dict(pairs))
        chance.shuffle(pairs)
        shuffled.learn_one(dict(pairs))
        listed.learn_one(vector)
        if number == 600:
            for each in (straight, shuffled, listed):
                each.refit()
        assert (
            straight.predict_one(dict(pairs[::-1])) == shuffled.predict_one(dict(pairs)) == listed.predict_one(vector)
        )
    assert straight.centres() == shuffled.centres() == listed.centres() != []


@every_kind
def test_vectors_are_neither_changed_nor_kept(kind: type[Clusterer]) -> None:
    careless, twin = small(kind), small(kind)
    for vector in blobs(600):
        lent = list(vector)
        careless.learn_one(lent)
        assert lent == vector
        careless.predict_one(lent)
        lent[:] = [math.nan] * WIDTH
        twin.learn_one(vector)
    assert careless.snapshot() == twin.snapshot()


@every_kind
def test_prediction_changes_nothing(kind: type[Clusterer]) -> None:
    clusterer = small(kind)
    assert clusterer.predict_one([0.0] * WIDTH) == NOBODY
    learn(clusterer, blobs(510))
    before = clusterer.snapshot()
    for vector in [*blobs(50, seed=2), [math.nan] * WIDTH, [1e300] * WIDTH]:
        clusterer.predict_one(vector)
    clusterer.predict_one({"never": 1.0, "seen": 2.0}) if clusterer._names else None
    assert clusterer.snapshot() == before


@every_kind
def test_missing_values_never_poison(kind: type[Clusterer]) -> None:
    chance = random.Random(2)
    clusterer = small(kind)
    for number, vector in enumerate(blobs(2000)):
        if chance.random() < 0.2:
            vector = [chance.choice([None, math.nan, math.inf, -math.inf, value]) for value in vector]
        clusterer.learn_one(vector)
        if number % 500 == 499:
            clusterer.refit()
    clusterer.learn_one([None] * WIDTH)
    assert np.isfinite(points(clusterer)).all()
    assert len({clusterer.predict_one(group.tolist()) for group in GROUPS}) == len(GROUPS)


@every_kind
def test_new_and_missing_names_are_survived(kind: type[Clusterer]) -> None:
    clusterer = small(kind)
    for number, vector in enumerate(blobs(600)):
        named = dict(zip(NAMES, vector, strict=True))
        clusterer.learn_one({**named, "new": 5.0} if number else named)
        clusterer.learn_one({"spend": vector[-1]})
    clusterer.refit()
    assert points(clusterer).shape[1] == WIDTH
    assert np.isfinite(points(clusterer)).all()


@every_kind
def test_far_outliers_move_nothing_for_ever(kind: type[Clusterer]) -> None:
    clusterer, twin = small(kind), small(kind)
    before, after, probe = blobs(1500, seed=3), blobs(6000, seed=4), blobs(300, seed=5)
    learn(clusterer, [*before, [1e15] * WIDTH, [-1e15, 1e15, 0.0, 0.0], [1e15] * WIDTH, *after])
    learn(twin, before + after)
    assert np.abs(points(clusterer)).max() < 4.0
    one = [clusterer.predict_one(vector) for vector in probe]
    assert adjusted_rand_index(one, [twin.predict_one(vector) for vector in probe]) > 0.95


@every_kind
def test_memory_is_bounded(kind: type[Clusterer]) -> None:
    clusterer = small(kind)
    scattered = np.random.default_rng(1).uniform(-10, 10, (1500, WIDTH)).tolist()
    learn(clusterer, scattered, refit_every=100)
    before = len(msgspec.msgpack.encode(clusterer.snapshot()))
    learn(clusterer, scattered[::-1], refit_every=100)
    after = len(msgspec.msgpack.encode(clusterer.snapshot()))
    assert after <= max(1.1 * before, 2000 * (WIDTH + 1) * 9)


@every_kind
def test_restored_clusterers_continue_exactly(kind: type[Clusterer]) -> None:
    vectors = blobs(900, seed=6)
    for cut in (0, 1, 15, 777):
        straight = small(kind)
        learn(straight, vectors[:cut])
        restored = restore_clusterer(through_bytes(straight.snapshot()))
        assert type(restored) is kind
        for each in (straight, restored):
            learn(each, vectors[cut : cut + 5])
        assert through_bytes(restored.snapshot()) == through_bytes(straight.snapshot())  # before a re-fit hides it
        for each in (straight, restored):
            learn(each, vectors[cut + 5 :])
            each.rescale([0.5] * WIDTH, [2.0] * WIDTH)
            learn(each, vectors)
        assert through_bytes(restored.snapshot()) == through_bytes(straight.snapshot())


@every_kind
def test_ids_stay_while_centres_move_slowly(kind: type[Clusterer]) -> None:
    # By 1.5 in all, a third of the way to the next group.
    assert ids_after_moving(small(kind), steps=20, step=0.0375) == "kept"


def test_centroids_keep_ids_over_any_distance() -> None:
    # By 6 in all, further than the next group.
    assert ids_after_moving(small(Centroids), steps=20, step=0.15) == "kept"


def ids_after_moving(clusterer: Clusterer, steps: int, step: float) -> str:
    learn(clusterer, blobs(2000, seed=7))
    before = [clusterer.predict_one(group.tolist()) for group in GROUPS]
    for number in range(1, steps + 1):
        learn(clusterer, blobs(500, seed=100 + number, groups=GROUPS + number * step))
    moved = GROUPS + steps * step
    learn(clusterer, blobs(2000, seed=8, groups=moved))
    after = [clusterer.predict_one(group.tolist()) for group in moved]
    return "kept" if after == before else f"{before} became {after}"


@every_kind
def test_rescaling_moves_all_that_is_kept(kind: type[Clusterer]) -> None:
    clusterer = small(kind)
    learn(clusterer, blobs(1000))
    shift, factor = [1.0, -1.0, 0.5, 0.0], [1.2, 0.9, 1.1, 1.0]
    expected = (points(clusterer) - shift) / factor
    clusterer.rescale(shift, factor)
    np.testing.assert_allclose(points(clusterer), expected)
    learn(clusterer, ((np.array(blobs(2000, seed=9)) - shift) / factor).tolist())
    found = [clusterer.predict_one(((group - shift) / factor).tolist()) for group in GROUPS]
    assert len(set(found)) == len(GROUPS)


@every_kind
def test_another_width_is_refused(kind: type[Clusterer]) -> None:
    clusterer = small(kind)
    clusterer.learn_one([0.0] * WIDTH)
    with pytest.raises(ValueError, match="expected 4 values, got 3"):
        clusterer.learn_one([0.0] * 3)


@every_kind
def test_few_vectors_are_enough_to_refit(kind: type[Clusterer]) -> None:
    clusterer = small(kind)
    clusterer.refit()
    assert clusterer.centres() == []
    for _ in range(5):
        clusterer.learn_one([1.0] * WIDTH)
    clusterer.refit()
    clusterer.learn_one([1.0] * WIDTH)
    assert all(centre.point == pytest.approx([1.0] * WIDTH) for centre in clusterer.centres())


@every_kind
def test_the_snapshot_of_another_algorithm_is_refused(kind: type[Clusterer]) -> None:
    other = next(each for each in KINDS if each is not kind)
    with pytest.raises(ValueError, match=f"expected a snapshot of {kind.algorithm}"):
        kind.restore(small(other).snapshot())


@every_kind
def test_it_is_a_clusterer_to_river(kind: type[Clusterer]) -> None:
    checks = (
        common.check_repr,
        common.check_str,
        common.check_tags,
        common.check_clone_same_class,
        common.check_clone_is_idempotent,
        common.check_init_has_default_params_for_tests,
        common.check_init_default_params_are_not_mutable,
        common.check_doc,
        common.check_clone_changes_memory_addresses,
        common.check_mutate_can_be_idempotent,
    )
    for check in checks:
        check(small(kind))
    named = [(dict(zip(NAMES, vector, strict=True)), None) for vector in blobs(100)]
    common.check_learn_one(small(kind), named)
    common.check_seeding_is_idempotent(small(kind), named)
    assert "seed" in inspect.signature(kind).parameters


@pytest.mark.thorough
def test_the_same_seed_gives_the_same_result_in_every_process() -> None:
    script = (
        "import json\nimport numpy as np\nfrom cluster_streams import blobs, every_clusterer, small\n"
        "found = {}\n"
        # much between the groups, so that another seed gives another result
        "scattered = np.random.default_rng(1).uniform(-10, 10, (400, 4)).tolist()\n"
        "for kind in every_clusterer():\n"
        "    clusterer = small(kind)\n"
        "    for vector in [*scattered, *blobs(400)]:\n"
        "        clusterer.learn_one(dict(zip(('spend', 'gap', 'orders', 'age'), vector)))\n"
        "    clusterer.refit()\n"
        "    found[kind.__name__] = [clusterer.centres(), [clusterer.predict_one(v) for v in blobs(50, seed=2)]]\n"
        "print(json.dumps(found))\n"
    )
    paths = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": paths},
            stdout=subprocess.PIPE,
            text=True,
        )
        for hash_seed in ("0", "4242")
    ]
    answers = {process.communicate(timeout=120)[0] for process in running}
    assert len(answers) == 1
    assert all(centres for centres, _ in json.loads(answers.pop()).values())
