"""The learner of all models: the same events give the same versions, interrupted or not, of all users at one moment."""

import random
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest

from core.samples import START, definition, line
from livesegments.core.definition import parse_definition
from livesegments.core.events import decode
from livesegments.core.times import DAY_MS
from livesegments.models.book import ModelBook
from livesegments.models.clusters.version import Version
from livesegments.models.learning import ModelLearner, ModelRow
from livesegments.models.passes import learn_models
from livesegments.models.population import Population
from livesegments.models.sample import SampledUsers, hash_of
from models.three_groups import DEFINITION, DEFINITION_TEXT, shop_lines

START_MS = int(START.timestamp() * 1000)
EVENTS = [decode(one) for one in shop_lines()]


def rows_of(learner: ModelLearner, events: Iterable) -> list[ModelRow]:
    return [row for event in events for row in learner.feed(event)]


def versions(rows: Iterable[ModelRow]) -> list[Version]:
    return [Version.decode(row.payload) for row in rows]


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [1, 2])
def test_a_learner_restored_anywhere_publishes_the_same_rows(seed: int) -> None:
    whole = ModelLearner(DEFINITION)
    expected = rows_of(whole, EVENTS) + whole.finish()
    chance, learner, rows = random.Random(seed), ModelLearner(DEFINITION), []
    for event in EVENTS:
        rows += learner.feed(event)
        if chance.random() < 0.003:
            content = learner.snapshot()
            learner = ModelLearner(DEFINITION)
            learner.restore(content)
    assert rows + learner.finish() == expected
    assert len(expected) > 5


@pytest.mark.thorough
def test_versions_count_on_and_come_into_force_in_order() -> None:
    told = [version.model for version in versions(learn_models(DEFINITION, shop_lines()))]
    assert [model.version for model in told] == list(range(1, len(told) + 1))
    assert all(before.effective_at < after.effective_at for before, after in pairwise(told))


def test_a_learner_that_begins_with_a_book_goes_on_with_its_ids_and_names() -> None:
    half = len(EVENTS) // 2
    first = rows_of(ModelLearner(DEFINITION), EVENTS[:half])
    second = ModelLearner(DEFINITION)
    second.begin(ModelBook(row.payload for row in first))
    before, after = versions(first)[-1].model, versions(rows_of(second, EVENTS[half:]))[0].model
    assert after.version == before.version + 1
    assert set(after.ids) <= set(before.ids) | {max(before.ids) + 1, max(before.ids) + 2, max(before.ids) + 3}
    kept = dict(zip(before.ids, before.names, strict=True))
    assert all(kept.get(cluster, name) == name for cluster, name in zip(after.ids, after.names, strict=True))


def test_an_edited_clustering_begins_anew_with_new_ids_and_the_next_version() -> None:
    half = len(EVENTS) // 2
    first = ModelLearner(DEFINITION)
    before = versions(rows_of(first, EVENTS[:half]))[-1].model
    edited = parse_definition(DEFINITION_TEXT.replace("[orders_30d, views_30d]", "[orders_30d]"))
    second = ModelLearner(edited)
    second.restore(first.snapshot())
    after = versions(rows_of(second, EVENTS[half:]))[0].model
    assert after.version == before.version + 1
    assert after.features == ("orders_30d",)
    assert min(after.ids) > max(before.ids)


def test_the_learner_keeps_only_what_models_read() -> None:
    told = definition(
        {"a": {"count": "A"}, "b": {"value": "a + c"}, "c": {"count": "C"}, "d": {"count": "D"}, "e": {"count": "E"}},
        {"s": {"when": "d > 1"}},
        clusters={"g": {"features": ["b"], "clusters": 2, "when": "e > 0"}},
    )
    assert sorted(ModelLearner(told).engine.definition.features) == ["a", "b", "c", "e"]
    assert ModelLearner(told).engine.definition.segments == {}


FEATURES = {
    "visits": {"count": "Product Viewed"},
    "visits_7d": {"count": "Product Viewed", "within": "7d"},
    "days_since": {"days_since": "Product Viewed"},
    "per_visit": {"value": "visits_7d / visits"},
    "fresh": {"decayed": "Product Viewed", "half_life": "3d"},
}


@pytest.mark.parametrize("when", [None, "visits > 2", "days_since < 9"])
@pytest.mark.parametrize("names", [["visits", "days_since"], list(FEATURES)])
def test_what_is_kept_of_users_is_what_would_be_computed_anew(names: list[str], when: str | None) -> None:
    told = definition(FEATURES, clusters={"g": {"features": names, "active": "30d"} | ({"when": when} if when else {})})
    learner, chance = ModelLearner(told), random.Random(3)
    population = learner._populations["g"]
    events = [(chance.random() * 60, f"user-{chance.randrange(40)}") for _ in range(400)]
    asked = 0
    for day, user in sorted(events):
        learner.feed(decode(line(user, day=day)))
        if chance.random() < 0.1:
            now_ms = START_MS + int((day + chance.random() * 3) * DAY_MS)
            found = population.vectors(learner.users.smallest(1000), now_ms)
            fresh = Population(learner.engine.program, told.clusters["g"])
            anew = fresh.vectors(learner.users.smallest(1000), now_ms)
            np.testing.assert_allclose(found, anew, atol=1e-9)
            direct = [profile for profile in learner.users.smallest(1000) if now_ms - profile.clock_ms <= 30 * DAY_MS]
            for profile in direct:
                learner.engine.program.inputs_of(told.clusters["g"].names_read).update(profile, now_ms)
            slots, values = learner.engine.program.slots, [profile.values for profile in direct]
            if when == "visits > 2":
                values = [row for row in values if row[slots["visits"]] > 2]
            elif when:
                values = [row for row in values if row[slots["days_since"]] < 9]
            expected = np.array([[row[slots[name]] for name in names] for row in values]).reshape(-1, len(names))
            np.testing.assert_allclose(found, expected, atol=1e-9)
            asked += len(found)
    assert asked > 150


def test_the_sample_holds_the_users_with_the_smallest_hashes_of_all_who_ever_came() -> None:
    users = SampledUsers(ModelLearner(DEFINITION).engine, 20)
    names = [f"user-{number}" for number in range(200)]
    chance = random.Random(1)
    for _ in range(5):
        chance.shuffle(names)
        for name in names:
            users.get(name)
    kept = [profile.user_id for profile in users.smallest(20)]
    assert sorted(kept, key=hash_of) == sorted(names, key=hash_of)[:20]
    assert len(list(users.smallest(7))) == 7
    turns = [profile.user_id for turn in range(4) for profile in users.at_turn(turn, 4)]
    assert sorted(turns) == sorted(kept)
    assert len(users.gone) == len(set(users.gone))
