"""Which changes are shown, and how."""

from __future__ import annotations

from typing import Any

import pytest

from livesegments.cli.change_lines import change_line
from livesegments.kafka.watch import Filter

ENTERED: dict[str, Any] = {
    "type": "livesegments.segment.entered.v1",
    "time": "2024-12-09T14:20:00.001Z",
    "subject": "12345",
    "data": {
        "user_id": "12345",
        "segment": "one_time_buyers",
        "change": "entered",
        "segments_before": ["newsletter"],
        "cause": {"kind": "time"},
        "because": [
            {"clause": "orders == 1", "holds": True, "values": {"orders": 1}},
            {"clause": "days_since_order > 30", "holds": True, "values": {"days_since_order": 30.000000011574074}},
        ],
    },
}
ERASED: dict[str, Any] = {
    "type": "livesegments.profile.erased.v1",
    "time": "2024-12-10T00:00:00.000Z",
    "subject": "12345",
    "data": {
        "user_id": "12345",
        "segment": None,
        "change": "erased",
        "segments_before": ["newsletter"],
        "cause": {"kind": "erase"},
        "because": [],
    },
}


@pytest.mark.parametrize(
    ("users", "segments", "entered", "erased"),
    [
        ([], [], True, True),
        (["12345"], [], True, True),
        (["1"], [], False, False),
        ([], ["one_time_buyers"], True, False),
        ([], ["newsletter"], False, True),
        ([], ["newsletter", "one_time_buyers"], True, True),
        (["12345"], ["vip"], False, False),
    ],
)
def test_filters_by_user_and_segment(users: list[str], segments: list[str], entered: bool, erased: bool) -> None:
    wanted = Filter(frozenset(users), frozenset(segments))
    assert (wanted.wants(ENTERED), wanted.wants(ERASED)) == (entered, erased)


def test_a_change_is_told_in_one_line() -> None:
    assert change_line(ENTERED) == (
        "2024-12-09 14:20:00  12345      + one_time_buyers                "
        "time: orders == 1 [orders = 1]; days_since_order > 30 [days_since_order = 30]"
    )
    assert change_line(ERASED) == "2024-12-10 00:00:00  12345      x erased                         erase"


def test_a_clause_that_does_not_hold_says_so() -> None:
    """It stands below a `!`, or the other side of an `||` holds."""
    because = [{"clause": "vip", "holds": False, "values": {"vip": False}}]
    because.append({"clause": "age > 30", "holds": None, "values": {"age": None}})
    data = {"user_id": "a", "segment": "quiet", "change": "entered", "cause": {"kind": "time"}, "because": because}
    line = change_line({"time": "2025-01-01T00:00:00Z", "data": data})
    assert line.endswith(" time: not vip [vip = False]; unknown: age > 30 [age = None]")


def test_a_move_to_another_cluster_is_told_with_where() -> None:
    data = {"user_id": "a", "clustering": "engagement", "before": None, "after": "High", "cause": {"kind": "model"}}
    line = change_line({"time": "2025-01-01T00:00:00Z", "data": data})
    assert line.startswith("2025-01-01 00:00:00  a          > engagement: High               model: ")


def test_a_change_of_a_kind_yet_unknown_is_told_too() -> None:
    line = change_line({"type": "livesegments.cluster.changed.v1", "time": "2025-01-01T00:00:00Z", "data": {}})
    assert "livesegments.cluster.changed.v1" in line


def test_a_cluster_change_says_from_where_and_with_which_values() -> None:
    data = {"user_id": "u", "clustering": "engagement", "before": None, "after": "High", "moved": "user_moved"}
    data |= {"cause": {"kind": "event", "event": "Order Completed"}, "values": {"rate": 1.25, "opens": None}}
    line = change_line({"time": "2025-01-01T00:00:00Z", "data": data})
    assert "> engagement: High " in line
    assert line.endswith(" Order Completed: user moved, was in none [rate = 1.25, opens = None]")
