"""The promises of the step hold with models too: state is bytes, and timers change nothing."""

import copy
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.samples import START, definition, line
from core.walks import Walk, check_no_trace, check_restored, check_timers, events_of
from livesegments.core.changes import ClusterChange
from livesegments.core.events import decode
from livesegments.core.inference import next_look
from livesegments.core.profile import NO_TIME, Membership
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS, NEVER
from livesegments.models.book import ModelBook
from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.scaling import Scaling
from livesegments.models.clusters.version import Version
from livesegments.models.engine import engine_with_models
from models.model_cases import drawn_book, with_clusters
from oracle.strategies import Case, cases

PROPERTY = settings(max_examples=60, suppress_health_check=list(HealthCheck))
START_MS = int(START.timestamp() * 1_000)


def walks(case: Case, seed: int) -> tuple[Walk, Walk]:
    chance = random.Random(seed)
    definition = with_clusters(case, chance)
    starts = [event.time_ms for event in events_of(case)]
    book = drawn_book(definition, chance, min(starts, default=START_MS))
    return Walk(case, engine_with_models(definition, book)), Walk(case, engine_with_models(definition, book))


@pytest.mark.thorough
@PROPERTY
@given(cases(), st.integers(0, 10_000))
def test_snapshot_and_restore_after_every_event_changes_nothing(case: Case, seed: int) -> None:
    walk, other = walks(case, seed)
    check_restored(walk, other.engine, case)


@pytest.mark.thorough
@PROPERTY
@given(cases(in_order_only=True, bad_lines=False), st.integers(0, 10_000))
def test_timers_that_fire_in_time_or_late_or_never_give_the_same_changes(case: Case, seed: int) -> None:
    check_timers(*walks(case, seed), case)


@pytest.mark.thorough
@PROPERTY
@given(cases(in_order_only=True, bad_lines=False), st.integers(0, 10_000))
def test_a_look_that_changes_nothing_leaves_no_trace(case: Case, seed: int) -> None:
    check_no_trace(*walks(case, seed), case)


def model(number: int, effective_day: float, centres: dict[int, float], feature: str = "views") -> Version:
    """Give a version over one feature in its own units; names are `c0`, `c1` ..."""
    return Version(
        model=ClusterModel(
            clustering="groups",
            version=number,
            effective_at=START_MS + int(effective_day * DAY_MS),
            algorithm="centroids",
            features=(feature,),
            minimum=1,
            scaling=Scaling(logs=(False,), means=(0.0,), deviations=(1.0,)),
            ids=tuple(centres),
            names=tuple(f"c{key}" for key in centres),
            centres=tuple((value,) for value in centres.values()),
            shares=tuple(1 / len(centres) for _ in centres),
            error=0.0,
        ),
        reason="interval",
    )


CLUSTERS = {"groups": {"features": ["views"], "clusters": 2}}
FEATURES = {"views": {"count": "Product Viewed", "within": "10d"}, "group": {"cluster": "groups"}}
SEGMENTS = {"far": {"when": 'group == "c1"'}, "any": {"when": "group != null"}}


def told(versions: list[Version], lines: list[bytes], until_day: float, clusters=CLUSTERS) -> list[tuple]:
    book = ModelBook()
    for version in versions:
        book.add(version.encode())
    engine = engine_with_models(definition(FEATURES, SEGMENTS, clusters=clusters), book)
    profile, changes = engine.restore("u", None), []
    for one in lines:
        changes += engine.apply(profile, decode(one))[1]
    changes += engine.advance(profile, START_MS + int(until_day * DAY_MS))
    found = []
    for change in changes:
        detail, day = change.detail, (change.time_ms - START_MS) / DAY_MS
        if isinstance(detail, ClusterChange):
            found.append((day, detail.before, detail.after, detail.moved, detail.cause.kind, detail.model_version))
        else:
            found.append((day, detail.segment, detail.change, detail.cause.kind, detail.model_version))
    assert [change.detail.sequence for change in changes] == list(range(1, len(changes) + 1))
    return found


def test_a_cluster_change_comes_before_the_segments_that_read_it() -> None:
    found = told([model(1, 0, {0: 1.0, 1: 3.0})], [line(day=1), line(day=1.25), line(day=1.5)], 2)
    assert found == [
        (1.0, None, "c0", "user_moved", "event", "groups/1"),
        (1.0, "any", "entered", "event", "groups/1"),
        (1.5, "c0", "c1", "user_moved", "event", "groups/1"),
        (1.5, "far", "entered", "event", "groups/1"),
    ]


def test_who_moved_is_judged_by_the_values_of_the_last_event_not_by_those_of_the_move() -> None:
    versions = [model(1, 0, {0: 1.0, 1: 9.0}), model(2, 2, {0: 1.0, 1: 3.5})]
    views = [line(day=1), line(day=1.1), line(day=1.2)]  # 1 view and 3 are of c0; with the second version 3 are not
    found = told(versions, [*views, line(day=2.1, event="Order Completed")], 3)
    assert found[2:] == [
        (2.1, "c0", "c1", "model_moved", "model", "groups/2"),
        (2.1, "far", "entered", "model", "groups/2"),
    ]


def test_nobody_has_a_cluster_before_the_first_version_is_in_force() -> None:
    found = told([model(1, 2, {0: 1.0, 1: 3.0})], [line(day=1), line(day=1.5)], 1.9)
    assert found == []


@pytest.mark.parametrize(("margin", "moves"), [(0.25, False), (0.0, True)])
def test_a_new_centre_must_be_nearer_by_the_margin(margin: float, moves: bool) -> None:
    clusters = {"groups": {**CLUSTERS["groups"], "margin": margin}}
    found = told([model(1, 0, {0: 1.0, 1: 2.9})], [line(day=1), line(day=1.5)], 2, clusters)
    assert [entry[2] for entry in found if len(entry) == 6] == (["c0", "c1"] if moves else ["c0"])


def test_an_idle_user_takes_a_new_version_within_a_day() -> None:
    versions = [model(1, 0, {0: 1.0, 1: 9.0}), model(2, 7, {0: 9.0, 1: 1.0})]
    *first, moved, entered = told(versions, [line(day=1)], 10)
    assert first == [
        (1.0, None, "c0", "user_moved", "event", "groups/1"),
        (1.0, "any", "entered", "event", "groups/1"),
    ]
    assert 7.25 <= moved[0] == entered[0] < 8
    assert moved[1:] == ("c0", "c1", "model_moved", "model", "groups/2")
    assert entered[1:] == ("far", "entered", "model", "groups/2")


def test_time_alone_moves_a_user_at_the_very_moment_when_enough_has_left_the_window() -> None:
    found = told([model(1, 0, {0: 0.0, 1: 2.0})], [line(day=1), line(day=1.1), line(day=1.2)], 30)
    assert [(round(day, 6), *rest) for day, *rest in found[-2:]] == [
        (11.2, "c1", "c0", "user_moved", "time", "groups/1"),  # at 11.1 there is one left, which is on the border
        (11.2, "far", "exited", "time", "groups/1"),
    ]


def test_time_alone_moves_a_user_at_the_very_millisecond_when_the_border_is_crossed() -> None:
    features = FEATURES | {"idle": {"days_since": "Product Viewed"}}
    clusters = {"groups": {"features": ["idle"], "clusters": 2, "margin": 0.1}}
    book = ModelBook([model(1, 0, {0: 0.0, 1: 10.0}, feature="idle").encode()])
    engine = engine_with_models(definition(features, SEGMENTS, clusters=clusters), book)
    profile = engine.restore("u", None)
    engine.apply(profile, decode(line(day=1)))
    crossed_ms = START_MS + round(6.5 * DAY_MS)  # (x^2 - (x - 10)^2) / 10^2 > 0.1 from x = 5.5 on
    assert profile.due_ms == crossed_ms + 1
    assert engine.advance(profile, crossed_ms) == []
    moved, entered = engine.advance(profile, START_MS + 40 * DAY_MS)
    assert (moved.time_ms, entered.time_ms) == (crossed_ms + 1, crossed_ms + 1)
    assert moved.detail.cause.kind == "time"


def test_a_new_user_is_not_looked_at_for_versions_that_move_nobody() -> None:
    features = FEATURES | {"idle": {"days_since": "Product Viewed"}}
    clusters = {"groups": {"features": ["idle"], "clusters": 2, "margin": 0.1}}
    versions = [model(number, 7 * number, {0: 0.0, 1: 16.0}, feature="idle") for number in range(6)]
    book = ModelBook([version.encode() for version in versions])
    engine = engine_with_models(definition(features, SEGMENTS, clusters=clusters), book)
    profile = engine.restore("u", None)
    engine.apply(profile, decode(line(day=1)))
    assert profile.due_ms == START_MS + round(9.8 * DAY_MS) + 1  # (x^2 - (x - 16)^2) / 16^2 > 0.1 from x = 8.8 on
    engine.apply(profile, decode(line(day=2)))
    assert START_MS + 7 * DAY_MS < profile.due_ms < START_MS + 8 * DAY_MS  # who comes again may do so once more


def test_what_moves_in_other_ways_is_looked_at_after_4_8_16_days() -> None:
    features = FEATURES | {"warmth": {"decayed": "Product Viewed", "half_life": "3d"}}
    clusters = {"groups": {"features": ["warmth"], "clusters": 2}}
    book = ModelBook([model(1, 0, {0: 0.0, 1: 1.0}, feature="warmth").encode()])
    engine = engine_with_models(definition(features, SEGMENTS, clusters=clusters), book)
    profile = engine.restore("u", None)
    engine.apply(profile, decode(line(day=1)))
    moved, _ = engine.advance(profile, START_MS + 40 * DAY_MS)
    assert moved.time_ms == START_MS + 9 * DAY_MS  # past the border since day 5.25
    assert profile.due_ms == START_MS + 65 * DAY_MS


def test_a_user_without_the_least_data_leaves_all_clusters() -> None:
    features = FEATURES | {"views": {"mean": "Product Viewed", "of": "price", "within": "10d"}}
    book = ModelBook()
    book.add(model(1, 0, {0: 1.0}).encode())
    engine = engine_with_models(definition(features, SEGMENTS, clusters=CLUSTERS), book)
    profile = engine.restore("u", None)
    lines = [line(day=1, properties={"price": 3}), line(day=20)]
    details = [change.detail for one in lines for change in engine.apply(profile, decode(one))[1]]
    moves = [(detail.before, detail.after) for detail in details if isinstance(detail, ClusterChange)]
    assert moves == [(None, "c0"), ("c0", None)]
    assert profile.clusters == {}


def test_a_model_of_other_features_is_not_used() -> None:
    assert told([model(1, 0, {0: 1.0, 1: 3.0}, feature="orders")], [line(day=1)], 30) == []


def test_a_clustering_that_an_edited_definition_no_longer_has_is_left() -> None:
    book = ModelBook()
    book.add(model(1, 0, {0: 1.0, 1: 3.0}).encode())
    before = engine_with_models(definition(FEATURES, SEGMENTS, clusters=CLUSTERS), book)
    profile = before.restore("u", None)
    before.apply(profile, decode(line(day=1)))
    after = engine_with_models(definition({"views": FEATURES["views"]}), ModelBook())
    restored = after.restore("u", before.snapshot(profile))
    details = [change.detail for change in after.reconcile(restored)]
    assert [(d.segment, d.change) for d in details if not isinstance(d, ClusterChange)] == [("any", "exited")]
    [gone] = [detail for detail in details if isinstance(detail, ClusterChange)]
    assert (gone.before, gone.after, gone.cause.kind, gone.definition) == ("c0", None, "definition", None)
    assert restored.clusters == {}
    assert restored.look_ms == NEVER


def test_a_user_of_a_job_without_models_is_looked_at_4_days_after_the_last_event() -> None:
    warmth = {"warmth": {"decayed": "Product Viewed", "half_life": "3d"}}
    before = Engine(definition(warmth))
    profile = before.restore("u", None)
    before.apply(profile, decode(line(day=1)))
    book = ModelBook([model(1, 0, {0: 0.0, 1: 1.0}, feature="warmth").encode()])
    clusters = {"groups": {"features": ["warmth"], "clusters": 2}}
    after = engine_with_models(definition(FEATURES | warmth, SEGMENTS, clusters=clusters), book)
    restored = after.restore("u", before.snapshot(profile))
    changes = after.advance(restored, START_MS + 40 * DAY_MS)
    moves = [(change.time_ms, change.detail.after) for change in changes if isinstance(change.detail, ClusterChange)]
    assert moves == [(START_MS + 5 * DAY_MS, "c0")]


def test_an_erased_user_has_no_cluster_and_no_look() -> None:
    book = ModelBook()
    book.add(model(1, 0, {0: 1.0, 1: 3.0}).encode())
    engine = engine_with_models(definition(FEATURES, SEGMENTS, clusters=CLUSTERS), book)
    profile = engine.restore("u", None)
    engine.apply(profile, decode(line(day=1)))
    engine.apply(profile, decode(line(day=2, type="erase", event=None)))
    assert (profile.clusters, profile.applied_ms, profile.look_ms) == ({}, NO_TIME, NEVER)


@pytest.mark.parametrize(
    ("first", "looks"), [(1, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]), (4, [4, 8, 16, 32, 64, 128, 256, 512])]
)
def test_looks_double_and_end(first: int, looks: list[int]) -> None:
    found, now_ms = [], 0
    while (now_ms := next_look(first * DAY_MS, 0, now_ms)) != NEVER:
        found.append(now_ms // DAY_MS)
    assert found == looks


def test_a_look_without_a_change_keeps_the_values_and_the_version_of_the_last_event() -> None:
    book = ModelBook()
    for version in (model(1, 0, {0: 1.0, 1: 9.0}), model(2, 1.5, {0: 1.1, 1: 9.0})):
        book.add(version.encode())
    engine = engine_with_models(definition(FEATURES, SEGMENTS, clusters=CLUSTERS), book)
    profile = engine.restore("u", None)
    engine.apply(profile, decode(line(day=1)))
    kept = copy.deepcopy(profile.clusters)
    assert engine.advance(profile, START_MS + 9 * DAY_MS) == []
    assert profile.clusters == kept == {"groups": Membership(0, "c0", 1, (1,))}
    assert START_MS + 9 * DAY_MS < profile.look_ms <= START_MS + 11 * DAY_MS  # the window empties
