"""Hand-computed streams that check the oracle itself: when users enter and leave, and what becomes of each line."""

import json
from datetime import date, timedelta
from typing import Any

from oracle import OracleChange, recompute

SECOND = 1_000
DAY = 86_400_000
START = 1_731_162_000_000  # 2024-11-09T14:20:00Z


def line(time_ms: int, name: str = "Order Completed", message_id: str = "", user: str = "u", **fields: Any) -> bytes:
    """Write a track event `time_ms` after the start; fields replace or add to it."""
    seconds, milliseconds = divmod(START + time_ms, 1_000)
    days, seconds = divmod(seconds, 86_400)
    year = day_text(days)
    text = f"{year}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}Z"
    record = {"type": "track", "event": name, "messageId": message_id or f"{name}-{time_ms}", "userId": user}
    return json.dumps(record | {"timestamp": text} | fields).encode()


def day_text(days: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=days)).isoformat()


def told(changes: list[OracleChange]) -> list[tuple[str, str, int, str]]:
    return [(one.segment, one.change, one.time_ms - START, one.cause) for one in changes]


def segment(features: dict[str, Any], limits: dict[str, Any] | None = None, **segments: Any) -> dict[str, Any]:
    return {"version": 1, "features": features, "segments": segments, "limits": limits or {}}


ONE_TIME_BUYERS = segment(
    {
        "orders": {"count": "Order Completed"},
        "days_since_order": {"days_since": "Order Completed"},
        "email_open_rate": {"ratio": ["Email Opened", "Email Delivered"], "within": "90d"},
    },
    one_time_buyers={"when": "orders == 1 && days_since_order > 30 && email_open_rate < 0.2"},
)


def test_one_time_buyers_enter_at_the_first_millisecond_after_30_days() -> None:
    result = recompute(ONE_TIME_BUYERS, [line(0, "Email Delivered"), line(1)], START + 31 * DAY)
    assert result.changes["u"] == [
        OracleChange("u", 1, "one_time_buyers", "entered", START + 30 * DAY + 2, "time", None)
    ]
    assert result.features("u", START + 30 * DAY + 2)["days_since_order"] == 30.000000011574074
    assert result.members("u") == {"one_time_buyers"}


def test_unknown_clause_keeps_user_out_and_window_takes_user_out() -> None:
    assert not recompute(ONE_TIME_BUYERS, [line(0)], START + 31 * DAY).changes["u"]
    result = recompute(ONE_TIME_BUYERS, [line(0, "Email Delivered"), line(0)], START + 100 * DAY)
    assert told(result.changes["u"]) == [
        ("one_time_buyers", "entered", 30 * DAY + 1, "time"),
        ("one_time_buyers", "exited", 90 * DAY, "time"),
    ]


def test_window_is_half_open() -> None:
    definition = segment({"orders": {"count": "Order Completed", "within": "5s"}}, some={"when": "orders > 0"})
    assert told(recompute(definition, [line(0)], START + 4_999).changes["u"]) == [("some", "entered", 0, "event")]
    result = recompute(definition, [line(0), line(5_000)])
    assert told(result.changes["u"]) == [
        ("some", "entered", 0, "event"),
        ("some", "exited", 5_000, "time"),
        ("some", "entered", 5_000, "event"),
    ]
    assert [change.message_id for change in result.changes["u"]] == ["Order Completed-0", None, "Order Completed-5000"]


def test_between_waits_for_the_inner_edge() -> None:
    definition = segment({"before": {"count": "*", "between": ["10s", "5s"]}}, some={"when": "before > 0"})
    result = recompute(definition, [line(0)], START + 60_000)
    assert told(result.changes["u"]) == [("some", "entered", 5_000, "time"), ("some", "exited", 10_000, "time")]


def test_hysteresis_dwell_and_cooldown() -> None:
    definition = segment(
        {"revenue": {"sum": "Order Completed", "of": "revenue", "within": "10s"}},
        rich={"when": "revenue >= 5", "exit_when": "revenue < 4", "min_dwell": "20s", "cooldown": "1m"},
    )
    lines = [line(0, properties={"revenue": 5}), line(25_000, properties={"revenue": 9})]
    lines.append(line(79_000, properties={"revenue": 9.5}))
    assert told(recompute(definition, lines, START + 200_000).changes["u"]) == [
        ("rich", "entered", 0, "event"),
        ("rich", "exited", 20_000, "time"),  # the window let go at 10 s, the dwell at 20 s
        ("rich", "entered", 80_000, "time"),  # met from 25 s to 35 s and from 79 s, cooling until 80 s
        ("rich", "exited", 100_000, "time"),
    ]


def test_segments_are_decided_after_those_they_name() -> None:
    definition = segment(
        {"orders": {"count": "Order Completed", "within": "5s"}},
        a={"when": "z && orders > 0"},
        b={"when": "!z"},
        z={"when": "orders > 0"},
    )
    changes = recompute(definition, [line(0)], START + 5_000).changes["u"]
    assert told(changes) == [
        ("z", "entered", 0, "event"),
        ("a", "entered", 0, "event"),
        ("z", "exited", 5_000, "time"),
        ("a", "exited", 5_000, "time"),
        ("b", "entered", 5_000, "time"),
    ]
    assert [change.sequence for change in changes] == [1, 2, 3, 4, 5]


def test_static_is_decided_once_and_a_list_at_the_first_event() -> None:
    definition = segment(
        {"country": {"trait": "country"}, "orders": {"count": "Order Completed"}},
        vip={"members": ["u", "w"]},
        swiss={"when": "country == 'CH'", "kind": "static"},
    )
    lines = [
        line(0),
        line(1, message_id="i1", type="identify", traits={"country": "CH"}),
        line(2, message_id="i2", type="identify", traits={"country": "DE"}),
        line(2, message_id="v1", user="v", type="identify", traits={"country": "DE"}),
        line(3, message_id="v2", user="v", type="identify", traits={"country": "CH"}),
    ]
    result = recompute(definition, lines)
    assert told(result.changes["u"]) == [("vip", "entered", 0, "event"), ("swiss", "entered", 1, "event")]
    assert result.members("v") == set()


def test_erase_keeps_sequence_and_bar() -> None:
    definition = segment({"orders": {"count": "*"}}, some={"when": "orders > 0"})
    erase = line(10, message_id="e", type="erase")
    result = recompute(definition, [line(0), erase, line(10, message_id="x"), line(11)])
    assert [(one.sequence, one.change, one.time_ms - START, one.cause) for one in result.changes["u"]] == [
        (1, "entered", 0, "event"),
        (2, "erased", 10, "erase"),
        (3, "entered", 11, "event"),
    ]
    assert result.outcomes == ["applied", "applied", "erased", "applied"]
    assert result.counts.balanced()


def test_late_event_is_put_where_it_belongs_and_evaluated_at_the_clock() -> None:
    definition = segment(
        {"last": {"last": "Order Completed", "of": "n"}, "orders": {"count": "Order Completed", "within": "10s"}},
        limits={"lateness": "5s"},
        two={"when": "orders == 2"},
    )
    lines = [line(10_000, properties={"n": 2}), line(5_000, properties={"n": 1}), line(4_999)]
    result = recompute(definition, lines, START + 60_000)
    assert result.outcomes == ["applied", "applied", "too_late"]
    assert told(result.changes["u"]) == [("two", "entered", 10_000, "event"), ("two", "exited", 15_000, "time")]
    assert result.features("u", START + 10_000) == {"last": 2, "orders": 2}


def test_duplicates_are_known_for_a_day_of_the_clock_and_while_they_are_not_too_late() -> None:
    definition = segment({"orders": {"count": "*"}}, {"lateness": "1h"})
    lines = [line(0, message_id="a"), line(DAY - 1, message_id="a"), line(DAY, message_id="a")]
    assert recompute(definition, lines).outcomes == ["applied", "duplicate", "applied"]
    lines = [line(0, message_id="a"), line(7 * DAY, message_id="a"), line(7 * DAY + 1, message_id="a")]
    assert recompute(segment({}), lines).outcomes == ["applied", "duplicate", "applied"]
    lines = [line(0, message_id="a"), line(1, message_id="b"), line(2, message_id="a")]
    assert recompute(segment({}, {"message_ids": 1}), lines).outcomes == ["applied", "applied", "applied"]


def test_events_after_until_and_alias_are_ignored() -> None:
    lines = [line(0), line(1, type="alias"), line(3), b"", line(2, type="group")]
    result = recompute(segment({}), lines, START + 2)
    assert result.outcomes == ["applied", "ignored", "ignored", None, "applied"]
    assert (result.counts.events, result.counts.ignored) == (4, 2)
