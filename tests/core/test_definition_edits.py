"""An edited definition: what was not touched keeps its state, what follows from the edit says so."""

from core.samples import definition, line
from livesegments.core.changes import Change
from livesegments.core.events import decode
from livesegments.core.profile import Profile
from livesegments.core.step import Engine

FEATURES = {
    "orders": {"count": "Order Completed"},
    "revenue_90d": {"sum": "Order Completed", "of": "revenue", "within": "90d"},
    "views": {"count": "Product Viewed"},
}
SEGMENTS = {"buyers": {"when": "orders >= 2"}, "big": {"when": "revenue_90d >= 100"}}


def after_two_orders() -> tuple[bytes, list[Change]]:
    engine = Engine(definition(FEATURES, SEGMENTS))
    profile = engine.restore("u", None)
    changes = []
    for day in (1, 2):
        raw = line("u", day=day, event="Order Completed", properties={"revenue": 30})
        changes += engine.apply(profile, decode(raw))[1]
    content = engine.snapshot(profile)
    assert content is not None
    return content, changes


def told(changes: list[Change]) -> list[tuple[str | None, str, str]]:
    return [(change.detail.segment, change.detail.change, change.detail.cause.kind) for change in changes]


def reopened(features: dict, segments: dict) -> tuple[Engine, Profile, list[Change]]:
    engine = Engine(definition(features, segments))
    profile = engine.restore("u", after_two_orders()[0])
    return engine, profile, engine.reconcile(profile)


def test_the_same_definition_tells_nothing() -> None:
    _, _, changes = reopened(FEATURES, SEGMENTS)
    assert changes == []


def test_titles_and_order_do_not_count_as_an_edit() -> None:
    segments = {name: segment | {"title": "Another"} for name, segment in reversed(SEGMENTS.items())}
    assert reopened(dict(reversed(FEATURES.items())), segments)[2] == []


def test_an_edited_feature_starts_empty_and_the_others_keep_their_state() -> None:
    features = FEATURES | {"revenue_90d": FEATURES["revenue_90d"] | {"of": "total"}}
    engine, profile, _ = reopened(features, SEGMENTS)
    values = dict(zip(engine.program.slots, engine.values(profile, profile.clock_ms), strict=True))
    assert values["orders"] == 2
    assert values["revenue_90d"] == 0.0


def test_another_window_over_the_same_events_has_what_was_kept_of_them() -> None:
    features = FEATURES | {
        "revenue_90d": FEATURES["revenue_90d"] | {"within": "1d"},
        "revenue_365d": FEATURES["revenue_90d"] | {"within": "365d"},
    }
    engine, profile, _ = reopened(features, SEGMENTS)
    values = dict(zip(engine.program.slots, engine.values(profile, profile.clock_ms), strict=True))
    assert (values["revenue_90d"], values["revenue_365d"]) == (30.0, 60.0)


def test_a_new_feature_starts_empty_and_a_removed_one_is_forgotten() -> None:
    features = {name: FEATURES[name] for name in ("orders", "revenue_90d")} | {"carts": {"count": "Product Added"}}
    engine, profile, _ = reopened(features, SEGMENTS)
    values = dict(zip(engine.program.slots, engine.values(profile, profile.clock_ms), strict=True))
    assert (values["orders"], values["revenue_90d"], values["carts"]) == (2, 60.0, 0)


def test_an_edited_segment_changes_at_the_clock_with_cause_definition() -> None:
    segments = {"buyers": {"when": "orders >= 3"}, "big": {"when": "revenue_90d >= 50"}}
    _, profile, changes = reopened(FEATURES, segments)
    assert told(changes) == [("big", "entered", "definition"), ("buyers", "exited", "definition")]
    assert {change.time_ms for change in changes} == {profile.clock_ms}
    assert [change.detail.sequence for change in changes] == [2, 3]


def test_a_removed_segment_is_left() -> None:
    _, profile, changes = reopened(FEATURES, {"big": SEGMENTS["big"]})
    assert told(changes) == [("buyers", "exited", "definition")]
    assert changes[0].detail.because == []
    assert profile.segments == []


def test_the_next_event_reconciles_by_itself() -> None:
    engine = Engine(definition(FEATURES, {"buyers": {"when": "orders >= 3"}}))
    profile = engine.restore("u", after_two_orders()[0])
    _, changes = engine.apply(profile, decode(line("u", day=3, event="Order Completed")))
    assert told(changes) == [("buyers", "exited", "definition"), ("buyers", "entered", "event")]
