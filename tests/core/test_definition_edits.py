"""An edited definition: what was not touched keeps its state, what follows from the edit says so."""

import pytest

from core.samples import START, definition, line
from livesegments.core.changes import Change
from livesegments.core.errors import BadEvent
from livesegments.core.events import decode
from livesegments.core.profile import Profile
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS

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


def at(day: float) -> int:
    return int(START.timestamp() * 1_000) + int(day * DAY_MS)


def test_an_edit_keeps_the_bar_and_the_number_of_an_erased_user_until_their_30_days_are_over() -> None:
    before = Engine(definition(FEATURES, SEGMENTS))
    profile = before.restore("u", after_two_orders()[0])
    before.apply(profile, decode(line(day=3, type="erase", event=None)))
    after = Engine(definition(FEATURES, {"viewers": {"when": "views >= 1"}}))
    profile = after.restore("u", before.snapshot(profile))
    number = profile.sequence
    assert after.advance(profile, at(32.9)) == []
    with pytest.raises(BadEvent, match="after the erase"):
        after.apply(profile, decode(line(day=2.9)))
    kept = after.snapshot(profile)
    _, [entered] = after.apply(profile, decode(line(day=32.9)))
    assert entered.detail.sequence == number + 1
    profile = after.restore("u", kept)
    after.advance(profile, at(33))
    assert after.snapshot(profile) is None


def test_an_edit_keeps_the_end_of_a_visitor_as_long_as_a_link_lasts() -> None:
    identity = {"links": "40d"}
    before = Engine(definition(FEATURES, SEGMENTS, identity=identity))
    visitor = before.restore("v", None)
    before.apply(visitor, decode(line(None, day=1, anonymousId="v")))
    before.end(visitor, "u", at(2))
    after = Engine(definition(FEATURES, {}, identity=identity))
    visitor = after.restore("v", before.snapshot(visitor))
    assert after.advance(visitor, at(41.9)) == []
    assert visitor.merged_into == "u"
    after.advance(visitor, at(42))
    assert after.snapshot(visitor) is None
