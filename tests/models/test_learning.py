"""The learner of all models: the same lessons give the same versions, interrupted or not; one vector an interval."""

import random
from collections.abc import Iterable
from itertools import pairwise

import pytest

from core.samples import definition, line
from livesegments.core.definition import parse_definition
from livesegments.core.events import decode
from livesegments.core.times import DAY_MS
from livesegments.models.book import ModelBook
from livesegments.models.clusters.learner import Clustering, Learner
from livesegments.models.clusters.version import Version
from livesegments.models.learning import ModelLearner, ModelRow
from livesegments.models.passes import learn_models
from models.three_groups import DEFINITION, DEFINITION_TEXT, shop_lines


def lessons() -> list:
    learner, profiles, found = ModelLearner(DEFINITION), {}, []
    for one in shop_lines():
        event = decode(one)
        profile = profiles.setdefault(event.user_id, learner.engine.restore(event.user_id, None))
        learner.engine.apply(profile, event)
        lesson = learner.lesson(profile, event)
        if lesson is not None:
            found.append(lesson)
    return found


LESSONS = lessons()


def rows_of(learner: ModelLearner, taught: Iterable) -> list[ModelRow]:
    return [row for lesson in taught for row in learner.learn(lesson)]


def versions(rows: Iterable[ModelRow]) -> list[Version]:
    return [Version.decode(row.payload) for row in rows]


def test_a_user_teaches_once_an_interval() -> None:
    times: dict[str, list[int]] = {}
    for lesson in LESSONS:
        times.setdefault(lesson.user_id, []).append(lesson.at_ms)
    gaps = [after - before for found in times.values() for before, after in pairwise(found)]
    assert min(gaps) >= DAY_MS
    assert min(gaps) < 1.2 * DAY_MS
    assert len(times) == 180


def test_the_values_are_those_after_the_event() -> None:
    learner = ModelLearner(DEFINITION)
    profile = learner.engine.restore("u", None)
    event = decode(line(day=1, event="Order Completed"))
    learner.engine.apply(profile, event)
    lesson = learner.lesson(profile, event)
    assert lesson is not None
    assert lesson.clusters == [[1, 0]]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_learner_restored_anywhere_publishes_the_same_rows(seed: int) -> None:
    whole = ModelLearner(DEFINITION)
    expected = rows_of(whole, LESSONS) + whole.finish()
    chance, learner, rows = random.Random(seed), ModelLearner(DEFINITION), []
    for lesson in LESSONS:
        rows += learner.learn(lesson)
        if chance.random() < 0.003:
            content = learner.snapshot()
            learner = ModelLearner(DEFINITION)
            learner.restore(content)
    assert rows + learner.finish() == expected
    assert len(expected) > 5


def test_versions_count_on_and_come_into_force_in_order() -> None:
    told = [version.model for version in versions(learn_models(DEFINITION, shop_lines()))]
    assert [model.version for model in told] == list(range(1, len(told) + 1))
    assert all(before.effective_at < after.effective_at for before, after in pairwise(told))


def test_a_learner_that_begins_with_a_book_goes_on_with_its_ids_and_names() -> None:
    half = len(LESSONS) // 2
    first = rows_of(ModelLearner(DEFINITION), LESSONS[:half])
    book = ModelBook()
    for row in first:
        book.add(row.payload)
    second = ModelLearner(DEFINITION)
    second.begin(book)
    before, after = versions(first)[-1].model, versions(rows_of(second, LESSONS[half:]))[0].model
    assert after.version == before.version + 1
    assert dict(zip(after.ids, after.names, strict=True)) == dict(zip(before.ids, before.names, strict=True))
    centres = dict(zip(before.ids, before.real_centres(), strict=True))
    for cluster, centre in zip(after.ids, after.real_centres(), strict=True):
        assert centre == pytest.approx(centres[cluster], rel=0.5, abs=2.0)


def test_an_edited_clustering_begins_anew_with_new_ids_and_the_next_version() -> None:
    first = ModelLearner(DEFINITION)
    before = versions(rows_of(first, LESSONS))[-1].model
    edited = parse_definition(DEFINITION_TEXT.replace("[orders_30d, views_30d]", "[orders_30d]"))
    second = ModelLearner(edited)
    second.restore(first.snapshot())
    narrow = [type(lesson)(lesson.user_id, lesson.at_ms, [lesson.clusters[0][:1]]) for lesson in LESSONS]
    after = versions(rows_of(second, narrow))[0].model
    assert after.version == before.version + 1
    assert after.features == ("orders_30d",)
    assert min(after.ids) > max(before.ids)


def test_a_feature_that_hardly_differs_decides_nothing() -> None:
    """A rate is 1 for nearly all at first: seen in nature, its tiny deviation made all others noise."""
    chance, learner = random.Random(1), Learner(Clustering(name="c", features=("rate", "visits"), clusters=2))
    for number in range(3000):
        rate = 1.0 + (chance.random() * 1e-6 if number < 1500 else chance.random())
        learner.learn([rate, chance.choice([2, 30]) + chance.random()], number * 60_000)
    assert learner.model is not None
    assert learner.model.error < 10.0
    assert learner.model.scaling.deviations[0] > 0.015
    low, high = sorted(centre[1] for centre in learner.model.real_centres())
    assert (low, high) == (pytest.approx(2.5, rel=0.2), pytest.approx(30.5, rel=0.2))


def test_the_learner_keeps_only_what_models_read() -> None:
    told = definition(
        {"a": {"count": "A"}, "b": {"value": "a + c"}, "c": {"count": "C"}, "d": {"count": "D"}},
        {"s": {"when": "d > 1"}},
        clusters={"g": {"features": ["b"], "clusters": 2}},
    )
    assert sorted(ModelLearner(told).engine.definition.features) == ["a", "b", "c"]
    assert ModelLearner(told).engine.definition.segments == {}
