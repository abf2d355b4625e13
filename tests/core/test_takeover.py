"""A new definition takes over from a job: it builds its state in silence, tells what differs once, and goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.samples import START, line
from livesegments.core.definition import parse_definition
from livesegments.core.events import decode
from livesegments.core.ingest import reading_of
from livesegments.core.memory import Room
from livesegments.core.replay import Replay
from livesegments.core.standings import Standing, standings_of
from livesegments.core.step import Engine
from livesegments.core.takeover import TakingOver
from livesegments.core.times import DAY_MS, format_time, parse_time
from preview.shops import lines, new, old

START_MS = int(START.timestamp() * 1_000)


def visit(day: float, visitor: str, user: str | None = None, event: str = "Product Viewed") -> bytes:
    ids = {"anonymousId": visitor} | ({"userId": user} if user else {})
    time_text = format_time(START_MS + round(day * DAY_MS))
    return json.dumps(
        {"type": "track", "event": event, "messageId": f"{visitor}-{day}", "timestamp": time_text} | ids
    ).encode()


def told(engine: Engine, stream: tuple[bytes, ...] | list[bytes], until_ms: int | None = None) -> list[Any]:
    return [json.loads(change.encode()) for change in Replay(engine, until_ms).run(stream)]


def taken_over(quiet_until_ms: int, before: list[Any], stream: tuple[bytes, ...] | list[bytes]) -> list[Any]:
    standings = standings_of([json.dumps(change).encode() for change in reversed(before)], quiet_until_ms)
    return told(TakingOver(new(), None, quiet_until_ms, standings), stream)


def essence(change: Any) -> tuple[Any, ...]:
    """Give what a change says but its number and the segments around it."""
    data = change["data"]
    return data["user_id"], change["time"], data["segment"], data["change"], data["cause"], data["because"]


@pytest.fixture(scope="module")
def alone_each() -> tuple[tuple[bytes, ...], list[Any], list[Any]]:
    """A stream, and what the old and the new definition tell of it without one another."""
    stream = (*lines(), line("late-user", day=70))
    return stream, told(Engine(old()), stream), told(Engine(new()), stream)


@pytest.mark.parametrize("day", [0.5, 7, 15, 20.3, 33, 60])
def test_the_old_jobs_changes_and_then_the_new_ones_tell_one_story(
    alone_each: tuple[tuple[bytes, ...], list[Any], list[Any]], day: float
) -> None:
    cut_ms = START_MS + round(day * DAY_MS)
    cut = format_time(cut_ms)
    stream, before, alone = alone_each
    after = taken_over(cut_ms, before, stream)
    assert after
    assert all(change["time"] >= cut for change in after)
    bridge = [change for change in after if change["data"]["cause"]["kind"] == "definition"]
    assert all(change["time"] == cut for change in bridge)
    rest = [change for change in after if change["data"]["cause"]["kind"] != "definition"]
    assert sorted(map(repr, map(essence, rest))) == sorted(
        repr(essence(change)) for change in alone if change["time"] >= cut
    )
    check_union([change for change in before if change["time"] < cut] + after, alone)


def test_what_came_due_just_before_the_time_was_over_by_then() -> None:
    features, segments = {"orders": {"count": "Order Completed", "within": "1d"}}, {"lately": {"when": "orders > 0"}}
    definition = parse_definition(json.dumps({"features": features, "segments": segments}))
    left_ms = START_MS + 2 * DAY_MS
    orders = [line(day=1, event="Order Completed")]
    for quiet_until_ms in (left_ms + 1, left_ms + 2):
        assert told(TakingOver(definition, None, quiet_until_ms, {}), orders, left_ms + DAY_MS) == []


def check_union(union: list[Any], alone: list[Any]) -> None:
    """No id is there twice, numbers have no gap, who is in leaves and who is out enters, and all end as they should."""
    assert len({change["id"] for change in union}) == len(union)
    members: dict[str, list[str]] = {}
    numbers: dict[str, int] = {}
    for change in union:
        data, user = change["data"], change["data"]["user_id"]
        numbers[user] = numbers.get(user, 0) + 1
        assert data["sequence"] == numbers[user]
        assert data["segments_before"] == members.get(user, [])
        expected = set(data["segments_before"])
        if data["segment"] is not None:
            assert (data["segment"] in expected) is (data["change"] == "exited")
            expected ^= {data["segment"]}
        else:
            expected = set()
        assert set(data["segments_after"]) == expected
        members[user] = data["segments_after"]
    ends = {change["data"]["user_id"]: change["data"]["segments_after"] for change in alone}
    assert {user: segments for user, segments in members.items() if segments} == {
        user: segments for user, segments in ends.items() if segments
    }


def test_only_what_differs_is_told_and_stays_go_on_from_their_true_beginning() -> None:
    """`lapsing` begins after six days under the new definition, after ten under the old one."""
    stream = [line("u", day=0, event="Order Completed"), line("u", day=30)]
    before = told(Engine(old()), stream)
    after = taken_over(START_MS + 8 * DAY_MS, before, stream)
    assert [(one["data"]["segment"], one["data"]["cause"]["kind"], one["data"]["sequence"]) for one in after] == [
        ("lapsing", "definition", 2),
        ("fresh", "event", 3),
    ]
    order = line("u", day=40, event="Order Completed")
    after = taken_over(START_MS + 8 * DAY_MS, before, [stream[0], order])
    left = next(one for one in after if one["data"]["change"] == "exited")
    assert left["data"]["dwell_ms"] == 34 * DAY_MS - 1


def test_what_is_due_at_the_very_time_is_a_change_like_any_other() -> None:
    """The view of day 0 leaves its seven days at the time itself."""
    stream = [line("u", day=0), line("u", day=1), line("u", day=9)]
    before = told(Engine(old()), stream)
    after = taken_over(START_MS + 7 * DAY_MS, before, stream)
    left = next(one for one in after if one["data"]["segment"] == "flappers")
    assert (left["time"], left["data"]["change"]) == (format_time(START_MS + 7 * DAY_MS), "exited")
    assert left["data"]["cause"] == {"kind": "time"}


def test_a_segment_that_is_gone_is_left() -> None:
    stream = [line("u", day=day) for day in (0, 1, 2)]
    before = told(Engine(old()), stream)
    assert [one["data"]["segment"] for one in before] == ["flappers", "retired"]
    after = taken_over(START_MS + 3 * DAY_MS, before, [*stream, line("u", day=3.5)])
    assert (after[0]["data"]["segment"], after[0]["data"]["change"]) == ("retired", "exited")
    assert after[0]["data"]["because"] == []


def test_a_user_of_whom_only_the_old_job_knows_leaves_with_the_first_event() -> None:
    standings = {"u": Standing(5, {"valuable": START_MS})}
    after = told(TakingOver(new(), None, START_MS + DAY_MS, standings), [line("u", day=2)])
    assert [(one["id"], one["data"]["segment"], one["data"]["change"]) for one in after[:2]] == [
        ("u:6", "valuable", "exited"),
        ("u:7", "fresh", "entered"),
    ]


@pytest.mark.thorough
def test_profiles_may_be_stored_and_restored_at_any_point() -> None:
    cut_ms = START_MS + 15 * DAY_MS
    before = told(Engine(old()), lines())
    standings = standings_of([json.dumps(change).encode() for change in before], cut_ms)
    engine = TakingOver(new(), None, cut_ms, standings)
    replay = Replay(engine)
    replay.profiles.room = Room(1, 10**9)  # each user is restored for each event
    stored = [json.loads(change.encode()) for change in replay.run(lines())]
    assert stored == taken_over(cut_ms, before, lines())
    assert parse_time(stored[0]["time"]) >= cut_ms


WITH_VISITORS = """
identity: {}
features:
  views:  {count: Product Viewed}
  orders: {count: Order Completed}
segments:
  looked: {when: 'views >= 1'}
  buyers: {when: 'orders >= 1'}
"""
VISITS = [
    visit(0, "v1"),
    visit(0.05, "v1"),
    visit(0.1, "v2"),
    visit(0.2, "v3"),
    visit(1, "v1", "ann"),
    visit(3, "v2", "ben"),
    visit(3.5, "v2", "ben", "Order Completed"),
    visit(4, "v3"),
    visit(5, "v2"),
    visit(5.5, "v2"),
]


@pytest.mark.parametrize("day", [0.15, 0.5, 1, 2, 3.2, 3.8, 6])
def test_visitors_become_users_in_silence_too(day: float) -> None:
    before_def = parse_definition(WITH_VISITORS)
    after_def = parse_definition(WITH_VISITORS.replace("views >= 1", "views >= 2"))
    cut_ms = START_MS + round(day * DAY_MS)
    before, alone = told(Engine(before_def), VISITS), told(Engine(after_def), VISITS)
    standings = standings_of([json.dumps(change).encode() for change in before], cut_ms)
    after = told(TakingOver(after_def, None, cut_ms, standings), VISITS)
    assert all(change["time"] >= format_time(cut_ms) for change in after)
    check_union([change for change in before if change["time"] < format_time(cut_ms)] + after, alone)
    ends = {change["data"]["user_id"] for change in after if change["data"]["change"] == "merged"}
    assert ends == {user for user, at in (("v1", 1), ("v2", 3)) if at >= day}


def test_a_visitor_who_comes_back_goes_on_with_the_numbers() -> None:
    engine = TakingOver(parse_definition(WITH_VISITORS), None, START_MS + DAY_MS, {"v": Standing(3, {"looked": 0})})
    profile = engine.restore("v", None)
    reading = reading_of(engine.definition)
    assert engine.apply(profile, decode(visit(0, "v"), reading=reading)) == ("applied", [])
    changes = engine.end(profile, "ann", START_MS + 2 * DAY_MS)
    profile = engine.restore("v", engine.snapshot(profile))
    changes += engine.apply(profile, decode(visit(500, "v"), reading=reading))[1]
    assert [(one.record.id, one.record.data.segments_before) for one in changes] == [("v:4", ["looked"]), ("v:5", [])]
