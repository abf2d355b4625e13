"""Where a job left its users at a time: from its changes, and from rows of users of whom no change is kept."""

from __future__ import annotations

import json
from typing import Any

from livesegments.core.standings import Baseline, Standing, pack, unpack
from livesegments.core.times import NEVER, format_time


def change(number: int, time_ms: int, segment: str | None, before: list[str], kind: str = "entered") -> bytes:
    after = set(before) ^ {segment} if segment else set()
    told: dict[str, Any] = {"user_id": "u", "sequence": number, "segment": segment, "change": kind}
    told |= {"segments_before": before, "segments_after": sorted(map(str, after))}
    return json.dumps({"time": format_time(time_ms), "data": told}).encode()


def of_cluster(number: int, time_ms: int) -> bytes:
    return json.dumps({"time": format_time(time_ms), "data": {"user_id": "u", "sequence": number}}).encode()


def row(number: int, *segments: str, user: str = "u") -> bytes:
    return json.dumps({"user_id": user, "sequence": number, "segments": segments}).encode()


def standing(before_ms: int, rows: list[bytes], changes: list[bytes]) -> Standing | None:
    found = []
    for order in (changes, list(reversed(changes))):
        baseline = Baseline(before_ms)
        for one in rows:
            baseline.add_row(one)
        for one in order:
            baseline.add_change(one)
        found.append(unpack(pack(baseline.standings())).get("u"))
    assert found[0] == found[1]
    return found[0]


CHANGES = [
    change(1, 1_000, "a", []),
    change(2, 2_000, "b", ["a"]),
    of_cluster(3, 3_000),
    change(4, 4_000, "a", ["a", "b"], "exited"),
    of_cluster(5, 5_000),
    change(6, 6_000, "c", ["b"]),
]


def test_changes_tell_where_a_user_was_at_any_time() -> None:
    expected = {
        500: None,
        1_500: Standing(1, {"a": 1_000}),
        2_000: Standing(1, {"a": 1_000}),
        2_500: Standing(2, {"a": 1_000, "b": 2_000}),
        3_500: Standing(3, {"a": 1_000, "b": 2_000}),
        4_500: Standing(4, {"b": 2_000}),
        5_500: Standing(5, {"b": 2_000}),
        NEVER: Standing(6, {"b": 2_000, "c": 6_000}),
    }
    assert {time_ms: standing(time_ms, [row(6, "b", "c")], CHANGES) for time_ms in expected} == expected


def test_what_came_later_tells_of_before_where_nothing_older_is_kept() -> None:
    assert standing(3_500, [row(6, "b", "c")], CHANGES[3:]) == Standing(3, {"a": None, "b": None})
    assert standing(4_500, [row(6, "b", "c")], CHANGES[4:]) == Standing(4, {"b": None})


def test_a_row_counts_where_no_change_is_kept() -> None:
    assert standing(NEVER, [row(2, "a"), row(7, "b")], []) == Standing(7, {"b": None})
    assert standing(NEVER, [row(4, "a", "b")], CHANGES[:4]) == Standing(4, {"b": 2_000})  # it may be a second behind
    baseline = Baseline(NEVER)
    baseline.add_row(row(3, "a"))
    baseline.forget_row("u")
    baseline.add_row(json.dumps({"user_id": "v", "erased": True}).encode())
    baseline.add_row(row(0, user="w"))
    assert baseline.standings() == {}


def test_who_was_erased_is_in_no_segment_and_numbers_go_on() -> None:
    erased = change(7, 7_000, None, ["b", "c"], "erased")
    assert standing(NEVER, [], [*CHANGES, erased]) == Standing(7, {})
    assert standing(7_000, [], [*CHANGES, erased]) == Standing(6, {"b": 2_000, "c": 6_000})


def test_who_comes_back_long_after_an_erase_is_counted_from_1_again() -> None:
    erased = change(7, 7_000, None, ["b", "c"], "erased")
    changes = [*CHANGES, erased, change(1, 90_000, "a", []), change(2, 91_000, "d", ["a"])]
    expected = {
        3_500: Standing(3, {"a": 1_000, "b": 2_000}),
        50_000: None,
        90_500: Standing(1, {"a": 90_000}),
        NEVER: Standing(2, {"a": 90_000, "d": 91_000}),
    }
    assert {time_ms: standing(time_ms, [], changes) for time_ms in expected} == expected
    assert standing(NEVER, [row(2, "a", "d")], changes) == expected[NEVER]
