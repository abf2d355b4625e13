"""The learner of one clustering: when versions come, what they keep, and what they tell."""

import msgspec
import numpy as np
import pytest

from bench.clusters_drift import NEW_GROUP_AT, PRICES_AT, follow
from livesegments.core.times import DAY_MS
from livesegments.models.clusters.algorithms import ALGORITHMS
from livesegments.models.clusters.drift import ERROR, DriftWatch
from livesegments.models.clusters.learner import Clustering, Learner
from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.scaling import Scaling, scaling_of
from livesegments.models.clusters.version import Version

FEATURES = ("frequency", "duration", "pages", "open_rate")
NAMES = ("Low engagement", "Moderate engagement", "High engagement")
SMALL = Clustering(name="engagement", features=FEATURES, clusters=3, names=NAMES, warm_up=100, interval_ms=7 * DAY_MS)


def users(count: int = 300, seed: int = 1) -> np.ndarray:
    """Draw users of three levels of engagement, each value missing now and then."""
    generator = np.random.default_rng(seed)
    levels = np.array([1.0, 4.0, 16.0])[generator.integers(3, size=count)]
    values = levels[:, None] * np.exp(0.2 * generator.standard_normal((count, 4)))
    values[generator.random((count, 4)) < 0.05] = np.nan
    return values


def learned(learner: Learner, weeks: int = 4, start: int = 0, count: int = 300) -> list[Version]:
    """Give the versions of so many weeks, with other users each."""
    found = (learner.learn(users(count, seed=week), week * 7 * DAY_MS) for week in range(start, start + weeks))
    return [version for version in found if version]


def test_versions_come_once_there_are_enough_users_and_at_intervals() -> None:
    learner = Learner(SMALL)
    learner.note_first_event(1 - 7 * DAY_MS)
    assert not learner.is_due(0)
    assert learner.learn(users(99), 0) is None
    assert learner.is_due(1)
    first = learner.learn(users(100), 1)
    assert first is not None
    assert (first.reason, first.model.version, first.model.effective_at) == ("start", 1, 1)
    assert not learner.is_due(7 * DAY_MS)
    assert learner.is_due(7 * DAY_MS + 1)
    second = learner.learn(users(100, seed=2), 7 * DAY_MS + 1)
    assert second is not None
    assert (second.reason, second.model.version, second.model.effective_at) == ("interval", 2, 7 * DAY_MS + 1)


def test_the_end_of_a_short_input_has_the_only_version() -> None:
    learner = Learner(SMALL)
    assert learner.learn(users(9), 5, is_end=True) is None
    version = learner.learn(users(10), 5, is_end=True)
    assert version is not None
    assert (version.reason, version.model.effective_at) == ("end", 5)


def test_versions_never_share_a_moment() -> None:
    learner = Learner(SMALL)
    found = [learner.learn(users(), 7) for _ in range(3)]
    assert [version.model.effective_at for version in found if version] == [7, 8, 9]


def test_names_go_from_low_to_high_and_stay() -> None:
    versions = learned(Learner(SMALL), weeks=9)
    first, last = versions[0].model, versions[-1].model
    assert dict(zip(first.ids, first.names, strict=True)) == dict(zip(last.ids, last.names, strict=True))
    frequencies = {name: centre[0] for name, centre in zip(last.names, last.real_centres(), strict=True)}
    assert [frequencies[name] for name in NAMES] == pytest.approx([1.0, 4.0, 16.0], rel=0.15)
    place = last.place([17.0, 15.0, None, 14.0])
    assert place is not None
    assert place.name == "High engagement"


def test_what_is_shown_counts_users_and_is_their_median() -> None:
    rows = np.array([[1.0, 5.0]] * 30 + [[1.0, np.nan]] * 30 + [[100.0, 7.0]] * 39 + [[1000.0, 8.0]])
    learner = Learner(Clustering(name="c", features=("a", "b"), clusters=2, warm_up=10))
    version = learner.learn(rows, 0)
    assert version is not None
    model = version.model
    assert sorted(model.sizes) == [40, 60]
    assert sorted(model.shares) == [0.4, 0.6]
    assert sorted(model.real_centres()) == [[1.0, 5.0], [100.0, 7.0]]


def test_the_first_clusters_are_born_and_then_survive() -> None:
    versions = learned(Learner(SMALL), weeks=5)
    assert {told.kind for told in versions[0].transitions} == {"born"}
    for version in versions[1:]:
        assert [told.kind for told in version.transitions] == ["survived"] * 3
        assert min(told.overlap for told in version.transitions) > 0.95


def test_fewer_kinds_of_users_than_clusters_are_told_exactly() -> None:
    clustering = Clustering(name="kinds", features=("kind",), linear=("kind",), clusters=3, warm_up=100)
    learner = Learner(clustering)
    for week in range(5):
        rows = (np.random.default_rng(week).random((500, 1)) < (0.1 if week < 2 else 0.6)).astype(float)
        version = learner.learn(rows, week)
        assert version is not None
        assert version.model.error < 1e-6


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_restored_learners_continue_exactly(algorithm: str) -> None:
    clustering = msgspec.structs.replace(SMALL, algorithm=algorithm)
    for cut in (0, 1, 4):
        straight = Learner(clustering)
        learned(straight, weeks=cut)
        stored = msgspec.msgpack.encode(straight.snapshot())
        restored = Learner.restore(clustering, msgspec.msgpack.decode(stored))
        assert learned(straight, weeks=5, start=cut) == learned(restored, weeks=5, start=cut) != []
        assert restored.snapshot() == straight.snapshot()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_finds_the_levels(algorithm: str) -> None:
    learner = Learner(msgspec.structs.replace(SMALL, algorithm=algorithm, names=()))
    model = learned(learner, weeks=5, count=600)[-1].model
    assert ClusterModel.decode(model.encode()) == model
    places = [model.place([level] * 4) for level in (1.0, 4.0, 16.0)]
    assert len({place.id for place in places if place}) == 3


def test_linear_features_get_no_logarithm() -> None:
    learner = Learner(msgspec.structs.replace(SMALL, linear=("open_rate",)))
    assert learned(learner)[0].model.scaling.logs == (True, True, True, False)


@pytest.mark.parametrize("seed", [4, 5])
def test_a_planted_group_is_born_and_old_ids_survive_it_and_a_price_shift(seed: int) -> None:
    outcome = follow(seed)
    three, four, prices = outcome.ids.values()
    assert three == four[:3]
    assert four == prices
    birth = outcome.birth_of(four[3])
    assert birth is not None
    assert 0 <= birth - NEW_GROUP_AT < 5
    assert not any(week < NEW_GROUP_AT for week, _ in outcome.drifts)
    for start in (NEW_GROUP_AT, PRICES_AT):
        drift = outcome.first_drift(start, start + 2)
        assert drift is not None
    assert "basket" in drift[1]
    assert outcome.agreement["higher prices"] > 0.95


def watched(watch: DriftWatch, sample: np.ndarray, error: float = 1.0) -> list[str]:
    return [drift.signal for drift in watch.compare(sample, scaling_of(sample, (False, False)), error)]


def test_a_steady_shop_has_no_drift() -> None:
    watch, generator = DriftWatch(["a", "b"]), np.random.default_rng(1)
    assert not any(watched(watch, generator.standard_normal((40, 2))) for _ in range(1000))


def test_drift_is_told_once_with_its_signal_and_its_means() -> None:
    watch, generator = DriftWatch(["a", "b"]), np.random.default_rng(2)
    before = generator.normal([5.0, 5.0], [2.0, 2.0], (1000, 2))
    assert watched(watch, before) == []
    after = before + np.array([0.0, 1.0])
    scaling = scaling_of(after, (False, False))
    (drift,) = watch.compare(after, scaling, 1.0)
    assert (drift.signal, drift.mean_before, drift.mean_after) == ("b", 0.0, pytest.approx(0.5, rel=0.05))
    assert watch.compare(after, scaling, 1.0) == []


def test_drift_that_creeps_is_told_too() -> None:
    watch, sample = DriftWatch(["a", "b"]), np.random.default_rng(3).standard_normal((1000, 2))
    told = [watched(watch, sample + np.array([0.02 * week, 0.0])) for week in range(30)]
    assert told.count(["a"]) == 2
    assert told.count([]) == 28


def test_an_error_that_falls_is_no_drift() -> None:
    sample = np.random.default_rng(4).standard_normal((1000, 2))
    for before, after, signals in ((1.0, 2.0, [ERROR]), (2.0, 1.0, [])):
        watch = DriftWatch(["a", "b"])
        watched(watch, sample, before)
        assert watched(watch, sample, after) == signals


def test_a_restored_watch_sees_what_the_first_one_sees() -> None:
    watch, sample = DriftWatch(["a", "b"]), np.random.default_rng(5).standard_normal((1000, 2))
    watched(watch, sample)
    restored = DriftWatch(["a", "b"])
    restored.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(watch.snapshot())))
    assert watched(restored, sample + 1.0) == watched(watch, sample + 1.0) == ["a", "b"]
    assert isinstance(restored._scaling, Scaling)
