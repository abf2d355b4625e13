"""The learner: when versions come, what they keep, and what they tell."""

from typing import Any

import msgspec
import numpy as np
import pytest

from bench.clusters_drift import NEW_GROUP_AT, PRICES_AT, follow
from livesegments.models.clusters.algorithms import ALGORITHMS
from livesegments.models.clusters.drift import ERROR, DriftWatch
from livesegments.models.clusters.learner import Clustering, Learner
from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.version import Version

FEATURES = ("frequency", "duration", "pages", "open_rate")
NAMES = ("Low engagement", "Moderate engagement", "High engagement")
SMALL = Clustering(name="engagement", features=FEATURES, clusters=3, names=NAMES, warm_up=100, every=200, at_least=50)


def visits(count: int, seed: int = 1) -> list[list[Any]]:
    """Draw users of three levels of engagement, each value missing now and then."""
    generator = np.random.default_rng(seed)
    levels = np.array([1.0, 4.0, 16.0])[generator.integers(3, size=count)]
    values = levels[:, None] * np.exp(0.2 * generator.standard_normal((count, 4)))
    values[generator.random((count, 4)) < 0.05] = np.nan
    return [[None if value != value else value for value in row] for row in values.tolist()]


def learned(learner: Learner, vectors: list[list[Any]], start: int = 0, step_ms: int = 1000) -> list[Version]:
    versions = (learner.learn(vector, (start + number) * step_ms) for number, vector in enumerate(vectors))
    return [version for version in versions if version]


def test_versions_come_after_the_warm_up_and_at_intervals() -> None:
    learner = Learner(SMALL)
    versions = learned(learner, visits(700))
    assert [(version.reason, version.model.version) for version in versions] == [
        ("start", 1),
        ("interval", 2),
        ("interval", 3),
        ("interval", 4),
    ]
    # One millisecond after the newest event learned.
    assert [version.model.effective_at for version in versions] == [99_001, 299_001, 499_001, 699_001]
    assert learner.finish() is None


def test_versions_come_by_event_time_too() -> None:
    hourly = msgspec.structs.replace(SMALL, every=0, every_ms=3_600_000)
    versions = learned(Learner(hourly), visits(300), step_ms=60_000)
    # The 100th vector, then once an hour has passed: 60 vectors of a minute each.
    assert [version.model.effective_at for version in versions] == [
        (99 + 60 * number) * 60_000 + 1 for number in range(4)
    ]


def test_no_version_comes_after_too_few_vectors() -> None:
    hasty = msgspec.structs.replace(SMALL, every_ms=1, at_least=70)
    versions = learned(Learner(hasty), visits(250))
    assert [version.model.effective_at for version in versions] == [99_001, 169_001, 239_001]


def test_late_vectors_do_not_turn_back_the_clock() -> None:
    learner = Learner(SMALL)
    learned(learner, visits(150), start=1000)
    versions = learned(learner, visits(200, seed=2), start=0)
    assert [version.model.effective_at for version in versions] == [1_149_001]


def test_the_end_of_the_input_publishes_what_is_left() -> None:
    learner = Learner(SMALL)
    assert learner.finish() is None
    learned(learner, visits(40))
    first = learner.finish()
    assert first is not None
    assert (first.reason, first.model.effective_at) == ("start", 39_000)
    learned(learner, visits(10, seed=2), start=40)
    second = learner.finish()
    assert second is not None
    assert (second.reason, second.model.effective_at) == ("end", 49_000)


def test_versions_never_share_a_moment() -> None:
    standing = msgspec.structs.replace(SMALL, every=50)
    versions = learned(Learner(standing), visits(300), step_ms=0)
    assert [version.model.effective_at for version in versions] == [1, 2, 3, 4, 5]


def test_names_go_from_low_to_high_and_stay() -> None:
    learner = Learner(SMALL)
    versions = learned(learner, visits(2000))
    first, last = versions[0].model, versions[-1].model
    assert dict(zip(first.ids, first.names, strict=True)) == dict(zip(last.ids, last.names, strict=True))
    frequencies = {name: centre[0] for name, centre in zip(last.names, last.real_centres(), strict=True)}
    assert [frequencies[name] for name in NAMES] == pytest.approx([1.0, 4.0, 16.0], rel=0.15)
    assert sum(last.shares) == pytest.approx(1.0)
    place = last.place([17.0, 15.0, None, 14.0])
    assert place is not None
    assert place.name == "High engagement"


def test_the_first_clusters_are_born_and_then_survive() -> None:
    versions = learned(Learner(SMALL), visits(700))
    assert {told.kind for told in versions[0].transitions} == {"born"}
    for version in versions[1:]:
        assert [told.kind for told in version.transitions] == ["survived"] * 3
        assert min(told.overlap for told in version.transitions) > 0.95


def test_where_all_users_change_together_the_clusters_go_with_them() -> None:
    errors = {}
    for growth in (1.0, 64.0):
        learner = Learner(msgspec.structs.replace(SMALL, every=500))
        rows = [
            [None if value is None else value * growth ** (number / 6000) for value in row]
            for number, row in enumerate(visits(6000))
        ]
        versions = learned(learner, rows[:3000])
        squares = []
        for number, row in enumerate(rows[3000:], start=3000):
            place = learner.model.place(row) if learner.model else None
            assert place is not None
            squares.append(place.distance**2)
            versions += learned(learner, [row], start=number)
        errors[growth] = sum(squares) / len(squares)
        assert all(told.kind in ("born", "survived") for version in versions for told in version.transitions)
    assert errors[64.0] < 1.75 * errors[1.0]


def test_fewer_kinds_of_users_than_clusters_are_told_exactly() -> None:
    clustering = Clustering(
        name="kinds", features=("kind",), linear=("kind",), clusters=3, warm_up=200, every=200, at_least=50
    )
    generator = np.random.default_rng(1)
    rows = [[float(generator.random() < (0.1 if number < 200 else 0.6))] for number in range(2000)]
    versions = learned(Learner(clustering), rows)
    assert len(versions) == 10
    assert max(version.model.error for version in versions) < 1e-6


def test_vectors_with_too_few_values_are_counted_and_skipped() -> None:
    learner = Learner(msgspec.structs.replace(SMALL, minimum=2))
    learned(learner, [[1.0, None, None, None], [None] * 4, [1.0, 2.0, None, True]])
    assert learner.skipped == 2


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_restored_learners_continue_exactly(algorithm: str) -> None:
    clustering = msgspec.structs.replace(SMALL, algorithm=algorithm)
    vectors = visits(900)
    for cut in (0, 60, 130, 555):
        straight = Learner(clustering)
        learned(straight, vectors[:cut])
        stored = msgspec.msgpack.encode(straight.snapshot())
        restored = Learner.restore(clustering, msgspec.msgpack.decode(stored))
        rest = learned(straight, vectors[cut:], start=cut)
        assert rest == learned(restored, vectors[cut:], start=cut) != []
        assert restored.finish() == straight.finish()


def test_a_snapshot_of_an_earlier_version_is_gone_on_from() -> None:
    clustering = msgspec.structs.replace(SMALL, parameters={"memories": [100, 200, 400, 500]})
    learner = Learner(clustering)
    learned(learner, visits(900))
    state = learner.snapshot()
    clusterer = state["clusterer"]["state"]
    del state["clusterer"]["parameters"]["search_gain"], clusterer["searched_at"], clusterer["sample"]["earlier"]
    clusterer["memories"] = {name: kept[::2] for name, kept in clusterer["memories"].items()}  # knew one form
    order = np.random.default_rng(1).permutation(500)  # and slots without an order
    for name in ("rows", "arrivals"):
        clusterer["sample"][name] = [clusterer["sample"][name][slot] for slot in order]
    restored = Learner.restore(clustering, msgspec.msgpack.decode(msgspec.msgpack.encode(state)))
    versions = learned(restored, visits(9000, seed=2), start=900)
    assert restored.model is not None
    assert learner.model is not None
    assert restored.model.ids == learner.model.ids
    assert {told.kind for version in versions for told in version.transitions} == {"survived"}
    assert sorted(restored._clusterer._sample.ages().tolist()) == list(range(500))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_finds_the_levels(algorithm: str) -> None:
    learner = Learner(msgspec.structs.replace(SMALL, algorithm=algorithm, names=()))
    versions = learned(learner, visits(1500))
    model = versions[-1].model
    assert ClusterModel.decode(model.encode()) == model
    places = [model.place([level] * 4) for level in (1.0, 4.0, 16.0)]
    assert len({place.id for place in places if place}) == 3


def test_linear_features_get_no_logarithm() -> None:
    learner = Learner(msgspec.structs.replace(SMALL, linear=("open_rate",)))
    learned(learner, visits(100))
    assert learner.model is not None
    assert learner.model.scaling.logs == (True, True, True, False)


def test_a_planted_group_is_born_and_old_ids_survive_it_and_a_price_shift() -> None:
    outcome = follow(seed=4)
    three, four, prices = outcome.ids.values()
    assert three == four[:3]
    assert four == prices
    birth = outcome.birth_of(four[3])
    assert birth is not None
    assert 0 < birth - NEW_GROUP_AT < 1000
    for start in (NEW_GROUP_AT, PRICES_AT):
        drift = outcome.first_drift(start, start + 1000)
        assert drift is not None
    assert "basket" in drift[1]
    assert outcome.agreement["higher prices"] > 0.95


def test_a_steady_stream_has_no_drift() -> None:
    watch, generator = DriftWatch(["a", "b"]), np.random.default_rng(1)
    told = [watch.add(generator.standard_normal(2).tolist(), 1.0 + generator.random()) for _ in range(20_000)]
    assert not any(told)


def test_drift_is_told_with_its_signal_and_its_means() -> None:
    watch, generator = DriftWatch(["a", "b"]), np.random.default_rng(2)
    told = []
    for number in range(6000):
        shift = [0.0, 0.8] if number >= 3000 else [0.0, 0.0]
        told += watch.add((generator.standard_normal(2) + shift).tolist(), 1.0)
    assert {drift.signal for drift in told} == {"b"}
    assert told[0].mean_before == pytest.approx(0.0, abs=0.15)
    assert told[0].mean_after > told[0].mean_before + 0.2


def test_an_error_that_falls_is_no_drift() -> None:
    for before, after, signals in ((1.0, 2.0, {ERROR}), (2.0, 1.0, set())):
        watch = DriftWatch(["a"])
        told = [drift for error in [before] * 2000 + [after] * 2000 for drift in watch.add([0.0], error)]
        assert {drift.signal for drift in told} == signals


def test_other_units_are_no_drift() -> None:
    watch, generator = DriftWatch(["a"]), np.random.default_rng(3)
    told = []
    for number, value in enumerate(generator.standard_normal(6000).tolist()):
        if number == 3007:
            watch.rescale([1.0], [2.0])
        told += watch.add([(value - 1.0) / 2.0 if number >= 3007 else value], 1.0)
    assert told == []


def test_a_restored_watch_sees_what_the_first_one_sees() -> None:
    values = np.random.default_rng(4).standard_normal(40_000) + np.linspace(0, 3, 40_000)
    straight, told, kept = DriftWatch(["a"]), [], []
    for number, value in enumerate(values.tolist()):
        found = straight.add([value], 1.0)
        told += [(number, drift) for drift in found]
        if number == 25_001:
            kept = msgspec.msgpack.encode(straight.snapshot())
    restored = DriftWatch.restore(["a"], 0.002, msgspec.msgpack.decode(kept))
    again = [(number, drift) for number in range(25_002, 40_000) for drift in restored.add([values[number]], 1.0)]
    assert again == [pair for pair in told if pair[0] > 25_001] != []
    assert len(kept) < 20_000
