"""Explain: what is told of users in every state, and the names in the JSON."""

import msgspec
import pytest

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
    assert [change["data"]["change"] for change in erased.changes] == ["entered", "erased"]
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


@pytest.mark.parametrize(
    ("condition", "side", "target", "needs", "direction", "beyond"),
    [
        ("views >= 5", "views", 5, 2, "more", False),
        ("views > 5", "views", 6, 3, "more", False),
        ("views > 2", "views", 2, -1, "less", False),
        ("2.5 < views", "views", 2, -1, "less", False),
        ("views < 3", "views", 2, -1, "less", False),
        ("views <= 3", "views", 4, 1, "more", False),
        ("views == 3", "views", 3, 0, "any", True),
        ("1 != views", "views", 1, -2, "less", False),
        ("5 == views", "views", 5, 2, "more", False),
        ("score > 1.5", "score", 1.5, 1, "more", True),
        ("score >= 0.5", "score", 0.5, 0, "less", True),
        ("score < views / 2", "score", 1.5, 1, "more", False),
        ("views * 2 > score", "score", 6, 5.5, "more", False),
        ("views * 2 > 3", "views * 2", 3, -3, "less", False),
        ("views > idle", "idle", 3, 2.5, "more", False),
    ],
)
def test_how_far_a_comparison_is_from_flipping(
    condition: str, side: str, target: float, needs: float, direction: str, beyond: bool
) -> None:
    features = {
        "views": {"count": "Product Viewed"},
        "score": {"trait": "score"},
        "idle": {"days_since": "Product Viewed"},
    }
    lines = [*(line() for _ in range(3)), line(type="identify", event=None, traits={"score": 0.5})]
    engine = Engine(definition(features, {"s": {"when": condition}}))
    [segment] = explained(engine, lines, day=0.5).segments
    assert segment.when is not None
    found = segment.when.clauses[0].distance
    assert found is not None
    assert (found.side, found.target, found.needs) == (side, target, needs)
    assert (found.direction, found.beyond) == (direction, beyond)


@pytest.mark.parametrize(
    "condition",
    [
        *("views < 0", "views >= 0", "views == 2.5", "views > views", "name == 'x'", "score > 1", "has(name)"),
        "holdout >= 10",  # no event moves it
    ],
)
def test_no_distance_where_none_can_be_told(condition: str) -> None:
    features = {
        "views": {"count": "Product Viewed"},
        "score": {"trait": "score"},
        "name": {"trait": "name"},
        "holdout": {"bucket": "holdout"},
    }
    [segment] = explained(Engine(definition(features, {"s": {"when": condition}})), [line()]).segments
    assert segment.when is not None
    assert segment.when.clauses[0].distance is None


def test_a_rate_stays_until_the_first_event_is_older_than_its_span() -> None:
    engine = Engine(definition({"rate": {"rate": "Product Viewed", "per": "10d", "within": "20d"}}))
    for day, changes_in_ms in ((1, 9 * DAY_MS + 1), (10, 1), (15, 1)):
        [rate] = explained(engine, [line()], day=day).features
        assert (rate.changes_in_ms, rate.continuous) == (changes_in_ms, changes_in_ms == 1)
    [gone] = explained(engine, [line()], day=21).features
    assert (gone.value, gone.changes_in_ms) == (None, None)


def test_features_are_told_in_words() -> None:
    features = {
        "a": {"count": ["page", "Email *", "x", "y"], "between": ["90d", "36h"], "where": "a > 1"},
        "b": {"share": "*", "of": ["brand", "maker"], "equals": "A", "between": ["90d", "30d"]},
        "c": {"decayed": "Order Completed", "of": "revenue", "half_life": "2w"},
        "d": {"session": "average_pages", "gap": "15m", "within": "1d"},
        "e": {"peak_share": "page", "by": "hour"},
    }
    told = explained(Engine(definition(features)), [line()]).features
    assert [(feature.meaning, feature.window) for feature in told] == [
        ("number of page or Email * or 2 others, where a > 1", "90 days to 36 hours ago"),
        ("share of A in brand or maker of any event", "90 to 30 days ago"),
        ("revenue of Order Completed, halved every 14 days", None),
        ("pages per session, new after 15 minutes", "last 1 day"),
        ("share of the hour with most page", "all time"),
    ]


SCHEMA = {
    "BadLine": "message reason",
    "Counts": "applied changes dead_letters duplicates events forgotten_ids ignored inherited",
    "Distance": "beyond direction in_feature needs side target value",
    "ExplainedClause": "clause distance flips_at flips_in_ms flips_to holds negated unless values",
    "ExplainedCondition": "clauses condition holds",
    "ExplainedFeature": "changes_at changes_in_ms continuous feature in_panes kind limit meaning value window",
    "ExplainedSegment": "cooldown_left_ms decided description dwell_left_ms exit_when kind member response segment"
    " since tags title when",
    "Explanation": "at bad_lines changes counts erased_at features first_event_at forgotten_at inherited looked_until"
    " merged_into next_change profile segments sequence state user_id",
    "FeatureDistance": "beyond direction feature needs target value",
    "Inheritance": "at events visitor",
    "InheritedEvent": "at event message_id type",
    "NextChange": "at changes in_ms",
}


def test_the_names_in_the_json_are_stable() -> None:
    components = msgspec.json.schema(Explanation)["$defs"]
    assert {name: " ".join(sorted(component["properties"])) for name, component in components.items()} == SCHEMA
