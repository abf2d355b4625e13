"""`check --diff` agrees with what a restored profile really has, for each kind of edit.

Profiles are stored with the old definition and restored with the new one. What is complete equals a replay of all
events with the new definition; what is empty equals a profile of which nothing but its first event was kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.samples import definition, line
from livesegments.cli import main
from livesegments.core.definition import Definition
from livesegments.core.events import decode
from livesegments.core.profile import Profile
from livesegments.core.step import Engine
from livesegments.models.learning import ModelLearner, identities_of
from livesegments.preview.edits import Edit, edit_of

FEATURES: dict[str, Any] = {
    "orders": {"count": "Order Completed"},
    "orders_30d": {"count": "Order Completed", "within": "30d"},
    "revenue_7d": {"sum": "Order Completed", "of": "revenue", "within": "7d"},
    "brands": {"recent": "Order Completed", "of": "brand", "n": 2},
    "open_rate": {"ratio": ["Email Opened", "Email Delivered"]},
    "weekday": {"peak": "Order Completed", "by": "hour"},
    "basket": {"value": "revenue_7d / orders"},
    "views": {"count": "Product Viewed"},
}
SEGMENTS: dict[str, Any] = {
    "buyers": {"when": "orders >= 2", "title": "Buyers"},
    "readers": {"when": "open_rate > 0.4"},
    "spending": {"when": "basket > 10 && views >= 1"},
    "regular": {"when": "orders_30d >= 3"},
    "once_bought": {"when": "orders >= 3", "kind": "static"},
    "vip": {"when": "buyers && spending"},
}
EVENTS = [
    *(
        line("u", day=day, event="Order Completed", properties={"revenue": 50, "brand": f"b{day}", "total": 40})
        for day in (0, 3, 5, 13, 18, 20)
    ),
    *(line("u", day=20, event="Email Opened") for _ in range(2)),
    *(line("u", day=20, event=name) for name in ("Email Delivered", "Product Viewed", "Product Added")),
]
Edited = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]


def with_feature(**features: Any) -> Edited:
    return FEATURES | features, SEGMENTS, {}


def with_segment(**segments: Any) -> Edited:
    return FEATURES, SEGMENTS | segments, {}


EDITS: dict[str, Edited] = {
    "nothing": (FEATURES, SEGMENTS, {}),
    "a title": with_segment(buyers={"when": "orders >= 2", "title": "Who buys"}),
    "a feature over other events": with_feature(carts={"count": "Product Added"}),
    "a feature over events that are kept": with_feature(revenue_3d=FEATURES["revenue_7d"] | {"within": "3d"}),
    "a feature and its segments are removed": (
        {name: feature for name, feature in FEATURES.items() if name != "views"},
        {name: SEGMENTS[name] for name in ("buyers", "readers", "regular", "once_bought")},
        {},
    ),
    "other values of the same events": with_feature(revenue_7d=FEATURES["revenue_7d"] | {"of": "total"}),
    "a condition of events": with_feature(orders=FEATURES["orders"] | {"where": "revenue > 1"}),
    "a longer window": with_feature(revenue_7d=FEATURES["revenue_7d"] | {"within": "17d"}),
    "a shorter window": with_feature(orders_30d=FEATURES["orders_30d"] | {"within": "5d"}),
    "a window instead of the lifetime": with_feature(views={"count": "Product Viewed", "within": "90d"}),
    "a longer list": with_feature(brands=FEATURES["brands"] | {"n": 4}),
    "one side of a ratio": with_feature(open_rate={"ratio": ["Email Opened", "Product Added"]}),
    "a threshold": with_segment(regular={"when": "orders_30d >= 9"}),
    "a segment is renamed": (
        FEATURES,
        {("frequent" if name == "regular" else name): segment for name, segment in SEGMENTS.items()},
        {},
    ),
    "a static segment": with_segment(once_bought={"when": "orders >= 9", "kind": "static"}),
    "the time zone": (FEATURES, SEGMENTS, {"timezone": "Asia/Tokyo"}),
    "the limit of samples": (FEATURES, SEGMENTS, {"limits": {"samples": 64}}),
}


def old() -> Definition:
    return definition(FEATURES, SEGMENTS)


def edit(kind: str) -> Edit:
    features, segments, sections = EDITS[kind]
    return edit_of(old(), definition(features, segments, **sections), identities_of)


def after_events(engine: Engine) -> Profile:
    profile = engine.restore("u", None)
    for raw in EVENTS:
        engine.apply(profile, decode(raw))
    return profile


def values(engine: Engine, profile: Profile) -> dict[str, Any]:
    found = engine.values(profile, profile.clock_ms)
    return {name: found[slot] for name, slot in engine.program.slots.items()}


@pytest.mark.parametrize("kind", EDITS)
def test_features_and_segments_are_as_a_restored_profile_has_them(kind: str) -> None:
    told = edit(kind)
    features, segments, sections = EDITS[kind]
    new = definition(features, segments, **sections)
    engine, before = Engine(new), Engine(old())
    restored = engine.restore("u", before.snapshot(after_events(before)))
    assert restored.edited is told.evaluates
    changes = engine.reconcile(restored)
    moved = {segment.segment for segment in told.segments if segment.state != "unchanged" or segment.incomplete}
    assert {change.detail.segment for change in changes if hasattr(change.detail, "segment")} <= moved
    check_features(told, engine, restored)
    assert told.cells == len(engine.program.cells)
    kept = set(before.program.cell_names) & set(engine.program.cell_names)
    assert told.cells_kept == len(kept)


def check_features(told: Edit, engine: Engine, restored: Profile) -> None:
    bare = Engine(definition({"clock": {"count": "*"}}))
    empty = engine.restore("u", bare.snapshot(after_events(bare)))
    found, whole, nothing = values(engine, restored), values(engine, after_events(engine)), values(engine, empty)
    listed = {feature.feature: feature.state for feature in told.features}
    for name in engine.definition.features:
        state = listed.get(name, "kept")
        if state == "kept":
            assert found[name] == whole[name], name
        elif state == "empty":
            assert found[name] == nothing[name] != whole[name], name
        else:
            assert found[name] != whole[name], name
            assert state == "part" or found[name] != nothing[name], name  # a part alone may have no value
    assert {name for name, state in listed.items() if state == "gone"} == FEATURES.keys() - engine.definition.features


EXPECTED: dict[str, tuple[dict[str, str], dict[str, str], set[str]]] = {
    "nothing": ({}, {}, set()),
    "a title": ({}, {}, set()),
    "a feature over other events": ({"carts": "empty"}, {}, set()),
    "a feature over events that are kept": ({"revenue_3d": "kept"}, {}, set()),
    "a longer window": (
        {"revenue_7d": "short", "basket": "short"},
        {"spending": "changed", "vip": "changed"},
        {"spending", "vip"},
    ),
    "a longer list": ({"brands": "short"}, {}, set()),
    "one side of a ratio": ({"open_rate": "part"}, {"readers": "changed"}, {"readers"}),
    "a threshold": ({}, {"regular": "changed"}, set()),
    "a segment is renamed": ({}, {"regular": "gone", "frequent": "new"}, set()),
    "a static segment": ({}, {"once_bought": "changed"}, set()),
    "the time zone": ({"weekday": "empty"}, {}, set()),
}


@pytest.mark.parametrize("kind", EXPECTED)
def test_the_edit_is_told_as_it_is(kind: str) -> None:
    told = edit(kind)
    features, segments, incomplete = EXPECTED[kind]
    assert {one.feature: one.state for one in told.features} == features
    assert {one.segment: one.state for one in told.segments if one.state != "unchanged"} == segments
    assert {one.segment for one in told.segments if one.incomplete} == incomplete
    assert told.evaluates is (kind not in ("nothing", "a title"))


def test_a_limit_empties_features_and_evaluates_nobody() -> None:
    told = edit("the limit of samples")
    assert told.evaluates is False
    assert {one.feature: one.state for one in told.features} == {
        "orders_30d": "empty",
        "revenue_7d": "empty",
        "basket": "part",
    }
    assert {one.segment for one in told.segments if one.incomplete} == {"regular", "spending", "vip"}


MODELS: dict[str, Any] = {
    "clusters": {"kinds": {"features": ["orders", "views"], "clusters": 2, "warm_up": 10, "interval": "1d"}},
    "predictions": {"buys": {"will": "Order Completed", "within": "3d", "features": ["orders", "views"], "labels": 10}},
}
MODEL_EDITS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "nothing": lambda _: None,
    "how often": lambda models: models["clusters"]["kinds"].update(interval="2d", title="Kinds"),
    "features of a clustering": lambda models: models["clusters"]["kinds"].update(features=["orders", "orders_30d"]),
    "the seed of a clustering": lambda models: models["clusters"]["kinds"].update(seed=2),
    "the horizon": lambda models: models["predictions"]["buys"].update(within="5d"),
    "no prediction": lambda models: models.pop("predictions"),
    "a prediction more": lambda models: models["predictions"].update(views={"will": "Product Viewed", "within": "1d"}),
}


@pytest.mark.parametrize("kind", MODEL_EDITS)
def test_models_are_learned_anew_where_a_learner_begins_anew(kind: str) -> None:
    models = json.loads(json.dumps(MODELS))
    MODEL_EDITS[kind](models)
    new = definition(FEATURES, SEGMENTS, **models)
    before = ModelLearner(definition(FEATURES, SEGMENTS, **MODELS))
    for number in range(60):
        what = "Order Completed" if number % 3 else "Product Viewed"
        before.feed(decode(line(f"u{number % 20}", day=number / 3, event=what)))
    learned = states(before)
    after, fresh = ModelLearner(new), states(ModelLearner(new))
    after.restore(before.snapshot())
    told = {
        one.model: one.state for one in edit_of(definition(FEATURES, SEGMENTS, **MODELS), new, identities_of).models
    }
    found = states(after)
    assert told.keys() == learned.keys() | found.keys()
    for name, state in told.items():
        if state == "gone":
            assert name not in found
        elif state == "new":
            assert (name not in learned, found[name]) == (True, fresh[name])
        else:
            assert (found[name] == learned[name]) is (state == "kept"), name
    assert set(told.values()) == {
        "nothing": {"kept"},
        "how often": {"kept"},
        "no prediction": {"kept", "gone"},
        "a prediction more": {"kept", "new"},
    }.get(kind, {"kept", "anew"})


def states(learner: ModelLearner) -> dict[str, Any]:
    """Give what was learned of each model: the vectors held, or the examples; not how it is called."""
    _, clusters, predictions, *_ = msgspec.msgpack.decode(learner.snapshot())
    both = {**clusters, **predictions}
    return {name: {key: state[key] for key in state if key != "clustering"} for name, (_, state) in both.items()}


def test_the_command_says_it_in_tables_and_in_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, kind in (("old.yaml", "nothing"), ("new.yaml", "one side of a ratio")):
        features, segments, _ = EDITS[kind]
        Path(name).write_text(json.dumps({"features": features, "segments": segments, **MODELS}))
    shown = []
    for arguments in ((), ("--json",)):
        with pytest.raises(SystemExit) as done:
            main(["check", "--diff", "old.yaml", "new.yaml", "-q", *arguments])
        assert not done.value.code
        shown.append(capsys.readouterr().out)
    assert shown[0].startswith("old.yaml -> new.yaml\nEvery user is evaluated once, within a minute of the start.\n")
    assert "open_rate" in shown[0]
    assert "begins empty in part" in shown[0]
    assert msgspec.json.decode(shown[1], type=Edit).models[0].state == "kept"


CLUSTERS = {"kinds": {"features": ["orders", "views"], "algorithm": "kmeans", "clusters": 3}}


@pytest.mark.parametrize(
    ("sections", "new", "gone"),
    [
        ({"identity": {}}, "`identity:` is new", "`identity:` is gone: links are forgotten, and the job starts only"),
        ({"clusters": CLUSTERS}, "is learned from now on", "No model is left"),
    ],
)
def test_the_command_says_what_begins_and_what_starts_only_without_some_of_the_state(
    sections: dict[str, Any],
    new: str,
    gone: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, more in (("without.yaml", {}), ("with.yaml", sections)):
        Path(name).write_text(json.dumps({"features": FEATURES, "segments": SEGMENTS, **more}))
    for names, told, is_gone in (
        (["without.yaml", "with.yaml"], new, False),
        (["with.yaml", "without.yaml"], gone, True),
        (["with.yaml", "with.yaml"], "No user is evaluated", False),
    ):
        with pytest.raises(SystemExit) as done:
            main(["check", "--diff", *names, "-q"])
        assert not done.value.code
        shown = capsys.readouterr().out
        assert told in shown
        assert ("--allowNonRestoredState" in shown) == is_gone
