"""Explain: what is told of users in every state, and the names in the JSON."""

import msgspec

from core.samples import definition, line
from livesegments.core.explain import Explanation, History, explain
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS, parse_time


def explained(engine: Engine, lines: list[bytes], user: str = "u", day: float | None = None) -> Explanation:
    history = History(engine, user, None if day is None else parse_time("2024-01-01T00:00:00Z") + round(day * DAY_MS))
    history.read(lines)
    return explain(engine, history.profile, history.now_ms, changes=history.changes, counts=history.counts)


def test_an_erased_user_is_told_as_erased_and_then_as_unknown() -> None:
    engine = Engine(definition({"views": {"count": "Product Viewed"}}, {"seen": {"when": "views > 0"}}))
    lines = [line(), line(day=1, type="erase", event=None), line(user="other", day=40)]
    erased = explained(engine, lines, day=20)
    assert (erased.state, erased.erased_at) == ("erased", "2024-01-02T00:00:00.000Z")
    assert erased.forgotten_at == "2024-02-01T00:00:00.000Z"
    assert (erased.profile, erased.features, erased.segments, erased.next_change) == (None, [], [], None)
    assert [change.data.change for change in erased.changes] == ["entered", "erased"]
    assert explained(engine, lines).state == "empty"
    back = explained(engine, [*lines[:2], line(day=2)])
    assert (back.state, back.sequence, back.segments[0].member) == ("active", 3, True)


def test_a_user_before_the_first_event_is_empty() -> None:
    engine = Engine(definition({"views": {"count": "Product Viewed"}}))
    explanation = explained(engine, [line(day=5)], day=1)
    assert (explanation.state, explanation.counts.ignored, explanation.features) == ("empty", 1, [])
    assert explained(engine, [b'{"userId": "u"}']).at is None


def test_dwell_cooldown_and_limits_are_told() -> None:
    features = {
        "views": {"count": "Product Viewed", "within": "10d"},
        "brands": {"distinct": "Product Viewed", "of": "brand"},
    }
    segments = {"many": {"when": "views >= 2", "min_dwell": "3d", "cooldown": "20d"}}
    engine = Engine(definition(features, segments, limits={"samples": 2, "distinct": 2}))
    lines = [line(day=day, properties={"brand": f"b{day}"}) for day in (0, 0.1, 0.2)]
    inside = explained(engine, lines, day=1)
    [many] = inside.segments
    assert (many.member, many.dwell_left_ms, many.cooldown_left_ms) == (True, round(2.1 * DAY_MS), None)
    brands, views = inside.features
    assert views.in_panes
    assert views.limit == "over 2 events: they leave the window 5 days at a time"
    assert brands.limit == "over 2 values: further ones count in the total only"
    [left] = explained(engine, lines, day=20).segments
    assert (left.member, left.dwell_left_ms) == (False, None)
    assert left.cooldown_left_ms is not None
    assert 0 < left.cooldown_left_ms < 20 * DAY_MS


def test_static_segments_and_lists_say_that_they_are_decided() -> None:
    segments = {"rich": {"when": "income > 10", "kind": "static"}}
    engine = Engine(definition({"income": {"trait": "income"}}, segments))
    undecided = explained(engine, [line()]).segments[0]
    against = explained(engine, [line(), line(type="identify", traits={"income": 5})]).segments[0]
    assert (undecided.decided, against.decided, against.member) == (False, True, False)


SCHEMA = {
    "BadLine": "message reason",
    "Because": "clause holds values",
    "Cause": "event kind message_id type",
    "ChangeRecord": "data datacontenttype id source specversion subject time type",
    "Counts": "applied changes dead_letters duplicates events ignored",
    "Distance": "beyond direction needs side target value",
    "ExplainedClause": "clause distance flips_at flips_in_ms flips_to holds values",
    "ExplainedCondition": "clauses condition holds",
    "ExplainedFeature": "changes_at changes_in_ms continuous feature in_panes kind limit meaning value window",
    "ExplainedSegment": "cooldown_left_ms decided description dwell_left_ms exit_when kind member response segment"
    " since tags title when",
    "Explanation": "at bad_lines changes counts erased_at features first_event_at forgotten_at looked_until next_change"
    " profile segments sequence state user_id",
    "NextChange": "at changes in_ms",
    "SegmentChange": "because cause change definition dwell_ms model_version segment segments_after segments_before"
    " sequence user_id",
}


def test_the_names_in_the_json_are_stable() -> None:
    components = msgspec.json.schema(Explanation)["$defs"]
    assert {name: " ".join(sorted(component["properties"])) for name, component in components.items()} == SCHEMA
